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
from cyan.rules.authority import Action
from cyan.rules.features import FeatureFacts
from cyan.rules.metering import OperationKind, cost_of_event
from cyan.rules.publishing import (
    DevicePublishFacts,
    PublishFacts,
    decide_device_publish,
    decide_publish,
)
from cyan.rules.routing import Destination, audience_of, hears
from cyan.services.devices import get_device

API_SOURCE = "api"


def publish_as_person(
    world: World, actor: Actor, name: str, data: str | None, ttl: int | None
) -> None:
    """Publish to one's own streams and devices; costs nothing (EVT-3)."""
    decision = decide_publish(PublishFacts(name, len((data or "").encode())))
    if isinstance(decision, Refuse):
        raise Refused(decision)
    now = world.clock.now()
    event = Event(name, data, DEFAULT_TTL if ttl is None else ttl, now, API_SOURCE)
    send_event(world, actor.account_id, event)


def publish_as_device(
    world: World, owner_id: str | None, event: Event, data_bytes: int
) -> Destination | Refuse:
    """Publish what a device sent; where it goes, or the refusal (EVT-4).

    An ordinary event and news for streams are on their way when this returns;
    what is for the cloud, or a question of the device, is the caller's to answer.
    """
    decision = decide_device_publish(
        DevicePublishFacts(event.name, data_bytes, FeatureFacts(owner_id is not None))
    )
    if isinstance(decision, Refuse):
        return decision
    if decision.destination in (Destination.AUDIENCE, Destination.STREAMS):
        assert owner_id is not None  # CLM-6: a device of nobody was refused
        cost = cost_of_event(event.name, data_bytes)
        world.meter.count(owner_id, OperationKind.PUBLISHED, cost)
        send_event(world, owner_id, event)
    return decision.destination


def send_event(world: World, owner_id: str | None, event: Event) -> None:
    """Hand an event to everybody who may hear it (EVT-1)."""
    for account_id in audience_of(owner_id, None).account_ids:
        world.bus.publish(subjects.account_events(account_id), event)


@dataclass(frozen=True, slots=True)
class Tuning:
    """What a stream listens to.

    `device_id` keeps to one device, None to all own ones; `prefix` to names that
    begin so.
    """

    actor: Actor
    prefix: str
    device_id: DeviceID | None


async def tune(
    world: World, actor: Actor, prefix: str = "", wanted: str | None = None
) -> Tuning:
    """Decide what a stream may hear: all own devices, or one of them (EVT-1)."""
    if wanted is None:
        return Tuning(actor, prefix, None)
    device = await get_device(world, actor, wanted, Action.HEAR_EVENTS)
    return Tuning(actor, prefix, device.id)


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
    world: World,
    tuning: Tuning,
    hear: Callable[[Event], None],
    end: Callable[[], None],
) -> Stop:
    """Call `hear` for each event of a stream, and `end` once it has to stop.

    A stream stops when its token ends and, if it follows one device, when that
    device changes its owner (CLM-12). The returned function stops it from here.
    """

    def on_event(event: Event) -> None:
        if hears(tuning.prefix, tuning.device_id, event):
            hear(event)

    def on_end(_: object) -> None:
        end()

    actor, bus = tuning.actor, world.bus
    stops = [bus.listen(subjects.account_events(actor.account_id), on_event)]
    if actor.token_hash is not None:
        stops.append(bus.listen(subjects.token_ends(actor.token_hash), on_end))
    if tuning.device_id is not None:
        stops.append(bus.listen(subjects.device_changes(tuning.device_id), on_end))

    def stop() -> None:
        for each in stops:
            each()

    return stop
