"""A disk that is full within a group commit: nobody is acknowledged."""

import json
import subprocess
import sys
from pathlib import Path

from tests.support.people import a_device_id

from cyan.storage import open_store

WRITES_UNTIL_FULL = """
import asyncio, json, resource, sys
from datetime import UTC, datetime
from pathlib import Path
from cyan.interfaces import StoreError
from cyan.model.identifiers import DeviceID
from cyan.storage import open_store

NOW = datetime.now(UTC)
folder = Path(sys.argv[1])

def device(number):
    return DeviceID.parse(f"{number:024x}")

async def main():
    store = await open_store(f"sqlite:///{folder}/cyan.db")
    size = (folder / "cyan.db-wal").stat().st_size
    resource.setrlimit(resource.RLIMIT_FSIZE, (size + 300_000, resource.RLIM_INFINITY))
    kept, failed = [], []

    async def write(number):
        def body(tx):
            return tx.devices.add(device(number), NOW)
        try:
            await store.transact(body)
            kept.append(number)
        except StoreError:
            failed.append(number)

    number = 0
    while len(failed) < 200:
        await asyncio.gather(*(write(number + each) for each in range(200)))
        number += 200
    resource.setrlimit(
        resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
    )
    await write(10_000_000)  # room again: the store serves on
    print(json.dumps({"kept": kept, "failed": failed}))
    await store.close()

asyncio.run(main())
"""


async def test_nobody_is_acknowledged_when_the_disk_is_full(tmp_path: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", WRITES_UNTIL_FULL, str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert ended.returncode == 0, ended.stderr
    told = json.loads(ended.stdout)
    assert told["failed"]
    assert 10_000_000 in told["kept"]
    store = await open_store(f"sqlite:///{tmp_path}/cyan.db")
    for number in told["kept"]:
        device_id = a_device_id(number)
        assert await store.read(lambda tx, d=device_id: tx.devices.find(d))
    for number in told["failed"]:
        device_id = a_device_id(number)
        assert await store.read(lambda tx, d=device_id: tx.devices.find(d)) is None
    await store.close()
