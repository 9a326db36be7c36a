"""The steps of an import: count a part, add a part, take a part out again.

Each is one transaction with the note of how far the import got; whoever works on it
holds its lease. A crash repeats no line: what was noted was done, and what was not
noted was not.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from cyan.interfaces import LineFacts, Tx, World, subjects
from cyan.interfaces.subjects import DeviceChanged
from cyan.model.accounts import Door
from cyan.model.decisions import Refuse
from cyan.model.devices import Standing
from cyan.model.events import DEFAULT_TTL, Event, ProductEvent
from cyan.model.identifiers import DeviceID
from cyan.model.products import Import, ImportState, LineOutcome, Product
from cyan.model.settings import FirstContact
from cyan.rules.additions import (
    OUTCOMES,
    AdditionFacts,
    Belongs,
    LineDecision,
    Named,
    Owner,
    PlatformMatch,
    decide_addition,
)
from cyan.rules.limits import has_room, product_full
from cyan.services.membership import Joiner, added_to_count, join, leave
from cyan.services.ownership import Act, announce, change_owner, position_of
from cyan.services.products import room_for

PART = 5_000
CLAIMING_PART = 200
"""Lines of a part where each device gets an owner too, which takes longer."""

LEASE = timedelta(seconds=10)
PROGRESS = "cyan/import"
"""The event that tells a product's streams how far an import is."""

_JOINS = "joining"
"""In the counts while they are counted: what the limit has to have room for."""


async def count_part(
    tx: Tx, world: World, record: Import, product: Product, limit: int
) -> Import:
    """Count the next lines by what will come of them; a dry run notes it, too."""
    lines = await tx.imports.facts(record.id, record.reached, limit)
    decided = await _decide(tx, world, record, product, lines)
    counts = Counter(record.counts)
    for line, decision in decided:
        counts[decision.outcome.value] += 1
        if decision.joins:
            counts[_JOINS] += added_to_count(product, line.owner_id)
    if record.dry_run:
        await _note_outcomes(tx, record, decided)
    return _after(replace(record, counts=dict(counts)), lines)


async def finish_counting(
    tx: Tx, world: World, record: Import, product: Product
) -> Import:
    """All is counted: refuse it as a whole, end a dry run, or begin (LIM-5)."""
    now = world.clock.now()
    more = record.counts.get(_JOINS, 0)
    count, limit = await room_for(tx, world, product)
    counts = {name: n for name, n in record.counts.items() if name != _JOINS}
    effect = {"plan": product.plan, "count": count, "adds": more, "limit": limit}
    record = replace(record, effect=effect)
    if not has_room(count, limit, more):
        full = product_full(count, limit, more, product.plan)
        return replace(
            record,
            state=ImportState.REFUSED,
            counts=counts,
            refusal=_told(full),
            finished_at=now,
        )
    if record.dry_run:
        return replace(record, state=ImportState.DONE, counts=counts, finished_at=now)
    await tx.counts.reserve(product.id, more)
    return replace(
        record.at_first_line(), state=ImportState.ADDING, counts={}, reserved=more
    )


def _told(refusal: Refuse) -> dict[str, object]:
    return {
        "reason": refusal.reason,
        "rule": refusal.rule,
        "remedy": refusal.remedy,
        "details": dict(refusal.details or {}),
    }


async def add_part(
    tx: Tx, world: World, record: Import, product: Product, limit: int
) -> tuple[Import, Sequence[DeviceChanged]]:
    """Add the devices of the next lines; what live sessions are to be told."""
    lines = await tx.imports.facts(record.id, record.reached, limit)
    decided = await _decide(tx, world, record, product, lines)
    joiners = [(line, _joiner(line)) for line, decision in decided if decision.joins]
    await join(tx, product, [joiner for _, joiner in joiners], record.created_at)
    used = sum(added_to_count(product, line.owner_id) for line, _ in joiners)
    used = min(used, record.reserved)
    await tx.counts.reserve(product.id, -used)
    await _note_outcomes(tx, record, decided)
    claimed = await _claim(tx, world, record, product, decided)
    counts = Counter(record.counts)
    counts.update(decision.outcome.value for _, decision in decided)
    online = [joiner.device_id for line, joiner in joiners if line.online]
    changes = [
        await position_of(tx, device_id)
        for device_id in dict.fromkeys((*online, *claimed))
    ]
    reserved = record.reserved - used
    added = _after(replace(record, counts=dict(counts), reserved=reserved), lines)
    return await _finish(tx, world, added, ImportState.DONE), changes


async def take_out_part(
    tx: Tx, world: World, record: Import, limit: int
) -> tuple[Import, Sequence[DeviceChanged]]:
    """Remove the devices of the next lines that are members by this import still."""
    lines = await tx.imports.facts(record.id, record.reached, limit)
    ids = [
        line.device_id
        for line in lines
        if line.device_id is not None
        and line.outcome in (LineOutcome.ADDED, LineOutcome.APPROVED)
    ]
    members = [
        device
        for device in await tx.fleets.find_many(ids)
        if device.member_of == record.product_id
        and device.standing_since == record.created_at
    ]
    await leave(tx, world, record.product_id, members, world.clock.now())
    changes = [await position_of(tx, each.id) for each in members if each.online]
    return await _finish(tx, world, _after(record, lines), ImportState.UNDONE), changes


async def _finish(tx: Tx, world: World, record: Import, state: ImportState) -> Import:
    """After the last line: what was kept free for it is free again."""
    if record.position < record.lines - 1:
        return record
    await tx.counts.reserve(record.product_id, -record.reserved)
    return replace(
        record,
        state=state,
        reserved=0,
        lease=None,
        leased_until=None,
        finished_at=world.clock.now(),
    )


def _after(record: Import, lines: Sequence[LineFacts]) -> Import:
    """The import after the next lines of it; without any it is at its end."""
    if not lines:
        return replace(record, position=record.lines - 1)
    reached_id, reached_number = lines[-1].key
    return replace(
        record,
        position=record.position + len(lines),
        reached_id=reached_id,
        reached_number=reached_number,
    )


def _joiner(line: LineFacts) -> Joiner:
    assert line.device_id is not None  # a line that names nothing joins nothing
    waits = line.standing in (Standing.QUARANTINED, Standing.DENIED)
    return Joiner(
        line.device_id,
        line.known,
        line.owner_id,
        line.product_id if waits else None,
    )


Decided = Sequence[tuple[LineFacts, LineDecision]]


async def _decide(
    tx: Tx, world: World, record: Import, product: Product, lines: Sequence[LineFacts]
) -> Decided:
    team = frozenset(await tx.teams.account_ids(product.team_ids))
    visible = frozenset(record.visible_products)
    welcome = world.settings.first_contact is FirstContact.FIRST_USE
    known: dict[tuple[object, ...], LineDecision] = {}
    decided = []
    before: str | None = record.reached_id
    for line in lines:
        decisive = (line.device_id is None, *line[3:])  # of a million most are alike
        decision = known.get(decisive)
        if decision is None:
            decision = _of_line(line, product, team, visible, welcome=welcome)
            known[decisive] = decision
        if decision.joins and line.device_id == before:  # an earlier line names it, too
            decision = OUTCOMES[LineOutcome.ALREADY_THERE]
        before = line.device_id
        decided.append((line, decision))
    return decided


def _of_line(
    line: LineFacts,
    product: Product,
    team: frozenset[str],
    visible: frozenset[int],
    *,
    welcome: bool,
) -> LineDecision:
    return decide_addition(
        AdditionFacts(
            named=_named(line, welcome=welcome),
            unknown_welcome=welcome,
            platform=_platform(line, product),
            belongs=_belongs(line, product, visible),
            owner=_owner(line, team),
            protected=bool(line.protected) and not product.device_protection,
        )
    )


def _named(line: LineFacts, *, welcome: bool) -> Named:
    if line.device_id is None:
        return Named.NOTHING
    return Named.KNOWN if line.known and (welcome or line.recorded) else Named.UNKNOWN


def _platform(line: LineFacts, product: Product) -> PlatformMatch:
    if line.platform_id is None:
        return PlatformMatch.NOT_KNOWN_YET
    same = line.platform_id == product.platform_id
    return PlatformMatch.SAME if same else PlatformMatch.OTHER


def _belongs(line: LineFacts, product: Product, visible: frozenset[int]) -> Belongs:
    member = line.standing in (Standing.MEMBER, Standing.WRONG_PLATFORM)
    if line.product_id == product.id:
        return Belongs.HERE if member else Belongs.WAITS_HERE
    if not member:
        return Belongs.NOWHERE
    seen = line.product_id in visible
    return Belongs.ELSEWHERE_SEEN if seen else Belongs.ELSEWHERE_UNSEEN


def _owner(line: LineFacts, team: frozenset[str]) -> Owner:
    if line.owner_id is None:
        return Owner.NOBODY
    return Owner.TEAM if line.owner_id in team else Owner.OUTSIDER


async def _note_outcomes(tx: Tx, record: Import, decided: Decided) -> None:
    numbers: dict[LineOutcome, list[int]] = defaultdict(list)
    for line, decision in decided:
        numbers[decision.outcome].append(line.number)
    if not decided:
        return
    commonest = max(numbers, key=lambda outcome: len(numbers[outcome]))
    await tx.imports.set_outcome_of_all(
        record.id, commonest, record.reached, decided[-1][0].key
    )
    for outcome, lines in numbers.items():
        if outcome is not commonest:
            await tx.imports.set_outcomes(record.id, outcome, lines)


async def _may_own(tx: Tx, record: Import, product: Product) -> bool:
    """Whether an import names an owner, who is of the team still (CLM-4)."""
    if record.claim_for is None:
        return False
    return bool(await tx.teams.roles_of(record.claim_for, product.team_ids))


async def _claim(
    tx: Tx, world: World, record: Import, product: Product, decided: Decided
) -> Sequence[DeviceID]:
    """Give members that nobody owns to whom the import names (CLM-4)."""
    if not await _may_own(tx, record, product):
        return ()
    ids = [
        line.device_id
        for line, decision in decided
        if line.device_id is not None
        and (decision.joins or decision.outcome is LineOutcome.ALREADY_THERE)
    ]
    act = Act(record.actor_id, "CLM-4", Door.API, world.clock.now())
    claimed = []
    for device in await tx.fleets.find_many(list(dict.fromkeys(ids))):
        if device.owner_id is None:
            await change_owner(tx, device, record.claim_for, act)
            claimed.append(device.id)
    return claimed


async def work_on_next(world: World) -> bool:
    """Work on the oldest import that nobody works on, to its end; whether there was.

    The lease ends by itself if this process does: then another goes on.
    """
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
        await _work(world, record, lease)
    return True


async def _work(world: World, taken: Import, lease: str) -> None:
    record: Import | None = taken
    while record is not None and record.finished_at is None:
        record = await _step(world, taken.id, lease)
        if record is not None:
            _tell_progress(world, record)
    world.bus.publish(subjects.import_ends(taken.id), None)


async def _step(world: World, import_id: str, lease: str) -> Import | None:
    """One transaction of an import; None if another process has it now."""

    async def body(tx: Tx) -> tuple[Import | None, Sequence[DeviceChanged]]:
        record = await tx.imports.find(import_id)
        if record is None or record.lease != lease:
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

    record, changes = await world.store.transact(body)
    announce(world, *changes)
    return record


async def _advance(
    tx: Tx, world: World, record: Import, product: Product
) -> tuple[Import, Sequence[DeviceChanged]]:
    if record.state is ImportState.COUNTING:
        if record.position < record.lines - 1:
            return await count_part(tx, world, record, product, PART), ()
        return await finish_counting(tx, world, record, product), ()
    if record.state is ImportState.ADDING:
        part = PART if record.claim_for is None else CLAIMING_PART
        return await add_part(tx, world, record, product, part)
    return await take_out_part(tx, world, record, PART)


def _tell_progress(world: World, record: Import) -> None:
    told = {
        "id": record.id,
        "state": record.state.value,
        "lines": record.lines,
        "done": record.position + 1,
    }
    now = world.clock.now()
    event = Event(PROGRESS, json.dumps(told), DEFAULT_TTL, now, "particle-internal")
    world.bus.publish(
        subjects.product_events(record.product_id),
        ProductEvent(event, record.product_id, "", None),
    )
