"""One device's connection: pumps bytes through its session, and acts on happenings.

Happenings are served in their order. Where one needs a use case that takes time
(a handshake, a hello, a describe), those behind it wait, and reading pauses.
"""

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import Awaitable, Coroutine
from typing import TYPE_CHECKING, Any, cast

import structlog

from cyan.gateway.standing import Standing
from cyan.interfaces import StoreError
from cyan.model.decisions import Refused
from cyan.model.identifiers import DeviceID
from cyan.protocol.happenings import (
    Answered,
    Closed,
    DescribeReceived,
    GoodbyeReceived,
    Happening,
    HelloReceived,
    OfferReceived,
    PublishReceived,
    RequestTimedOut,
    SubscribeReceived,
)
from cyan.protocol.server_session import ServerSession
from cyan.protocol.states import State
from cyan.protocol.tcp_handshake import HandshakeRefused

if TYPE_CHECKING:
    from cyan.gateway.listener import Gateway

BYTES_A_SECOND = 256 * 1024
"""What is read from a device for long; a second's worth may come at once.

Firmware has 4 events of 1,024 bytes a second. Nobody's flood keeps the others waiting.
"""

MAX_UNSENT = 256 * 1024
"""Bytes that may wait for a device that does not read; then it is dropped."""

_log = structlog.get_logger(__name__)


class Connection(asyncio.Protocol):
    """See the module."""

    __slots__ = (
        "_address",
        "_busy",
        "_gateway",
        "_nonce",
        "_paid_until",
        "_queue",
        "_session",
        "_slowed",
        "_standing",
        "_timer",
        "_transport",
        "_wakes_at",
        "waiting",
    )

    def __init__(self, gateway: "Gateway") -> None:
        self._gateway = gateway
        self._transport: asyncio.Transport | None = None
        self._session: ServerSession | None = None
        self._standing: Standing | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._wakes_at = 0.0
        self._queue: deque[Happening] | None = None
        self._busy = False
        self._slowed = False
        self._paid_until = 0.0
        self._nonce = b""
        self._address = ""
        self.waiting: dict[int, asyncio.Future[Any]] | None = None

    @property
    def session(self) -> ServerSession:
        """The protocol's side of it."""
        assert self._session is not None  # there is one from the first byte on
        return self._session

    @property
    def device_id(self) -> DeviceID | None:
        """Whose connection it is; None until the device proved it."""
        return self._standing.device_id if self._standing else None

    # What asyncio calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin, unless this address has too many beginnings already."""
        peer = transport.get_extra_info("peername")
        self._address = str(peer[0]) if peer else ""
        self._transport = cast(asyncio.Transport, transport)  # uvloop has its own
        if not self._gateway.admits(self._address):
            self._address = ""
            self._transport.abort()
            return
        self._gateway.roster.open(self, self._address)
        self._nonce = self._gateway.nonce()
        self._session = ServerSession(
            self._nonce, time.time(), self._gateway.silence_seconds
        )
        self.flush()

    def data_received(self, data: bytes) -> None:
        """Take bytes of the device."""
        if self._session is None:
            return
        self._session.receive(data, time.time())
        if self._standing is not None:
            self._standing.hear()
        self.flush()
        self._slow_down(len(data))

    def eof_received(self) -> None:
        """The device sends no more."""
        if self._session is not None:
            self._session.receive_eof()
            self.flush()

    def connection_lost(self, _: Exception | None) -> None:
        """The socket is gone."""
        if self._session is not None:
            self._session.close("connection lost")
            self.flush()

    # What others call

    def close(self, reason: str) -> None:
        """End the connection."""
        if self._session is not None:
            self._session.close(reason)
            self.flush()

    def flush(self) -> None:
        """Send what is to be sent, act on what happened, and set the timer."""
        session = self.session
        self._send()
        while happened := session.happenings():
            self._serve(happened)
            self._send()  # what is answered is sent now, not when the timer wakes
        if session.state is not State.CLOSED:
            self._wake_by(session.wake_at())

    def _send(self) -> None:
        transport = self._transport
        assert transport is not None
        data = self.session.bytes_to_send()
        if data and not transport.is_closing():
            transport.write(data)
            if transport.get_write_buffer_size() > MAX_UNSENT:
                self.session.close("does not read")

    def _wake_by(self, at: float) -> None:
        """Wake at this time or before; a timer that comes too early sets another."""
        if self._timer is not None:
            if self._wakes_at <= at:
                return
            self._timer.cancel()
        self._wakes_at = at
        delay = max(0.0, at - time.time())
        self._timer = asyncio.get_running_loop().call_later(delay, self._wake)

    def _wake(self) -> None:
        self._timer = None
        now = time.time()
        if self.session.wake_at() <= now:
            self.session.wake(now)
        self.flush()

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Run something beside the connection."""
        self._gateway.spawn(work)

    # Happenings, in their order

    def _serve(self, happened: list[Happening]) -> None:
        if self._busy:
            if self._queue is None:
                self._queue = deque()
            self._queue.extend(happened)
            return
        for index, happening in enumerate(happened):
            slow = self._act(happening)
            if slow is not None:
                self._queue = deque(happened[index + 1 :])
                self._begin(slow)
                return

    def _begin(self, slow: Awaitable[None]) -> None:
        self._busy = True
        self._pause()
        self._gateway.spawn(self._finish(slow))

    def _slow_down(self, size: int) -> None:
        """Read no more for a while, if too much came of late."""
        loop = asyncio.get_running_loop()
        now = loop.time()
        self._paid_until = max(self._paid_until, now) + size / BYTES_A_SECOND
        wait = self._paid_until - now - 1
        if wait > 0 and not self._slowed:
            self._slowed = True
            self._pause()
            loop.call_later(wait, self._speed_up)

    def _speed_up(self) -> None:
        self._slowed = False
        self._resume()

    def _pause(self) -> None:
        assert self._transport is not None
        with contextlib.suppress(RuntimeError):  # the socket may be gone already
            self._transport.pause_reading()

    def _resume(self) -> None:
        if self._transport is not None and not (self._busy or self._slowed):
            with contextlib.suppress(RuntimeError):
                self._transport.resume_reading()

    async def _finish(self, slow: Awaitable[None]) -> None:
        try:
            await slow
        except (Refused, HandshakeRefused) as no:
            _log.info("device_refused", address=self._address, reason=str(no))
            self.session.close("refused")
        except StoreError as error:
            _log.warning("device_postponed", address=self._address, error=str(error))
            self.session.close("store failed")
        except Exception:
            _log.exception("connection_failed", address=self._address)
            self.session.close("failed")
        self._busy = False
        self._resume()
        queued, self._queue = self._queue, None
        if queued:
            self._serve(list(queued))
        self.flush()

    def _act(self, happening: Happening) -> Awaitable[None] | None:
        """Serve a happening; what it returns has to be awaited before the next."""
        if self._standing is not None:
            return self._act_online(happening, self._standing)
        match happening:
            case OfferReceived(sealed=sealed):
                return self._gateway.shake_hands(self, self._nonce, sealed)
            case HelloReceived(hello=hello):
                return self._gateway.greet(self, hello)
            case Closed(reason=reason):
                return self._close(reason)
            case _:
                return None

    def _act_online(
        self, happening: Happening, standing: Standing
    ) -> Awaitable[None] | None:
        match happening:
            case PublishReceived():
                return standing.publish(happening)
            case SubscribeReceived():
                standing.subscribe(happening)
            case Answered(token=token):
                self._settle(token, happening)
            case RequestTimedOut(token=token):
                self._settle(token, None)
            case DescribeReceived():
                return standing.describe(happening)
            case GoodbyeReceived(goodbye=goodbye):
                standing.say_goodbye(goodbye)
            case Closed(reason=reason):
                return self._close(reason)
            case _:
                pass
        return None

    def _settle(self, token: int, answer: Answered | None) -> None:
        future = self.waiting.pop(token, None) if self.waiting else None
        if not self.waiting:
            self.waiting = None
        if future is not None and not future.done():
            future.set_result(answer)

    def settle_in(self, standing: Standing) -> None:
        """The device said hello, and is online."""
        self._standing = standing
        self._nonce = b""
        self._gateway.roster.settle(self._address)
        self._gateway.roster.greet(standing.device_id, self)
        self.session.welcome()

    @property
    def address(self) -> str:
        """Where the device connects from."""
        return self._address

    def _close(self, reason: str) -> Awaitable[None] | None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        for future in (self.waiting or {}).values():
            if not future.done():
                future.set_result(None)
        self.waiting = None
        assert self._transport is not None
        self._transport.close()
        self._gateway.forget(self)
        self._gateway.roster.close(self, self.device_id)
        standing = self._standing
        if standing is None:
            self._gateway.roster.settle(self._address)
            return None
        return standing.leave(reason)
