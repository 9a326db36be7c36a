"""What a device hears, to the byte and to the moment: by a client of its own."""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import httpx
import pytest
from tests.support.servers import Server
from tests.support.wire import (
    ACK,
    CON,
    GET,
    NON,
    POST,
    RST,
    Message,
    WireDevice,
    path,
)


@pytest.fixture
def device(server: Server) -> Iterator[WireDevice]:
    device = WireDevice(server.device_tcp, server.server_key)
    assert device.hello().path == [b"h"]
    yield device
    device.close()


@pytest.mark.parametrize(
    ("code", "letter"), [(GET, b"e"), (POST, b"E")], ids=["subscribe", "publish"]
)
def test_what_wants_an_acknowledgement_gets_it_at_once(
    device: WireDevice, code: int, letter: bytes
) -> None:
    mid = device.send(CON, code, path(letter, b"temp"))
    answer = device.receive()  # nothing else is said that would push it out
    assert (answer.kind, answer.mid) == (ACK, mid)


def test_what_a_device_says_of_its_updates_before_its_claim_is_known_after_it(
    server: Server, device: WireDevice
) -> None:
    flag = path(b"E", b"particle/device/updates/enabled")
    mid = device.send(CON, POST, flag, b"false")
    answer = device.receive()
    assert (answer.kind, answer.code, answer.mid) == (ACK, 0, mid)
    who = server.new_account(f"{device.id}@example.com")
    with httpx.Client(base_url=server.url, headers=who.headers) as client:
        client.post("/v1/devices", json={"id": device.id}).raise_for_status()
        told = client.get(f"/v1/devices/{device.id}").json()
    assert told["firmware_updates_enabled"] is False


CALLED, READ = b"f", b"v"
FOUR_ZEROS = bytes(4)


def ask(server: Server, device: WireDevice, asked: bytes) -> Future[httpx.Response]:
    """Somebody calls `lamp`, or reads `level`, of a device of theirs."""
    who = server.new_account(f"{device.id}@example.com")
    path = f"{server.url}/v1/devices"
    headers = who.headers
    httpx.post(path, json={"id": device.id}, headers=headers).raise_for_status()
    pool = ThreadPoolExecutor(1)
    if asked is CALLED:
        going = pool.submit(httpx.post, f"{path}/{device.id}/lamp", headers=headers)
    else:
        going = pool.submit(httpx.get, f"{path}/{device.id}/level", headers=headers)
    pool.shutdown(wait=False)
    return going


@pytest.mark.parametrize(
    ("asked", "kind", "code", "payload", "status"),
    [
        (CALLED, NON, 0x44, FOUR_ZEROS, 200),
        (CALLED, NON, 0x44, b"\1", 400),
        (CALLED, NON, 0x44, b"", 400),
        (CALLED, ACK, 0x80, b"", 400),
        (CALLED, RST, 0, b"", 400),
        (CALLED, NON, 0x84, b"", 404),
        (READ, NON, 0x45, FOUR_ZEROS, 200),
        (READ, NON, 0x45, b"\0\0\1", 400),
        (READ, ACK, 0x84, b"", 404),
        (READ, NON, 0x80, b"", 400),
    ],
)
def test_whatever_a_device_answers_the_caller_is_told_at_once(
    server: Server,
    device: WireDevice,
    asked: bytes,
    kind: int,
    code: int,
    payload: bytes,
    status: int,
) -> None:
    said = device.send(CON, POST, path(b"d"), b'{"f":["lamp"],"v":{"level":2}}')
    assert device.receive().mid == said
    going = ask(server, device, asked)
    question = device.receive()
    assert question.path[0] == asked
    token = question.token if kind == NON else b""  # known by its message id
    device.answer(Message(kind, code, question.mid, token, (), payload))
    answer = going.result(10)
    assert answer.status_code == status
    assert answer.json().get("error", "") != "Timed out."
