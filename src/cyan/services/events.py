"""Publishing events, and listening to them.

Who hears an event is decided once, when it is published (docs/rules/events.md);
the bus carries it to streams and devices, each with a bounded queue of its own.
"""

from collections.abc import Callable
from dataclasses import dataclass

from cyan.interfaces import Stop, World, subjects
from cyan.model.accounts import Actor
from cyan.model.decisions import RefusalCode, Refuse, Refused, refused
from cyan.model.events import DEFAULT_TTL, Event
from cyan.model.identifiers import DeviceID
from cyan.rules.features import Allow, FeatureFacts, decide_features
from cyan.rules.metering import PUBLISH, cost_of_event
from cyan.rules.publishing import PublishFacts, decide_publish
from cyan.rules.routing import audience_of
from cyan.services.devices import get_device

API_SOURCE = "api"

Hear = Callable[[Event], None]


async def publish_as_person(
    world: World, actor: Actor, name: str, data: str | None, ttl: int | None
) -> None:
    """Publish to one's own streams and devices; costs nothing (EVT-3)."""
    decision = decide_publish(PublishFacts(name=name, data=data, by_device=False))
    if isinstance(decision, Refuse):
        raise Refused(decision)
    now = world.clock.now()
    event = Event(name, data, DEFAULT_TTL if ttl is None else ttl, now, API_SOURCE)
    send_event(world, actor.account_id, event)


def publish_as_device(
    world: World, owner_id: str | None, event: Event
) -> Refuse | None:
    """Publish what a device sent; the refusal if it may not (EVT-4).

    The event of a device without cloud features is dropped and counted as refused,
    which is no data operation.
    """
    features = decide_features(FeatureFacts(owned=owner_id is not None))
    if not isinstance(features, Allow):
        return features
    assert owner_id is not None
    decision = decide_publish(
        PublishFacts(name=event.name, data=event.data, by_device=True)
    )
    if isinstance(decision, Refuse):
        return decision
    world.meter.count(owner_id, PUBLISH, cost_of_event(event))
    send_event(world, owner_id, event)
    return None


def send_event(world: World, owner_id: str | None, event: Event) -> None:
    """Hand an event to everybody who may hear it (EVT-1)."""
    for account_id in audience_of(owner_id):
        world.bus.publish(subjects.account_events(account_id), event)


@dataclass(frozen=True, slots=True)
class Tuning:
    """What a stream listens to.

    `device_id` keeps to one device; `prefix` to names that begin so.
    """

    account_id: str
    prefix: str
    device_id: DeviceID | None


async def tune(
    world: World, actor: Actor, prefix: str | None, wanted: str | None = None
) -> Tuning:
    """Decide what a stream may hear: all own devices, or one of them (EVT-1)."""
    device = await get_device(world, actor, wanted) if wanted is not None else None
    return Tuning(actor.account_id, prefix or "", device.id if device else None)


def require_prefix(prefix: str) -> str:
    """The wide stream of old wants a prefix (REST contract §3.10)."""
    if not prefix:
        raise refused(
            RefusalCode.PREFIX_MISSING,
            "event prefix filter is required",
            remedy="Put the beginning of an event name behind the address.",
        )
    return prefix


def listen(
    world: World, actor: Actor, tuning: Tuning, hear: Hear, end: Callable[[], None]
) -> Stop:
    """Call `hear` for each event of a stream, and `end` once it has to stop.

    A stream stops when its token ends and, if it follows one device, when that
    device changes its owner (CLM-12). The returned function stops it from here.
    """

    def on_event(event: Event) -> None:
        if tuning.device_id is not None and event.source != tuning.device_id:
            return
        if event.name.startswith(tuning.prefix):
            hear(event)

    bus = world.bus
    stops = [bus.listen(subjects.account_events(tuning.account_id), on_event)]
    if actor.token_hash is not None:
        stops.append(bus.listen(subjects.token_ends(actor.token_hash), lambda _: end()))
    if tuning.device_id is not None:
        stops.append(
            bus.listen(subjects.device_changes(tuning.device_id), lambda _: end())
        )

    def stop() -> None:
        for each in stops:
            each()

    return stop
