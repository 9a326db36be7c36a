"""Claiming: what the answers say, and what they keep to themselves."""

import dataclasses

import pytest

from cyan.model.decisions import Refuse
from cyan.rules.claiming import (
    ClaimFacts,
    Membership,
    Ownership,
    ReleaseOwnership,
    TakeOwnership,
    UnclaimFacts,
    decide_claim,
    decide_unclaim,
    unknown_device,
)


def claim(**facts: object) -> object:
    usual: dict[str, object] = {
        "ownership": Ownership.NOBODYS,
        "membership": Membership.NONE,
        "known": True,
        "online": True,
        "request_transfer": False,
        "count": 0,
        "limit": 100,
    }
    return decide_claim(ClaimFacts(**{**usual, **facts}))


def test_malformed_unknown_and_offline_sound_the_same() -> None:
    unknown = claim(known=False, online=False)  # CLM-3
    offline = claim(online=False, count=100)
    of_strangers = claim(membership=Membership.CLOSED)  # CLM-4
    assert unknown == offline == of_strangers
    assert isinstance(unknown, Refuse)
    assert unknown.reason == "device not found"


@pytest.mark.parametrize("membership", Membership)
def test_someone_elses_device_is_refused_in_the_words_that_clients_look_for(
    membership: Membership,
) -> None:
    others = Ownership.ANOTHERS  # CLM-10
    refusal = claim(ownership=others, membership=membership, online=False)
    assert isinstance(refusal, Refuse)
    assert refusal.reason == (
        "That belongs to someone else. To request a transfer add "
        "?request_transfer=true to the URL."
    )


def test_a_claim_is_of_one_device_by_one_account() -> None:
    assert claim() == TakeOwnership()  # CLM-1


def test_a_member_is_claimed_at_the_limit_too() -> None:
    full = claim(membership=Membership.MANAGED, online=False, count=100)  # LIM-3
    assert full == TakeOwnership("CLM-4")


def test_a_claim_looks_at_no_sim_and_no_claimed_bit() -> None:
    facts = {field.name for field in dataclasses.fields(ClaimFacts)}  # CLM-2, CLM-11
    assert facts == {
        "ownership",
        "membership",
        "known",
        "online",
        "request_transfer",
        "count",
        "limit",
    }


def test_unclaiming_does_not_look_at_whether_the_device_is_online() -> None:
    facts = {field.name for field in dataclasses.fields(UnclaimFacts)}  # UNC-2
    assert facts == {"ownership", "operator", "manager"}


def test_a_manager_ends_any_ownership_of_a_member_without_a_mail_by_rule() -> None:
    for ownership in Ownership:  # UNC-1
        decision = decide_unclaim(UnclaimFacts(ownership, operator=True, manager=True))
        assert decision == ReleaseOwnership(notify_owner=False)


def test_a_stranger_hears_the_same_of_every_device() -> None:
    for ownership in (Ownership.ANOTHERS, Ownership.NOBODYS):  # UNC-5
        decision = decide_unclaim(UnclaimFacts(ownership, operator=False))
        assert decision == unknown_device()
