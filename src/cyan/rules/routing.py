"""Routing: who hears an event.

Events are private: the owner's streams and devices hear them, for a member also the
product's team, and nobody else (EVT-1). Which devices hear a product's events depends
on who owns whom (EVT-5). Names that begin with `spark`, `particle` or `cyan/` belong
to the system: devices speak to the cloud by them, and the cloud tells people. See
docs/rules/events.md.
"""

from dataclasses import dataclass
from enum import StrEnum

from cyan.model.devices import Standing
from cyan.model.events import (
    DEVICE_OS_PREFIXES,
    RESERVED_PREFIXES,
    Audience,
    Event,
    Hearers,
)


class Destination(StrEnum):
    """Where an event that a device published goes."""

    AUDIENCE = "audience"
    """To the owner's streams and devices: an ordinary event."""

    STREAMS = "streams"
    """To the owner's streams alone: news of the system."""

    DEVICE = "device"
    """Nowhere: it is a question, answered to this device alone."""

    CLOUD = "cloud"
    """Nowhere: the cloud itself needed to know."""

    NOWHERE = "nowhere"
    """Dropped: a reserved name that no device has a reason to use."""


STATE = frozenset({"particle/device/updates/enabled", "particle/device/updates/forced"})
"""What a device says at each hello, and the cloud keeps: news also to itself."""

_TO_STREAMS = STATE | {
    "spark/device/last_reset",
    "spark/device/ota_result",
    "spark/device/diagnostics/update",
}
_QUESTIONS = frozenset(
    f"{prefix}/device/{subject}"
    for prefix in DEVICE_OS_PREFIXES
    for subject in ("name", "ip", "random")
)
_FOR_THE_CLOUD = frozenset(
    {
        "spark/device/claim/code",
        "spark/device/safemode",
        "spark/device/ident/0",
        "spark/device/key/error",
        "spark/cc3000-patch-version",
        "spark/hardware/max_binary",
        "spark/hardware/ota_chunk_size",
    }
)


def is_reserved(name: str) -> bool:
    """Whether an event's name belongs to the system (REST contract §3.10)."""
    return name.startswith(RESERVED_PREFIXES)


def destination_of(name: str) -> Destination:
    """Where an event of this name goes when a device publishes it.

    Source: device wire §4.8, EVT-1, EVT-4.
    """
    if not is_reserved(name):
        return Destination.AUDIENCE  # EVT-1
    if name in _TO_STREAMS:
        return Destination.STREAMS
    if name in _QUESTIONS:
        return Destination.DEVICE
    if name in _FOR_THE_CLOUD:
        return Destination.CLOUD  # EVT-4
    return Destination.NOWHERE


@dataclass(frozen=True, slots=True)
class SourceFacts:
    """Where an event of a device comes from.

    `owner_id` and `product_id` are those of the device; `standing` that to the
    product. `outsider` is whether its owner is a customer, or an account that is
    not on the product's team.
    """

    owner_id: str | None
    product_id: int | None
    standing: Standing | None
    outsider: bool

    @property
    def member_of(self) -> int | None:
        """The product that it is a member of, of its own platform."""
        return self.product_id if self.standing is Standing.MEMBER else None


@dataclass(frozen=True, slots=True)
class Ears:
    """What a device's subscriptions hear (EVT-5).

    The events of its owner's devices, what its product publishes, and those events
    of its product's members that unowned members hear.
    """

    owner_id: str | None
    publications_of: int | None
    members_of: int | None


def ears_of(facts: SourceFacts) -> Ears:
    """What a device hears: nothing while it has no features (EVT-5, MEM-8).

    Each delivery counts, to an unowned member too (CLM-8, EVT-3).
    """
    if facts.standing not in (None, Standing.MEMBER):  # MEM-8, MEM-13
        return Ears(None, None, None)
    unowned = facts.owner_id is None
    return Ears(facts.owner_id, facts.member_of, facts.member_of if unowned else None)


def audience_of(facts: SourceFacts) -> Audience:
    """Who may hear an event of a device (EVT-1, EVT-5).

    A device of nobody and of no product has no audience (CLM-6), and neither has a
    quarantined one (MEM-8).
    """
    member = facts.standing is Standing.MEMBER
    if facts.standing is not None and not member:  # MEM-8, MEM-13, EVT-4
        return Audience(None, None, Hearers.NOBODY)
    if not member:
        return Audience(facts.owner_id, None, Hearers.NOBODY)  # EVT-1, CLM-6
    hearers = Hearers.NOBODY if facts.outsider else Hearers.UNOWNED_MEMBERS
    return Audience(facts.owner_id, facts.product_id, hearers)  # EVT-1, EVT-5


def audience_of_account(account_id: str) -> Audience:
    """Who hears what an account publishes by API: its streams and devices (EVT-1)."""
    return Audience(account_id, None, Hearers.NOBODY)


def audience_of_product(product_id: int) -> Audience:
    """Who hears what a product publishes: its team, and all its members (EVT-5)."""
    return Audience(None, product_id, Hearers.MEMBERS)


def hears(prefix: str, device_id: str | None, event: Event) -> bool:
    """Whether a stream of the audience asked for this event (REST contract §3.10).

    `prefix` is the beginning of the name, "" for all; `device_id` the one source
    that it asked for, None for every one.
    """
    return event.name.startswith(prefix) and device_id in (None, event.source)


def device_hears(prefix: str, device_id: str | None, event: Event) -> bool:
    """Whether a device of the audience subscribed to this event (EVT-5).

    By reserved names the cloud commands a device (such as to reset), and every
    firmware subscribes to them: one device's never reach another.
    """
    return not is_reserved(event.name) and hears(prefix, device_id, event)  # EVT-5
