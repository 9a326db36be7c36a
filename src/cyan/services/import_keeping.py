"""Keeping the lines of a long import before anything comes of them.

They are kept twice: as they came, for whoever looks at them, and in the order in which
they are worked on.
"""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import islice
from typing import NoReturn

from cyan.interfaces import Page, Part, Tx, World
from cyan.model.decisions import RefusalCode, refused
from cyan.model.products import Import
from cyan.services.import_lines import devices_named
from cyan.services.import_order import Ordering
from cyan.services.importing import PAGE

PART = 2_000
"""Lines that the job takes into one transaction."""

CLAIMING_PART = 200
"""The same where each device gets an owner too, which takes longer."""

KEPT_AT_ONCE = 8
"""Pages that one transaction keeps."""

MAX_LINES = 5_000_000
RECEIVING_FOR = timedelta(minutes=5)
"""How long the next lines of an upload may take, before it counts as abandoned."""


def receiving_until(world: World) -> datetime:
    """Until when the next lines must come."""
    return world.clock.now() + RECEIVING_FOR


async def keep_lines(world: World, record: Import, texts: Iterator[str]) -> Import:
    """Keep all lines of a new import; nothing comes of them yet."""
    with Ordering() as ordering:
        record = await _keep_pages(world, record, texts, ordering)
        size = PART if record.claim_for is None else CLAIMING_PART
        await _keep_parts(world, record, ordering.parts(size))
    return record


async def _keep_pages(
    world: World, record: Import, texts: Iterator[str], ordering: Ordering
) -> Import:
    """Keep the lines as they come."""
    while lines := await asyncio.to_thread(list, islice(texts, KEPT_AT_ONCE * PAGE)):
        if record.lines + len(lines) > MAX_LINES:
            await _refuse(world, record)
        kept = Page(lines, await _named(world, lines))
        await asyncio.to_thread(ordering.add, record.lines, kept.device_ids)
        record = await _keep_some(world, record, kept)
    return record


async def _named(world: World, lines: Sequence[str]) -> Sequence[str]:
    return await world.store.search(lambda tx: devices_named(tx, lines))


async def _refuse(world: World, record: Import) -> NoReturn:
    await world.store.transact(lambda tx: tx.imports.remove(record.id))
    raise refused(
        RefusalCode.IMPORT_UNUSABLE,
        f"An import has at most {MAX_LINES:,} lines.",
        rule="MEM-4",
        remedy="Split the file.",
    )


async def _keep_some(world: World, record: Import, kept: Page) -> Import:
    async def body(tx: Tx) -> Import:
        for first in range(0, len(kept.texts), PAGE):
            lines = slice(first, first + PAGE)
            page = Page(kept.texts[lines], kept.device_ids[lines])
            await tx.imports.add_page(record.id, (record.lines + first) // PAGE, page)
        return await _receiving(tx, world, record, len(kept.texts))

    return await world.store.transact(body)


async def _keep_parts(world: World, record: Import, parts: Iterator[Part]) -> None:
    """Keep the same lines in the order in which they will be worked on."""
    numbered = enumerate(parts)
    while some := await asyncio.to_thread(list, islice(numbered, KEPT_AT_ONCE)):

        async def body(tx: Tx, some: Sequence[tuple[int, Part]] = some) -> None:
            for number, part in some:
                await tx.imports.add_part(record.id, number, part)
            await _receiving(tx, world, record, 0)

        await world.store.transact(body)


async def _receiving(tx: Tx, world: World, record: Import, more: int) -> Import:
    """An import that has more lines, and longer time for the next ones."""
    until = receiving_until(world)
    record = replace(record, lines=record.lines + more, leased_until=until)
    await tx.imports.update(record)
    return record
