"""Every test of this folder runs over both databases, on their migrated schema."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from cyan.interfaces import Store
from cyan.storage import open_store


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/cyan.db"
    url: str = request.getfixturevalue("postgres_url")
    return url


@pytest.fixture
async def store(database_url: str) -> AsyncIterator[Store]:
    store = await open_store(database_url)
    yield store
    await store.close()
