"""An event stream as ASGI sees it: keep-alive, the end, a client that goes."""

import asyncio
from typing import Any

import pytest

from cyan.api import sse
from cyan.bus import BoundedQueue


class Client:
    """Somebody who reads a stream until they go."""

    def __init__(self) -> None:
        self.body = b""
        self.status = 0
        self.gone = asyncio.Event()
        self.came = asyncio.Event()

    async def receive(self) -> dict[str, Any]:
        await self.gone.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Any) -> None:
        self.status = message.get("status", self.status)
        self.body += message.get("body", b"")
        self.came.set()

    async def until(self, wanted: bytes) -> None:
        async with asyncio.timeout(10):
            while wanted not in self.body:
                self.came.clear()
                await self.came.wait()


async def test_a_quiet_stream_says_something_well_within_15_seconds(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert sse.KEEP_ALIVE_SECONDS < 10
    monkeypatch.setattr(sse, "KEEP_ALIVE_SECONDS", 0.01)
    queue, client, ends = BoundedQueue(), Client(), []
    stream = sse.EventStream(queue, lambda: ends.append(1))
    serving = asyncio.ensure_future(stream({}, client.receive, client.send))
    await client.until(b":ok\n\n\n\n\n")
    queue.put(b"event: x\ndata: {}\n\n")
    await client.until(b"event: x")
    client.gone.set()
    await serving
    assert (client.status, ends) == (200, [1])


async def test_what_waits_is_sent_before_a_stream_ends() -> None:
    queue, client, ends = BoundedQueue(), Client(), []
    queue.put(b"event: last\n\n")
    queue.close()
    await sse.EventStream(queue, lambda: ends.append(1))(
        {}, client.receive, client.send
    )
    assert client.body == b":ok\n\nevent: last\n\n"
    assert ends == [1]


async def test_a_listener_that_was_too_slow_is_told() -> None:
    queue, client = BoundedQueue(room=200), Client()
    while queue.put(b"event: flood\n\n"):
        pass
    await sse.EventStream(queue, lambda: None)({}, client.receive, client.send)
    assert client.body.startswith(b":ok\n\nevent: flood")
    assert client.body.endswith(b"connect again\n\n")
