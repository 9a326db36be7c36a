"""Explaining: never anything else than what would happen."""

import itertools
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from cyan.model.decisions import RefusalCode, Refuse
from cyan.model.devices import QuarantineReason
from cyan.model.devices import Standing as Place
from cyan.rules.authority import Role
from cyan.rules.claiming import (
    ClaimFacts,
    KeepOwner,
    Membership,
    Ownership,
    UnclaimFacts,
    decide_claim,
    decide_unclaim,
)
from cyan.rules.departures import DepartureFacts, decide_departure
from cyan.rules.explaining import (
    Capability,
    CapabilityName,
    ExplainFacts,
    explain_device,
)
from cyan.rules.features import (
    FeatureFacts,
    ReachFacts,
    decide_features,
    decide_reach,
)

BOOLS = (True, False)
ROOMS = [(0, 100), (100, 100), (100, 0)]
PLACES = (None, *Place)
MEMBERS = (Place.MEMBER, Place.WRONG_PLATFORM)
WAITING = (Place.QUARANTINED, Place.DENIED)
ALWAYS = list(CapabilityName)[:8]
"""What every explanation tells; the rest is a product's team's business."""


def every(place: Place | None) -> Iterator[ExplainFacts]:
    """Every combination of facts that can be true of a device that stands there."""
    memberships = list(Membership) if place in MEMBERS else [Membership.NONE]
    for ownership, membership, flags, room, product in itertools.product(
        Ownership,
        memberships,
        itertools.product(BOOLS, repeat=5),
        ROOMS,
        [None, "Pumps"] if place else [None],
    ):
        operator, online, safe_mode, cellular, manager = flags
        yield ExplainFacts(
            ownership=ownership,
            owned=ownership is not Ownership.NOBODYS,
            operator=operator,
            online=online,
            safe_mode=safe_mode,
            cellular=cellular,
            count=room[0],
            limit=room[1],
            place=place,
            product=product,
            membership=membership,
            manager=manager,
        )


wherever = pytest.mark.parametrize("place", PLACES)

USUAL = ExplainFacts(
    ownership=Ownership.ACTORS,
    owned=True,
    operator=False,
    online=True,
    safe_mode=False,
    cellular=False,
    count=1,
    limit=100,
)
MEMBER = replace(
    USUAL, place=Place.MEMBER, product="Pumps", membership=Membership.MANAGED
)


def nobodys(facts: ExplainFacts, **others: bool) -> ExplainFacts:
    return replace(facts, ownership=Ownership.NOBODYS, owned=False, **others)


def capabilities(facts: ExplainFacts) -> dict[CapabilityName, Capability]:
    told = explain_device(facts).capabilities
    assert len({each.name for each in told}) == len(told)
    return {each.name: each for each in told}


def claim(facts: ExplainFacts, *, request_transfer: bool = False) -> object:
    return decide_claim(
        ClaimFacts(
            facts.ownership,
            facts.membership,
            known=True,
            online=facts.online,
            request_transfer=request_transfer,
            count=facts.count,
            limit=facts.limit,
        )
    )


def unclaim(facts: ExplainFacts) -> object:
    manager = facts.manager and facts.place in MEMBERS
    return decide_unclaim(UnclaimFacts(facts.ownership, facts.operator, manager))


def used(facts: ExplainFacts) -> object:
    return decide_features(FeatureFacts(facts.owned, facts.place))


def reached(facts: ExplainFacts) -> object:
    return decide_reach(
        ReachFacts(FeatureFacts(facts.owned, facts.place), facts.online)
    )


DECIDED: dict[CapabilityName, Callable[[ExplainFacts], object]] = {
    CapabilityName.CLAIM: claim,
    CapabilityName.UNCLAIM: unclaim,
    CapabilityName.PUBLISH: used,
    CapabilityName.SUBSCRIBE: used,
    CapabilityName.CALL: reached,
    CapabilityName.READ: reached,
    CapabilityName.OTA: used,
}


def agrees(told: Capability, decision: object) -> bool:
    """Whether a capability tells what a rule decided."""
    if isinstance(decision, Refuse):
        return (told.allowed, told.code, told.rule, told.remedy) == (
            False,
            decision.code,
            decision.rule,
            decision.remedy,
        )
    rule = getattr(decision, "rule")  # noqa: B009 - whichever decision it is
    return (told.allowed, told.rule, told.code) == (True, rule, None)


@wherever
def test_every_capability_agrees_with_the_rule_that_decides(
    place: Place | None,
) -> None:
    for facts in every(place):
        told = capabilities(facts)
        for name, decide in DECIDED.items():
            assert agrees(told[name], decide(facts)), (name, facts)


@wherever
def test_a_transfer_is_offered_where_a_claim_would_offer_it(
    place: Place | None,
) -> None:
    for facts in every(place):
        told = capabilities(facts)[CapabilityName.TRANSFER]
        decision = claim(facts, request_transfer=True)
        if facts.ownership is Ownership.ANOTHERS:
            assert agrees(told, decision), facts
        elif isinstance(decision, KeepOwner) and place not in MEMBERS:
            assert (told.allowed, told.rule) == (True, "TRF-2")
        elif told.allowed:  # of a member whose product is none: there is none such
            assert facts.membership is Membership.NONE, facts
        else:
            rule = "TRF-4" if isinstance(decision, KeepOwner) else "TRF-1"
            assert told.rule == rule, facts


@wherever
def test_every_capability_is_told_with_a_rule_and_a_reason(
    place: Place | None,
) -> None:
    for facts in every(place):
        told = explain_device(facts).capabilities
        assert [each.name for each in told][: len(ALWAYS)] == ALWAYS
        for each in told:
            assert each.rule
            assert each.reason
            assert (each.remedy is None) == (each.code is None) == each.allowed


@wherever
def test_only_who_may_see_the_product_is_told_how_to_leave_it(
    place: Place | None,
) -> None:
    for facts in every(place):
        told = capabilities(facts)
        assert (CapabilityName.REMOVE in told) == (facts.product is not None)
        assert (CapabilityName.DENY in told) == (facts.product is not None)
        waits = facts.product is not None and place in WAITING
        assert (CapabilityName.APPROVE in told) == waits


@pytest.mark.parametrize("place", Place)
def test_what_a_manager_may_do_agrees_with_the_rule_that_decides(place: Place) -> None:
    for facts in every(place):
        told = capabilities(facts)
        if facts.product is None or not facts.manager:
            continue
        for name, deny in [(CapabilityName.REMOVE, False), (CapabilityName.DENY, True)]:
            decision = decide_departure(DepartureFacts(place, deny, facts.owned))
            assert agrees(told[name], decision), (name, facts)
        if place in WAITING:
            assert told[CapabilityName.APPROVE].rule == "MEM-8"
            assert told[CapabilityName.APPROVE].allowed


@pytest.mark.parametrize("place", Place)
def test_the_rest_of_a_team_is_told_whom_to_ask(place: Place) -> None:
    told = capabilities(replace(MEMBER, place=place, manager=False))
    for each in list(told.values())[len(ALWAYS) :]:
        assert each.code is RefusalCode.ROLE_MISSING
        assert "administrator" in (each.remedy or "")
        assert Role.DEVELOPER in each.by
        assert Role.SUPPORT not in each.by


def test_who_may_try_is_told_of_acts_and_not_of_what_a_device_does() -> None:
    told = capabilities(MEMBER)
    assert told[CapabilityName.CLAIM].by == (Role.ANYONE,)
    assert Role.SUPPORT in told[CapabilityName.CALL].by
    assert told[CapabilityName.PUBLISH].by == ()


def test_a_removal_tells_whether_somebody_goes_on_owning_it() -> None:
    owned = replace(MEMBER, manager=True)
    kept = capabilities(owned)[CapabilityName.REMOVE].reason  # UNC-3
    freed = capabilities(nobodys(owned))[CapabilityName.REMOVE].reason
    assert kept == "It can be removed; whoever owns it goes on owning it."
    assert freed == "It can be removed."
    waiting = replace(owned, place=Place.QUARANTINED)
    assert "next hello" in capabilities(waiting)[CapabilityName.REMOVE].reason


def test_the_three_states_are_told_apart() -> None:
    explanation = explain_device(replace(USUAL, cellular=True))  # CLM-2
    assert explanation.owner.status == "yours"
    assert explanation.membership.status == "none"
    assert explanation.sim.status == "not managed"
    assert explanation.sim.rule == "SIM-8"


@pytest.mark.parametrize(
    ("place", "status", "rule"),
    [
        (None, "none", "CLM-2"),
        (Place.MEMBER, "member", "MEM-1"),
        (Place.WRONG_PLATFORM, "wrong platform", "MEM-13"),
        (Place.QUARANTINED, "quarantined", "MEM-7"),
        (Place.DENIED, "denied", "MEM-7"),
    ],
)
@pytest.mark.parametrize("product", ["Pumps", None])
def test_membership_is_told_and_the_product_named_to_who_may_see_it(
    place: Place | None, status: str, rule: str, product: str | None
) -> None:
    told = explain_device(replace(USUAL, place=place, product=product)).membership
    assert (told.status, told.rule) == (status, rule)
    if place is not None:
        assert (product or "a product") in told.meaning


@pytest.mark.parametrize(
    ("reason", "rule"),
    [
        (QuarantineReason.UNLISTED, "MEM-7"),
        (QuarantineReason.DENIED, "MEM-9"),
        (QuarantineReason.REMOVED, "UNC-4"),
        (QuarantineReason.NO_ROOM, "LIM-5"),
    ],
)
@pytest.mark.parametrize("place", WAITING)
def test_a_quarantine_is_told_with_its_reason(
    place: Place, reason: QuarantineReason, rule: str
) -> None:
    waiting = replace(MEMBER, place=place, reason=reason)
    told = explain_device(waiting).membership
    assert told.rule == rule
    assert "Pumps" in told.meaning


@pytest.mark.parametrize(
    ("ownership", "status"),
    [
        (Ownership.ACTORS, "yours"),
        (Ownership.ANOTHERS, "another's"),
        (Ownership.NOBODYS, "nobody's"),
    ],
)
def test_an_owner_is_told_only_as_far_as_the_asker_is_concerned(
    ownership: Ownership, status: str
) -> None:
    assert explain_device(replace(USUAL, ownership=ownership)).owner.status == status


def test_a_device_without_a_modem_has_no_sim() -> None:
    assert explain_device(USUAL).sim.status == "none"


@pytest.mark.parametrize(
    ("online", "safe_mode", "status"),
    [
        (True, False, "online"),
        (True, True, "safe mode"),
        (False, False, "offline"),
        (False, True, "offline"),
    ],
)
def test_the_connection_is_told(online: bool, safe_mode: bool, status: str) -> None:
    explanation = explain_device(replace(USUAL, online=online, safe_mode=safe_mode))
    assert explanation.connection.status == status


def test_an_offline_device_of_nobody_is_explained_better_than_not_found() -> None:
    told = capabilities(nobodys(USUAL, online=False))[CapabilityName.CLAIM]
    assert told.reason == "It is offline."  # CLM-3, for who is entitled to know
    assert told.remedy is not None
    assert "breathes cyan" in told.remedy


def test_a_member_of_others_is_explained_better_than_not_found() -> None:
    facts = nobodys(replace(MEMBER, membership=Membership.CLOSED))
    told = capabilities(facts)[CapabilityName.CLAIM]
    assert "its team alone may claim it" in told.reason  # CLM-4, for the operator


@pytest.mark.parametrize(
    ("membership", "words"),
    [
        (Membership.NONE, "any account"),
        (Membership.MANAGED, "You manage its product"),
        (Membership.TEAMS, "on its product's team"),
        (Membership.OPEN, "lets any account"),
    ],
)
def test_why_it_can_be_claimed_is_told(membership: Membership, words: str) -> None:
    facts = nobodys(replace(MEMBER, membership=membership))
    assert words in capabilities(facts)[CapabilityName.CLAIM].reason  # CLM-3, CLM-4


def test_an_owner_is_told_that_a_call_needs_the_device_online() -> None:
    told = capabilities(replace(USUAL, online=False))
    assert told[CapabilityName.CALL].rule == "CLM-5"
    assert told[CapabilityName.PUBLISH].allowed


def test_a_member_is_heard_by_its_team_and_hears_its_product() -> None:
    assert "team" in capabilities(MEMBER)[CapabilityName.PUBLISH].reason  # EVT-1
    owned, free = MEMBER, nobodys(MEMBER)
    heard = [capabilities(each)[CapabilityName.SUBSCRIBE] for each in (owned, free)]
    assert "owner's devices, and" in heard[0].reason  # EVT-5
    assert "product's members" in heard[1].reason


def test_firmware_over_the_air_is_allowed_but_not_promised() -> None:
    told = capabilities(USUAL)[CapabilityName.OTA]
    assert told.allowed
    assert "no firmware yet" in told.reason
