"""Listening for devices over TCP, and the handshake that lets them in.

The private operations of RSA take a millisecond each and run in threads, so that
devices that are online do not wait for those that come.
"""

import asyncio
import os
import time
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import structlog
from cryptography.hazmat.primitives.asymmetric import rsa
from prometheus_client import Counter, Gauge

from cyan.gateway.connection import Connection
from cyan.gateway.roster import Roster
from cyan.gateway.standing import Standing
from cyan.interfaces import SessionStart, World, subjects
from cyan.model.identifiers import DeviceID
from cyan.protocol.hello import Hello
from cyan.protocol.server_session import SILENCE_SECONDS
from cyan.protocol.states import State
from cyan.protocol.tcp_handshake import (
    CREDENTIALS_BYTES,
    NONCE_BYTES,
    Credentials,
    answer_offer,
    read_offer,
)
from cyan.rules.throttling import AT_ONCE
from cyan.services.connections import (
    Greeted,
    TrustedKey,
    choose_key,
    greet_device,
    look_again,
)

FLUSH_SECONDS = 5.0
BACKLOG = 1024

_online = Gauge("cyan_devices_online", "Devices with an open session here")
_hellos = Counter("cyan_device_hellos", "Devices that said hello")
_turned_away = Counter("cyan_device_connections_turned_away", "Too many at once")
_log = structlog.get_logger(__name__)


class Gateway:
    """The device service of one process."""

    def __init__(
        self,
        world: World,
        key: rsa.RSAPrivateKey,
        silence_seconds: float = SILENCE_SECONDS,
    ) -> None:
        self.roster = Roster(world)
        self.silence_seconds = silence_seconds
        self.address = ""
        self._world = world
        self._key = key
        self._threads = ThreadPoolExecutor(2, "handshakes")
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._offers: dict[Connection, tuple[DeviceID, TrustedKey]] = {}
        self._flushing: asyncio.Task[None] | None = None

    async def start(self, host: str, port: int) -> None:
        """Listen from now on."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: Connection(self), host, port, backlog=BACKLOG
        )
        found, bound = self._server.sockets[0].getsockname()[:2]
        self.address = f"[{found}]:{bound}" if ":" in found else f"{found}:{bound}"
        self._flushing = asyncio.create_task(self._flush_often())
        _online.set_function(lambda: self.roster.online)

    async def stop(self) -> None:
        """Take no more devices, close what is open, and write what is remembered."""
        if self._server is not None:
            self._server.close()
        for connection in self.roster:
            connection.close("server stops")
        while self._tasks:
            await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._flushing is not None:
            self._flushing.cancel()
        await self.roster.flush()
        self._threads.shutdown()

    async def _flush_often(self) -> None:
        while True:
            await asyncio.sleep(FLUSH_SECONDS)
            try:
                await self.roster.flush()
            except Exception:
                _log.exception("flush_failed")

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Run something beside the connections, and wait for it at the stop."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def nonce(self) -> bytes:
        """Random bytes that a device has to return."""
        return os.urandom(NONCE_BYTES)

    def admits(self, address: str) -> bool:
        """Whether an address may begin another handshake."""
        world = self._world
        limited = bool(world.settings.rate_limits)
        too_many = self.roster.half_open(address) >= AT_ONCE["handshakes_open"]
        too_fast = world.throttle.take("device_handshakes", address) is not None
        if limited and (too_many or too_fast):
            _turned_away.inc()
            return False
        return True

    async def shake_hands(
        self, connection: Connection, nonce: bytes, sealed: bytes
    ) -> None:
        """Open a device's offer, and answer it for the key that it must hold."""
        loop = asyncio.get_running_loop()
        offer = await loop.run_in_executor(
            self._threads, read_offer, self._key, nonce, sealed
        )
        trusted = await choose_key(self._world, offer.device_id, offer.offered_key)
        credentials = Credentials.of(os.urandom(CREDENTIALS_BYTES))
        answer = await loop.run_in_executor(
            self._threads, answer_offer, self._key, trusted.key, credentials
        )
        if connection.session.state is State.AWAITING_ADMISSION:
            self._offers[connection] = (offer.device_id, trusted)
            connection.session.admit(answer, credentials, time.time())

    def forget(self, connection: Connection) -> None:
        """A connection closed: its offer, if it made one, comes to nothing."""
        self._offers.pop(connection, None)

    async def greet(self, connection: Connection, hello: Hello) -> None:
        """A device proved its key and said hello: note it, and welcome it."""
        device_id, trusted = self._offers.pop(connection)
        start = SessionStart(
            session_id=self._world.secrets.id(),
            at=self._world.clock.now(),
            address=connection.address,
            platform_id=hello.platform_id,
            firmware_product_id=hello.product_id,
            firmware_version=hello.product_version,
            system_version=hello.system_version,
        )
        greeted = await self._greet(device_id, trusted, start)
        standing = Standing(self._world, self.roster, connection, greeted)
        if connection.session.state is State.CLOSED:
            await standing.leave("closed during the hello")
            return
        connection.settle_in(standing)
        _hellos.inc()
        _log.info("device_online", device=device_id, address=connection.address)

    async def _greet(
        self, device_id: DeviceID, trusted: TrustedKey, start: SessionStart
    ) -> Greeted:
        """Greet a device; what changes before its standing listens is not missed."""
        told: list[object] = []
        subject = subjects.device_changes(device_id)
        stop = self._world.bus.listen(subject, told.append)
        try:
            greeted = await greet_device(self._world, device_id, trusted, start)
            while told:  # MEM-11
                told.clear()
                greeted = await look_again(self._world, greeted)
        finally:
            stop()
        return greeted
