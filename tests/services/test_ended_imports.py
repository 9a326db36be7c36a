"""Imports of a product that is deleted: nobody can see them, and they go (MEM-14)."""

from tests.support.people import PHOTON, an_account

from cyan.interfaces import World
from cyan.jobs.expiries import end_expired
from cyan.model.accounts import Actor
from cyan.model.products import Import
from cyan.services.importing import work_on_next
from cyan.services.imports import ImportWish, begin_import, lines_of
from cyan.services.products import ProductWish, create_product, remove_product


async def a_long_import_of_nothing(world: World, ann: Actor) -> Import:
    await create_product(world, ann, ProductWish(PHOTON, "Lamp"))
    wish = ImportWish([f"no device {number}" for number in range(6_000)])
    return await begin_import(world, ann, "lamp", wish)


async def found(world: World, record: Import) -> Import | None:
    return await world.store.read(lambda tx: tx.imports.find(record.id))


async def test_a_finished_one_is_forgotten_with_all_its_lines(world: World) -> None:
    ann = await an_account(world)
    record = await a_long_import_of_nothing(world, ann)
    while await work_on_next(world):
        pass
    await end_expired(world)
    assert len(await lines_of(world, record.id, limit=10_000)) == 6_000

    await remove_product(world, ann, "lamp")
    await end_expired(world)

    assert await found(world, record) is None
    assert await lines_of(world, record.id) == []


async def test_a_running_one_ends_and_holds_up_nobody(world: World) -> None:
    ann = await an_account(world)
    record = await a_long_import_of_nothing(world, ann)
    await remove_product(world, ann, "lamp")

    while await work_on_next(world):
        pass

    assert await found(world, record) is None
    assert await lines_of(world, record.id) == []
