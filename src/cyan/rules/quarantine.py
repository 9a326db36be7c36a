"""Quarantine: approving a device that waits, or denying it, by what it shall be.

On the wire a device of a product is `quarantined` or not, and `denied` or not. Whoever
changes these says what a device shall be; this decides what has to be done for that,
by the rules that hold for adding and removing. See docs/rules/membership.md.
"""

from dataclasses import dataclass

from cyan.model.decisions import RefusalCode, Refuse
from cyan.model.devices import Standing
from cyan.rules.departures import (
    Deny,
    DepartureFacts,
    decide_departure,
    not_in_product,
)


@dataclass(frozen=True, slots=True)
class StandingFacts:
    """What a change of standing is decided by.

    `standing` is that to this product, None if the device has none; `quarantined` and
    `denied` are what it shall be, None where nothing is said of it.
    """

    standing: Standing | None
    quarantined: bool | None
    denied: bool | None


@dataclass(frozen=True, slots=True)
class Approve:
    """It becomes a member, if its Device ID may be added (MEM-8)."""

    rule: str = "MEM-8"


@dataclass(frozen=True, slots=True)
class Keep:
    """It is what it shall be."""


def decide_standing(facts: StandingFacts) -> Approve | Deny | Keep | Refuse:
    """Decide what is done with a device that shall be quarantined or not, or denied."""
    if facts.standing is None:
        return not_in_product()  # MEM-1
    if facts.denied and facts.quarantined is False:
        return Refuse(
            RefusalCode.INVALID_BODY,
            "A denied device is quarantined: it cannot be one without the other.",
            rule="MEM-9",
            remedy='Send {"denied": true} to keep it out, or {"quarantined": false} '
            "to approve it.",
        )
    if facts.standing in (Standing.QUARANTINED, Standing.DENIED):
        return _of_waiting(facts)
    return _of_member(facts)


def _of_member(facts: StandingFacts) -> Keep | Refuse:
    if facts.denied:  # MEM-9, as if it were asked for by a removal
        refusal = decide_departure(DepartureFacts(facts.standing, True, False))
        assert isinstance(refusal, Refuse)  # no member can be denied
        return refusal
    if facts.quarantined:  # MEM-10
        return Refuse(
            RefusalCode.DEVICE_IS_MEMBER,
            "It is a member of this product, and members are quarantined nowhere.",
            rule="MEM-10",
            remedy="Remove it from the product.",
        )
    return Keep()


def _of_waiting(facts: StandingFacts) -> Approve | Deny | Keep | Refuse:
    if facts.denied:  # MEM-9
        return Deny()
    if facts.quarantined is False:  # MEM-8, MEM-9: an approval lifts a denial, too
        return Approve()
    if facts.denied is False and facts.standing is Standing.DENIED:
        return Refuse(
            RefusalCode.DEVICE_QUARANTINED,
            "It is denied, and only an approval or adding its Device ID lifts that.",
            rule="MEM-9",
            remedy='Send {"quarantined": false} to approve it, or dismiss it.',
        )
    return Keep()
