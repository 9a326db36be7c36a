"""Imports: putting a list of devices into a product (MEM-4).

A short list is one transaction. A long one is first kept, then counted, and only if
all of it has room (LIM-5) added, part by part, by `cyan.services.importing`. See
docs/rules/membership.md.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, islice

from cyan.interfaces import Page, Part, Tx, World, subjects
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
from cyan.services.import_keeping import keep_lines, receiving_until
from cyan.services.import_lines import devices_named
from cyan.services.import_order import in_order
from cyan.services.import_steps import JOINED, import_at_once
from cyan.services.importing import PAGE
from cyan.services.ownership import announce
from cyan.services.products import find_product, products_of

SMALL = 1_000
"""Lines that one transaction takes; more is work for a job."""

LOOK_AGAIN = 5.0
"""Seconds after which an import is looked at again, whoever works on it."""


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
            remedy="Send Device IDs, serial numbers, IMEIs or ICCIDs, as `id` or `ids` "
            "or one a line in a part called `file`.",
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
        done=0,
        part=0,
        reached="",
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
        record = replace(drawn, id=import_id, lines=len(texts))
        named = await devices_named(tx, texts)
        part = in_order(named)
        record, part, changes = await import_at_once(tx, world, record, product, part)
        require_not_refused(record)
        await tx.imports.add(record)
        await tx.imports.add_page(import_id, 0, _told(Page(texts, named), part))
        await tx.imports.add_part(import_id, 0, part)
        return record, changes

    record, changes = await world.store.transact(body, turn=within)
    announce(world, *changes)
    return record


def _told(page: Page, part: Part) -> Page:
    """A page with the outcomes of the part that has the same lines."""
    outcomes = dict(zip(part.lines, part.outcomes or (), strict=True))
    return page._replace(outcomes=[outcomes[line] for line in range(len(page.texts))])


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


async def _look_again(world: World, record: Import) -> Import:
    if record.finished_at is not None:
        return record
    found = await world.store.read(lambda tx: tx.imports.find(record.id))
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
        record = await _look_again(world, record)  # it may have ended meanwhile
        while record.finished_at is None:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK_AGAIN):
                    await ended.wait()
            record = await _look_again(world, record)
    finally:
        stop()
    return record


async def _keep(
    world: World, actor: Actor, within: str, wish: ImportWish, texts: Iterator[str]
) -> Import:
    """Keep a long list; the jobs begin once all of it is there."""
    import_id = world.secrets.id()

    async def begin(tx: Tx) -> Import:
        drawn, _ = await _draw(tx, world, actor, within, wish)
        record = replace(drawn, id=import_id, leased_until=receiving_until(world))
        await tx.imports.add(record)
        return record

    record = await world.store.transact(begin)
    record = await keep_lines(world, record, texts)
    ready = replace(record, state=ImportState.COUNTING, leased_until=None)
    await world.store.transact(lambda tx: tx.imports.update(ready))
    world.bus.publish(subjects.IMPORTS, None)
    return ready


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
    world: World, import_id: str, after: int = -1, limit: int = PAGE
) -> Sequence[ImportLine]:
    """Lines of an import that was found, after a number."""
    begin, end = after + 1, after + 1 + limit
    first = begin // PAGE
    pages = (end - 1) // PAGE + 1 - first
    found = await world.store.search(
        lambda tx: tx.imports.pages(import_id, first, pages)
    )
    lines = chain.from_iterable(
        _lines_on(import_id, number, page) for number, page in enumerate(found, first)
    )
    return list(islice(lines, begin - first * PAGE, end - first * PAGE))


def _lines_on(import_id: str, number: int, page: Page) -> Iterator[ImportLine]:
    outcomes: Sequence[LineOutcome | None] = page.outcomes or [None] * len(page.texts)
    for line, (text, named, outcome) in enumerate(
        zip(page.texts, page.device_ids, outcomes, strict=True), number * PAGE
    ):
        device_id = DeviceID(named) if named else None
        yield ImportLine(import_id, line, text, device_id, outcome)


async def all_lines(
    world: World, import_id: str, outcomes: Collection[LineOutcome] = ()
) -> AsyncIterator[ImportLine]:
    """All lines of an import that was found; `outcomes` keeps to some of them."""
    after = -1
    while lines := await lines_of(world, import_id, after):
        for line in lines:
            if not outcomes or line.outcome in outcomes:
                yield line
        after = lines[-1].number


def joined_by(record: Import) -> int:
    """How many devices became members by an import."""
    return sum(record.counts.get(each, 0) for each in JOINED)


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
