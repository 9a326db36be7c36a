"""Long imports as a job: woken by the bus, and stopped without a loss."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from tests.support.people import a_device_id, an_account
from tests.support.products import a_product, members_of, require_counts

from cyan.interfaces import Tx, World, subjects
from cyan.jobs import Job, Runner, work_on_imports
from cyan.model.accounts import Actor
from cyan.model.products import ImportState, Plan, Product
from cyan.services.imports import ImportWish, begin_import, finished, get_import

LINES = 2_500


def wish(first: int) -> ImportWish:
    """Devices that this cloud has never met, from this number on."""
    return ImportWish([a_device_id(first + number) for number in range(LINES)])


@pytest.fixture
async def ann(world: World) -> Actor:
    return await an_account(world)


@pytest.fixture
async def pumps(world: World, ann: Actor) -> Product:
    return await a_product(world, ann, plan=Plan.BLOCK, device_limit=10_000)


def the_job(world: World) -> Runner:
    """The job as the server runs it, but that it wakes by itself once a day."""
    day = timedelta(days=1)
    job = Job("imports", lambda: work_on_imports(world), day, subjects.IMPORTS)
    return Runner(world.bus, [job])


async def nothing(_: Tx) -> None:
    """A transaction after those before it."""


@contextmanager
def first_end(world: World, import_id: str) -> Iterator[asyncio.Event]:
    """Set once an import has ended."""
    ended = asyncio.Event()
    stop = world.bus.listen(subjects.import_ends(import_id), lambda _: ended.set())
    yield ended
    stop()


async def test_imports_that_wait_are_worked_on_one_after_another(
    world: World, ann: Actor, pumps: Product
) -> None:
    first = await begin_import(world, ann, pumps.slug, wish(1))
    second = await begin_import(world, ann, pumps.slug, wish(LINES + 1))
    assert await work_on_imports(world) == 2
    for record in (first, second):
        found = await get_import(world, ann, pumps.slug, record.id)
        assert found.state is ImportState.DONE
    assert await members_of(world, pumps) == 2 * LINES
    await require_counts(world, [ann.account_id], [pumps.id])
    assert await work_on_imports(world) == 0


async def test_an_import_begins_as_soon_as_it_is_kept(
    world: World, ann: Actor, pumps: Product
) -> None:
    runner = the_job(world)
    runner.start()
    record = await begin_import(world, ann, pumps.slug, wish(1))
    async with asyncio.timeout(30):
        assert (await finished(world, record)).state is ImportState.DONE
    await runner.stop()
    assert await members_of(world, pumps) == LINES


async def test_a_server_that_stops_loses_no_line(
    world: World, ann: Actor, pumps: Product
) -> None:
    record = await begin_import(world, ann, pumps.slug, wish(1))
    runner = the_job(world)
    runner.start()
    await asyncio.sleep(0)  # it has begun
    await runner.stop(grace=0)
    # What it handed to the store is done, and has read the time, before that goes on.
    await world.store.transact(nothing, turn=str(pumps.id))
    with first_end(world, record.id) as ended:
        world.clock.advance(timedelta(hours=1))  # whatever was held is free again
        after = the_job(world)
        after.start()
        async with asyncio.timeout(30):
            state = (await get_import(world, ann, pumps.slug, record.id)).state
            if state is not ImportState.DONE:
                await ended.wait()
        await after.stop()
    found = await get_import(world, ann, pumps.slug, record.id)
    assert (found.state, found.counts["added"]) == (ImportState.DONE, LINES)
    assert await members_of(world, pumps) == LINES
    await require_counts(world, [ann.account_id], [pumps.id])
