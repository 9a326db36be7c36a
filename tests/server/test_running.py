"""The server as a process: TLS, proxies, limits, one at a time, a graceful stop."""

import json
import os
import resource
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import threading
from pathlib import Path

import httpx
import pytest
from tests.support.certificates import certificate
from tests.support.servers import CYAN, QUICK, Server
from tests.support.simulated import Devices


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    return folder


def test_https_by_settings(data: Path, tmp_path: Path) -> None:
    chain, key = certificate(tmp_path)
    tls = {"CYAN_TLS_CERTIFICATE": str(chain), "CYAN_TLS_KEY": str(key)}
    server = Server(data, tls).start()
    try:
        assert server.url.startswith("https://")
        trusted = ssl.create_default_context(cafile=str(chain))
        answer = httpx.get(f"{server.url}/healthz", verify=trusted)
        assert answer.json() == {"ok": True}
    finally:
        server.stop()


def sign_in_in_vain(server: Server, forwarded_for: str) -> int:
    return httpx.post(
        f"{server.url}/oauth/token",
        data={"grant_type": "password", "username": "a@b.c", "password": "wrong"},
        auth=("particle", "particle"),
        headers={"x-forwarded-for": forwarded_for},
    ).status_code


def test_limits_count_the_address_that_a_trusted_proxy_tells(data: Path) -> None:
    proxied = {"CYAN_RATE_LIMITS": "on", "CYAN_TRUSTED_PROXIES": "127.0.0.0/8"}
    server = Server(data, proxied, program=QUICK).start()
    try:
        for _ in range(10):
            assert sign_in_in_vain(server, "192.0.2.7") == 400
        assert sign_in_in_vain(server, "192.0.2.7") == 429
        assert sign_in_in_vain(server, "192.0.2.8") == 400
        forged = "192.0.2.99, 192.0.2.7"  # the proxy adds its own word at the end
        assert sign_in_in_vain(server, forged) == 429
    finally:
        server.stop()


def test_a_stranger_cannot_choose_the_address_that_is_counted(data: Path) -> None:
    server = Server(data, {"CYAN_RATE_LIMITS": "on"}, program=QUICK).start()
    try:
        codes = [sign_in_in_vain(server, f"192.0.2.{n}") for n in range(11)]
        assert codes == [400] * 10 + [429]
    finally:
        server.stop()


def test_half_open_connections_of_one_address_are_limited(data: Path) -> None:
    server = Server(data, {"CYAN_RATE_LIMITS": "on"}, program=QUICK).start()
    links = []
    try:
        turned_away = 0
        for _ in range(400):
            link = socket.create_connection(server.device_tcp)
            link.settimeout(10)
            links.append(link)
            try:
                turned_away += not link.recv(40)
            except ConnectionResetError:
                turned_away += 1
            if turned_away:
                break
        assert turned_away
        assert httpx.get(f"{server.url}/healthz").status_code == 200
    finally:
        for link in links:
            link.close()
        server.stop()


def test_unknown_devices_may_be_turned_away_until_their_key_is_known(
    data: Path, devices: Devices
) -> None:
    server = Server(data, {"CYAN_FIRST_CONTACT": "registered"}).start()
    try:
        server.set_up()
        with pytest.raises(TimeoutError):
            devices.run(_connect_briefly(devices, server), 40)
    finally:
        server.stop()


async def _connect_briefly(devices: Devices, server: Server) -> None:
    from cyan.simulator import Identity, SimulatedDevice
    from cyan.simulator.fleet import read_server_key

    key = read_server_key(server.server_key)
    identity = Identity.numbered(99, 1, None)
    device = SimulatedDevice(identity, server.device_tcp, key)
    device.start()
    try:
        await device.until_online(1.5)
    finally:
        await device.stop()


def refused_to_start(*options: str) -> str:
    """What `cyan serve` says when it cannot start."""
    ended = subprocess.run(
        [sys.executable, "-m", "cyan", "serve", *options],
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    assert ended.returncode == 2
    assert "Traceback" not in ended.stderr
    assert "cyan serve:" in ended.stderr
    return ended.stderr


def test_a_data_folder_has_one_server_at_a_time(data: Path) -> None:
    server = Server(data).start()
    try:
        ports = ("--http-port", "0", "--device-tcp-port", "0")
        assert str(data) in refused_to_start("--data-dir", str(data), *ports)
    finally:
        server.stop()


def test_a_port_that_is_taken_is_told(data: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        refused_to_start("--data-dir", str(data), "--http-port", port)


def test_options_that_make_no_sense_are_refused() -> None:
    assert "CYAN_HTTP_PORT" in refused_to_start("--http-port", "many")
    assert "--frobnicate" in refused_to_start("--frobnicate")


def test_a_stop_says_goodbye_ends_streams_and_lets_requests_finish(
    data: Path, devices: Devices
) -> None:
    server = Server(data).start()
    server.set_up()
    device = devices.online(server)
    headers = server.operator.headers
    with httpx.Client(base_url=server.url, headers=headers, timeout=30) as client:
        client.post("/v1/devices", json={"id": device.id}).raise_for_status()
        with client.stream("GET", "/v1/devices/events") as stream:
            lines = stream.iter_lines()
            assert next(lines) == ":ok"
            stopping = threading.Thread(target=server.stop)
            stopping.start()
            rest = [line for line in lines if line]
            stopping.join(30)
    assert not stopping.is_alive()
    assert all(not line.startswith(":you were") for line in rest)
    server.start()  # the device comes back by itself, and is still hers
    devices.run(device.stop())
    assert server.stop() == 0


@pytest.mark.skipif(shutil.which("prlimit") is None, reason="left out: no prlimit")
def test_a_server_takes_as_many_connections_as_the_system_grants(data: Path) -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    limited = ("prlimit", f"--nofile=256:{hard}", *CYAN)
    server = Server(data, program=limited).start()
    try:
        granted = resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE)
        assert granted == (hard, hard)
    finally:
        server.stop()


def test_logs_are_lines_of_json_with_a_request_id(data: Path) -> None:
    ready = data / "ready.json"
    command = [
        *(sys.executable, "-m", "cyan", "serve", "--data-dir", str(data)),
        *("--http-port", "0", "--device-tcp-port", "0", "--ready-file", str(ready)),
    ]
    process = subprocess.Popen(
        command,
        env=os.environ | {"CYAN_LOG_FORMAT": "json"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith("Ready"):
            break
    url = json.loads(ready.read_text())["http_url"]
    httpx.get(f"{url}/nowhere", headers={"x-request-id": "look-here"})
    process.send_signal(signal.SIGTERM)
    _, logged = process.communicate(timeout=30)
    lines = [json.loads(line) for line in logged.splitlines()]
    assert process.returncode == 0
    assert all({"event", "level", "timestamp"} <= set(line) for line in lines)
    (mine,) = [line for line in lines if line.get("request_id") == "look-here"]
    assert (mine["event"], mine["status"]) == ("request", 404)
