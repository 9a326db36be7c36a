"""Routing: who hears an event.

Events are private: the owner's streams and the owner's devices hear them, and
nobody else (EVT-1, EVT-5). Names that begin with `spark` or `particle` belong to
the system: devices speak to the cloud by them, and the cloud tells people. See
docs/rules/events.md.
"""

from enum import StrEnum

from cyan.model.events import RESERVED_PREFIXES, Audience, Event
from cyan.model.identifiers import DeviceID


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


_TO_STREAMS = frozenset(
    {
        "spark/device/last_reset",
        "spark/device/ota_result",
        "spark/device/diagnostics/update",
        "particle/device/updates/enabled",
        "particle/device/updates/forced",
    }
)
_QUESTIONS = frozenset(
    f"{prefix}/device/{subject}"
    for prefix in RESERVED_PREFIXES
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


def audience_of(owner_id: str | None, device_id: DeviceID | None) -> Audience:
    """Who may hear an event: its owner's streams and devices, nobody else (EVT-1).

    `owner_id` is the account that owns the device `device_id`, or that published
    by the API (`device_id` None). A device that nobody owns has no audience.
    """
    owners = () if owner_id is None else (owner_id,)  # EVT-1, CLM-6
    return Audience(account_ids=owners, device_id=device_id)


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
