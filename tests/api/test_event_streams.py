"""Publishing, and listening over server-sent events (REST contract §3.10)."""

import socket
import uuid
from collections.abc import Iterator

import httpx
import pytest
from tests.support.servers import Account, Server
from tests.support.simulated import Devices
from tests.support.streams import events, heard, published, stream


@pytest.fixture
def who(server: Server) -> Account:
    return server.new_account(f"{uuid.uuid4().hex[:10]}@example.com")


@pytest.fixture
def ann(server: Server, who: Account) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.url, headers=who.headers, timeout=30) as client:
        yield client


def publish(client: httpx.Client, name: str, **more: object) -> httpx.Response:
    return client.post("/v1/devices/events", json={"name": name, **more})


@pytest.mark.parametrize(
    "path", ["/v1/devices/events", "/v1/devices/events/te", "/v1/events/te"]
)
def test_what_a_person_publishes_comes_on_their_streams(
    ann: httpx.Client, path: str
) -> None:
    with stream(ann, path) as lines:
        assert publish(ann, "temp", data="21", ttl=30).json() == {"ok": True}
        name, told = heard(lines)
        assert (name, told["data"], told["ttl"]) == ("temp", "21", 30)
        assert told["published_at"].endswith("Z")
        assert told["coreid"]


def test_forms_are_taken_as_the_sdk_of_old_sends_them(ann: httpx.Client) -> None:
    with stream(ann, "/v1/devices/events") as lines:
        body = {"name": "a/b", "data": "x", "private": "true", "ttl": "60"}
        assert ann.post("/v1/devices/events", data=body).json() == {"ok": True}
        assert heard(lines)[0] == "a/b"


def test_a_prefix_holds_back_what_begins_otherwise(ann: httpx.Client) -> None:
    with stream(ann, "/v1/devices/events/door%2Ffront") as lines:
        publish(ann, "door/back")
        publish(ann, "Door/front")
        publish(ann, "door/front/open", data="1")
        assert heard(lines)[0] == "door/front/open"


def test_one_devices_stream_is_its_own(
    server: Server, ann: httpx.Client, devices: Devices
) -> None:
    first, second = devices.online(server), devices.online(server)
    for device in (first, second):
        ann.post("/v1/devices", json={"id": device.id}).raise_for_status()
    with stream(ann, f"/v1/devices/{first.id}/events") as lines:
        publish(ann, "by/api")
        devices.call(second.publish, "from", "second")
        devices.call(first.publish, "from", "first")
        name, told = heard(lines)
        assert (name, told["data"], told["coreid"]) == ("from", "first", first.id)


def test_comings_and_goings_are_events(
    server: Server, ann: httpx.Client, devices: Devices
) -> None:
    device = devices.online(server)
    ann.post("/v1/devices", json={"id": device.id}).raise_for_status()
    with stream(ann, "/v1/devices/events/spark/status") as lines:
        devices.run(device.stop())
        assert any(told["data"] == "offline" for _, told in events(lines))


def test_nobody_hears_somebody_elses_events(
    server: Server, ann: httpx.Client, who: Account
) -> None:
    bob = server.new_account(f"{uuid.uuid4().hex[:10]}@example.com")
    with (
        httpx.Client(base_url=server.url, headers=bob.headers) as theirs,
        stream(ann, "/v1/events/t") as lines,
    ):
        publish(theirs, "theirs")
        publish(ann, "this")
        assert heard(lines)[0] == "this", "EVT-1"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"name": ""}, "name"),
        ({"name": "x" * 65}, "name"),
        ({"name": "spark/status"}, "spark"),
        ({"name": "particle/x"}, "spark"),
        ({"name": "two\nlines"}, "print"),
        ({"name": "a\rdata: forged"}, "print"),
        ({"name": "big", "data": "x" * 1025}, "1024"),
        ({"name": "ttl", "ttl": -1}, "ttl"),
        ({"name": 5}, "name"),
        ({}, "name"),
    ],
    ids=str,
)
def test_what_cannot_be_published_is_told(
    ann: httpx.Client, body: dict[str, object], words: str
) -> None:
    answer = ann.post("/v1/devices/events", json=body)
    assert answer.status_code == 400
    told = answer.json()
    assert words in f"{told['error']} {told.get('remedy', '')}", told


def test_a_stream_of_everything_wants_a_prefix(ann: httpx.Client) -> None:
    answer = ann.get("/v1/events")
    assert answer.status_code == 400
    assert answer.json()["error"] == "event prefix filter is required"


def test_a_revoked_token_ends_its_streams_and_no_others(
    server: Server, ann: httpx.Client, who: Account
) -> None:
    other = server.sign_in(who.email, who.password)
    with (
        httpx.Client(base_url=server.url, headers=other.headers) as second,
        stream(ann, "/v1/devices/events") as lines,
        stream(second, "/v1/devices/events") as stays,
    ):
        httpx.delete(f"{server.url}/v1/access_tokens/{who.token}").raise_for_status()
        assert [line for line in lines if line] == []
        publish(second, "still/here")
        assert heard(stays)[0] == "still/here"


def test_a_claim_by_somebody_else_ends_the_stream_of_a_device(
    server: Server, ann: httpx.Client, devices: Devices
) -> None:
    device = devices.online(server)
    ann.post("/v1/devices", json={"id": device.id}).raise_for_status()
    with stream(ann, f"/v1/devices/{device.id}/events") as lines:
        ann.delete(f"/v1/devices/{device.id}").raise_for_status()
        assert list(published(lines)) == [], "it ends (CLM-12)"


def test_a_listener_that_does_not_read_is_dropped_and_told(
    server: Server, ann: httpx.Client, who: Account
) -> None:
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        listener.settimeout(30)
        listener.connect(server.http)
        ask = "GET /v1/devices/events HTTP/1.1\r\nhost: x\r\nauthorization: Bearer "
        listener.sendall(f"{ask}{who.token}\r\n\r\n".encode())
        said = b""
        while b":ok" not in said:
            said = said[-10:] + listener.recv(4096)
        for _ in range(7_000):  # more than its sockets and its queue can hold
            answer = publish(ann, "flood", data="x" * 1000)
            assert answer.status_code == 200, "a publisher never waits"
        while chunk := listener.recv(1 << 16):
            said = (said + chunk)[-200:]
            if b"0\r\n\r\n" in said:
                break
    assert b":you were too slow, and missed events; connect again" in said
    assert _metric(server, "cyan_event_listeners_dropped_total") > 0


def _metric(server: Server, name: str) -> float:
    lines = httpx.get(f"{server.url}/metrics").text.splitlines()
    return float(next(line for line in lines if line.startswith(name)).split()[-1])


def test_the_first_bytes_come_at_once_also_without_events(ann: httpx.Client) -> None:
    with stream(ann, "/v1/devices/events"):
        pass  # `stream` has read the first line
