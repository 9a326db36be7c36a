"""Bringing a database to the current schema, over the driver that serves it.

A database that is at the newest revision is seen to be so without loading Alembic,
which would take a third of the server's start.
"""

import asyncio
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, create_engine, make_url, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from cyan.interfaces import StoreError

SCRIPTS = Path(__file__).parent / "migrations"
NEWEST = "0001"
LOCK = 0x6379616E  # "cyan": one migration at a time on PostgreSQL


class SchemaTooNew(Exception):
    """The database was written by a newer Cyan than this one."""


def is_current_sqlite(path: Path) -> bool:
    """Whether a SQLite file is at the newest revision already."""
    if not path.exists():
        return False
    with sqlite3.connect(path) as connection:
        try:
            rows = connection.execute("SELECT version_num FROM alembic_version")
            found = [row[0] for row in rows]
        except sqlite3.OperationalError:
            found = []
    connection.close()
    return found == [NEWEST]


def migrate(url: str, then: Callable[[Connection], Any] | None = None) -> Any:
    """Migrate; answer what `then` says of the connection afterwards."""
    if url.startswith("sqlite"):
        with create_engine(url, poolclass=NullPool).connect() as connection:
            return _migrate(connection, then)
    return asyncio.run(_on_asyncpg(url, then))


async def is_current_postgres(url: str) -> bool:
    """Whether a PostgreSQL database is at the newest revision already."""
    import asyncpg

    try:
        connection = await asyncpg.connect(url)
    except (OSError, asyncpg.PostgresError) as error:
        raise StoreError(f"PostgreSQL cannot be reached: {error}") from None
    try:
        rows = await connection.fetch("SELECT version_num FROM alembic_version")
    except asyncpg.UndefinedTableError:
        return False
    finally:
        await connection.close()
    return [row[0] for row in rows] == [NEWEST]


async def _on_asyncpg(url: str, then: Callable[[Connection], Any] | None) -> Any:
    from sqlalchemy.ext.asyncio import create_async_engine

    engine = create_async_engine(
        make_url(url).set(drivername="postgresql+asyncpg"), poolclass=NullPool
    )
    try:
        async with engine.connect() as connection:
            return await connection.run_sync(_migrate, then)
    except (OSError, DBAPIError) as error:
        raise StoreError(f"PostgreSQL cannot be reached: {error}") from None


def _migrate(connection: Connection, then: Callable[[Connection], Any] | None) -> Any:
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    postgres = connection.dialect.name == "postgresql"
    if postgres:
        connection.execute(text("SELECT pg_advisory_lock(:n)"), {"n": LOCK})
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, "head")
    except CommandError as error:
        raise SchemaTooNew(
            f"This database is from a newer Cyan ({error}): update the program."
        ) from None
    if postgres:
        connection.execute(text("SELECT pg_advisory_unlock(:n)"), {"n": LOCK})
    connection.commit()
    return then(connection) if then else None


def difference(connection: Connection) -> list[Any]:
    """What the schema lacks to be the metadata's."""
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    from cyan.storage.tables import metadata

    context = MigrationContext.configure(
        connection, opts={"compare_type": True, "compare_server_default": True}
    )
    return list(compare_metadata(context, metadata))
