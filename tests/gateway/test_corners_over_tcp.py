"""Device features at their limits, over real sockets."""

import time
import uuid
from collections.abc import Iterator

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from tests.support.servers import Server
from tests.support.simulated import Devices

from cyan.protocol.hello import HelloFlag
from cyan.simulator import Firmware, Identity


@pytest.fixture
def ann(server: Server) -> Iterator[httpx.Client]:
    who = server.new_account(f"{uuid.uuid4().hex[:10]}@example.com")
    with httpx.Client(base_url=server.url, headers=who.headers, timeout=90) as client:
        yield client


def claim(client: httpx.Client, device_id: str) -> None:
    client.post("/v1/devices", json={"id": device_id}).raise_for_status()


def test_a_device_may_ask_for_its_name_its_address_and_random_bytes(
    server: Server, ann: httpx.Client, devices: Devices
) -> None:
    asks = ("spark/device/name", "spark/device/ip", "particle/device/random")
    device = devices.online(server, Firmware(subscriptions=asks))
    claim(ann, device.id)
    ann.put(f"/v1/devices/{device.id}", json={"name": "kitchen"}).raise_for_status()
    for name in asks:
        devices.call(device.publish, name, "")
    assert devices.run(device.until_heard("spark/device/name")) == b"kitchen"
    assert devices.run(device.until_heard("spark/device/ip")) == b"127.0.0.1"
    assert len(devices.run(device.until_heard("particle/device/random"))) == 40


def test_older_firmware_is_asked_what_it_can_do(
    server: Server, ann: httpx.Client, devices: Devices
) -> None:
    old = Firmware(
        functions={"blink": len},
        variables={"count": ("int32", 7)},
        flags=HelloFlag(0),
        system_version=None,
    )
    device = devices.online(server, old)
    claim(ann, device.id)
    assert ann.get(f"/v1/devices/{device.id}/count").json()["result"] == 7
    long = ann.post(f"/v1/devices/{device.id}/blink", json={"arg": "x" * 64})
    assert long.status_code == 400
    assert "63" in long.json()["error"]


def test_a_publish_that_wants_an_acknowledgement_gets_one_or_a_refusal(
    server: Server, ann: httpx.Client, devices: Devices
) -> None:
    device = devices.online(server)
    unclaimed = devices.call(_publish_acknowledged, device, "temp")
    claim(ann, device.id)
    claimed = devices.call(_publish_acknowledged, device, "temp")
    reserved = devices.call(_publish_acknowledged, device, "spark/mine")
    assert device.online
    assert len({unclaimed, claimed, reserved}) == 3, "each has a message id"


def _publish_acknowledged(device: object, name: str) -> int:
    mid: int = device.publish(name, "1", ack=True)
    return mid


def test_a_newer_connection_of_a_device_replaces_the_older(
    server: Server, ann: httpx.Client, devices: Devices
) -> None:
    first = devices.online(server)
    claim(ann, first.id)
    devices.call(first._running.cancel)  # else it comes back and replaces the second
    second = devices.connect(server, first.identity, Firmware(functions={"new": len}))
    path = f"/v1/devices/{first.id}"
    until = time.monotonic() + 10
    while ann.get(path).json()["functions"] != ["new"]:  # it describes itself soon
        assert time.monotonic() < until
    assert ann.post(f"{path}/new", json={"arg": "abc"}).json()["return_value"] == 3
    assert second.online
    assert ann.get(f"/v1/devices/{first.id}").json()["online"] is True


def pem(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> str:
    public = key.public_key()
    return public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def send_key(client: httpx.Client, device_id: str, key: str | None) -> httpx.Response:
    body = {"deviceID": device_id, "publicKey": key, "filename": "cli"}
    return client.post(f"/v1/provisioning/{device_id}", data=body)


def test_an_owner_replaces_the_key_of_a_device_and_nobody_else_does(
    server: Server, ann: httpx.Client, devices: Devices
) -> None:
    device = devices.online(server)
    stranger = send_key(ann, device.id, pem(rsa.generate_private_key(65537, 1024)))
    assert stranger.status_code == 403, "IDN-8"
    claim(ann, device.id)
    renewed = Identity.new(device.identity.device_id)
    assert send_key(ann, device.id, pem(renewed.key)).json()["ok"] is True
    again = devices.connect(server, renewed)
    assert again.online


@pytest.mark.parametrize(
    "key",
    [None, "", "no key", pem(rsa.generate_private_key(65537, 2048))],
    ids=["none", "empty", "text", "too large"],
)
def test_what_is_no_key_of_a_device_is_refused(
    server: Server, ann: httpx.Client, devices: Devices, key: str | None
) -> None:
    device = devices.online(server)
    claim(ann, device.id)
    answer = send_key(ann, device.id, key)
    assert answer.status_code == 400
    assert "key" in answer.json()["error"].lower()


def test_serial_numbers_are_looked_up_and_unknown_ones_are_not_found(
    ann: httpx.Client,
) -> None:
    answer = ann.get("/v1/serial_numbers/E00000000000000")
    assert answer.status_code == 404
    assert answer.json()["ok"] is False
