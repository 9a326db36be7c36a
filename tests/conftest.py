"""Fixtures for every room."""

import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from httpx._config import DEFAULT_TIMEOUT_CONFIG
from hypothesis import settings
from tests.support.worlds import a_world

from cyan.interfaces import World

# The same examples each time, so that a failure is one of the change at hand;
# `make fuzz` looks for new ones.
settings.register_profile("steady", derandomize=True, deadline=None)
settings.register_profile("fuzz", deadline=None, print_blob=True)
settings.load_profile("fuzz" if "CYAN_FUZZ" in os.environ else "steady")

# Clients of tests trust no authority: to read all of them takes longer than most
# requests, and nobody but this machine is asked anything.
os.environ.pop("SSL_CERT_FILE", None)
os.environ["SSL_CERT_DIR"] = os.devnull

# On a busy machine an answer may take longer than the 5 seconds that httpx waits.
DEFAULT_TIMEOUT_CONFIG.read = 60.0

# A shell lets what it runs in the background ignore Ctrl-C, and whatever that starts.
signal.signal(signal.SIGINT, signal.default_int_handler)

LONG = ("crash", "clients", "tools", "journeys", "state_machines", "server", "cli")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes long comes first, so that no worker is left with it at the end."""
    items.sort(key=lambda item: Path(item.path).parent.name not in LONG)


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
