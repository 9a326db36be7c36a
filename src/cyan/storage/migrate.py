"""Bringing a database to the current schema, over the driver that serves it.

A database that is at the newest revision is seen to be so without loading Alembic,
which would take a third of the server's start.
"""

import functools
import sqlite3
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, text

from cyan.interfaces import StoreError
from cyan.storage.connections import with_connection

SCRIPTS = Path(__file__).parent / "migrations"
NEWEST = "0002"
LOCK = 0x6379616E  # "cyan": one migration at a time on PostgreSQL


class SchemaTooNew(StoreError):
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


async def is_current_postgres(url: str) -> bool:
    """Whether a PostgreSQL database is at the newest revision already."""
    import asyncpg

    try:
        connection = await asyncpg.connect(url)
    except (OSError, asyncpg.PostgresError) as error:
        raise StoreError(f"PostgreSQL cannot be reached: {error}") from error
    try:
        rows = await connection.fetch("SELECT version_num FROM alembic_version")
    except asyncpg.UndefinedTableError:
        return False
    finally:
        await connection.close()
    return [row[0] for row in rows] == [NEWEST]


def migrate(url: str, revision: str = "head") -> None:
    """Bring a database up to a revision; blocks. Raises `SchemaTooNew`."""
    with_connection(url, functools.partial(_migrate, revision=revision))


def _migrate(connection: Connection, *, revision: str) -> None:
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
        command.upgrade(config, revision)
    except CommandError as error:
        raise SchemaTooNew(
            f"This database is from a newer Cyan ({error}): update the program."
        ) from None
    if postgres:
        connection.execute(text("SELECT pg_advisory_unlock(:n)"), {"n": LOCK})
    connection.commit()


def difference(connection: Connection) -> list[Any]:
    """What the schema lacks to be the metadata's."""
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    from cyan.storage.all_tables import metadata

    context = MigrationContext.configure(
        connection, opts={"compare_type": True, "compare_server_default": True}
    )
    return list(compare_metadata(context, metadata))
