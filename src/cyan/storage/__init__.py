"""The store, on SQLite or PostgreSQL: `open_store` gives whichever the URL names."""

import asyncio
from pathlib import Path

from cyan.interfaces import Store
from cyan.storage.migrate import is_current_postgres, is_current_sqlite, migrate


async def open_store(url: str) -> Store:
    """Open the store at a URL, brought to the newest schema.

    `sqlite:///PATH` or `postgresql://…`. Raises `SchemaTooNew` and, if the database
    cannot be reached, `StoreError`.
    """
    if url.startswith("sqlite:///"):
        from cyan.storage.sqlite import SqliteStore

        path = Path(url.removeprefix("sqlite:///"))
        if not is_current_sqlite(path):
            await asyncio.to_thread(migrate, url)
        return SqliteStore(path)
    from cyan.storage.postgres import PostgresStore

    if not await is_current_postgres(url):
        await asyncio.to_thread(migrate, url)
    return await PostgresStore.open(url)
