"""Publishing events and listening to them (REST contract §3.10)."""

from typing import Annotated

import msgspec
from msgspec import Meta, Struct
from starlette.requests import Request
from starlette.responses import Response

from cyan.api.errors import Family
from cyan.api.routing import Routes
from cyan.api.sse import EventStream
from cyan.api.wire.moments import moment
from cyan.bus import BoundedQueue
from cyan.interfaces import World
from cyan.model.accounts import Actor
from cyan.model.decisions import RefusalCode as Code
from cyan.model.events import Event, ProductEvent
from cyan.services import events
from cyan.services.events import Tuning

routes = Routes()

STREAM_REFUSALS = (Code.DEVICE_UNKNOWN, Code.RATE_LIMITED)


class Publication(Struct):
    """An event to publish. `private` is what all events are nowadays."""

    name: str
    data: str | None = None
    ttl: Annotated[int, Meta(ge=0, le=16_777_215)] | None = None
    private: bool | str | int | None = None


class Published(Struct):
    """The event is on its way."""

    ok: bool = True


class EventData(Struct):
    """What the data line of a stream says of an event, as JSON."""

    data: str | None
    ttl: int
    published_at: str | None
    coreid: str


_encode = msgspec.json.Encoder(enc_hook=str).encode


class ProductEventData(EventData, kw_only=True):
    """What a product's stream says besides: owner, version and product."""

    userid: str
    version: int | None
    public: bool = False
    productID: int  # noqa: N815 - a wire field


def piece_of(heard: Event | ProductEvent) -> bytes:
    """An event as a stream carries it: a line with its name, a line with the rest."""
    event = heard if isinstance(heard, Event) else heard.event
    told = EventData(event.data, event.ttl, moment(event.published_at), event.source)
    if isinstance(heard, ProductEvent):
        told = ProductEventData(
            *(told.data, told.ttl, told.published_at, told.coreid),
            userid=heard.owner_id,
            version=heard.version,
            productID=heard.product_id,
        )
    return b"event: %b\ndata: %b\n\n" % (event.name.encode(), _encode(told))


@routes(
    "POST /v1/devices/events",
    scope="events:send",
    family=Family.SINGLE,
    refusals=(Code.EVENT_UNUSABLE, Code.EVENT_RESERVED),
)
async def publish_event(world: World, actor: Actor, body: Publication) -> Published:
    """Publish an event to your own streams and devices."""
    events.publish_as_person(world, actor, body.name, body.data, body.ttl)
    return Published()


def stream(world: World, tuning: Tuning, request: Request) -> EventStream:
    """Open a stream; it is closed when its token or its ground ends."""
    queue = BoundedQueue()
    leave = request.state.streams.enter(world, request.state.address, queue)

    def hear(heard: Event | ProductEvent) -> None:
        queue.put(piece_of(heard))

    stop = events.listen(world, tuning, hear, queue.close)

    def on_end() -> None:
        stop()
        leave()

    return EventStream(queue, on_end)


@routes(
    "GET /v1/devices/events",
    scope="events:get",
    family=Family.OAUTH,
    refusals=STREAM_REFUSALS,
)
async def hear_own(world: World, actor: Actor, request: Request) -> Response:
    """Hear the events of all your devices."""
    return stream(world, await events.tune(world, actor), request)


@routes(
    "GET /v1/devices/events/{prefix:path}",
    scope="events:get",
    family=Family.OAUTH,
    refusals=STREAM_REFUSALS,
)
async def hear_own_by_prefix(
    world: World, actor: Actor, prefix: str, request: Request
) -> Response:
    """Hear the events of all your devices whose names begin with a prefix."""
    return stream(world, await events.tune(world, actor, prefix), request)


@routes(
    "GET /v1/devices/{device}/events",
    scope="events:get",
    family=Family.PERMISSION,
    refusals=STREAM_REFUSALS,
)
async def hear_device(
    world: World, actor: Actor, device: str, request: Request
) -> Response:
    """Hear the events of one of your devices."""
    return stream(world, await events.tune(world, actor, "", device), request)


@routes(
    "GET /v1/devices/{device}/events/{prefix:path}",
    scope="events:get",
    family=Family.PERMISSION,
    refusals=STREAM_REFUSALS,
)
async def hear_device_by_prefix(
    world: World, actor: Actor, device: str, prefix: str, request: Request
) -> Response:
    """Hear the events of one of your devices whose names begin with a prefix."""
    return stream(world, await events.tune(world, actor, prefix, device), request)


@routes(
    "GET /v1/events",
    scope="events:get",
    family=Family.SINGLE,
    refusals=(Code.PREFIX_MISSING,),
)
async def hear_everything(world: World, actor: Actor, request: Request) -> Response:
    """Refuse the stream of everything: it wants a prefix."""
    prefix = events.require_prefix("")
    return stream(world, await events.tune(world, actor, prefix), request)


@routes(
    "GET /v1/events/{prefix:path}",
    scope="events:get",
    family=Family.SINGLE,
    refusals=(Code.PREFIX_MISSING, Code.RATE_LIMITED),
)
async def hear_by_prefix(
    world: World, actor: Actor, prefix: str, request: Request
) -> Response:
    """Hear your events whose names begin with a prefix, as `subscribe --all` does."""
    prefix = events.require_prefix(prefix)
    return stream(world, await events.tune(world, actor, prefix), request)
