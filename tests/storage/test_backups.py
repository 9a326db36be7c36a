"""A backup holds everything, whichever database it came from."""

import asyncio
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.support.people import a_device_id

from cyan.interfaces import Store, Tx
from cyan.model.accounts import Account
from cyan.model.devices import Description, KeyChange
from cyan.model.notices import NoticeKind
from cyan.storage import open_store
from cyan.storage.backups import BackupRefused, back_up, restore

NOW = datetime(2026, 11, 23, 20, 0, 0, 123457, tzinfo=UTC)
ANN = Account("a" * 24, "ann@example.com", "h", True, {"first": "Änn"}, None, None, NOW)
A = a_device_id(1)


def ignore(done: int, total: int) -> None:
    assert done <= total


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    folder = tmp_path / "keys"
    folder.mkdir()
    (folder / "links.key").write_bytes(b"\x00secret")
    return folder


async def fill(store: Store) -> None:
    async def body(tx: Tx) -> None:
        await tx.accounts.add(ANN)
        await tx.devices.add(A, NOW)
        await tx.devices.set_owner(A, ANN.id, 0, "kitchen")
        await tx.devices.describe(A, Description(["f"], {"t": "double"}))
        await tx.histories.add_key(KeyChange(A, b"\xffkey", None, "device", NOW))
        await tx.outbox.put(NoticeKind.TRANSFER_ENDED, "x@example.com", {"a": []}, NOW)

    await store.transact(body)


async def test_what_was_backed_up_is_there_after_a_restore(
    store: Store, database_url: str, empty_url: str, keys: Path, tmp_path: Path
) -> None:
    await fill(store)
    file = tmp_path / "it.backup"
    manifest = await asyncio.to_thread(back_up, database_url, keys, file, ignore)
    assert manifest.rows["devices"] == 1
    assert file.stat().st_mode & 0o077 == 0
    elsewhere = tmp_path / "new" / "keys"
    await asyncio.to_thread(restore, empty_url, elsewhere, file, ignore)
    assert (elsewhere / "links.key").read_bytes() == b"\x00secret"
    other = await open_store(empty_url)

    async def everything(tx: Tx) -> list[object]:
        return [
            await tx.devices.find(A),
            await tx.accounts.find(ANN.id),
            await tx.histories.keys_of(A),
            await tx.outbox.due(NOW, 10),
        ]

    assert await other.read(everything) == await store.read(everything)
    await other.transact(  # numbering goes on
        lambda tx: tx.histories.add_key(KeyChange(A, b"new", None, "device", NOW))
    )
    await other.close()


async def test_a_restore_replaces_nothing(
    store: Store, database_url: str, keys: Path, tmp_path: Path
) -> None:
    await fill(store)
    file = tmp_path / "it.backup"
    await asyncio.to_thread(back_up, database_url, keys, file, ignore)
    with pytest.raises(BackupRefused, match="not empty"):
        await asyncio.to_thread(restore, database_url, keys, file, ignore)
    (keys / "links.key").write_bytes(b"other")
    with pytest.raises(BackupRefused, match="another server's key"):
        await asyncio.to_thread(restore, database_url, keys, file, ignore)


async def test_a_damaged_backup_changes_nothing(
    store: Store, database_url: str, empty_url: str, keys: Path, tmp_path: Path
) -> None:
    await fill(store)
    file = tmp_path / "it.backup"
    await asyncio.to_thread(back_up, database_url, keys, file, ignore)
    broken = tmp_path / "broken.backup"
    with zipfile.ZipFile(file) as good, zipfile.ZipFile(broken, "w") as bad:
        for name in good.namelist():
            text = good.read(name)
            lines = text.splitlines(keepends=True)
            bad.writestr(name, lines[0] if "key_history" in name else text)
    elsewhere = tmp_path / "new" / "keys"
    with pytest.raises(BackupRefused, match="damaged"):
        await asyncio.to_thread(restore, empty_url, elsewhere, broken, ignore)
    assert not elsewhere.exists()
    other = await open_store(empty_url)
    assert await other.read(lambda tx: tx.devices.find(A)) is None
    await other.close()
    (tmp_path / "text").write_text("hello")
    with pytest.raises(BackupRefused, match="no backup"):
        await asyncio.to_thread(restore, empty_url, keys, tmp_path / "text", ignore)


async def test_a_backup_is_one_snapshot_while_the_server_writes(
    store: Store, database_url: str, keys: Path, tmp_path: Path
) -> None:
    """Each transaction adds a device and a line of history: no half of one is kept."""
    file = tmp_path / "it.backup"
    backing_up = asyncio.ensure_future(
        asyncio.to_thread(back_up, database_url, keys, file, ignore)
    )
    number = 0
    while not backing_up.done():
        number += 1
        device_id = a_device_id(number)

        async def both(tx: Tx) -> None:
            await tx.devices.add(device_id, NOW)  # noqa: B023 - awaited below
            change = KeyChange(device_id, b"k", None, "device", NOW)  # noqa: B023
            await tx.histories.add_key(change)

        await store.transact(both)
    manifest = await backing_up
    assert manifest.rows["devices"] == manifest.rows["key_history"]
    assert number > 0
