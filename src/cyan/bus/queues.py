"""The queue between the bus and one slow listener, such as an event stream.

Who puts never waits. A listener that leaves more unread than there is room for is
cut off: it gets what it has not read so far, and is told why nothing follows.
"""

import asyncio

ROOM = 1 << 20
_OVERHEAD = 64


class BoundedQueue:
    """A queue of pieces of bytes for one reader; `room` counts unread bytes."""

    __slots__ = ("_arrived", "_closed", "_pieces", "_room", "_unread", "overrun")

    def __init__(self, room: int = ROOM) -> None:
        self._room = room
        self._pieces: list[bytes] = []
        self._unread = 0
        self._arrived = asyncio.Event()
        self._closed = False
        self.overrun = False

    def put(self, piece: bytes) -> bool:
        """Add a piece; False if nothing more is taken, as the reader was too slow."""
        if self._closed:
            return False
        self._unread += len(piece) + _OVERHEAD
        if self._unread > self._room:
            self.overrun = True
            self.close()
            return False
        self._pieces.append(piece)
        self._arrived.set()
        return True

    def close(self) -> None:
        """Take nothing more; what is unread can still be taken."""
        self._closed = True
        self._arrived.set()

    async def take(self) -> list[bytes]:
        """Wait for something, then take all there is, in order.

        An empty list says that it is over: closed, or `overrun`.
        """
        await self._arrived.wait()
        pieces, self._pieces = self._pieces, []
        self._unread = 0
        if not self._closed:
            self._arrived.clear()
        return pieces
