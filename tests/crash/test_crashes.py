"""`kill -9` while claims run: what was acknowledged is there, and adds up.

`make crash` does this many more times (`CYAN_CRASHES`).
"""

import asyncio
import os
import random
from pathlib import Path

import pytest
from tests.crash import claimer
from tests.crash.killing import processes, work_and_kill
from tests.support.databases import Postgres

from cyan.interfaces import Store, Tx
from cyan.model.devices import Device, OwnershipChange
from cyan.model.identifiers import DeviceID
from cyan.storage import open_store

CRASHES = int(os.environ.get("CYAN_CRASHES", "50"))
NAMES = {claimer.ANN.account_id: "ann", claimer.BOB.account_id: "bob", None: "nobody"}
A_MILLION = 1_000_000


@pytest.fixture(scope="module", autouse=True)
def quick_starts() -> None:
    processes.set_forkserver_preload(["tests.crash.claimer"])


class Diary:
    """What a killed process had told: per device, what is sure and what may be."""

    def __init__(self) -> None:
        self.sure: dict[DeviceID, str] = {}
        self.maybe: dict[DeviceID, str] = {}
        self.acknowledged = 0

    def read(self, told: bytes) -> None:
        for line in told.decode().splitlines():
            device_id, step, owner = line.split(" ", 2)
            device = DeviceID(device_id)
            if step == "begin":
                self.maybe[device] = owner
            else:
                assert " or " not in owner
                both = device in self.sure and self.sure[device] in {"ann", "bob"}
                assert owner == "nobody" or not both, f"{device} was given twice"
                self.acknowledged += 1
                self.sure[device] = owner
                self.maybe.pop(device, None)

    def allows(self, device: Device) -> bool:
        owner = NAMES[device.owner_id]
        sure = self.sure.get(device.id, "nobody")
        return owner == sure or owner in self.maybe.get(device.id, "").split(" or ")


async def check(store: Store, diary: Diary) -> None:
    """Every device is as the diary says, and its history adds up."""
    for device_id in set(diary.sure) | set(diary.maybe):

        async def body(
            tx: Tx, device_id: DeviceID = device_id
        ) -> tuple[Device | None, list[OwnershipChange]]:
            history = await tx.histories.ownership_of(device_id)
            return await tx.devices.find(device_id), list(history)

        device, history = await store.read(body)
        assert device is not None
        assert diary.allows(device), f"{device} but {diary.sure.get(device_id)}"
        assert [change.ownership for change in history] == [
            *range(1, device.ownership + 1)
        ]
        owner = None
        for change in history:
            assert change.former_owner_id == owner
            owner = change.new_owner_id
        assert owner == device.owner_id


async def claim_and_die(
    where: tuple[str, Path], begin: int, at: random.Random
) -> bytes:
    """What a process told that claimed for a moment."""
    lines = at.randrange(1, 400)
    return await asyncio.to_thread(work_and_kill, claimer.run, where, begin, lines)


async def crash_often(url: str, folder: Path, crashes: int) -> int:
    at = random.Random(crashes)
    acknowledged = 0
    for crash in range(crashes):
        diary = Diary()
        begin = (crash + 1) * A_MILLION
        told = await claim_and_die((url, folder), begin, at)
        diary.read(told)
        store = await open_store(url)
        await check(store, diary)
        await store.close()
        acknowledged += diary.acknowledged
    return acknowledged


async def test_sqlite_loses_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/cyan.db"
    await (await open_store(url)).close()
    assert await crash_often(url, tmp_path, CRASHES) >= CRASHES


async def test_postgresql_loses_nothing_when_cyan_is_killed(
    postgres_database: str, tmp_path: Path
) -> None:
    assert await crash_often(postgres_database, tmp_path, CRASHES) >= CRASHES


async def test_postgresql_loses_nothing_when_it_is_killed_too(
    postgres_database: str, durable_postgres: Postgres, tmp_path: Path
) -> None:
    at = random.Random(7)
    for crash in range(max(CRASHES // 5, 1)):
        diary = Diary()
        begin = (crash + 1000) * A_MILLION
        told = await claim_and_die((postgres_database, tmp_path), begin, at)
        diary.read(told)
        await asyncio.to_thread(durable_postgres.kill)
        await asyncio.to_thread(durable_postgres.start)
        store = await open_store(postgres_database)
        await check(store, diary)
        await store.close()
