"""A database of the first release becomes one of today, with all that was in it."""

import asyncio
import json
import zipfile
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection, MetaData, Table
from tests.support.people import a_device_id

from cyan.interfaces import Listing, Place, SortKey, Tx
from cyan.model.devices import Standing
from cyan.storage import open_store
from cyan.storage.backups import FORMAT, MANIFEST, restore
from cyan.storage.connections import with_connection
from cyan.storage.migrate import migrate

ANN, BOB = "a" * 24, "b" * 24
NOW = datetime(2026, 11, 23, 20, 0, 0, 123457, tzinfo=UTC)


def _moment(connection: Connection, at: datetime) -> object:
    if connection.dialect.name == "postgresql":
        return at
    since = at - datetime(1970, 1, 1, tzinfo=UTC)
    return since.days * 86_400_000_000 + since.seconds * 1_000_000 + since.microseconds


def fill(connection: Connection) -> None:
    """Two people with four devices, as the first release kept them."""
    tables = MetaData()
    names = ("accounts", "devices", "usage")
    tables.reflect(connection, only=names)
    accounts, devices, usage = [tables.tables[name] for name in names]
    at = _moment(connection, NOW)

    def keep(table: Table, **values: object) -> None:
        connection.execute(table.insert().values(**values))

    for account_id, name in ((ANN, "ann@example.com"), (BOB, "bob@example.com")):
        info = "{}" if connection.dialect.name == "sqlite" else {}
        keep(
            accounts,
            id=account_id,
            username=name,
            password_hash="",
            operator=False,
            info=info,
            created_at=at,
        )
    for number, owner in enumerate((ANN, ANN, BOB, None), 1):
        keep(
            devices,
            id=a_device_id(number),
            owner_id=owner,
            ownership=1 if owner else 0,
            product_id=6,
            product_version=3,
            last_handshake_at=at if number < 3 else None,
            created_at=at,
        )
    keep(usage, account_id=ANN, month="2026-11", kind="called", operations=7)
    connection.commit()


async def test_an_older_database_is_brought_along(empty_url: str) -> None:
    await asyncio.to_thread(migrate, empty_url, "0001")
    await asyncio.to_thread(with_connection, empty_url, fill)
    store = await open_store(empty_url)

    async def body(tx: Tx) -> None:
        for account_id, owned in ((ANN, 2), (BOB, 1), ("c" * 24, 0)):
            assert await tx.counts.toward_sandbox(account_id) == owned  # LIM-2
        assert await tx.usage.of_holder(ANN, "2026-11") == {"called": 7}
        device = await tx.devices.find(a_device_id(1))
        assert device is not None
        assert (device.firmware_product_id, device.firmware_version) == (6, 3)
        assert (device.product_id, device.standing, device.protected) == (
            None,
            None,
            False,
        )

    async def join(tx: Tx) -> None:
        place = Place(1001, Standing.MEMBER, None, NOW)
        for number in (1, 2, 3, 4):
            await tx.fleets.move(a_device_id(number), place)

    await store.read(body)
    await store.transact(join)
    listing = Listing(1001, sort=SortKey.LAST_CONNECTION)
    devices = await store.read(lambda tx: tx.fleets.page(listing, None, 0, 9))
    numbers = [int(each.id, 16) for each in devices]
    assert (set(numbers[:2]), set(numbers[2:])) == ({1, 2}, {3, 4})
    keyed = await store.read(lambda tx: tx.fleets.value_after(listing, None, 1))
    assert keyed is not None
    assert keyed[0] == int(NOW.timestamp()) * 1_000_000 + 123_457
    await store.close()


async def test_a_backup_of_the_first_release_is_restored(
    empty_url: str, tmp_path: Path
) -> None:
    at = {"at": NOW.isoformat()}
    members: dict[str, list[list[object]]] = {
        "accounts": [
            ["id", "username", "password_hash", "operator", "info", "created_at"],
            [ANN, "ann@example.com", "", False, {"json": {}}, at],
        ],
        "devices": [
            [
                *("id", "owner_id", "ownership", "product_id", "product_version"),
                *("last_handshake_at", "created_at"),
            ],
            [a_device_id(1), ANN, 1, 6, 3, at, at],
            [a_device_id(2), None, 0, 6, 3, None, at],
        ],
        "usage": [
            ["account_id", "month", "kind", "operations"],
            [ANN, "2026-11", "called", 7],
        ],
    }
    rows = {name: len(lines) - 1 for name, lines in members.items()}
    manifest = {"format": FORMAT, "schema": "0001", "taken_at": NOW.isoformat()}
    file = tmp_path / "first.backup"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(MANIFEST, json.dumps({**manifest, "rows": rows}))
        for name, lines in members.items():
            text = "".join(f"{json.dumps(each)}\n" for each in lines)
            archive.writestr(f"tables/{name}.jsonl", text)
    keys = tmp_path / "keys"
    await asyncio.to_thread(restore, empty_url, keys, file, lambda done, total: None)
    store = await open_store(empty_url)

    async def body(tx: Tx) -> None:
        assert await tx.counts.toward_sandbox(ANN) == 1
        assert await tx.usage.of_holder(ANN, "2026-11") == {"called": 7}
        device = await tx.devices.find(a_device_id(1))
        assert device is not None
        assert (device.firmware_product_id, device.firmware_version) == (6, 3)
        assert (device.product_id, device.owner_id) == (None, ANN)

    await store.read(body)
    await store.close()
