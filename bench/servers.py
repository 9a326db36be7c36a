"""A server of its own for each measurement, and a database filled without it."""

import asyncio
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import asyncpg
from tests.support.databases import Postgres, execute, new_database
from tests.support.servers import Server

from cyan.storage.migrate import migrate

NO_LIMITS = {"CYAN_SANDBOX_DEVICES": "0", "CYAN_RATE_LIMITS": "off"}
_INSERT = (
    "INSERT INTO devices (id, ownership, safe_mode, updates_enabled, updates_forced, "
    "owner_id, name, name_key, platform_id, session_id, created_at) VALUES "
)


def device_id(number: int) -> str:
    """The Device ID of this number, spread over the whole index as real ones are."""
    return f"{(number * 0x9E3779B97F4A7C15F39CC061) % 2**96:024x}"


@contextmanager
def running(**settings: str) -> Iterator[Server]:
    """A server on SQLite or, by `CYAN_DATABASE_URL`, on PostgreSQL, set up."""
    with tempfile.TemporaryDirectory(prefix="cyan-bench-") as folder:
        server = Server(Path(folder), NO_LIMITS | settings)
        server.start()
        try:
            server.set_up()
            yield server
        finally:
            server.stop()


@contextmanager
def postgres() -> Iterator[tuple[Postgres, str]]:
    """A durable PostgreSQL server, and the URL of a migrated database on it."""
    server = Postgres(durable=True).start()
    try:
        url = new_database(server.url)
        migrate(url)
        yield server, url
    finally:
        server.remove()


def add_devices(
    server: Server, numbers: range, *, online: bool, owner: str | None = None
) -> None:
    """Write devices straight into the server's database."""
    rows = [
        (
            device_id(number),
            owner,
            f"d{number}" if owner else None,
            f"d{number}" if owner else None,
            f"s{number}" if online else None,
        )
        for number in numbers
    ]
    url = server.settings.get("CYAN_DATABASE_URL")
    if url:
        asyncio.run(_into_postgres(url, rows))
        return
    connection = sqlite3.connect(server.data_dir / "cyan.db", timeout=60)
    with connection:
        connection.executemany(
            f"{_INSERT} (?, 0, 0, 1, 0, ?, ?, ?, 6, ?, 1700000000000000)", rows
        )
    connection.close()


async def _into_postgres(url: str, rows: list[Any]) -> None:
    connection = await asyncpg.connect(url)
    await connection.executemany(
        f"{_INSERT} ($1, 0, false, true, false, $2, $3, $4, 6, $5, now())", rows
    )
    await connection.execute("VACUUM ANALYZE devices")
    await connection.close()


def write(server: Server, *statements: str) -> None:
    """Run statements straight in the server's database."""
    url = server.settings.get("CYAN_DATABASE_URL")
    if url:
        execute(url, *statements)
        return
    connection = sqlite3.connect(server.data_dir / "cyan.db", timeout=60)
    with connection:
        for statement in statements:
            connection.execute(statement)
    connection.close()


def account_id(server: Server) -> str:
    """The operator's id."""
    url = server.settings.get("CYAN_DATABASE_URL")
    assert not url
    with sqlite3.connect(server.data_dir / "cyan.db") as connection:
        found: str = connection.execute("SELECT id FROM accounts").fetchone()[0]
    connection.close()
    return found
