"""Strangers on the HTTP port who send slowly, endlessly, or go away."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from starlette.types import Receive, Scope, Send

from cyan.config import load_config
from cyan.server import http


async def answer(scope: Scope, receive: Receive, send: Send) -> None:
    """Read the whole body, then answer."""
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        more = message.get("more_body", False)
    head = [(b"content-length", b"2")]
    await send({"type": "http.response.start", "status": 200, "headers": head})
    await send({"type": "http.response.body", "body": b"ok"})


@asynccontextmanager
async def connected() -> AsyncIterator[tuple[Any, Any]]:
    server = http.HttpServer(load_config({"http_port": "0"}, environment={}))
    await server.start(answer)
    host, _, port = server.url.removeprefix("http://").rpartition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    try:
        yield reader, writer
    finally:
        writer.close()
        await server.stop()


async def rest(reader: Any) -> bytes:
    """What comes until the server closes."""
    try:
        async with asyncio.timeout(10):
            told: bytes = await reader.read()
            return told
    except ConnectionResetError:
        return b""


@pytest.mark.parametrize(
    "begun",
    [
        b"",
        b"GET / HT",
        b"GET / HTTP/1.1\r\nhost: x\r\n",
        b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\nhalf",
    ],
)
async def test_whoever_does_not_go_on_is_cut_off(
    monkeypatch: pytest.MonkeyPatch, begun: bytes
) -> None:
    monkeypatch.setattr(http, "HEAD_SECONDS", 0.1)
    monkeypatch.setattr(http, "BODY_SECONDS", 0.1)
    async with connected() as (reader, writer):
        writer.write(begun)
        assert await rest(reader) == b""


async def _fill(writer: Any) -> None:
    for _ in range(10_000):
        writer.write(b"a: " + b"b" * 1000 + b"\r\n")
        await writer.drain()


async def test_a_head_that_does_not_end_is_cut_off() -> None:
    async with connected() as (reader, writer):
        writer.write(b"GET / HTTP/1.1\r\nhost: x\r\n")
        with pytest.raises(ConnectionError):
            await _fill(writer)
        assert await rest(reader) == b""


async def test_a_second_request_has_its_own_time_and_room(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with connected() as (reader, writer):
        for _ in range(3):
            filling = b"x" * 30_000
            writer.write(b"GET / HTTP/1.1\r\nhost: x\r\nfill: " + filling + b"\r\n\r\n")
            head = await reader.readuntil(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 200")
            assert await reader.readexactly(2) == b"ok"
        writer.write(b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 4\r\n\r\n")
        writer.write(b"body")
        assert (await reader.readuntil(b"ok")).endswith(b"ok")
