"""Working on imports that are too long for one request (MEM-4)."""

from cyan.interfaces import World
from cyan.services.importing import work_on_next


async def work_on_imports(world: World) -> int:
    """Work on all imports that wait, one after another; how many there were."""
    worked = 0
    while await work_on_next(world):
        worked += 1
    return worked
