"""A world for each test of a use case: a real store, three devices to an account."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.support.worlds import a_world

from cyan.interfaces import World


@pytest.fixture
async def world(
    tmp_path: Path, request: pytest.FixtureRequest, database_url: str
) -> AsyncIterator[World]:
    """`@pytest.mark.settings(…)` changes the settings of the world."""
    marker = request.node.get_closest_marker("settings")
    settings = {"sandbox_devices": 3, **(marker.kwargs if marker else {})}
    async with a_world(tmp_path, database_url=database_url, **settings) as world:
        yield world
