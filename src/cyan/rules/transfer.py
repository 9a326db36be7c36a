"""Transfer: an account asks for a device that somebody else owns.

The request goes to the owner by mail and changes nothing; the owner's answer is a
second act (TRF-3). Unclaiming, then claiming again, is always a way too (TRF-1).
Whether an account may ask at all is decided with its claim. See
docs/rules/transfer.md.
"""

from dataclasses import dataclass
from datetime import timedelta

from cyan.model.decisions import RefusalCode, Refuse
from cyan.rules.limits import has_room, requesters_sandbox_full

TRANSFER_LIFETIME = timedelta(days=7)
"""How long an owner has to answer; silence ends the request (TRF-2)."""


@dataclass(frozen=True, slots=True)
class TransferAnswerFacts:
    """What an answer to a request is decided by.

    `owner` is whether the actor is the owner that was asked and owns the device
    still; `pending` whether nobody answered or ended the request; `expired` whether
    its time is over. `count` are the devices on the requester's limit.
    """

    owner: bool
    pending: bool
    expired: bool
    approve: bool
    count: int
    limit: int


@dataclass(frozen=True, slots=True)
class GiveToRequester:
    """The device changes hands, at once; both sides are told."""

    rule: str = "TRF-2"


@dataclass(frozen=True, slots=True)
class KeepOwner:
    """The owner said no: nothing changes, and the requester is told."""

    rule: str = "TRF-2"


def decide_transfer_answer(
    facts: TransferAnswerFacts,
) -> GiveToRequester | KeepOwner | Refuse:
    """Decide what an answer to a request brings about (TRF-2, TRF-3, LIM-5)."""
    if not facts.owner:  # TRF-3
        return unknown_transfer()
    if not facts.pending:  # TRF-3
        return Refuse(
            RefusalCode.TRANSFER_OVER,
            "This request was answered already, or it ended when the device "
            "changed hands.",
            rule="TRF-3",
            remedy="The other account can request the device again.",
        )
    if facts.expired:  # TRF-2
        return Refuse(
            RefusalCode.TRANSFER_OVER,
            f"This request was open for {TRANSFER_LIFETIME.days} days and has expired.",
            rule="TRF-2",
            remedy="The other account can request the device again.",
        )
    if not facts.approve:  # TRF-2
        return KeepOwner()
    if not has_room(facts.count, facts.limit):  # LIM-5
        return requesters_sandbox_full(facts.count, facts.limit)
    return GiveToRequester()  # TRF-2


def unknown_transfer() -> Refuse:
    """What anybody but the owner hears of a request, real or not (TRF-3)."""
    return Refuse(
        RefusalCode.TRANSFER_UNKNOWN,
        "There is no such request for a device of yours.",
        rule="TRF-3",
        remedy="See the list of requests for your devices.",
    )
