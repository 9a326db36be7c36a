"""Who is connected here: one entry a device, and what this gateway must remember."""

import contextlib
from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from cyan.interfaces import World
from cyan.model.identifiers import DeviceID
from cyan.services.connections import note_heard

if TYPE_CHECKING:
    from cyan.gateway.connection import Connection


class Roster:
    """The connections of one gateway, by device; a newer one replaces an older."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._connections: dict[DeviceID, Connection] = {}
        self._heard: dict[DeviceID, datetime] = {}
        self._open: set[Connection] = set()
        self._handshakes: dict[str, int] = {}

    def __iter__(self) -> Iterator["Connection"]:
        """All sockets that are open, greeted or not."""
        return iter(tuple(self._open))

    def __len__(self) -> int:
        """How many devices are online here."""
        return len(self._connections)

    @property
    def handshaking(self) -> int:
        """How many sockets have not said hello yet."""
        return sum(self._handshakes.values())

    def open(self, connection: "Connection", address: str) -> None:
        """A socket opened; it is half-open until it said hello."""
        self._open.add(connection)
        self._handshakes[address] = self._handshakes.get(address, 0) + 1

    def handshakes_of(self, address: str) -> int:
        """How many half-open sockets an address has."""
        return self._handshakes.get(address, 0)

    def end_handshake(self, address: str) -> None:
        """A socket is no longer half-open: it said hello, or it closed."""
        left = self._handshakes.pop(address, 1) - 1
        if left:
            self._handshakes[address] = left

    def greet(self, device_id: DeviceID, connection: "Connection") -> None:
        """A device said hello; an older connection of it is closed."""
        older = self._connections.get(device_id)
        self._connections[device_id] = connection
        if older is not None:
            older.close("replaced by a newer connection")

    def close(self, connection: "Connection", device_id: DeviceID | None) -> None:
        """A socket closed."""
        self._open.discard(connection)
        if device_id is not None and self._connections.get(device_id) is connection:
            del self._connections[device_id]

    def hear(self, device_id: DeviceID, at: datetime) -> None:
        """A device said something; written now and then, many at a time."""
        self._heard[device_id] = at

    async def flush(self) -> None:
        """Write when devices were last heard of."""
        if not self._heard:
            return
        heard, self._heard = self._heard, {}
        with contextlib.suppress(StopAsyncIteration):
            await note_heard(self._world, list(heard.items()))
