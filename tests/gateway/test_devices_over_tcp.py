"""Devices over real sockets, against a server in a process of its own."""

import socket
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest
from tests.support.servers import Account, Server
from tests.support.simulated import Devices, thermometer

from cyan.simulator import Identity


@pytest.fixture
def ann(server: Server) -> Account:
    return server.new_account(f"ann-{uuid.uuid4().hex[:8]}@example.com")


def api(server: Server, who: Account) -> httpx.Client:
    return httpx.Client(base_url=server.url, headers=who.headers, timeout=40)


@contextmanager
def claimed(server: Server, who: Account, device_id: str) -> Iterator[httpx.Client]:
    with api(server, who) as client:
        assert client.post("/v1/devices", json={"id": device_id}).status_code == 200
        yield client


def served(client: httpx.Client, device_id: str) -> None:
    """What a device said before is served: a question overtakes nothing."""
    client.get(f"/v1/devices/{device_id}/count").raise_for_status()


def test_features_start_with_the_claim_without_a_reconnect(
    server: Server, ann: Account, devices: Devices
) -> None:
    device = devices.online(server)
    with api(server, ann) as client:
        assert client.get(f"/v1/devices/{device.id}/temperature").status_code == 403
        client.post("/v1/devices", json={"id": device.id})
        answer = client.get(f"/v1/devices/{device.id}/temperature").json()
        assert answer["result"] == 21.5
        for name, value in (("count", -5), ("ready", True), ("label", "kitchen")):
            got = client.get(f"/v1/devices/{device.id}/{name}").json()
            assert got["result"] == value


def test_a_device_hears_its_owners_events_and_nobody_elses(
    server: Server, ann: Account, devices: Devices
) -> None:
    device = devices.online(server)
    with (
        claimed(server, ann, device.id) as client,
        api(server, server.operator) as root,
    ):
        served(client, device.id)
        root.post("/v1/devices/events", json={"name": "cmd/theirs", "data": "x"})
        client.post("/v1/devices/events", json={"name": "cmd/hers", "data": "y"})
        assert devices.run(device.until_heard("cmd/hers")) == b"y"
        assert [name for name, _ in device.heard] == ["cmd/hers"]


def test_published_events_reach_the_stream(
    server: Server, ann: Account, devices: Devices
) -> None:
    device = devices.online(server)
    with (
        claimed(server, ann, device.id) as client,
        client.stream("GET", "/v1/devices/events/te") as stream,
    ):
        lines = stream.iter_lines()
        assert next(lines) == ":ok"
        devices.call(device.publish, "door", "open")
        devices.call(device.publish, "temp", "21")
        heard = [line for line, _ in zip(lines, range(3), strict=False)]
        assert heard[1] == "event: temp"
        assert device.id in heard[2]


def test_a_recorded_key_is_never_replaced_by_an_offered_one(
    server: Server, devices: Devices
) -> None:
    device = devices.online(server)
    impostor = Identity.new(device.identity.device_id)
    with pytest.raises(TimeoutError):
        devices.run(_try(server, impostor, 1.5))
    assert device.online  # IDN-8: the true one is not disturbed


async def _try(server: Server, identity: Identity, seconds: float) -> None:
    from cyan.simulator import SimulatedDevice
    from cyan.simulator.fleet import read_server_key

    key = read_server_key(server.server_key)
    device = SimulatedDevice(identity, server.device_tcp, key, thermometer())
    device.start()
    try:
        await device.until_online(seconds)
    finally:
        await device.stop()


def test_a_device_that_goes_is_offline_at_once(
    server: Server, ann: Account, devices: Devices
) -> None:
    device = devices.online(server)
    with claimed(server, ann, device.id) as client:
        assert client.get(f"/v1/devices/{device.id}").json()["online"] is True
        devices.run(device.stop())
        until = time.monotonic() + 10
        while client.get(f"/v1/devices/{device.id}").json()["online"]:
            assert time.monotonic() < until
        answer = client.post(f"/v1/devices/{device.id}/blink", json={"args": "x"})
        assert (answer.status_code, answer.json()["error"]) == (408, "Timed out.")


@pytest.mark.parametrize(
    "junk", [b"", b"\0", b"GET / HTTP/1.1\r\n\r\n", b"\xff" * 5000]
)
def test_junk_on_the_device_port_is_closed_and_harms_nobody(
    server: Server, devices: Devices, junk: bytes
) -> None:
    with socket.create_connection(server.device_tcp) as link:
        assert len(link.recv(40)) == 40
        link.sendall(junk)
        link.shutdown(socket.SHUT_WR)
        link.settimeout(15)
        try:
            while link.recv(4096):
                pass
        except ConnectionResetError:
            pass
    assert devices.online(server).online


def test_a_crash_loses_no_claim_and_leaves_nobody_online(
    open_server: Server, devices: Devices
) -> None:
    device = devices.online(open_server)
    who = open_server.operator
    with claimed(open_server, who, device.id):
        open_server.kill()
    open_server.start()
    with api(open_server, who) as client:
        found = client.get("/v1/devices").json()
        assert [(each["id"], each["online"]) for each in found] == [(device.id, False)]
