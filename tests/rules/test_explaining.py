"""Explaining: never anything else than what would happen."""

import itertools

import pytest

from cyan.model.decisions import Allow, Refuse
from cyan.rules.claiming import (
    ClaimFacts,
    KeepOwner,
    Ownership,
    TakeOwnership,
    UnclaimFacts,
    decide_claim,
    decide_unclaim,
)
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
EVERY = [
    ExplainFacts(ownership, operator, online, safe_mode, cellular, *room)
    for ownership, operator, online, safe_mode, cellular, room in itertools.product(
        Ownership, BOOLS, BOOLS, BOOLS, BOOLS, [(0, 100), (100, 100), (100, 0)]
    )
]


def capability(facts: ExplainFacts, name: CapabilityName) -> Capability:
    [found] = [each for each in explain_device(facts).capabilities if each.name is name]
    return found


def claim(facts: ExplainFacts, *, request_transfer: bool) -> object:
    return decide_claim(
        ClaimFacts(
            facts.ownership,
            known=True,
            online=facts.online,
            request_transfer=request_transfer,
            owned=facts.owned,
            limit=facts.limit,
        )
    )


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


@pytest.mark.parametrize("facts", EVERY)
def test_every_capability_agrees_with_the_rule_that_decides(
    facts: ExplainFacts,
) -> None:
    features = FeatureFacts(facts.ownership is not Ownership.NOBODYS)
    used = decide_features(features)
    reached = decide_reach(ReachFacts(features, facts.online))
    decided: dict[CapabilityName, object] = {
        CapabilityName.CLAIM: claim(facts, request_transfer=False),
        CapabilityName.UNCLAIM: decide_unclaim(
            UnclaimFacts(facts.ownership, facts.operator)
        ),
        CapabilityName.PUBLISH: used,
        CapabilityName.SUBSCRIBE: used,
        CapabilityName.CALL: reached,
        CapabilityName.READ: reached,
        CapabilityName.OTA: used,
    }
    for name, decision in decided.items():
        assert agrees(capability(facts, name), decision), name


@pytest.mark.parametrize("facts", EVERY)
def test_a_transfer_is_offered_where_a_claim_would_offer_it(
    facts: ExplainFacts,
) -> None:
    told = capability(facts, CapabilityName.TRANSFER)
    match claim(facts, request_transfer=True):
        case KeepOwner():
            assert told.allowed
            assert told.rule == "TRF-2"
        case decision if facts.ownership is Ownership.ANOTHERS:
            assert agrees(told, decision)
        case TakeOwnership() | Refuse():
            assert not told.allowed
            assert told.rule == "TRF-1"
        case other:
            pytest.fail(f"no such decision: {other}")


@pytest.mark.parametrize("facts", EVERY)
def test_every_capability_is_told_with_a_rule_and_a_reason(
    facts: ExplainFacts,
) -> None:
    told = explain_device(facts).capabilities
    assert [each.name for each in told] == list(CapabilityName)
    for each in told:
        assert each.rule
        assert each.reason
        assert (each.remedy is None) == each.allowed


def usual(**facts: bool | Ownership) -> ExplainFacts:
    given = {
        "ownership": Ownership.ACTORS,
        "operator": False,
        "online": True,
        "safe_mode": False,
        "cellular": False,
    }
    return ExplainFacts(**{**given, **facts}, owned=1, limit=100)  # type: ignore[arg-type]


def test_the_three_states_are_told_apart() -> None:
    explanation = explain_device(usual(cellular=True))  # CLM-2
    assert explanation.owner.status == "yours"
    assert explanation.membership.status == "none"
    assert explanation.sim.status == "not managed"
    assert explanation.sim.rule == "SIM-8"


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
    assert explain_device(usual(ownership=ownership)).owner.status == status


def test_a_device_without_a_modem_has_no_sim() -> None:
    assert explain_device(usual()).sim.status == "none"


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
    explanation = explain_device(usual(online=online, safe_mode=safe_mode))
    assert explanation.connection.status == status


def test_an_offline_device_of_nobody_is_explained_better_than_not_found() -> None:
    told = capability(
        usual(ownership=Ownership.NOBODYS, online=False), CapabilityName.CLAIM
    )
    assert told.reason == "It is offline."  # CLM-3, for who is entitled to know
    assert told.remedy is not None
    assert "breathes cyan" in told.remedy


def test_an_owner_is_told_that_a_call_needs_the_device_online() -> None:
    facts = usual(online=False)
    assert capability(facts, CapabilityName.CALL).rule == "CLM-5"
    assert capability(facts, CapabilityName.PUBLISH).allowed


def test_firmware_over_the_air_is_allowed_but_not_promised() -> None:
    told = capability(usual(), CapabilityName.OTA)
    assert told.allowed == isinstance(decide_features(FeatureFacts(True)), Allow)
    assert "no firmware yet" in told.reason
