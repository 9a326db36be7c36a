"""Backups: a consistent copy of everything, taken while the server runs.

A backup is a ZIP archive: `manifest.json`, the server's keys, and for each table one
file with a JSON array per row under a first line that names the columns. The rows
come from one snapshot. It holds no form of either database, so a backup of SQLite can
be restored into PostgreSQL and the other way round.
"""

import base64
import json
import os
import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy import Column, Connection, MetaData, Table, func, insert, select, text

from cyan.storage.all_tables import metadata
from cyan.storage.columns import Document
from cyan.storage.connections import with_connection
from cyan.storage.migrate import NEWEST, migrate
from cyan.storage.tables import accounts, devices

FORMAT = 1
RENAMED = {
    "0001": {
        ("devices", "product_id"): "firmware_product_id",
        ("devices", "product_version"): "firmware_version",
        ("usage", "account_id"): "holder",
    }
}
"""Columns that a schema called otherwise: what they are called today."""
ROWS_AT_ONCE = 100  # some hold thousands of lines of an import
MANIFEST = "manifest.json"
OnRows = Callable[[int, int], None]  # rows done, rows in all


class BackupRefused(ValueError):
    """A backup cannot be taken or restored; the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup says of itself; `rows` by table."""

    format: int
    schema: str
    taken_at: str
    rows: dict[str, int]


def back_up(url: str, keys: Path, file: Path, on_rows: OnRows) -> Manifest:
    """Write a backup in one step: the file is there whole, or not at all.

    `BackupRefused` if a file of that name exists.
    """
    if file.exists():
        raise BackupRefused(f"{file} exists already: choose another name.")
    migrate(url)
    draft = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as raw:
            manifest = with_connection(url, lambda c: _write(c, keys, raw, on_rows))
            raw.flush()
            os.fsync(raw.fileno())
        draft.replace(file)
    finally:
        draft.unlink(missing_ok=True)
    return manifest


def _write(connection: Connection, keys: Path, raw: Any, on_rows: OnRows) -> Manifest:
    if connection.dialect.name == "postgresql":
        connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))
    else:
        connection.exec_driver_sql("BEGIN")  # a snapshot, from the first read on
    rows = {
        table.name: connection.scalar(select(func.count()).select_from(table)) or 0
        for table in metadata.sorted_tables
    }
    taken_at = datetime.now(UTC).isoformat(timespec="seconds")
    manifest = Manifest(FORMAT, NEWEST, taken_at, rows)
    done, total = 0, sum(rows.values())
    with zipfile.ZipFile(raw, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr(MANIFEST, json.dumps(_fields(manifest)))
        for key in sorted(keys.glob("*")):
            archive.writestr(f"keys/{key.name}", key.read_bytes())
        for table in metadata.sorted_tables:
            with archive.open(_member(table), "w", force_zip64=True) as member:
                for lines, count in _lines(connection, table):
                    member.write(lines)
                    done += count
                    on_rows(done, total)
    return manifest


def _fields(manifest: Manifest) -> dict[str, Any]:
    return {name: getattr(manifest, name) for name in Manifest.__slots__}


def _member(table: Table) -> str:
    return f"tables/{table.name}.jsonl"


def _lines(connection: Connection, table: Table) -> Iterator[tuple[bytes, int]]:
    """The table's lines and how many rows they hold, some at a time."""
    names = [column.name for column in table.columns]
    yield f"{json.dumps(names)}\n".encode(), 0
    result = connection.execution_options(yield_per=ROWS_AT_ONCE).execute(select(table))
    for part in result.partitions():
        rows = [json.dumps([_to_json(value) for value in row]) for row in part]
        yield ("\n".join(rows) + "\n").encode(), len(rows)


def _to_json(value: Any) -> Any:
    if isinstance(value, datetime):
        return {"at": value.astimezone(UTC).isoformat()}
    if isinstance(value, bytes):
        return {"bytes": base64.b64encode(value).decode()}
    return {"json": value} if isinstance(value, dict | list) else value


def _from_json(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    ((kind, held),) = value.items()
    if kind == "at":
        return datetime.fromisoformat(held)
    return base64.b64decode(held) if kind == "bytes" else held


def read_manifest(file: Path) -> Manifest:
    """What a file says of itself; `BackupRefused` if it is no backup of ours."""
    if not file.exists():
        raise BackupRefused(f"There is no file {file}.")
    try:
        with zipfile.ZipFile(file) as archive:
            manifest = Manifest(**json.loads(archive.read(MANIFEST)))
    except (zipfile.BadZipFile, KeyError, ValueError, TypeError):
        raise BackupRefused(f"{file} is no backup of Cyan.") from None
    if manifest.format != FORMAT:
        raise BackupRefused(f"{file} is from a newer Cyan: update the program first.")
    return manifest


def restore(url: str, keys: Path, file: Path, on_rows: OnRows) -> Manifest:
    """Fill an empty database and the keys from a backup: all of it, or nothing.

    `BackupRefused` if the database holds anything already, if other keys are there,
    or if the file is damaged.
    """
    manifest = read_manifest(file)
    try:
        with zipfile.ZipFile(file) as archive:
            _refuse_other_keys(archive, keys)
            migrate(url, manifest.schema)
            with_connection(url, lambda c: _fill(c, archive, manifest, on_rows))
            _write_keys(archive, keys)
    except (zipfile.BadZipFile, ValueError, KeyError) as error:
        if isinstance(error, BackupRefused):
            raise
        raise BackupRefused(
            f"{file} is damaged: {error}. Nothing is changed."
        ) from None
    migrate(url)
    return manifest


def _key_files(archive: zipfile.ZipFile) -> list[str]:
    return [
        name
        for name in archive.namelist()
        if name.startswith("keys/") and name.count("/") == 1 and not name.endswith("/")
    ]


def _refuse_other_keys(archive: zipfile.ZipFile, keys: Path) -> None:
    for name in _key_files(archive):
        there = keys / Path(name).name
        if there.exists() and there.read_bytes() != archive.read(name):
            raise BackupRefused(
                f"{there} is another server's key. Restore into an empty data folder: "
                "set CYAN_DATA_DIR to a new one."
            )


def _write_keys(archive: zipfile.ZipFile, keys: Path) -> None:
    keys.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name in _key_files(archive):
        key = keys / Path(name).name
        key.touch(mode=0o600)
        key.write_bytes(archive.read(name))


def _fill(
    connection: Connection, archive: zipfile.ZipFile, manifest: Manifest, told: OnRows
) -> None:
    for table in (accounts, devices):
        if connection.execute(select(table.c.id).limit(1)).first() is not None:
            raise BackupRefused(
                "The database is not empty: a restore replaces nothing. Set "
                "CYAN_DATA_DIR or CYAN_DATABASE_URL to a new one."
            )
    done, total = 0, sum(manifest.rows.values())
    for table in metadata.sorted_tables:
        if _member(table) not in archive.namelist():
            continue  # the table is newer than the backup
        found = 0
        with archive.open(_member(table)) as member:
            names = [
                _present(manifest, table, n) for n in json.loads(member.readline())
            ]
            former = _as_it_was(table, manifest)
            for part in _parts(member):
                values = [dict(zip(names, _row(line), strict=True)) for line in part]
                connection.execute(insert(former), _encoded(connection, table, values))
                found += len(part)
                told(done + found, total)
        if found != manifest.rows[table.name]:
            raise BackupRefused(f"The backup is damaged: rows of {table.name} lack.")
        done += found
        _continue_numbers(connection, table)
    connection.commit()


def _present(manifest: Manifest, table: Table, former: str) -> str:
    """What a column is called today; older schemas called some otherwise."""
    return RENAMED.get(manifest.schema, {}).get((table.name, former), former)


def _as_it_was(table: Table, manifest: Manifest) -> Table:
    """The table with the column names of a backup's schema, keyed as today's.

    A column of today that has the name which another one had then is left out: it
    is newer than the backup.
    """
    renamed = RENAMED.get(manifest.schema, {})
    former = {(found, present): name for (found, name), present in renamed.items()}
    columns: list[Any] = [
        Column(former.get((table.name, c.name), c.name), c.type, key=c.name)
        for c in table.columns
        if (table.name, c.name) not in renamed
    ]
    return Table(table.name, MetaData(), *columns)


def _row(line: bytes) -> list[Any]:
    return [_from_json(value) for value in json.loads(line)]


def _encoded(
    connection: Connection, table: Table, rows: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    """Rows as the driver wants them: this one takes JSON as text on PostgreSQL."""
    if connection.dialect.name != "postgresql":
        return rows
    documents = [c.name for c in table.columns if isinstance(c.type, Document)]
    for row in rows:
        for name in documents:
            if row.get(name) is not None:
                row[name] = json.dumps(row[name])
    return rows


def _parts(lines: Iterable[bytes]) -> Iterator[list[bytes]]:
    reading = iter(lines)
    while part := list(islice(reading, ROWS_AT_ONCE)):
        yield part


def _continue_numbers(connection: Connection, table: Table) -> None:
    """PostgreSQL numbers rows by a sequence, which has to go on after the last."""
    if connection.dialect.name != "postgresql" or "number" not in table.columns:
        return
    highest = connection.scalar(select(func.max(table.c.number)))
    if highest is not None:
        sequence = func.pg_get_serial_sequence(table.name, "number")
        connection.execute(select(func.setval(sequence, highest)))
