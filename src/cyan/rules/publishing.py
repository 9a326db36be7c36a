"""Publishing: may this event be published, by a person or by a device?

Names have 1 to 64 bytes and data at most 1,024: the device wire's message holds no
more, and every device of the audience must be able to hear what one says. See
docs/rules/events.md.
"""

from dataclasses import dataclass, replace

from cyan.model.decisions import Allow, RefusalCode, Refuse
from cyan.model.events import MAX_DATA_BYTES, MAX_NAME_BYTES
from cyan.rules.features import FeatureFacts, decide_features
from cyan.rules.routing import STATE, Destination, destination_of, is_reserved


@dataclass(frozen=True, slots=True)
class PublishFacts:
    """What an event from a person is decided by; sizes in bytes of UTF-8."""

    name: str
    data_bytes: int


def decide_publish(facts: PublishFacts) -> Allow | Refuse:
    """Decide whether a person may publish an event (EVT-1, REST contract §3.10)."""
    obstacle = _obstacle_in(facts.name, facts.data_bytes)
    if obstacle is not None:
        return obstacle
    if is_reserved(facts.name):  # EVT-1, the system's own names
        return Refuse(
            RefusalCode.EVENT_RESERVED,
            'Names that begin with "spark", "particle" or "cyan/" '
            "belong to the system.",
            rule="EVT-1",
            remedy="Choose a name that begins otherwise.",
        )
    return Allow("EVT-1")  # EVT-1


@dataclass(frozen=True, slots=True)
class DevicePublishFacts:
    """What an event from a device is decided by; sizes in bytes."""

    name: str
    data_bytes: int
    features: FeatureFacts


@dataclass(frozen=True, slots=True)
class SendOn:
    """The event goes to a destination: AUDIENCE, STREAMS, DEVICE or CLOUD."""

    destination: Destination
    rule: str


def decide_device_publish(facts: DevicePublishFacts) -> SendOn | Refuse:
    """Decide what becomes of an event that a device published.

    A refused one is dropped, counted as refused and told to the device where the
    protocol can (EVT-4).
    """
    obstacle = _obstacle_in(facts.name, facts.data_bytes)
    if obstacle is not None:
        return obstacle
    destination = destination_of(facts.name)
    if destination is Destination.CLOUD:  # EVT-4, also without features
        return SendOn(destination, "EVT-4")
    features = decide_features(facts.features)
    if isinstance(features, Refuse) and facts.name in STATE:  # EVT-4, it is kept
        return SendOn(Destination.CLOUD, "EVT-4")
    if isinstance(features, Refuse):  # EVT-4
        return replace(features, rule="EVT-4")
    if destination is Destination.NOWHERE:  # EVT-1
        return Refuse(
            RefusalCode.EVENT_RESERVED,
            "Firmware may not publish under the system's own names.",
            rule="EVT-1",
            remedy="Choose a name that does not begin with spark, particle or cyan/.",
        )
    return SendOn(destination, "EVT-1")  # EVT-1


def _obstacle_in(name: str, data_bytes: int) -> Refuse | None:
    reason = _reason_against(name, data_bytes)
    if reason is None:
        return None
    return Refuse(
        RefusalCode.EVENT_UNUSABLE,
        reason,
        rule="EVT-1",
        remedy=f"Send 1 to {MAX_NAME_BYTES} bytes of printable text as the name and "
        f"at most {MAX_DATA_BYTES} bytes of data.",
    )


def _reason_against(name: str, data_bytes: int) -> str | None:
    name_bytes = len(name.encode(errors="replace"))
    if not name:
        return "An event needs a name."
    if name_bytes > MAX_NAME_BYTES:
        return (
            f"An event's name has at most {MAX_NAME_BYTES} bytes; "
            f"this has {name_bytes}."
        )
    if not name.isprintable():
        return "An event's name has no line breaks or other invisible characters."
    if data_bytes > MAX_DATA_BYTES:
        return (
            f"An event carries at most {MAX_DATA_BYTES} bytes of data; "
            f"this has {data_bytes}."
        )
    return None
