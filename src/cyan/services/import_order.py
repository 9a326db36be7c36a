"""Putting the lines of an import in the order in which they are worked on.

Devices that are neighbours in a part are neighbours in each index, so that a million
of them are no random writes. Lines that come in no order are sorted some at a time,
into temporary files, and merged from those: memory stays flat.
"""

import heapq
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from itertools import islice
from typing import IO, Self

from cyan.interfaces import Part
from cyan.model.identifiers import DeviceID

_ID = 24
"""Characters of a Device ID; a line that names no device has as many spaces."""


def in_order(device_ids: Iterable[str]) -> Part:
    """The lines of a short list: the devices that they name, "" for none."""
    pairs = sorted((named, line) for line, named in enumerate(device_ids))
    return Part([named for named, _ in pairs], [line for _, line in pairs])


class Ordering:
    """Lines of a long list, put in order. Closing it forgets them."""

    def __init__(self) -> None:
        self._files = ExitStack()
        self._sorted: list[IO[str]] = []

    def add(self, first_line: int, device_ids: Sequence[DeviceID | str]) -> None:
        """Take the next lines: the devices that they name, "" for none."""
        file = self._files.enter_context(_temporary_file())
        lines = enumerate(device_ids, first_line)
        file.writelines(sorted(f"{named:{_ID}}{line:07}\n" for line, named in lines))
        file.seek(0)
        self._sorted.append(file)

    def parts(self, size: int) -> Iterator[Part]:
        """All lines, so many at a time."""
        merged = heapq.merge(*self._sorted)
        while lines := list(islice(merged, size)):
            yield Part(
                [line[:_ID].rstrip() for line in lines],
                [int(line[_ID:]) for line in lines],
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._files.close()


def _temporary_file() -> IO[str]:
    return tempfile.TemporaryFile("w+", encoding="ascii", prefix="cyan-import-")
