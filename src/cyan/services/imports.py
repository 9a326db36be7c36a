"""Imports: putting a list of devices into a product (MEM-4).

A short list is one transaction. A long one is first kept, line by line, then counted,
and only if all of it has room (LIM-5) added, some thousand lines at a time; after a
crash it goes on where it was, since each part and the note of how far it got are one
transaction. `cyan.services.import_steps` has the steps. See docs/rules/membership.md.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import chain, islice

from cyan.interfaces import Tx, World, subjects
from cyan.interfaces.subjects import DeviceChanged
from cyan.model.accounts import Actor
from cyan.model.decisions import RefusalCode, Refused, refused
from cyan.model.identifiers import DeviceID
from cyan.model.products import (
    Import,
    ImportLine,
    ImportState,
    LineOutcome,
    Product,
)
from cyan.rules.authority import Action
from cyan.services.import_lines import device_id_in, number_in
from cyan.services.import_steps import add_part, count_part, finish_counting
from cyan.services.ownership import announce
from cyan.services.products import find_product, products_of

SMALL = 1_000
"""Lines that one transaction takes; more is work for a job."""

PART = 2_000
"""Lines that are read at once."""

KEPT_PART = 32_000
"""Lines of a transaction that keeps them.

They come in no order and are kept in that of their Device IDs: each part writes most
pages of those before it again, so that fewer parts are less to write.
"""

MAX_LINES = 5_000_000
LOOK_AGAIN = 5.0
"""Seconds after which an import is looked at again, whoever works on it."""

RECEIVING_FOR = timedelta(minutes=5)
"""How long the next lines of an upload may take, before it counts as abandoned."""


@dataclass(frozen=True, slots=True)
class ImportWish:
    """What shall be imported: identifiers, and whose what nobody owns shall be.

    `dry_run` tells what would come of it, and changes nothing.
    """

    identifiers: Iterable[str]
    claim_user: str | None = None
    dry_run: bool = False


async def begin_import(
    world: World, actor: Actor, within: str, wish: ImportWish
) -> Import:
    """Import a short list at once, or keep a long one for the jobs to work on.

    Refused as a whole where it would pass the limit (LIM-5).
    """
    given = iter(wish.identifiers)
    beginning = await asyncio.to_thread(list, islice(given, SMALL + 1))
    if not beginning:
        raise refused(
            RefusalCode.IMPORT_UNUSABLE,
            "There is no identifier in it.",
            rule="MEM-4",
            remedy="Send one Device ID, serial number, IMEI or ICCID a line.",
        )
    if len(beginning) <= SMALL:
        return await _import_at_once(world, actor, within, wish, beginning)
    return await _keep(world, actor, within, wish, chain(beginning, given))


async def _draw(
    tx: Tx, world: World, actor: Actor, within: str, wish: ImportWish
) -> tuple[Import, Product]:
    """A new import, nothing of which is kept yet."""
    product = await find_product(tx, actor, within, Action.DEVICES_IMPORT)
    visible = await products_of(tx, actor)
    return Import(
        id="",
        product_id=product.id,
        actor_id=actor.account_id,
        username=actor.username,
        state=ImportState.RECEIVING,
        dry_run=wish.dry_run,
        claim_for=await _claim_for(tx, product, wish.claim_user),
        visible_products=[each.id for each in visible if each.id != product.id],
        lines=0,
        position=-1,
        reached_id="",
        reached_number=-1,
        counts={},
        reserved=0,
        refusal=None,
        effect=None,
        lease=None,
        leased_until=None,
        created_at=world.clock.now(),
        finished_at=None,
    ), product


async def _claim_for(tx: Tx, product: Product, claim_user: str | None) -> str | None:
    """The account that shall own the devices: somebody of the team (CLM-4)."""
    if not claim_user:
        return None
    account = await tx.accounts.find_by_username(claim_user.strip().lower())
    roles = await tx.teams.roles_of(account.id if account else "", product.team_ids)
    if account is None or not roles:
        raise refused(
            RefusalCode.IMPORT_UNUSABLE,
            "claim_user is nobody of the product's team.",
            rule="CLM-4",
            remedy="Invite them to the team first, or leave claim_user out.",
        )
    return account.id


async def _import_at_once(
    world: World, actor: Actor, within: str, wish: ImportWish, texts: Sequence[str]
) -> Import:
    import_id = world.secrets.id()

    async def body(tx: Tx) -> tuple[Import, Sequence[DeviceChanged]]:
        drawn, product = await _draw(tx, world, actor, within, wish)
        record = replace(
            drawn, id=import_id, lines=len(texts), state=ImportState.COUNTING
        )
        await tx.imports.add(record)
        await tx.imports.add_lines(import_id, 0, await _resolved(tx, texts))
        record = await count_part(tx, world, record, product, SMALL)
        record = await finish_counting(tx, world, record, product)
        changes: Sequence[DeviceChanged] = ()
        if record.state is ImportState.REFUSED:
            require_not_refused(record)
        if record.state is ImportState.ADDING:
            record, changes = await add_part(tx, world, record, product, SMALL)
        await tx.imports.update(record)
        return record, changes

    record, changes = await world.store.transact(body)
    announce(world, *changes)
    return record


def require_not_refused(record: Import) -> None:
    """Raise the refusal of an import that was refused as a whole (LIM-5)."""
    if record.refusal is None:
        return
    told = record.refusal
    raise refused(
        RefusalCode.DEVICE_LIMIT,
        told["reason"],
        rule=told["rule"],
        remedy=told["remedy"],
        details=told["details"],
    )


async def _look_again(world: World, import_id: str) -> Import:
    found = await world.store.read(lambda tx: tx.imports.find(import_id))
    if found is None:
        raise unknown_import()
    return found


async def finished(world: World, record: Import) -> Import:
    """Wait until the jobs are done with an import; how it ended."""
    ended = asyncio.Event()

    def on_end(_: object) -> None:
        ended.set()

    stop = world.bus.listen(subjects.import_ends(record.id), on_end)
    try:
        while record.finished_at is None:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK_AGAIN):
                    await ended.wait()
            record = await _look_again(world, record.id)
    finally:
        stop()
    return record


async def _resolved(tx: Tx, texts: Sequence[str]) -> list[tuple[str, DeviceID | None]]:
    """Each line with the device that it names (MEM-4)."""
    named = [(text, device_id_in(text)) for text in texts]
    numbers = {
        text: number
        for text, device_id in named
        if device_id is None and (number := number_in(text)) is not None
    }
    if not numbers:
        return named
    found = await tx.imports.resolve(list(set(numbers.values())))
    return [
        (text, device_id or found.get(numbers.get(text, "")))
        for text, device_id in named
    ]


async def _keep(
    world: World, actor: Actor, within: str, wish: ImportWish, texts: Iterator[str]
) -> Import:
    """Keep a long list, part by part; the jobs begin once all of it is there."""
    import_id = world.secrets.id()

    async def begin(tx: Tx) -> Import:
        drawn, _ = await _draw(tx, world, actor, within, wish)
        until = world.clock.now() + RECEIVING_FOR
        record = replace(drawn, id=import_id, leased_until=until)
        await tx.imports.add(record)
        return record

    record = await world.store.transact(begin)
    while part := await asyncio.to_thread(list, islice(texts, KEPT_PART)):
        if record.lines + len(part) > MAX_LINES:
            await world.store.transact(lambda tx: tx.imports.remove(import_id))
            raise refused(
                RefusalCode.IMPORT_UNUSABLE,
                f"An import has at most {MAX_LINES:,} lines.",
                rule="MEM-4",
                remedy="Split the file.",
            )
        record = await _keep_part(world, record, part)
    ready = replace(record, state=ImportState.COUNTING, leased_until=None)
    await world.store.transact(lambda tx: tx.imports.update(ready))
    world.bus.publish(subjects.IMPORTS, None)
    return ready


async def _keep_part(world: World, record: Import, part: Sequence[str]) -> Import:
    async def body(tx: Tx) -> Import:
        pairs = await _resolved(tx, part)
        await tx.imports.add_lines(record.id, record.lines, pairs)
        kept = replace(
            record,
            lines=record.lines + len(part),
            leased_until=world.clock.now() + RECEIVING_FOR,
        )
        await tx.imports.update(kept)
        return kept

    return await world.store.transact(body)


def unknown_import() -> Refused:
    """What one hears of an import that is not one of this product."""
    return refused(
        RefusalCode.IMPORT_UNKNOWN,
        "Import not found for this product",
        rule="MEM-4",
        remedy="See the list of the product's imports.",
    )


async def find_import(
    tx: Tx, actor: Actor, within: str, import_id: str, action: Action
) -> Import:
    """An import of a product whose devices the actor may see or manage."""
    product = await find_product(tx, actor, within, action)
    record = await tx.imports.find(import_id)
    if record is None or record.product_id != product.id:
        raise unknown_import()
    return record


async def list_imports(
    world: World, actor: Actor, within: str, limit: int = 100
) -> Sequence[Import]:
    """A product's imports, newest first."""

    async def body(tx: Tx) -> Sequence[Import]:
        product = await find_product(tx, actor, within, Action.DEVICES_LIST)
        return await tx.imports.list_of(product.id, limit)

    return await world.store.read(body)


async def get_import(world: World, actor: Actor, within: str, import_id: str) -> Import:
    """One import, and how far it is."""
    action = Action.DEVICES_LIST
    return await world.store.read(
        lambda tx: find_import(tx, actor, within, import_id, action)
    )


async def lines_of(
    world: World, import_id: str, after: int = -1, limit: int = PART
) -> Sequence[ImportLine]:
    """Lines of an import that was found, after a number."""
    return await world.store.read(lambda tx: tx.imports.lines(import_id, after, limit))


async def all_lines(
    world: World, import_id: str, outcomes: Collection[LineOutcome] = ()
) -> AsyncIterator[ImportLine]:
    """All lines of an import that was found; `outcomes` keeps to some of them."""
    after = -1
    while part := await lines_of(world, import_id, after):
        for line in part:
            if not outcomes or line.outcome in outcomes:
                yield line
        after = part[-1].number


def joined_by(record: Import) -> int:
    """How many devices became members by an import."""
    joining = (LineOutcome.ADDED, LineOutcome.APPROVED)
    return sum(record.counts.get(each, 0) for each in joining)


async def undo_import(
    world: World, actor: Actor, within: str, import_id: str
) -> Import:
    """Remove what an import added and nothing else; the jobs do it."""

    async def body(tx: Tx) -> Import:
        record = await find_import(tx, actor, within, import_id, Action.DEVICES_REMOVE)
        if record.dry_run or record.state is not ImportState.DONE:
            raise refused(
                RefusalCode.IMPORT_UNUSABLE,
                f"This import is {record.state.value}, so there is nothing to undo."
                if not record.dry_run
                else "A dry run changed nothing, so there is nothing to undo.",
                rule="MEM-4",
                remedy="Undo an import that is done.",
            )
        undoing = replace(
            record.at_first_line(), state=ImportState.UNDOING, finished_at=None
        )
        await tx.imports.update(undoing)
        return undoing

    record = await world.store.transact(body)
    world.bus.publish(subjects.IMPORTS, None)
    return record
