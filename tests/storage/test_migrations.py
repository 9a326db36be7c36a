"""Migrations arrive at the tables, and a newer database is left alone."""

import asyncio

import pytest
from sqlalchemy import Connection, inspect, text

from cyan.interfaces import StoreError
from cyan.storage import open_store
from cyan.storage.all_tables import metadata
from cyan.storage.connections import with_connection
from cyan.storage.migrate import NEWEST, SchemaTooNew, difference, migrate


def test_migrations_arrive_at_the_metadata(empty_url: str) -> None:
    migrate(empty_url)
    assert with_connection(empty_url, difference) == []
    migrate(empty_url)
    assert with_connection(empty_url, difference) == []


def test_the_migrated_keys_and_checks_are_those_of_the_tables(
    empty_url: str,
) -> None:
    """What Alembic's comparison does not see."""

    def compare(connection: Connection) -> None:
        found = inspect(connection)
        for table in metadata.sorted_tables:
            key = found.get_pk_constraint(table.name)
            assert key["constrained_columns"] == [c.name for c in table.primary_key]
            nullable = {c["name"]: c["nullable"] for c in found.get_columns(table.name)}
            assert nullable == {c.name: c.nullable for c in table.columns}
            defaults = {
                c["name"]
                for c in found.get_columns(table.name)
                if c["default"] is not None and "nextval" not in c["default"]
            }
            assert defaults == {
                c.name for c in table.columns if c.server_default is not None
            }

    migrate(empty_url)
    with_connection(empty_url, compare)


async def test_a_database_of_a_newer_program_is_refused(empty_url: str) -> None:
    await (await open_store(empty_url)).close()

    def become_newer(connection: Connection) -> None:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        connection.commit()

    await asyncio.to_thread(with_connection, empty_url, become_newer)
    with pytest.raises(SchemaTooNew, match="update the program"):
        await open_store(empty_url)


async def test_a_database_that_nobody_serves_is_told_so() -> None:
    with pytest.raises(StoreError, match="cannot be reached"):
        await open_store("postgresql://nobody@127.0.0.1:1/none")


def test_the_newest_revision_is_the_head() -> None:
    from alembic.script import ScriptDirectory

    from cyan.storage.migrate import SCRIPTS

    assert ScriptDirectory(str(SCRIPTS)).get_current_head() == NEWEST
