"""Event streams over HTTP: server-sent events as Particle's clients read them.

The first bytes go out at once, and something follows at least every 9 seconds: a
client that hears nothing for 15 gives up (client notes §A5). What waits in the
queue is sent as one chunk, so that a busy stream costs little per event.
"""

import asyncio
from collections.abc import Callable
from typing import Protocol

from prometheus_client import Counter, Gauge
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

_open = Gauge("cyan_event_streams_open", "Event streams that are open")
_dropped = Counter("cyan_event_listeners_dropped", "Event streams of slow listeners")
KEEP_ALIVE_SECONDS = 9.0
HEADERS = {"cache-control": "no-cache", "x-accel-buffering": "no"}
HELLO = b":ok\n\n"
BLANK = b"\n"
TOO_SLOW = b":you were too slow, and missed events; connect again\n\n"


class Source(Protocol):
    """Where the pieces of a stream come from: a bounded queue."""

    overrun: bool

    async def take(self) -> list[bytes]:
        """Wait for pieces; none at all says that it is over."""


class EventStream(Response):
    """A stream from a source; `on_end` is called once, however it ends."""

    media_type = "text/event-stream"

    def __init__(self, source: Source, on_end: Callable[[], None]) -> None:
        super().__init__(headers=HEADERS)
        del self.headers["content-length"]
        self._source = source
        self._on_end = on_end

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Stream until the source is over or the client goes."""
        _open.inc()
        gone = asyncio.ensure_future(_until_gone(receive))
        sending = asyncio.ensure_future(self._send(send))
        try:
            await asyncio.wait((gone, sending), return_when=asyncio.FIRST_COMPLETED)
        finally:
            _open.dec()
            self._on_end()
            for task in (gone, sending):
                task.cancel()
            await asyncio.gather(gone, sending, return_exceptions=True)

    async def _send(self, send: Send) -> None:
        await send(
            {"type": "http.response.start", "status": 200, "headers": self.raw_headers}
        )
        await _chunk(send, HELLO)
        while True:
            try:
                async with asyncio.timeout(KEEP_ALIVE_SECONDS):
                    pieces = await self._source.take()
            except TimeoutError:
                await _chunk(send, BLANK)
                continue
            if not pieces:
                break
            await _chunk(send, b"".join(pieces))
        last = b""
        if self._source.overrun:
            _dropped.inc()
            last = TOO_SLOW
        await send({"type": "http.response.body", "body": last, "more_body": False})


async def _chunk(send: Send, data: bytes) -> None:
    await send({"type": "http.response.body", "body": data, "more_body": True})


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
