"""Who is connected here, and what this gateway must remember of them."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from cyan.interfaces import World
from cyan.model.identifiers import DeviceID
from cyan.services.connections import note_heard

if TYPE_CHECKING:
    from cyan.gateway.connection import Connection


class Roster:
    """The connections of one gateway; of a device, the newest counts."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._open: set[Connection] = set()
        self._online: dict[DeviceID, Connection] = {}
        self._half_open: Counter[str] = Counter()
        self._heard: dict[DeviceID, datetime] = {}

    def __iter__(self) -> Iterator["Connection"]:
        """All open connections, whether or not they said hello."""
        return iter(tuple(self._open))

    def __len__(self) -> int:
        """How many connections are open."""
        return len(self._open)

    @property
    def online(self) -> int:
        """How many devices are online here."""
        return len(self._online)

    def half_open(self, address: str) -> int:
        """How many connections of an address have not said hello yet."""
        return self._half_open[address]

    def open(self, connection: "Connection", address: str) -> None:
        """A socket opened; it has not said hello yet."""
        self._open.add(connection)
        self._half_open[address] += 1

    def settle(self, address: str) -> None:
        """A connection is no longer half-open: it said hello, or closed before."""
        self._half_open[address] -= 1
        if not self._half_open[address]:
            del self._half_open[address]

    def greet(self, device_id: DeviceID, connection: "Connection") -> None:
        """A device said hello; an older connection of it ends."""
        older = self._online.get(device_id)
        self._online[device_id] = connection
        if older is not None:
            older.close("replaced by a newer connection")

    def close(self, connection: "Connection", device_id: DeviceID | None) -> None:
        """A socket closed."""
        self._open.discard(connection)
        if device_id is not None and self._online.get(device_id) is connection:
            del self._online[device_id]

    def hear(self, device_id: DeviceID, at: datetime) -> None:
        """A device was heard of."""
        self._heard[device_id] = at

    async def flush(self) -> None:
        """Write when devices were last heard of, all in one transaction."""
        if self._heard:
            heard, self._heard = self._heard, {}
            await note_heard(self._world, list(heard.items()))
