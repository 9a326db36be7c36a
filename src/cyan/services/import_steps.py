"""The steps of an import: count a part, add a part, take a part out again.

Each is one transaction with the note of how far the import got. A crash repeats no
line: what was noted was done, and what was not noted was not. `cyan.services.importing`
goes from step to step.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from cyan.interfaces import Part, Tx, World
from cyan.interfaces.subjects import DeviceChanged
from cyan.model.accounts import Door
from cyan.model.decisions import Refuse
from cyan.model.identifiers import DeviceID
from cyan.model.products import Import, ImportState, LineOutcome, Product
from cyan.rules.limits import has_room, product_full
from cyan.services.import_decisions import Decided, decide_part, joiner_of
from cyan.services.membership import added_to_count, join, leave
from cyan.services.ownership import Act, change_owner, position_of
from cyan.services.products import room_for

JOINED = (LineOutcome.ADDED, LineOutcome.APPROVED)

_JOINING = "joining"
"""In the counts while they are counted: what the limit has to have room for."""


async def import_at_once(
    tx: Tx, world: World, record: Import, product: Product, part: Part
) -> tuple[Import, Part, Sequence[DeviceChanged]]:
    """All steps of an import that is one part, which is returned with its outcomes."""
    decided = await decide_part(tx, world, record, product, part)
    counted = _counted(record, product, decided)
    record = await finish_counting(tx, world, counted, product)
    changes: Sequence[DeviceChanged] = ()
    if record.state is ImportState.ADDING:
        record, changes = await _add(tx, world, record, product, decided)
        record = await _finish(tx, world, record, ImportState.DONE)
    return record, part._replace(outcomes=_outcomes(decided)), changes


async def count_part(
    tx: Tx, world: World, record: Import, product: Product, part: Part
) -> Import:
    """Count lines by what will come of them; a dry run notes it, too."""
    decided = await decide_part(tx, world, record, product, part)
    if record.dry_run:
        await tx.imports.tell_part(record.id, record.part, _outcomes(decided))
    return _counted(record, product, decided)


def _outcomes(decided: Sequence[Decided]) -> list[LineOutcome]:
    return [each.decision.outcome for each in decided]


def _counted(record: Import, product: Product, decided: Sequence[Decided]) -> Import:
    counts = Counter(record.counts)
    counts.update(_outcomes(decided))
    counts[_JOINING] += _added_to_counts(product, decided)
    return _after(record, counts, decided)


def _added_to_counts(product: Product, decided: Sequence[Decided]) -> int:
    """What the lines that join add to the count that the product adds to (LIM-5)."""
    owners = Counter(
        each.candidate.owner_id if each.candidate else None
        for each in decided
        if each.decision.joins
    )
    return sum(added_to_count(product, owner) * n for owner, n in owners.items())


async def finish_counting(
    tx: Tx, world: World, record: Import, product: Product
) -> Import:
    """All is counted: refuse it as a whole, end a dry run, or begin (LIM-5)."""
    now = world.clock.now()
    more = record.counts.get(_JOINING, 0)
    count, limit = await room_for(tx, world, product)
    counts = {name: n for name, n in record.counts.items() if name != _JOINING}
    effect = {"plan": product.plan, "count": count, "adds": more, "limit": limit}
    record = replace(record, counts=counts, effect=effect)
    if not has_room(count, limit, more):
        full = product_full(count, limit, more, product.plan)
        return replace(
            record, state=ImportState.REFUSED, refusal=_told(full), finished_at=now
        )
    if record.dry_run:
        return replace(record, state=ImportState.DONE, finished_at=now)
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
    tx: Tx, world: World, record: Import, product: Product, part: Part
) -> tuple[Import, Sequence[DeviceChanged]]:
    """Add the devices of a part; what live sessions are to be told."""
    decided = await decide_part(tx, world, record, product, part)
    await tx.imports.tell_part(record.id, record.part, _outcomes(decided))
    return await _add(tx, world, record, product, decided)


async def _add(
    tx: Tx, world: World, record: Import, product: Product, decided: Sequence[Decided]
) -> tuple[Import, Sequence[DeviceChanged]]:
    joining = [each for each in decided if each.decision.joins]
    await join(tx, product, [joiner_of(each) for each in joining], record.created_at)
    used = min(_added_to_counts(product, joining), record.reserved)
    await tx.counts.reserve(product.id, -used)
    claimed = await _claim(tx, world, record, product, decided)
    online = [
        each.candidate.id
        for each in joining
        if each.candidate is not None and each.candidate.online
    ]
    changes = [
        await position_of(tx, device_id)
        for device_id in dict.fromkeys((*online, *claimed))
    ]
    counts = Counter(record.counts)
    counts.update(_outcomes(decided))
    record = replace(record, reserved=record.reserved - used)
    return _after(record, counts, decided), changes


async def _claim(
    tx: Tx, world: World, record: Import, product: Product, decided: Sequence[Decided]
) -> Sequence[DeviceID]:
    """Give members that nobody owns to whom the import names (CLM-4)."""
    if record.claim_for is None or not await tx.teams.roles_of(
        record.claim_for, product.team_ids
    ):
        return ()
    ids = [
        DeviceID(each.device_id)
        for each in decided
        if each.decision.joins or each.decision.outcome is LineOutcome.ALREADY_THERE
    ]
    act = Act(record.actor_id, "CLM-4", Door.API, world.clock.now())
    claimed = []
    for device in await tx.fleets.find_many(list(dict.fromkeys(ids))):
        if device.owner_id is None:
            await change_owner(tx, device, record.claim_for, act)
            claimed.append(device.id)
    return claimed


async def finish_adding(tx: Tx, world: World, record: Import) -> Import:
    """All is added."""
    return await _finish(tx, world, record, ImportState.DONE)


async def take_out_part(
    tx: Tx, world: World, record: Import, part: Part
) -> tuple[Import, Sequence[DeviceChanged]]:
    """Remove the devices of a part that are members by this import still."""
    told = zip(part.device_ids, part.outcomes or (), strict=True)
    ids = [DeviceID(named) for named, outcome in told if outcome in JOINED]
    members = [
        device
        for device in await tx.fleets.find_many(ids)
        if device.member_of == record.product_id
        and device.standing_since == record.created_at
    ]
    await leave(tx, world, record.product_id, members, world.clock.now())
    changes = [await position_of(tx, each.id) for each in members if each.online]
    return _past(record, part.device_ids), changes


async def finish_taking_out(tx: Tx, world: World, record: Import) -> Import:
    """All is taken out."""
    return await _finish(tx, world, record, ImportState.UNDONE)


async def _finish(tx: Tx, world: World, record: Import, state: ImportState) -> Import:
    """After the last line: what was kept free for it is free again."""
    await tx.counts.reserve(record.product_id, -record.reserved)
    return replace(
        record,
        state=state,
        reserved=0,
        lease=None,
        leased_until=None,
        finished_at=world.clock.now(),
    )


def _after(record: Import, counts: Counter[str], decided: Sequence[Decided]) -> Import:
    """The import after the next part of it."""
    past = _past(record, [each.device_id for each in decided])
    return replace(past, counts=dict(counts))


def _past(record: Import, device_ids: Sequence[str]) -> Import:
    return replace(
        record,
        done=record.done + len(device_ids),
        part=record.part + 1,
        reached=device_ids[-1],
    )
