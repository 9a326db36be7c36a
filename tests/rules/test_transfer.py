"""Transfer: how long an owner may take (TRF-2), and the way around it (TRF-1)."""

from dataclasses import replace
from datetime import timedelta

import pytest

from cyan.model.decisions import RefusalCode, Refuse
from cyan.rules.claiming import (
    ClaimFacts,
    Membership,
    Ownership,
    ReleaseOwnership,
    TakeOwnership,
    UnclaimFacts,
    decide_claim,
    decide_unclaim,
)
from cyan.rules.transfer import (
    TRANSFER_LIFETIME,
    TransferAnswerFacts,
    decide_transfer_answer,
    unknown_transfer,
)


def test_an_owner_has_seven_days_to_answer() -> None:
    assert timedelta(days=7) == TRANSFER_LIFETIME


def test_unclaiming_then_claiming_is_always_a_way() -> None:
    released = decide_unclaim(UnclaimFacts(Ownership.ACTORS, operator=False))  # TRF-1
    assert isinstance(released, ReleaseOwnership)
    facts = ClaimFacts(
        Ownership.NOBODYS,
        Membership.NONE,
        known=True,
        online=True,
        request_transfer=False,
        count=0,
        limit=1,
    )
    assert isinstance(decide_claim(facts), TakeOwnership)


def test_the_requester_cannot_tell_real_requests_from_invented_ones() -> None:
    facts = TransferAnswerFacts(
        owner=False, pending=True, expired=False, approve=True, count=0, limit=100
    )
    assert decide_transfer_answer(facts) == unknown_transfer()  # TRF-3


def test_an_answer_that_comes_too_late_tells_which_way_it_was_late() -> None:
    expired = TransferAnswerFacts(
        owner=True, pending=True, expired=True, approve=True, count=0, limit=100
    )
    over = decide_transfer_answer(replace(expired, pending=False))
    late = decide_transfer_answer(expired)
    assert isinstance(over, Refuse)
    assert "answered" in over.reason
    assert isinstance(late, Refuse)
    assert "7 days" in late.reason


@pytest.mark.parametrize(
    "membership", [each for each in Membership if each is not Membership.NONE]
)
def test_a_member_is_not_transferred_by_request(membership: Membership) -> None:
    facts = ClaimFacts(
        Ownership.ANOTHERS,
        membership,
        known=True,
        online=True,
        request_transfer=True,
        count=0,
        limit=0,
    )
    refusal = decide_claim(facts)  # TRF-4
    assert isinstance(refusal, Refuse)
    assert refusal.code is RefusalCode.OWNED_BY_ANOTHER
