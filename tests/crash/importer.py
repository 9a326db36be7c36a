"""A process that imports, and works on imports, until it is killed.

It tells on a pipe what was acknowledged: a short import with the lines that it has, and
that a long one was kept. Each line is a device of its own. Whoever follows goes on
with what was left, as soon as the lease of the dead is over.
"""

import asyncio
import itertools
import os
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

from tests.crash.claimer import ANN, make_accounts
from tests.support.people import a_device_id
from tests.support.worlds import a_world

from cyan.interfaces import World
from cyan.model.decisions import Refused
from cyan.services.importing import work_on_next
from cyan.services.imports import SMALL, ImportWish, begin_import
from cyan.services.products import ProductWish, create_product

PHOTON = 6
Tell = Callable[..., None]
SHORT, LONG = 40, SMALL + 1_500
PRODUCT = "pumps"
OFF = {"sandbox_devices": 0, "rate_limits": 0.0}


def run(url: str, folder: str, begin: int, pipe: int) -> None:
    """Work until killed; devices are numbered from `begin`."""
    asyncio.run(_work(url, Path(folder), begin, pipe))


async def _work(url: str, folder: Path, begin: int, pipe: int) -> None:
    def tell(*words: object) -> None:
        os.write(pipe, f"{' '.join(map(str, words))}\n".encode())

    async with a_world(folder, database_url=url, **OFF) as world:
        later(world, begin)
        await make_product(world)
        numbers = itertools.count(begin)
        await asyncio.gather(_short(world, numbers, tell), _long(world, numbers, tell))


def later(world: World, begin: int) -> None:
    """Set the clock so that the leases of those before are over."""
    world.clock.advance(timedelta(seconds=begin // 1000))


async def make_product(world: World) -> None:
    """Ann and her product, unless they are there."""
    await make_accounts(world)
    try:
        await create_product(world, ANN, ProductWish(PHOTON, PRODUCT))
    except Refused:
        return


async def _short(world: World, numbers: Iterator[int], tell: Tell) -> None:
    while True:
        ids = [a_device_id(next(numbers)) for _ in range(SHORT)]
        record = await begin_import(world, ANN, PRODUCT, ImportWish(ids))
        tell("done", record.id, SHORT)


async def _long(world: World, numbers: Iterator[int], tell: Tell) -> None:
    while True:
        ids = [a_device_id(next(numbers)) for _ in range(LONG)]
        record = await begin_import(world, ANN, PRODUCT, ImportWish(ids))
        tell("kept", record.id, LONG)
        while await work_on_next(world):
            tell("worked", record.id, 0)
