"""Membership: which product a device belongs to when it says hello.

The list of Device IDs decides (MEM-1). What the firmware says of itself matters for
Device OS 3.x and earlier alone, and only for devices that are on no list: they are
quarantined, or join where the product approves by itself (MEM-7). See
docs/rules/membership.md.
"""

from dataclasses import dataclass
from enum import StrEnum

from cyan.model.devices import QuarantineReason
from cyan.model.products import NO_PRODUCT_IDS, ExclusionKind

FIRST_WILDCARD = 1500
"""Device OS 1.5.0: the platform's own id is a wildcard from here on (MEM-6)."""

FIRST_LIST_ONLY = 4000
"""Device OS 4.0.0: the list alone decides from here on (MEM-5)."""


class Generation(StrEnum):
    """What a Device OS makes of the Product ID in the binary."""

    EXPLICIT = "before 1.5"
    WILDCARD = "1.5 to 3.x"
    LIST_ONLY = "from 4.0"


class Reported(StrEnum):
    """What the Product ID of a hello stands for."""

    EXPLICIT = "a product of its platform"
    OTHER_PLATFORM = "another platform's product"
    PLATFORM = "its platform"
    NOTHING = "nothing"


class Listed(StrEnum):
    """Whether the Device ID is on the list of a product."""

    NO = "no"
    YES = "yes"
    OTHER_PLATFORM = "of another platform"


def generation_of(system_version: int | None) -> Generation:
    """The generation of a Device OS; one that does not tell is the oldest."""
    if system_version is None or system_version < FIRST_WILDCARD:
        return Generation.EXPLICIT
    if system_version < FIRST_LIST_ONLY:
        return Generation.WILDCARD
    return Generation.LIST_ONLY


def reported_of(
    product_id: int | None, platform_id: int | None, product_platform: int | None
) -> Reported:
    """What a reported Product ID stands for (MEM-6).

    `product_platform` is the platform of the product of that id, None if there is
    no such product here.
    """
    if product_id is not None and product_id == platform_id:
        return Reported.PLATFORM
    if product_id in NO_PRODUCT_IDS or product_platform is None:
        return Reported.NOTHING
    if product_platform != platform_id:
        return Reported.OTHER_PLATFORM
    return Reported.EXPLICIT


def listed_of(member_platform: int | None, platform_id: int | None) -> Listed:
    """Whether a device is listed, and in a product of its platform (MEM-13).

    `member_platform` is the platform of the product whose member it is.
    """
    if member_platform is None:
        return Listed.NO
    fits = platform_id is None or member_platform == platform_id
    return Listed.YES if fits else Listed.OTHER_PLATFORM


@dataclass(frozen=True, slots=True)
class HelloFacts:
    """What a hello is decided by.

    `exclusion`, `auto_approve` and `room` are those of the reported product;
    `safe_mode` is whether the hello comes from safe mode, and names no firmware.
    """

    listed: Listed
    generation: Generation
    reported: Reported
    exclusion: ExclusionKind | None
    auto_approve: bool
    room: bool
    safe_mode: bool


@dataclass(frozen=True, slots=True)
class BeMember:
    """It is a member of the product that lists it."""

    rule: str


@dataclass(frozen=True, slots=True)
class BeWrongPlatform:
    """It stays listed, but is of another platform than the product (MEM-13)."""

    rule: str = "MEM-13"


@dataclass(frozen=True, slots=True)
class Join:
    """It becomes a member of the product that its firmware names (MEM-7)."""

    rule: str = "MEM-7"


@dataclass(frozen=True, slots=True)
class BeQuarantined:
    """It is quarantined in the product that its firmware names."""

    reason: QuarantineReason
    rule: str


@dataclass(frozen=True, slots=True)
class BeInNoProduct:
    """It is in no product, and leaves every quarantine."""

    rule: str


@dataclass(frozen=True, slots=True)
class StayAsBefore:
    """Quarantined, denied or in no product: as it was before this hello (MEM-12)."""

    rule: str = "MEM-12"


Membership = (
    BeMember | BeWrongPlatform | Join | BeQuarantined | BeInNoProduct | StayAsBefore
)


def decide_membership(facts: HelloFacts) -> Membership:
    """Decide where a device belongs that said hello (MEM-5 to MEM-13, UNC-4)."""
    if facts.listed is Listed.OTHER_PLATFORM:  # MEM-13
        return BeWrongPlatform()
    if facts.listed is Listed.YES:  # MEM-10: the list decides, not the firmware
        return BeMember("MEM-12" if facts.safe_mode else "MEM-10")
    if facts.safe_mode:  # MEM-12
        return StayAsBefore()
    if facts.generation is Generation.LIST_ONLY:  # MEM-5
        return BeInNoProduct("MEM-5")
    if facts.reported is Reported.OTHER_PLATFORM:  # MEM-13
        return BeInNoProduct("MEM-13")
    if facts.reported is not Reported.EXPLICIT:  # MEM-6
        return BeInNoProduct("MEM-6")
    return _knock(facts)


def _knock(facts: HelloFacts) -> Join | BeQuarantined:
    """An unlisted device whose firmware names a product of its platform."""
    if facts.exclusion is ExclusionKind.DENIED:  # MEM-9
        return BeQuarantined(QuarantineReason.DENIED, "MEM-9")
    if facts.exclusion is ExclusionKind.REMOVED:  # UNC-4
        return BeQuarantined(QuarantineReason.REMOVED, "UNC-4")
    if not facts.auto_approve:  # MEM-7
        return BeQuarantined(QuarantineReason.UNLISTED, "MEM-7")
    if not facts.room:  # LIM-5
        return BeQuarantined(QuarantineReason.NO_ROOM, "LIM-5")
    return Join()  # MEM-7
