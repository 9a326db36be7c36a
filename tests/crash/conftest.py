"""A PostgreSQL server as in production: what it acknowledged is on disk."""

import asyncio
from collections.abc import Iterator

import pytest
from tests.support.databases import Postgres, new_database

from cyan.storage.migrate import migrate


@pytest.fixture
def durable_postgres() -> Iterator[Postgres]:
    server = Postgres(durable=True).start()
    yield server
    server.remove()


@pytest.fixture
async def postgres_database(durable_postgres: Postgres) -> str:
    url = await asyncio.to_thread(new_database, durable_postgres.url)
    await asyncio.to_thread(migrate, url)
    return url
