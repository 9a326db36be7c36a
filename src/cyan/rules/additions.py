"""Additions: may a Device ID be put on the list of a product?

One by one, as a list or from a file, the same rule for each line (MEM-3, MEM-4). See
docs/rules/membership.md.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from cyan.model.products import LineOutcome


class Named(StrEnum):
    """What a line of an import names."""

    NOTHING = "nothing"
    """It is malformed, or leads to no device."""

    UNKNOWN = "an unknown Device ID"
    """It has the form of a Device ID, but this cloud has never met it."""

    KNOWN = "a known device"


class PlatformMatch(StrEnum):
    """Whether a device is of a product's platform."""

    SAME = "same"
    OTHER = "another"
    NOT_KNOWN_YET = "not known yet"


def match_platform(platform_id: int | None, wanted: int) -> PlatformMatch:
    """Whether a device's platform, None before its first hello, is the wanted one."""
    if platform_id is None:
        return PlatformMatch.NOT_KNOWN_YET
    return PlatformMatch.SAME if platform_id == wanted else PlatformMatch.OTHER


class Belongs(StrEnum):
    """Where a device belongs before it is added."""

    NOWHERE = "nowhere"
    HERE = "a member here"
    WAITS_HERE = "quarantined here"
    ELSEWHERE_SEEN = "a member elsewhere, seen"
    """Of a product that whoever adds it may see."""

    ELSEWHERE_UNSEEN = "a member elsewhere, unseen"


class Owner(StrEnum):
    """Who owns a device, as a product's team sees it."""

    NOBODY = "nobody"
    TEAM = "the team"
    OUTSIDER = "an outsider"


@dataclass(frozen=True, slots=True)
class AdditionFacts:
    """What a line is decided by.

    `unknown_welcome` is whether a Device ID that was never met may be listed: the
    setting `first-contact` is `first-use` (MEM-4); `protected` whether the device has
    device protection switched on and the product has not.
    """

    named: Named
    unknown_welcome: bool
    platform: PlatformMatch
    belongs: Belongs
    owner: Owner
    protected: bool


_JOINING = (LineOutcome.ADDED, LineOutcome.APPROVED)


@dataclass(frozen=True, slots=True)
class LineDecision:
    """What comes of a line, by which rule and why; `remedy` where one is due."""

    outcome: LineOutcome
    rule: str
    reason: str
    remedy: str | None = None

    @property
    def joins(self) -> bool:
        """Whether the device becomes a member by it, and counts (LIM-5)."""
        return self.outcome in _JOINING


OUTCOMES: Mapping[LineOutcome, LineDecision] = {
    each.outcome: each
    for each in (
        LineDecision(LineOutcome.ADDED, "MEM-4", "It joins the product."),
        LineDecision(
            LineOutcome.APPROVED, "MEM-8", "It was waiting here, and joins the product."
        ),
        LineDecision(LineOutcome.ALREADY_THERE, "MEM-4", "It is a member already."),
        LineDecision(
            LineOutcome.INVALID,
            "MEM-4",
            "It leads to no device that can be added.",
            "Check it against the label: a Device ID, serial number, IMEI or ICCID.",
        ),
        LineDecision(
            LineOutcome.WRONG_PLATFORM,
            "MEM-2",
            "It is of another platform than this product.",
            "Add it to a product of its platform.",
        ),
        LineDecision(
            LineOutcome.OWNED_OUTSIDE,
            "MEM-3",
            "An account outside the team owns it.",
            "Ask its owner to unclaim it, or to join the team.",
        ),
        LineDecision(
            LineOutcome.PROTECTED,
            "MEM-4",
            "It has device protection switched on, and this product has not.",
            "Switch device protection on for the product, or off on the device with "
            "`particle device-protection disable`.",
        ),
        LineDecision(
            LineOutcome.MEMBER_ELSEWHERE,
            "MEM-3",
            "It is a member of another product of yours.",
            "Remove it there first, then add it here.",
        ),
    )
}
"""What there is to say of each outcome."""


@lru_cache(maxsize=1024)
def decide_addition(facts: AdditionFacts) -> LineDecision:
    """Decide what comes of one line (MEM-3, MEM-4)."""
    return OUTCOMES[_outcome(facts)]  # MEM-3, MEM-4


def _outcome(facts: AdditionFacts) -> LineOutcome:
    if facts.named is Named.UNKNOWN and facts.unknown_welcome:
        return LineOutcome.ADDED  # MEM-4, its platform is tested later (MEM-13)
    if facts.named is not Named.KNOWN:  # MEM-4
        return LineOutcome.INVALID
    if facts.belongs is Belongs.HERE:  # MEM-4
        return LineOutcome.ALREADY_THERE
    if facts.belongs is Belongs.ELSEWHERE_UNSEEN:  # MEM-4, as an unknown one
        return LineOutcome.INVALID
    if facts.belongs is Belongs.ELSEWHERE_SEEN:  # MEM-3
        return LineOutcome.MEMBER_ELSEWHERE
    return _outcome_of_free(facts)


def _outcome_of_free(facts: AdditionFacts) -> LineOutcome:
    """A known device that is nowhere, or waits here."""
    if facts.platform is PlatformMatch.OTHER:  # MEM-2
        return LineOutcome.WRONG_PLATFORM
    if facts.protected:  # MEM-4
        return LineOutcome.PROTECTED
    if facts.belongs is Belongs.WAITS_HERE:  # MEM-8, whoever owns it
        return LineOutcome.APPROVED
    if facts.owner is Owner.OUTSIDER:  # MEM-3
        return LineOutcome.OWNED_OUTSIDE
    return LineOutcome.ADDED
