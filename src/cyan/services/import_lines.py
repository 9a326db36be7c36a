"""Reading what people import: one identifier a line, or a CSV with a header.

Lines come as they are read, so that a file of millions needs no memory.
"""

import csv
import itertools
from collections.abc import Iterable, Iterator, Sequence

from cyan.interfaces import Tx
from cyan.model.identifiers import (
    DeviceID,
    MalformedIdentifier,
    SerialNumber,
)

MAX_TEXT = 200
"""Characters of a line that are kept; an identifier has 32 at most."""

_HEADINGS = ("deviceid", "id", "serialnumber", "serial", "imei", "iccid", "identifier")
_SEPARATORS = ",;\t"


def identifiers(lines: Iterable[str]) -> Iterator[str]:
    """The identifiers of a file's lines, in their order; empty lines are passed over.

    Where the first line is a header, its columns are looked into in the order Device
    ID, serial number, IMEI, ICCID: the first that is not empty counts. Otherwise it is
    the first thing of each line.
    """
    filled = (line for line in lines if line.strip(" \t\r\n\0,;\ufeff"))
    first = next(filled, None)
    if first is None:
        return
    first = first.lstrip("\ufeff")
    separator = max(_SEPARATORS, key=first.count)
    rows = csv.reader(
        itertools.chain([first], _without_nul(filled)), delimiter=separator
    )
    head = next(rows)
    columns = _columns(head)
    if not columns:
        yield _tidy(head[:1])
        columns = [0]
    while True:
        try:
            row = next(rows)
        except StopIteration:
            return
        except csv.Error:  # a cell as long as a book
            yield "?"
            continue
        yield _tidy([row[at] for at in columns if at < len(row)])


def _without_nul(lines: Iterable[str]) -> Iterator[str]:
    for line in lines:
        yield line.replace("\0", "\ufffd")


def _columns(head: list[str]) -> list[int]:
    """Where the columns are that name devices, in the order of our preference."""
    names = ["".join(c for c in cell.lower() if c.isalnum()) for cell in head]
    return [names.index(heading) for heading in _HEADINGS if heading in names]


def _tidy(cells: list[str]) -> str:
    found = next((cell.strip() for cell in cells if cell.strip()), "?")
    return found.replace("\0", "\ufffd")[:MAX_TEXT]


async def devices_named(tx: Tx, texts: Sequence[str]) -> list[DeviceID | str]:
    """The device that each line names; "" where it names none (MEM-4)."""
    named = [_device_id_in(text) for text in texts]
    numbers = {
        line: number
        for line, device_id in enumerate(named)
        if not device_id and (number := _number_in(texts[line])) is not None
    }
    if numbers:
        found = await tx.imports.resolve(list(set(numbers.values())))
        for line, number in numbers.items():
            named[line] = found.get(number, "")
    return named


def _device_id_in(text: str) -> DeviceID | str:
    """The Device ID that a line is, if it is one."""
    try:
        return DeviceID.parse(text)
    except MalformedIdentifier:
        return ""


def _number_in(text: str) -> str | None:
    """The serial number, IMEI or ICCID that a line may be, as it is looked up."""
    try:
        return SerialNumber.parse(text)
    except MalformedIdentifier:
        return None
