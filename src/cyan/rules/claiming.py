"""Claiming: who becomes the owner of a device, and who stops being it.

A claim makes one account the owner of one Device ID (CLM-1). It says nothing of
product or SIM (CLM-2), and a device may be online without an owner (CLM-5). The
claimed bit that a Photon or P1 keeps is not among the facts: it is a hint for
set-up apps alone (CLM-11). See docs/rules/claiming.md.
"""

from dataclasses import dataclass
from enum import StrEnum

from cyan.model.decisions import RefusalCode, Refuse
from cyan.rules.limits import own_sandbox_full, sandbox_has_room


class Ownership(StrEnum):
    """Whose a device is, as seen by the account that asks."""

    NOBODYS = "nobody's"
    ACTORS = "the actor's"
    ANOTHERS = "another's"


@dataclass(frozen=True, slots=True)
class ClaimFacts:
    """What a claim is decided by.

    `known` is whether this cloud knows such a device (a malformed Device ID is not
    known), `request_transfer` whether the account asks the owner if there is one.
    `owned` counts the devices on the account's limit; a `limit` of 0 is none.
    """

    ownership: Ownership
    known: bool
    online: bool
    request_transfer: bool
    owned: int
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
    """Decide one account's claim of one device in no product.

    Source: CLM-3, CLM-9, CLM-10, LIM-5, TRF-2.
    """
    if facts.ownership is Ownership.ACTORS:
        return KeepOwner()  # CLM-9, before every other rule
    if facts.ownership is Ownership.ANOTHERS:
        return _ask_owner(facts)  # CLM-10
    return _take(facts)  # CLM-3


def _take(facts: ClaimFacts) -> TakeOwnership | Refuse:
    if not (facts.known and facts.online):  # CLM-3, the same words for each
        return Refuse(
            RefusalCode.DEVICE_UNKNOWN,
            "device not found",
            rule="CLM-3",
            remedy="Check the Device ID, power the device, wait until its light "
            "breathes cyan, then claim it again.",
        )
    if not sandbox_has_room(facts.owned, facts.limit):  # LIM-5
        return own_sandbox_full(facts.owned, facts.limit)
    return TakeOwnership()  # CLM-3


def _ask_owner(facts: ClaimFacts) -> OfferTransfer | Refuse:
    if not facts.request_transfer:  # CLM-10
        return Refuse(
            RefusalCode.OWNED_BY_ANOTHER,
            "That belongs to someone else. To request a transfer add "
            "?request_transfer=true to the URL.",
            rule="CLM-10",
            remedy="Ask its owner to unclaim it, or request a transfer.",
        )
    if not sandbox_has_room(facts.owned, facts.limit):  # TRF-2, LIM-5
        return own_sandbox_full(facts.owned, facts.limit)
    return OfferTransfer()  # TRF-2


@dataclass(frozen=True, slots=True)
class UnclaimFacts:
    """What unclaiming is decided by; being online is not among it (UNC-2)."""

    ownership: Ownership
    operator: bool


@dataclass(frozen=True, slots=True)
class ReleaseOwnership:
    """Nobody owns the device from now on; `notify_owner` mails who owned it."""

    notify_owner: bool
    rule: str = "UNC-1"


def decide_unclaim(facts: UnclaimFacts) -> ReleaseOwnership | Refuse:
    """Decide who may end an ownership: the owner, and the operator for anyone.

    Where nobody owns the device, the operator's unclaim succeeds and there is
    nothing to change. Source: UNC-1, UNC-2, UNC-5.
    """
    if facts.ownership is Ownership.ACTORS:  # UNC-1
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
