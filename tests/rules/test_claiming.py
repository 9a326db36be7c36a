"""Claiming: what the answers say, and what they keep to themselves."""

import dataclasses

from cyan.model.decisions import Refuse
from cyan.rules.claiming import (
    ClaimFacts,
    Ownership,
    TakeOwnership,
    UnclaimFacts,
    decide_claim,
    decide_unclaim,
    unknown_device,
)


def claim(**facts: object) -> object:
    usual: dict[str, object] = {
        "ownership": Ownership.NOBODYS,
        "known": True,
        "online": True,
        "request_transfer": False,
        "owned": 0,
        "limit": 100,
    }
    return decide_claim(ClaimFacts(**{**usual, **facts}))  # type: ignore[arg-type]


def test_malformed_unknown_and_offline_sound_the_same() -> None:
    unknown = claim(known=False, online=False)  # CLM-3
    offline = claim(online=False, owned=100)
    assert unknown == offline
    assert isinstance(unknown, Refuse)
    assert unknown.reason == "device not found"


def test_someone_elses_device_is_refused_in_the_words_that_clients_look_for() -> None:
    refusal = claim(ownership=Ownership.ANOTHERS, online=False)  # CLM-10
    assert isinstance(refusal, Refuse)
    assert refusal.reason == (
        "That belongs to someone else. To request a transfer add "
        "?request_transfer=true to the URL."
    )


def test_a_claim_is_of_one_device_by_one_account() -> None:
    assert claim() == TakeOwnership()  # CLM-1


def test_a_claim_looks_at_no_product_sim_or_claimed_bit() -> None:
    facts = {field.name for field in dataclasses.fields(ClaimFacts)}  # CLM-2, CLM-11
    assert facts == {
        "ownership",
        "known",
        "online",
        "request_transfer",
        "owned",
        "limit",
    }


def test_unclaiming_does_not_look_at_whether_the_device_is_online() -> None:
    facts = {field.name for field in dataclasses.fields(UnclaimFacts)}  # UNC-2
    assert facts == {"ownership", "operator"}


def test_a_stranger_hears_the_same_of_every_device() -> None:
    for ownership in (Ownership.ANOTHERS, Ownership.NOBODYS):  # UNC-5
        decision = decide_unclaim(UnclaimFacts(ownership, operator=False))
        assert decision == unknown_device()
