"""Every test of this folder runs over both databases, on their migrated schema."""

from collections.abc import AsyncIterator

import pytest

from cyan.interfaces import Store
from cyan.storage import open_store


@pytest.fixture
async def store(database_url: str) -> AsyncIterator[Store]:
    store = await open_store(database_url)
    yield store
    await store.close()
