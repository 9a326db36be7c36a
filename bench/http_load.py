"""An HTTP load of many connections over raw sockets: the client costs little."""

import asyncio
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field


@dataclass
class Load:
    """What came of a load: latencies in seconds, and how many answers per status."""

    seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)
    statuses: dict[int, int] = field(default_factory=dict)

    @property
    def rate(self) -> float:
        return len(self.latencies) / self.seconds


def request(method: str, path: str, token: str, body: bytes = b"") -> bytes:
    """One HTTP/1.1 request with a JSON body."""
    head = (
        f"{method} {path} HTTP/1.1\r\nhost: bench\r\nauthorization: Bearer {token}\r\n"
        f"content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


async def drive(
    host: str, port: int, requests: Sequence[bytes], connections: int
) -> Load:
    """Send all requests over some connections, each as soon as its last is answered."""
    load = Load()
    source = iter(requests)
    began = time.perf_counter()
    await asyncio.gather(
        *(_connection(host, port, source, load) for _ in range(connections))
    )
    load.seconds = time.perf_counter() - began
    return load


async def _connection(
    host: str, port: int, source: Iterator[bytes], load: Load
) -> None:
    reader, writer = await asyncio.open_connection(host, port, limit=1 << 22)
    for each in source:
        sent = time.perf_counter()
        writer.write(each)
        head = await reader.readuntil(b"\r\n\r\n")
        await _body(reader, head.lower())
        load.latencies.append(time.perf_counter() - sent)
        status = int(head[9:12])
        load.statuses[status] = load.statuses.get(status, 0) + 1
    writer.close()


async def _body(reader: asyncio.StreamReader, head: bytes) -> None:
    """Read an answer's body to its end, by its length or chunk by chunk."""
    if b"content-length:" in head:
        length = int(head.split(b"content-length:", 1)[1].split(b"\r\n", 1)[0])
        await reader.readexactly(length)
        return
    while length := int(await reader.readuntil(b"\r\n"), 16):
        await reader.readexactly(length + 2)
    await reader.readexactly(2)
