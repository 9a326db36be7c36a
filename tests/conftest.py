"""Fixtures for every room."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.support.worlds import a_world

from cyan.interfaces import World

pytest_plugins = [
    "tests.support.browsers",
    "tests.support.databases",
    "tests.support.servers",
    "tests.support.simulated",
]


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    """Everything that use cases need; an account may own three devices."""
    async with a_world(tmp_path, sandbox_devices=3) as world:
        yield world
