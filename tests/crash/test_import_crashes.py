"""`kill -9` while imports run: no line is lost, and none is done twice."""

import asyncio
import os
import random
from collections import Counter
from pathlib import Path

import pytest
from tests.crash import importer
from tests.crash.claimer import ANN
from tests.crash.killing import processes, work_and_kill
from tests.support.databases import Postgres
from tests.support.products import require_counts
from tests.support.worlds import a_world

from cyan.interfaces import Listing, World
from cyan.model.products import Import, ImportState, LineOutcome
from cyan.services.importing import work_on_next
from cyan.services.imports import all_lines, get_import, list_imports

CRASHES = int(os.environ.get("CYAN_CRASHES", "50")) // 10 or 1
A_MILLION = 1_000_000


@pytest.fixture(scope="module", autouse=True)
def quick_starts() -> None:
    processes.set_forkserver_preload(["tests.crash.importer"])


async def check(world: World, told: bytes) -> int:
    """All that was acknowledged is done, each line once; how many lines that is."""
    while await work_on_next(world):
        pass
    records = await list_imports(world, ANN, importer.PRODUCT, limit=100_000)
    known = {each.id: each for each in records}
    for line in told.decode().splitlines():
        step, import_id, lines = line.split(" ")
        if step in ("done", "kept"):
            assert known[import_id].state is ImportState.DONE, "it was acknowledged"
            assert known[import_id].lines == int(lines)
    return sum([await _all_added(world, each) for each in records])


async def _all_added(world: World, record: Import) -> int:
    """Each line joined exactly once: every device is named by one line of one list."""
    now = await get_import(world, ANN, importer.PRODUCT, record.id)
    outcomes = Counter([line.outcome async for line in all_lines(world, record.id)])
    assert outcomes == {LineOutcome.ADDED: now.lines}, "none was added before"
    assert now.counts == {"added": now.lines}
    assert (now.state, now.reserved) == (ImportState.DONE, 0)
    return now.lines


async def crash_often(url: str, folder: Path) -> None:
    at = random.Random(CRASHES)
    for crash in range(CRASHES):
        begin = (crash + 1) * A_MILLION
        told = await asyncio.to_thread(
            work_and_kill, importer.run, (url, folder), begin, at.randrange(2, 40)
        )
        async with a_world(folder, database_url=url, **importer.OFF) as world:
            importer.later(world, begin + A_MILLION // 2)
            lines = await check(world, told)
            await require_counts(world, [ANN.account_id], [1001])
            listing = Listing(1001, quarantined=False)
            members = await world.store.read(
                lambda tx, listing=listing: tx.fleets.count(listing)
            )
            assert members == lines


async def test_sqlite_imports_every_line_once(tmp_path: Path) -> None:
    await crash_often(f"sqlite:///{tmp_path}/cyan.db", tmp_path)


async def test_postgresql_imports_every_line_once(
    postgres_database: str, durable_postgres: Postgres, tmp_path: Path
) -> None:
    await crash_often(postgres_database, tmp_path)
