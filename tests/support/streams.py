"""Server-sent events as a listener reads them (contract §3.10)."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx

Lines = Iterator[str]

OF_THE_SYSTEM = ("spark/", "particle/")


@contextmanager
def stream(client: httpx.Client, path: str) -> Iterator[Lines]:
    """An open stream; it says `:ok` before anything else."""
    with client.stream("GET", path) as answer:
        assert answer.status_code == 200, answer.read()
        assert answer.headers["content-type"].startswith("text/event-stream")
        lines = answer.iter_lines()
        assert next(lines) == ":ok"
        yield lines


def events(lines: Lines) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each event: its name and what its data line says."""
    for line in lines:
        if line.startswith("event: "):
            data = next(line for line in lines if line.startswith("data: "))
            name = line.removeprefix("event: ")
            yield name, json.loads(data.removeprefix("data: "))


def published(lines: Lines) -> Iterator[tuple[str, dict[str, Any]]]:
    """What people and firmware publish.

    What the cloud and Device OS publish on their own comes whenever it comes: a
    device answers an adoption with an event while the next request runs already.
    """
    return (each for each in events(lines) if not each[0].startswith(OF_THE_SYSTEM))


def heard(lines: Lines) -> tuple[str, dict[str, Any]]:
    """The next event that somebody published."""
    return next(published(lines))
