"""What comes of the lines of an import: facts from the store, the rule decides."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from cyan.interfaces import Candidate, Part, Tx, World
from cyan.model.devices import Standing
from cyan.model.identifiers import DeviceID
from cyan.model.products import Import, LineOutcome, Product
from cyan.model.settings import FirstContact
from cyan.rules.additions import (
    OUTCOMES,
    AdditionFacts,
    Belongs,
    LineDecision,
    Named,
    Owner,
    decide_addition,
    match_platform,
)
from cyan.services.membership import Joiner

_MEMBERS = (Standing.MEMBER, Standing.WRONG_PLATFORM)


class Decided(NamedTuple):
    """A line, what is known of the device that it names, and what comes of it."""

    device_id: str
    candidate: Candidate | None
    decision: LineDecision


class Asker(NamedTuple):
    """Into which product, for whose team, and which other products they see."""

    product: Product
    team: frozenset[str]
    visible: frozenset[int]
    strangers_welcome: bool


async def decide_part(
    tx: Tx, world: World, record: Import, product: Product, part: Part
) -> list[Decided]:
    """What comes of each line of a part, in its order (MEM-4)."""
    asker = Asker(
        product,
        frozenset(await tx.teams.account_ids(product.team_ids)),
        frozenset(record.visible_products),
        world.settings.first_contact is FirstContact.FIRST_USE,
    )
    found = await tx.imports.candidates([each for each in part.device_ids if each])
    candidates: dict[str, Candidate] = {each.id: each for each in found}
    return _decide_all(asker, candidates, part.device_ids, record.reached)


def _decide_all(
    asker: Asker,
    candidates: Mapping[str, Candidate],
    device_ids: Sequence[str],
    before: str,
) -> list[Decided]:
    alike: dict[object, LineDecision] = {}  # of a million lines most are
    decided = []
    for device_id in device_ids:
        candidate = candidates.get(device_id)
        likeness = bool(device_id) if candidate is None else candidate[1:]
        decision = alike.get(likeness)
        if decision is None:
            decision = _decide(asker, device_id, candidate)
            alike[likeness] = decision
        if decision.joins and device_id == before:  # an earlier line names it, too
            decision = OUTCOMES[LineOutcome.ALREADY_THERE]
        before = device_id
        decided.append(Decided(device_id, candidate, decision))
    return decided


def _decide(asker: Asker, device_id: str, candidate: Candidate | None) -> LineDecision:
    if not device_id:
        named = Named.NOTHING
    elif candidate and (asker.strangers_welcome or candidate.recorded):
        named = Named.KNOWN
    else:
        named = Named.UNKNOWN
    protected = candidate is not None and bool(candidate.protected)
    platform_id = candidate.platform_id if candidate else None
    return decide_addition(
        AdditionFacts(
            named=named,
            unknown_welcome=asker.strangers_welcome,
            platform=match_platform(platform_id, asker.product.platform_id),
            belongs=_belongs(asker, candidate),
            owner=_owner(asker, candidate),
            protected=protected and not asker.product.device_protection,
        )
    )


def _belongs(asker: Asker, candidate: Candidate | None) -> Belongs:
    if candidate is None:
        return Belongs.NOWHERE
    member = candidate.standing in _MEMBERS
    if candidate.product_id == asker.product.id:
        return Belongs.HERE if member else Belongs.WAITS_HERE
    if not member:
        return Belongs.NOWHERE
    seen = candidate.product_id in asker.visible
    return Belongs.ELSEWHERE_SEEN if seen else Belongs.ELSEWHERE_UNSEEN


def _owner(asker: Asker, candidate: Candidate | None) -> Owner:
    if candidate is None or candidate.owner_id is None:
        return Owner.NOBODY
    return Owner.TEAM if candidate.owner_id in asker.team else Owner.OUTSIDER


def joiner_of(line: Decided) -> Joiner:
    """The device of a line that joins."""
    candidate = line.candidate
    if candidate is None:
        return Joiner(DeviceID(line.device_id), known=False)
    waits = candidate.standing in (Standing.QUARANTINED, Standing.DENIED)
    return Joiner(
        candidate.id,
        known=True,
        owner_id=candidate.owner_id,
        quarantined_in=candidate.product_id if waits else None,
    )
