"""Handshakes a second, memory per idle device, events to one listener.

The devices are simulated in a process of their own; all share one RSA key, since
making a thousand keys would take longer than the measurement.
"""

import asyncio
import json
import multiprocessing
import time
from multiprocessing.connection import Connection
from typing import Any

import httpx
import psutil  # type: ignore[import-untyped]  # it ships no types
from tests.support.servers import Server

from bench.http_load import request
from bench.measuring import percentile, quick, report
from bench.servers import device_id, running
from cyan.model.identifiers import DeviceID
from cyan.simulator import Firmware, Identity, SimulatedDevice
from cyan.simulator.fleet import read_server_key

processes = multiprocessing.get_context("spawn")
AT_ONCE = 32


def devices_of(
    address: tuple[str, int], key_file: Any, numbers: range
) -> list[SimulatedDevice]:
    """Pretend devices that are not connected yet, with a new key for all."""
    key = read_server_key(key_file)
    shared = Identity.new(DeviceID(device_id(0))).key
    return [
        SimulatedDevice(
            Identity(DeviceID(device_id(number)), shared), address, key, Firmware()
        )
        for number in numbers
    ]


async def connect(devices: list[SimulatedDevice]) -> float:
    """Bring all online, some at once; seconds."""
    source = iter(devices)
    began = time.perf_counter()

    async def some() -> None:
        for device in source:
            device.start()
            await device.until_online(60)

    await asyncio.gather(*(some() for _ in range(AT_ONCE)))
    return time.perf_counter() - began


def fleet(
    pipe: Connection, address: tuple[str, int], key_file: Any, numbers: range
) -> None:
    """The process of the devices: connects them, then does as it is told."""
    asyncio.run(_fleet(pipe, address, key_file, numbers))


async def _fleet(
    pipe: Connection, address: tuple[str, int], key_file: Any, numbers: range
) -> None:
    devices = devices_of(address, key_file, numbers)
    pipe.send(await connect(devices))
    loop = asyncio.get_running_loop()
    while told := await loop.run_in_executor(None, pipe.recv):
        events, rate = told
        pipe.send(await publish(devices, events, rate))
    for device in devices:
        await device.stop()


async def publish(devices: list[SimulatedDevice], events: int, rate: float) -> float:
    """Publish at a rate, one device after the other; seconds."""
    began = time.perf_counter()
    for number in range(events):
        due = began + number / rate
        if (ahead := due - time.perf_counter()) > 0.001:
            await asyncio.sleep(ahead)
        elif number % 20 == 0:
            await asyncio.sleep(0)
        device = devices[number % len(devices)]
        device.publish("bench", str(time.perf_counter_ns()))
    return time.perf_counter() - began


def start_fleet(server: Server, numbers: range) -> tuple[Any, Connection, float]:
    """Start the process; back when all devices are online, with the seconds."""
    mine, theirs = processes.Pipe()
    process = processes.Process(
        target=fleet, args=(theirs, server.device_tcp, server.server_key, numbers)
    )
    process.start()
    return process, mine, mine.recv()


def memory_of(server: Server) -> int:
    """Bytes that only the server's process uses."""
    assert server.process is not None
    used: int = psutil.Process(server.process.pid).memory_full_info().uss
    return used


def cpu_of(server: Server) -> float:
    """Seconds of processor time that the server has used."""
    assert server.process is not None
    times = psutil.Process(server.process.pid).cpu_times()
    return float(times.user + times.system)


def run_handshakes() -> None:
    """Measure and report handshakes, and the memory of devices that idle."""
    count = 200 if quick() else 2_000
    with running() as server:
        process, pipe, _ = start_fleet(server, range(AT_ONCE))  # warms the server up
        pipe.send(None)
        process.join()
        before, spent = memory_of(server), cpu_of(server)
        process, pipe, seconds = start_fleet(server, range(AT_ONCE, AT_ONCE + count))
        row = {
            "devices": count,
            "handshakes/s": count / seconds,
            "per core of the server": count / (cpu_of(server) - spent),
            "bytes per idle device": (memory_of(server) - before) // count,
        }
        pipe.send(None)
        process.join()
    report("handshakes", [row], at_once=AT_ONCE)


async def listen(server: Server, events: int, ready: asyncio.Event) -> list[float]:
    """Read the stream of all own devices; the seconds that each event took."""
    reader, writer = await asyncio.open_connection(*server.http, limit=1 << 22)
    writer.write(request("GET", "/v1/devices/events", server.operator_token))
    await reader.readuntil(b":ok")
    ready.set()
    took: list[float] = []
    held = b""
    while len(took) < events:
        held += await reader.read(1 << 16)
        now = time.perf_counter_ns()
        *lines, held = held.split(b"\n")
        for line in lines:
            if line.startswith(b"data: {"):
                data = json.loads(line[6:])["data"]
                if data.isdecimal():
                    took.append((now - int(data)) / 1e9)
    writer.close()
    return took


def claim_all(server: Server, count: int) -> None:
    """Claim the devices of a fleet."""
    asked = {"authorization": f"Bearer {server.operator_token}"}
    with httpx.Client(base_url=server.url, headers=asked) as client:
        for number in range(count):
            answer = client.post("/v1/devices", json={"id": device_id(number)})
            answer.raise_for_status()


def run_events() -> None:
    """Measure and report how fast events reach one listener."""
    count = 50
    rows = []
    with running() as server:
        process, pipe, _ = start_fleet(server, range(count))
        claim_all(server, count)
        rates = (2_000, 10_000) if quick() else (1_000, 5_000, 10_000, 12_000, 15_000)
        for rate in rates:
            events = rate if quick() else rate * 5
            rows.append(
                {"offered/s": rate, **asyncio.run(_measure(server, pipe, events, rate))}
            )
        pipe.send(None)
        process.join()
    report("events", rows, devices=count)


async def _measure(
    server: Server, pipe: Connection, events: int, rate: float
) -> dict[str, Any]:
    ready = asyncio.Event()
    listening = asyncio.create_task(listen(server, events, ready))
    await ready.wait()
    spent, began = cpu_of(server), time.perf_counter()
    pipe.send((events, rate))
    try:
        took = await asyncio.wait_for(listening, 60)
    except TimeoutError:
        return {"delivered/s": "some were lost"}
    seconds = time.perf_counter() - began
    await asyncio.to_thread(pipe.recv)
    return {
        "delivered/s": events / seconds,
        "p50 ms": 1000 * percentile(took, 0.5),
        "p99 ms": 1000 * percentile(took, 0.99),
        "server cpu µs/event": 1e6 * (cpu_of(server) - spent) / events,
    }
