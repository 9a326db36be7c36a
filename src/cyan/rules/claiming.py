"""Claiming: who becomes the owner of a device, and who stops being it.

A claim makes one account the owner of one Device ID (CLM-1). It says nothing of
product or SIM (CLM-2), and a device may be online without an owner (CLM-5). The
claimed bit that a Photon or P1 keeps is not among the facts: it is a hint for
set-up apps alone (CLM-11). See docs/rules/claiming.md.
"""

from dataclasses import dataclass
from enum import StrEnum

from cyan.model.decisions import RefusalCode, Refuse
from cyan.rules.limits import has_room, own_sandbox_full


class Ownership(StrEnum):
    """Whose a device is, as seen by the account that asks."""

    NOBODYS = "nobody's"
    ACTORS = "the actor's"
    ANOTHERS = "another's"


class Membership(StrEnum):
    """In which product a device is, as seen by the account that asks."""

    NONE = "none"
    """In no product; quarantined and denied devices are in none (MEM-8)."""

    MANAGED = "a manager's"
    """The account may manage the product's devices."""

    TEAMS = "the team's"
    """The account has another role in the product's team."""

    OPEN = "open to anyone"
    """Not on the team, but the product's setting `claiming` is `anyone`."""

    CLOSED = "a stranger's"


@dataclass(frozen=True, slots=True)
class ClaimFacts:
    """What a claim is decided by.

    `known` is whether this cloud knows such a device (a malformed Device ID is not
    known), `request_transfer` whether the account asks the owner if there is one.
    `count` are the devices on the account's limit; a `limit` of 0 is none.
    """

    ownership: Ownership
    membership: Membership
    known: bool
    online: bool
    request_transfer: bool
    count: int
    limit: int


@dataclass(frozen=True, slots=True)
class KeepOwner:
    """The device is the actor's already: success, and nothing changes."""

    rule: str = "CLM-9"


@dataclass(frozen=True, slots=True)
class TakeOwnership:
    """The actor becomes the owner, by compare-and-set (CLM-12)."""

    rule: str = "CLM-3"


@dataclass(frozen=True, slots=True)
class OfferTransfer:
    """The owner is asked by mail; nothing changes before the answer."""

    rule: str = "TRF-2"


def decide_claim(
    facts: ClaimFacts,
) -> KeepOwner | TakeOwnership | OfferTransfer | Refuse:
    """Decide one account's claim of one device.

    Source: CLM-3, CLM-4, CLM-9, CLM-10, LIM-5, TRF-2, TRF-4.
    """
    if facts.ownership is Ownership.ACTORS:
        return KeepOwner()  # CLM-9, before every other rule
    if facts.ownership is Ownership.ANOTHERS:
        return _ask_owner(facts)  # CLM-10
    if facts.membership is Membership.NONE:
        return _take(facts)  # CLM-3
    return _take_member(facts)  # CLM-4


def _not_found() -> Refuse:
    """The same words for unknown, offline and none of one's business (CLM-3)."""
    return Refuse(
        RefusalCode.DEVICE_UNKNOWN,
        "device not found",
        rule="CLM-3",
        remedy="Check the Device ID, power the device, wait until its light "
        "breathes cyan, then claim it again.",
    )


def _take_member(facts: ClaimFacts) -> TakeOwnership | Refuse:
    """A member counts toward its product, so no sandbox is tested (LIM-3)."""
    if facts.membership is Membership.MANAGED:  # CLM-4, online or offline
        return TakeOwnership("CLM-4")
    if facts.online and facts.membership is not Membership.CLOSED:  # CLM-4
        return TakeOwnership("CLM-4")
    return _not_found()  # CLM-4, CLM-3


def _take(facts: ClaimFacts) -> TakeOwnership | Refuse:
    if not (facts.known and facts.online):  # CLM-3, the same words for each
        return _not_found()
    if not has_room(facts.count, facts.limit):  # LIM-5
        return own_sandbox_full(facts.count, facts.limit)
    return TakeOwnership()  # CLM-3


def _ask_owner(facts: ClaimFacts) -> OfferTransfer | Refuse:
    member = facts.membership is not Membership.NONE
    if member or not facts.request_transfer:  # CLM-10, TRF-4
        return Refuse(
            RefusalCode.OWNED_BY_ANOTHER,
            "That belongs to someone else. To request a transfer add "
            "?request_transfer=true to the URL.",
            rule="CLM-10",
            remedy="Ask its owner to unclaim it, or request a transfer.",
        )
    if not has_room(facts.count, facts.limit):  # TRF-2, LIM-5
        return own_sandbox_full(facts.count, facts.limit)
    return OfferTransfer()  # TRF-2


@dataclass(frozen=True, slots=True)
class UnclaimFacts:
    """What unclaiming is decided by; being online is not among it (UNC-2).

    `manager` is whether the actor may manage the product whose member it is.
    """

    ownership: Ownership
    operator: bool
    manager: bool = False


@dataclass(frozen=True, slots=True)
class ReleaseOwnership:
    """Nobody owns the device from now on; `notify_owner` mails who owned it."""

    notify_owner: bool
    rule: str = "UNC-1"


def decide_unclaim(facts: UnclaimFacts) -> ReleaseOwnership | Refuse:
    """Decide who may end an ownership: the owner, a manager, and the operator.

    Where nobody owns the device, an unclaim by a manager or the operator succeeds
    and there is nothing to change. Source: UNC-1, UNC-2, UNC-5.
    """
    if facts.ownership is Ownership.ACTORS or facts.manager:  # UNC-1
        return ReleaseOwnership(notify_owner=False)
    if facts.operator:  # UNC-1, recorded as such
        return ReleaseOwnership(notify_owner=facts.ownership is Ownership.ANOTHERS)
    return unknown_device()  # UNC-5


def unknown_device() -> Refuse:
    """What a stranger hears of any device, whether or not it exists (UNC-5)."""
    return Refuse(
        RefusalCode.DEVICE_UNKNOWN,
        "I didn't recognize that device name or ID",
        rule="UNC-5",
        remedy="Check the name or Device ID against the list of your devices.",
    )
