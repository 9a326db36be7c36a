"""One plain SQLAlchemy connection, for the rare work that is not a transaction body.

Migrations, backups and restores read and write whole tables; they use this instead
of the store, over the same two drivers.
"""

import asyncio
from collections.abc import Callable
from typing import TypeVar

from sqlalchemy import Connection, create_engine, make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from cyan.interfaces import StoreError

T = TypeVar("T")


def with_connection(url: str, use: Callable[[Connection], T]) -> T:
    """What `use` says of a connection to the database at a URL.

    Blocks; call it from a thread where a loop runs. `StoreError` if the database
    cannot be reached or a statement fails.
    """
    try:
        if not url.startswith("sqlite"):
            return asyncio.run(_on_asyncpg(url, use))
        with create_engine(url, poolclass=NullPool).connect() as connection:
            return use(connection)
    except (OSError, DBAPIError) as error:
        raise StoreError(f"the database said no: {error}") from error


async def _on_asyncpg(url: str, use: Callable[[Connection], T]) -> T:
    from sqlalchemy.ext.asyncio import create_async_engine

    engine = create_async_engine(
        make_url(url).set(drivername="postgresql+asyncpg"), poolclass=NullPool
    )
    async with engine.connect() as connection:
        return await connection.run_sync(use)
