"""A device that is online: where it belongs, what it subscribed to, what it asks.

A change of owner or product is told over the bus, so that features begin and end with
it at once, without a reconnect (CLM-6, CLM-12, MEM-11).
"""

import asyncio
import time
from collections.abc import Awaitable
from typing import TYPE_CHECKING, Any

import structlog

from cyan.gateway.translate import (
    description_of,
    event_of,
    reply_to,
    result_of,
    value_of,
)
from cyan.interfaces import DeviceAbsent, DeviceSilent, Stop, World, subjects
from cyan.interfaces.requests import (
    CallFunction,
    Done,
    Ping,
    ReadVariable,
    SendEvent,
    Signal,
    TooLong,
)
from cyan.model.decisions import Refuse
from cyan.model.events import Event
from cyan.model.identifiers import DeviceID
from cyan.protocol.coap import Code
from cyan.protocol.goodbye import Goodbye
from cyan.protocol.happenings import (
    Answered,
    DescribeReceived,
    PublishReceived,
    SubscribeReceived,
)
from cyan.protocol.server_session import ArgumentTooLong
from cyan.protocol.session import TooManyRequests
from cyan.protocol.states import State, WrongState
from cyan.rules.metering import OperationKind, cost_of_event, holder_of
from cyan.rules.routing import Destination, SourceFacts, device_hears
from cyan.services.connections import (
    Greeted,
    end_connection,
    note_description,
    note_safe_mode,
    note_system_event,
)
from cyan.services.events import Source, heard_by, publish_as_device, source_of

if TYPE_CHECKING:
    from cyan.gateway.connection import Connection
    from cyan.gateway.roster import Roster

MAX_SUBSCRIPTIONS = 100
ASK_SECONDS = 60.0
"""The longest that anybody waits for a device; the bus gives up earlier."""

_log = structlog.get_logger(__name__)


class Standing:
    """See the module."""

    __slots__ = (
        "_connection",
        "_departed",
        "_filters",
        "_roster",
        "_source",
        "_stop_hearing",
        "_stops",
        "_variables",
        "_world",
        "device_id",
        "session_id",
    )

    def __init__(
        self, world: World, roster: "Roster", connection: "Connection", told: Greeted
    ) -> None:
        device = told.device
        self.device_id: DeviceID = device.id
        self.session_id = device.session_id or ""
        self._world = world
        self._roster = roster
        self._connection = connection
        self._source = source_of(device, outsider=told.outsider)
        self._departed = told.departed
        self._variables = device.variables or {}
        self._filters: list[tuple[str, str | None]] | None = None
        self._stop_hearing: tuple[Stop, ...] = ()
        self._stops: tuple[Stop, ...] = (
            world.bus.answer(device.id, self._answer),
            world.bus.listen(subjects.device_changes(device.id), self._on_change),
        )

    def hear(self) -> None:
        """Something came from the device."""
        self._roster.hear(self.device_id, self._world.clock.now())

    # Events from the device

    def publish(self, received: PublishReceived) -> Awaitable[None] | None:
        """Publish what the device sent, and tell it how that went."""
        event = event_of(received, self.device_id, self._world.clock.now())
        went = publish_as_device(self._world, self._source, event, len(received.data))
        session = self._connection.session
        if isinstance(went, Refuse):
            session.refuse(received.mid, Code.FORBIDDEN)
            return None
        session.accept(received.mid)
        match went:
            case Destination.DEVICE:
                self._reply(event.name)
            case Destination.CLOUD | Destination.STREAMS:
                return self._note(event)
            case Destination.AUDIENCE | Destination.NOWHERE:
                pass
        return None

    async def _note(self, event: Event) -> None:
        if event.name == "spark/device/safemode":
            departed, self._departed = self._departed, None
            await note_safe_mode(self._world, self.device_id, departed)
            return
        told = await note_system_event(self._world, self.device_id, event)
        if told is not None:
            self._tell(told.name, told.data)

    def _tell(self, name: str, data: str) -> None:
        """Send something of the cloud's own, unless it closed in the meantime."""
        if self._connection.session.state is State.OPEN:
            self._connection.session.send_event(name, data.encode())
            self._connection.flush()

    def _reply(self, name: str) -> None:
        """Answer a question of the device: its name, its address, random bytes."""
        reply = reply_to(name, self._connection.address)
        if reply is not None:
            self._connection.session.send_event(name, reply)
            return
        self._connection.spawn(self._tell_name(name))

    async def _tell_name(self, name: str) -> None:
        device = await self._world.store.read(
            lambda tx: tx.devices.find(self.device_id)
        )
        if device is not None and device.name:
            self._tell(name, device.name)

    # Events to the device

    def subscribe(self, received: SubscribeReceived) -> None:
        """Remember what the device wants to hear (EVT-5)."""
        filters = self._filters or []
        wanted = (received.prefix, received.device_id)
        session = self._connection.session
        if wanted not in filters:
            if len(filters) >= MAX_SUBSCRIPTIONS:
                session.refuse(received.mid, Code.FORBIDDEN)
                return
            self._filters = [*filters, wanted]
            self._listen()
        session.accept(received.mid)

    def _listen(self) -> None:
        """Hear what it may hear, if it wants to hear anything (EVT-5)."""
        if self._stop_hearing:
            return
        wants_any = any(
            not prefix.startswith(("spark", "particle"))
            for prefix, _ in self._filters or ()
        )
        if wants_any:  # all firmware subscribes to the system's own names
            self._stop_hearing = tuple(
                self._world.bus.listen(subject, self._on_event)
                for subject in heard_by(self._source.facts)
            )

    def _on_event(self, event: Event) -> None:
        for prefix, device_id in self._filters or ():
            if device_hears(prefix, device_id, event):
                self._deliver(event)
                return

    def _deliver(self, event: Event) -> None:
        data = (event.data or "").encode()
        try:
            sent = self._connection.session.send_event(event.name, data)
        except WrongState:  # it closed while the event was on its way
            return
        holder = holder_of(self._source.facts.owner_id, self._source.facts.member_of)
        if sent and holder is not None:  # CLM-8
            cost = cost_of_event(event.name, len(data))
            self._world.meter.count(holder, OperationKind.DELIVERED, cost)
        self._connection.flush()

    def _on_change(self, change: subjects.DeviceChanged) -> None:
        facts = SourceFacts(
            change.owner_id, change.product_id, change.standing, change.outsider
        )
        self._source = Source(facts, self._source.version)
        self._hear_no_more()
        self._listen()

    def _hear_no_more(self) -> None:
        for stop in self._stop_hearing:
            stop()
        self._stop_hearing = ()

    # What the device tells

    def describe(self, received: DescribeReceived) -> Awaitable[None]:
        """Keep what the device told of itself."""
        description = description_of(received.described)
        if description.variables is not None:
            self._variables = description.variables
        return note_description(self._world, self.device_id, description)

    def say_goodbye(self, goodbye: Goodbye) -> None:
        """The device goes, and says why."""
        _log.info("goodbye", device=self.device_id, reason=goodbye.cloud_reason)
        self._connection.close("goodbye")

    async def leave(self, reason: str) -> None:
        """The connection is over."""
        for stop in self._stops:
            stop()
        self._hear_no_more()
        _log.info("device_offline", device=self.device_id, reason=reason)
        await end_connection(self._world, self.device_id, self.session_id)

    # What is asked of the device, over the bus

    async def _answer(self, message: object) -> object:
        try:
            return await self._serve(message)
        except TooManyRequests:  # it answers none of those that wait
            raise DeviceSilent(self.device_id) from None
        except WrongState:  # it went in the meantime
            raise DeviceAbsent(self.device_id) from None

    async def _serve(self, message: object) -> object:
        match message:
            case CallFunction(name=name, argument=argument):
                return await self._call(name, argument)
            case ReadVariable(name=name):
                return await self._read(name)
            case Signal(on=on):
                deadline = time.time() + ASK_SECONDS
                await self._wait(self._connection.session.signal(on, deadline))
            case Ping():
                pass  # a session that is open is proof enough
            case SendEvent(name=name, data=data):
                self._tell(name, data)
            case _:
                raise TypeError(f"nobody answers {message!r}")
        return Done()

    async def _call(self, name: str, argument: str) -> object:
        deadline = time.time() + ASK_SECONDS
        try:
            session = self._connection.session
            token = session.call_function(name, argument, deadline)
        except ArgumentTooLong as error:
            return TooLong(error.limit)
        answer = await self._wait(token)
        return result_of(answer)

    async def _read(self, name: str) -> object:
        deadline = time.time() + ASK_SECONDS
        answer = await self._wait(
            self._connection.session.read_variable(name, deadline)
        )
        return value_of(self._variables.get(name, "string"), answer)

    async def _wait(self, token: int) -> Answered:
        connection = self._connection
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        if connection.waiting is None:
            connection.waiting = {}
        connection.waiting[token] = future
        connection.flush()
        answer = await future
        if answer is None:
            raise DeviceSilent(self.device_id)
        assert isinstance(answer, Answered)
        return answer
