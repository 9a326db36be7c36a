"""What holds on every route: bodies, errors, tokens, CORS (REST contract §0)."""

import contextlib
import json
import socket

import httpx
import pytest
from tests.support.servers import Server

PREFLIGHT = {
    "origin": "https://app.example.org",
    "access-control-request-method": "PUT",
    "access-control-request-headers": "authorization,content-type,x-particle-tool",
}


def test_no_token_is_a_bad_request_and_a_wrong_one_alone_is_unauthorized(
    server: Server,
) -> None:
    with httpx.Client(base_url=server.url) as nobody:
        missing = nobody.get("/v1/devices")
        assert missing.status_code == 400
        assert missing.json()["error_description"] == "The access token was not found"
        wrong = nobody.get(
            "/v1/devices", headers={"authorization": "Bearer " + 40 * "0"}
        )
        assert (wrong.status_code, wrong.json()["error"]) == (401, "invalid_token")


def test_a_token_may_come_in_the_query_or_in_a_form_of_old_clients(
    server: Server, root: httpx.Client
) -> None:
    token = server.operator_token
    with httpx.Client(base_url=server.url) as bare:
        assert bare.get(f"/v1/devices?access_token={token}").status_code == 200
        body = {"access_token": token, "name": "old/client", "data": "x"}
        assert bare.post("/v1/devices/events", data=body).status_code == 200


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"{", "application/json"),
        (b'{"name": "a"', "application/json"),
        (b'"text"', "application/json"),
        (b"[1]", "application/json"),
        (b'{"name": "\xff"}', "application/json"),
        (b"\x00\x01", "application/json"),
        (b"name=\xff", "application/x-www-form-urlencoded"),
        (
            b"&".join(b"f%d=1" % n for n in range(2000)),
            "application/x-www-form-urlencoded",
        ),
        (b"--x\r\nbroken", "multipart/form-data; boundary=x"),
        (b"no boundary", "multipart/form-data"),
        (b"<name/>", "text/xml"),
    ],
    ids=lambda value: repr(value)[:30],
)
def test_bodies_that_cannot_be_read_get_json_that_says_so(
    root: httpx.Client, content: bytes, kind: str
) -> None:
    answer = root.post(
        "/v1/devices/events", content=content, headers={"content-type": kind}
    )
    assert answer.status_code in (400, 415)
    assert answer.json()["error"]


@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_may_not_be_larger_than_its_route_takes(
    root: httpx.Client, chunked: bool
) -> None:
    big = json.dumps({"name": "x", "data": "x" * 3_000_000}).encode()
    content = iter([big[:1_000_000], big[1_000_000:]]) if chunked else big
    headers = {"content-type": "application/json"}
    answer = root.post("/v1/devices/events", content=content, headers=headers)
    assert answer.status_code == 413
    assert answer.json()["error"]


def test_a_chunked_body_is_taken(root: httpx.Client) -> None:
    parts = iter([b'{"name": ', b'"in/parts"}'])
    headers = {"content-type": "application/json; charset=utf-8"}
    answer = root.post("/v1/devices/events", content=parts, headers=headers)
    assert answer.json() == {"ok": True}


def test_a_delete_may_have_a_body(root: httpx.Client) -> None:
    answer = root.request("DELETE", "/v1/user", json={"password": "wrong"})
    assert answer.status_code == 400
    assert "password" in answer.json()["errors"][0]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 200),
        ("GET", "/nowhere", 404),
        ("GET", "/v1", 404),
        ("GET", "/v1/nothing/here", 404),
        ("PATCH", "/v1/devices", 405),
        ("DELETE", "/oauth/token", 405),
        ("GET", "/v1/devices/%2e%2e/%2e%2e", 403),
        ("GET", "/v1/devices//", 404),
        ("POST", "/v1/devices/a/b/c/d/e/f", 404),
    ],
)
def test_every_error_is_json_of_ours(
    root: httpx.Client, method: str, path: str, status: int
) -> None:
    answer = root.request(method, path)
    assert answer.status_code == status, answer.text
    if status >= 400:
        assert answer.json()["error"]
        assert answer.headers["content-type"] == "application/json; charset=utf-8"
    if status == 405:
        assert answer.headers["allow"]


def test_a_browser_of_another_origin_may_use_the_api(root: httpx.Client) -> None:
    answer = root.options("/v1/devices/abc", headers=PREFLIGHT)
    assert answer.status_code in (200, 204)
    allowed = answer.headers["access-control-allow-headers"].lower()
    for header in ("authorization", "content-type", "x-particle-tool"):
        assert header in allowed
    assert "PUT" in answer.headers["access-control-allow-methods"]
    for path in ("/v1/devices", "/nowhere"):
        assert root.get(path).headers["access-control-allow-origin"] == "*"


def test_an_answer_names_its_request(root: httpx.Client) -> None:
    mine = root.get("/healthz", headers={"x-request-id": "mine-1"})
    assert mine.headers["x-request-id"] == "mine-1"
    forged = root.get("/healthz", headers={"x-request-id": "a b\tc" * 30})
    assert forged.headers["x-request-id"] != "a b\tc" * 30


def test_health_readiness_and_metrics(root: httpx.Client) -> None:
    assert root.get("/healthz").json() == {"ok": True}
    assert root.get("/readyz").json() == {"ok": True}
    text = root.get("/metrics").text
    assert 'cyan_http_requests_total{method="GET",route="/healthz"' in text


@pytest.mark.parametrize(
    "raw",
    [
        b"junk\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\nhost: x\r\n\r\n",
        b"POST /v1/devices HTTP/1.1\r\nhost: x\r\ncontent-length: -1\r\n\r\n",
        b"POST /oauth/token HTTP/1.1\r\nhost: x\r\ncontent-length: 99\r\n\r\nhalf",
        b"POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
        b"GET / HTTP/1.1\r\nhost: x\r\n" + b"a: b\r\n" * 20_000 + b"\r\n",
    ],
    ids=lambda raw: repr(raw[:30]),
)
def test_junk_on_the_http_port_harms_nobody(
    server: Server, root: httpx.Client, raw: bytes
) -> None:
    said = b""
    with (
        socket.create_connection(server.http, timeout=10) as stranger,
        # A server that has heard enough hangs up, whatever is still on its way.
        contextlib.suppress(ConnectionError),
    ):
        stranger.sendall(raw)
        stranger.shutdown(socket.SHUT_WR)
        while chunk := stranger.recv(65536):
            said += chunk
    assert not said or said.startswith(b"HTTP/1.1 ")
    assert root.get("/healthz").status_code == 200
