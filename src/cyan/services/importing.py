"""Working on long imports: one step after another, whoever holds the lease.

A crash ends the lease by itself; then another process goes on with the next step.
"""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from cyan.interfaces import Part, Tx, World, subjects
from cyan.interfaces.subjects import DeviceChanged
from cyan.model.events import DEFAULT_TTL, Event, ProductEvent
from cyan.model.products import Import, ImportState, LineOutcome, Product
from cyan.services.import_steps import (
    add_part,
    count_part,
    finish_adding,
    finish_counting,
    finish_taking_out,
    take_out_part,
)
from cyan.services.ownership import announce

PAGE = 4_000
"""Lines that are kept as a row, in the order of the file."""

LEASE = timedelta(seconds=10)
PROGRESS = "cyan/import"
"""The event that tells a product's streams how far an import is."""


_OUTCOMES = tuple(LineOutcome)
_NUMBERS = {outcome: number for number, outcome in enumerate(_OUTCOMES)}


async def work_on_next(world: World) -> bool:
    """Work on the oldest import that nobody works on, to its end; whether there was."""
    lease = world.secrets.id()

    async def take(tx: Tx) -> Import | None:
        due = await tx.imports.next_due(world.clock.now())
        if due is None:
            return None
        if due.state is ImportState.RECEIVING:  # whoever sent it went away
            await tx.imports.remove(due.id)
            return due
        taken = replace(due, lease=lease, leased_until=world.clock.now() + LEASE)
        await tx.imports.update(taken)
        return taken

    record = await world.store.transact(take)
    if record is None:
        return False
    if record.state is not ImportState.RECEIVING:
        await _work(world, record)
    return True


async def _work(world: World, taken: Import) -> None:
    record: Import | None = taken
    while record is not None and record.finished_at is None:
        if record.done == record.lines and _has_outcomes(record):
            await _tell_pages(world, record)
        record = await _step(world, taken)
        if record is not None:
            _tell_progress(world, record)
    world.bus.publish(subjects.import_ends(taken.id), None)


async def _step(world: World, taken: Import) -> Import | None:
    """One transaction of an import; None if another process has it now."""

    async def body(tx: Tx) -> tuple[Import | None, Sequence[DeviceChanged]]:
        record = await _held(tx, taken)
        if record is None:
            return None, ()
        product = await tx.products.find(record.product_id)
        if product is None:  # deleted since, so nobody can see its imports
            await tx.imports.remove(record.id)
            return None, ()
        record, changes = await _advance(tx, world, record, product)
        if record.finished_at is None:
            until = world.clock.now() + LEASE
            record = replace(record, leased_until=until)
        await tx.imports.update(record)
        return record, changes

    turn = str(taken.product_id)
    record, changes = await world.store.transact(body, turn=turn)
    announce(world, *changes)
    return record


async def _held(tx: Tx, taken: Import) -> Import | None:
    """The import as it is, if the lease is the one that it was taken with."""
    record = await tx.imports.find(taken.id)
    return record if record and record.lease == taken.lease else None


async def _advance(
    tx: Tx, world: World, record: Import, product: Product
) -> tuple[Import, Sequence[DeviceChanged]]:
    part = await tx.imports.part(record.id, record.part)
    if record.state is ImportState.COUNTING:
        if part:
            return await count_part(tx, world, record, product, part), ()
        return await finish_counting(tx, world, record, product), ()
    if record.state is ImportState.ADDING:
        if part:
            return await add_part(tx, world, record, product, part)
        return await finish_adding(tx, world, record), ()
    if part:
        return await take_out_part(tx, world, record, part)
    return await finish_taking_out(tx, world, record), ()


def _has_outcomes(record: Import) -> bool:
    return record.dry_run or record.state is ImportState.ADDING


async def _tell_pages(world: World, taken: Import) -> None:
    """Note with the lines of the file what came of them, before it is said to be done.

    Doing it again changes nothing.
    """
    outcomes = bytearray(taken.lines)  # of millions of lines, a number each
    for number in range(taken.part):
        part = await _look_into(world, taken, number)
        if part is None or part.outcomes is None:
            return  # deleted, with its product
        for line, outcome in zip(part.lines, part.outcomes, strict=True):
            outcomes[line] = _NUMBERS[outcome]
    for number, first in enumerate(range(0, taken.lines, PAGE)):
        told = [_OUTCOMES[each] for each in outcomes[first : first + PAGE]]
        if not await _tell_page(world, taken, number, told):
            return


async def _look_into(world: World, taken: Import, number: int) -> Part | None:
    return await world.store.search(lambda tx: tx.imports.part(taken.id, number))


async def _tell_page(
    world: World, taken: Import, number: int, outcomes: Sequence[LineOutcome]
) -> bool:
    """Note the outcomes of a page; whether the lease holds."""

    async def body(tx: Tx) -> bool:
        record = await _held(tx, taken)
        if record is None:
            return False
        await tx.imports.tell_page(record.id, number, outcomes)
        until = world.clock.now() + LEASE
        await tx.imports.update(replace(record, leased_until=until))
        return True

    return await world.store.transact(body)


def _tell_progress(world: World, record: Import) -> None:
    told = {
        "id": record.id,
        "state": record.state.value,
        "lines": record.lines,
        "done": record.done,
    }
    now = world.clock.now()
    event = Event(PROGRESS, json.dumps(told), DEFAULT_TTL, now, "particle-internal")
    world.bus.publish(
        subjects.product_events(record.product_id),
        ProductEvent(event, record.product_id, "", None),
    )
