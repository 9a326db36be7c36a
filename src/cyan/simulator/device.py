"""One pretend device: the other side of the gateway, over a real socket.

It does what Device OS does: shakes hands, says hello, describes itself, asks for
the time, subscribes, answers calls, pings, and comes back when the link is lost.
Its light shows what a real one's would.
"""

import asyncio
import hashlib
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from cryptography.hazmat.primitives.asymmetric import rsa

from cyan.protocol.describe import (
    DescribeFlag,
    write_application,
    write_system,
)
from cyan.protocol.device_session import DeviceSession, Part
from cyan.protocol.goodbye import DisconnectReason, Goodbye
from cyan.protocol.happenings import (
    AnswerReceived,
    Closed,
    DescribeAsked,
    EventReceived,
    FunctionCalled,
    Happening,
    NonceReceived,
    Signalled,
    VariableRead,
    Welcomed,
)
from cyan.protocol.hello import Hello, HelloFlag
from cyan.protocol.states import State
from cyan.protocol.tcp_handshake import (
    HandshakeRefused,
    make_offer,
    read_answer,
)
from cyan.protocol.values import Value
from cyan.rules.setup import Light
from cyan.simulator.identity import Identity

FLAGS = (
    HelloFlag.DIAGNOSTICS
    | HelloFlag.IMMEDIATE_UPDATES
    | HelloFlag.GOODBYE
    | HelloFlag.DESCRIBES_ITSELF
)
FIRST_PAUSE, LONGEST_PAUSE = 0.2, 30.0
Function = Callable[[str], int]


@dataclass
class Firmware:
    """What runs on a pretend device, if it is not in safe mode.

    `product_id` None is its platform's, which is what safe mode names too.
    `variables` maps a name to its type's word and a value or a function that gives
    one. `ignores_calls` makes it swallow calls, as a crashed application would.
    """

    functions: Mapping[str, Function] = field(default_factory=dict)
    variables: Mapping[str, tuple[str, Value | Callable[[], Value]]] = field(
        default_factory=dict
    )
    subscriptions: Sequence[str] = ()
    platform_id: int = 6
    product_id: int | None = None
    product_version: int | None = None
    system_version: int | None = 3003
    version: str = "1"
    safe_mode: bool = False
    ignores_calls: bool = False
    flags: HelloFlag = FLAGS

    def hello(self) -> Hello:
        """The hello of this firmware; safe mode names none (device wire §4.8)."""
        named = None if self.safe_mode else self.product_id
        return Hello(
            self.platform_id if named is None else named,
            None if self.safe_mode else self.product_version,
            self.flags,
            self.platform_id,
            system_version=self.system_version,
            max_message=1152,
            max_binary=1 << 20,
            ota_chunk=512,
        )

    def describes(self) -> tuple[Part, Part]:
        """The system's and the application's describe."""
        digest = hashlib.sha256(self.version.encode()).digest()
        system = write_system(self.system_version or 0, digest, None, None)
        kinds = {name: kind for name, (kind, _) in self.variables.items()}
        application = write_application(list(self.functions), kinds)
        return (
            Part(DescribeFlag.SYSTEM, True, system),
            Part(DescribeFlag.APPLICATION, False, application),
        )


class SimulatedDevice(asyncio.Protocol):
    """See the module; `start` connects and stays connected until `stop`."""

    def __init__(
        self,
        identity: Identity,
        server: tuple[str, int],
        server_key: rsa.RSAPublicKey,
        firmware: Firmware | None = None,
    ) -> None:
        self.identity = identity
        self.firmware = firmware or Firmware()
        self.light = Light.LISTENING
        self.heard: list[tuple[str, bytes]] = []
        self.signals: list[bool] = []
        self.replays = False  # offers again what it offered before
        self._offered = b""
        self.on_light: Callable[[Light], None] | None = None
        self._server = server
        self._server_key = server_key
        self._session: DeviceSession | None = None
        self._transport: asyncio.Transport | None = None
        self._changed = asyncio.Condition()
        self._timer: asyncio.TimerHandle | None = None
        self._running: asyncio.Task[None] | None = None
        self._lost = asyncio.Event()
        self._welcomed = False  # whether the last link got as far as that
        self._tasks: set[asyncio.Task[Any]] = set()

    @property
    def id(self) -> str:
        """The Device ID."""
        return self.identity.device_id

    @property
    def online(self) -> bool:
        """Whether it breathes cyan, or magenta in safe mode."""
        return self.light in (Light.ONLINE, Light.SAFE_MODE)

    # Commands

    def start(self) -> None:
        """Connect, and connect again whenever the link is lost."""
        self._running = asyncio.create_task(self._stay_connected())

    async def stop(self, reason: DisconnectReason = DisconnectReason.USER) -> None:
        """Say goodbye, and stay away."""
        if self._running is not None:
            self._running.cancel()
            await asyncio.gather(self._running, return_exceptions=True)
        if self._session is not None and self._session.state is State.OPEN:
            self._session.goodbye(Goodbye(cloud_reason=reason))
            self._pump()
        self.drop()

    def drop(self) -> None:
        """Lose the link without a word, as a device that lost its power."""
        if self._transport is not None:
            self._transport.close()

    def publish(self, name: str, data: str | bytes, *, ack: bool = False) -> int:
        """Publish an event; the message id, which an acknowledgement carries."""
        assert self._session is not None  # only who is online publishes
        raw = data.encode() if isinstance(data, str) else data
        mid = self._session.publish(name, raw, ack=ack)
        self._pump()
        return mid

    async def until(self, wanted: Callable[[], bool], seconds: float = 15.0) -> None:
        """Wait until something holds that changes with what this device hears."""
        async with asyncio.timeout(seconds), self._changed:
            await self._changed.wait_for(wanted)

    async def until_online(self, seconds: float = 15.0) -> None:
        """Wait until it breathes cyan."""
        await self.until(lambda: self.online, seconds)

    async def until_heard(self, name: str, seconds: float = 15.0) -> bytes:
        """Wait for an event of this name; its data."""
        await self.until(lambda: any(name == each for each, _ in self.heard), seconds)
        return next(data for each, data in self.heard if each == name)

    # The link

    async def _stay_connected(self) -> None:
        pause = FIRST_PAUSE
        while True:
            self._show(Light.HANDSHAKE)
            self._lost.clear()
            self._welcomed = False
            try:
                loop = asyncio.get_running_loop()
                await loop.create_connection(lambda: self, *self._server)
                await self._lost.wait()
            except OSError:
                pass
            pause = FIRST_PAUSE if self._welcomed else min(pause * 2, LONGEST_PAUSE)
            self._show(Light.HANDSHAKE)
            await asyncio.sleep(pause)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The socket is open: the server speaks first."""
        self._transport = cast(asyncio.Transport, transport)  # uvloop has its own
        self._session = DeviceSession(time.time())
        self._pump()

    def data_received(self, data: bytes) -> None:
        """Take bytes of the server."""
        assert self._session is not None
        self._session.receive(data, time.time())
        self._pump()

    def connection_lost(self, _: Exception | None) -> None:
        """The socket is gone."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._lost.set()
        self._show(Light.HANDSHAKE)

    def _pump(self) -> None:
        session, transport = self._session, self._transport
        assert session is not None
        assert transport is not None
        for happening in session.happenings():
            self._act(happening)
        data = session.bytes_to_send()
        if data and not transport.is_closing():
            transport.write(data)
        if self._timer is None and session.state is not State.CLOSED:
            delay = max(0.0, session.wake_at() - time.time())
            self._timer = asyncio.get_running_loop().call_later(delay, self._wake)

    def _wake(self) -> None:
        self._timer = None
        if self._session is not None and self._session.state is not State.CLOSED:
            now = time.time()
            if self._session.wake_at() <= now:
                self._session.wake(now)
            self._pump()

    def _spawn(self, work: Any) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # What happens

    def _act(self, happening: Happening) -> None:
        match happening:
            case NonceReceived(nonce=nonce):
                self._spawn(self._offer(nonce))
            case AnswerReceived(answer=answer):
                self._spawn(self._admit(answer))
            case Welcomed():
                self._on_welcome()
            case FunctionCalled():
                self._on_call(happening)
            case VariableRead():
                self._on_read(happening)
            case Closed():
                self.drop()
            case _:
                self._note(happening)

    def _note(self, happening: Happening) -> None:
        match happening:
            case EventReceived(name=name, data=data):
                self.heard.append((name, data))
            case Signalled(on=on):
                self.signals.append(on)
            case DescribeAsked(token=token):
                assert self._session is not None
                _, application = self.firmware.describes()
                self._session.return_describe(token, application.payload)
            case _:
                return
        self._tell_change()

    async def _offer(self, nonce: bytes) -> None:
        who = self.identity
        if not self.replays:
            self._offered = await asyncio.to_thread(
                make_offer, self._server_key, nonce, who.device_id, who.public_key
            )
        assert self._session is not None
        self._session.offer(self._offered)
        self._pump()

    async def _admit(self, answer: bytes) -> None:
        try:
            credentials = await asyncio.to_thread(
                read_answer, self.identity.key, self._server_key, answer
            )
        except HandshakeRefused:
            self.drop()
            return
        assert self._session is not None
        self._session.admit(credentials, self.firmware.hello(), time.time())
        self._pump()

    def _on_welcome(self) -> None:
        session, firmware = self._session, self.firmware
        assert session is not None
        self._welcomed = True
        for part in firmware.describes():
            session.describe(part)
        session.ask_time(time.time() + 20)
        if firmware.safe_mode:
            session.publish("spark/device/safemode", b"")
        session.publish("particle/device/updates/enabled", b"true")
        session.publish("particle/device/updates/forced", b"false")
        for prefix in ("particle", "spark", *firmware.subscriptions):
            session.subscribe(prefix)
        self._show(Light.SAFE_MODE if firmware.safe_mode else Light.ONLINE)

    def _on_call(self, call: FunctionCalled) -> None:
        assert self._session is not None
        function = self.firmware.functions.get(call.name)
        if function is not None and not self.firmware.ignores_calls:
            self._session.return_result(call.token, function(call.argument))

    def _on_read(self, read: VariableRead) -> None:
        assert self._session is not None
        found = self.firmware.variables.get(read.name)
        if found is None:
            self._session.return_nothing(read.token)
            return
        kind, value = found
        now = value() if callable(value) else value
        self._session.return_value(read.token, kind, now)

    def _show(self, light: Light) -> None:
        if light is self.light:
            return
        self.light = light
        if self.on_light is not None:
            self.on_light(light)
        self._tell_change()

    def _tell_change(self) -> None:
        async def tell() -> None:
            async with self._changed:
                self._changed.notify_all()

        self._spawn(tell())
