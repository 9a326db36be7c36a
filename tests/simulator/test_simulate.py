"""`cyan simulate`, against a server in a process of its own."""

import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from tests.support.servers import Server

BORON = 13


@pytest.fixture
def ann(server: Server) -> Iterator[httpx.Client]:
    who = server.new_account(f"{uuid.uuid4().hex[:10]}@example.com")
    with httpx.Client(base_url=server.url, headers=who.headers, timeout=40) as client:
        yield client


@pytest.fixture
def product_id(ann: httpx.Client) -> int:
    wish = {"name": f"Pumps {uuid.uuid4().hex[:6]}", "platform_id": BORON}
    answer = ann.post("/v1/products", json={"product": wish})
    answer.raise_for_status()
    found: int = answer.json()["product"]["id"]
    return found


@contextmanager
def simulated(server: Server, folder: Path, *options: str) -> Iterator[Iterator[str]]:
    """The lines of `cyan simulate` while it runs; each one's words, single-spaced."""
    running = subprocess.Popen(
        [
            *(sys.executable, "-m", "cyan", "simulate", "--platform", "boron"),
            *("--server", server.ready["device_tcp"]),
            *("--server-key", str(server.server_key)),
            *("--seed", str(uuid.uuid4().int % 10**9), "--folder", str(folder)),
            *options,
        ],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert running.stdout is not None
    try:
        yield (" ".join(line.split()) for line in running.stdout)
    finally:
        running.send_signal(signal.SIGINT)
        assert running.wait(timeout=30) == 0
        running.stdout.close()


def waiting(ann: httpx.Client, product_id: int) -> set[str]:
    """The Device IDs that wait in a product's quarantine."""
    path = f"/v1/products/{product_id}/devices"
    found = ann.get(path, params={"quarantined": True}).json()["devices"]
    return {each["id"] for each in found}


def test_the_membership_script_does_what_it_prints(
    server: Server, ann: httpx.Client, product_id: int, tmp_path: Path
) -> None:
    options = ("--script", "membership", "--product-id", str(product_id))
    with simulated(server, tmp_path, *options, "--events-per-minute", "30") as lines:
        said = dict(next(lines).split(" ", 2)[1:] for _ in range(8))
        lights: dict[str, set[str]] = {each: set() for each in said}
        failed = list(said)[-1]
        while not (all(lights.values()) and "breathing magenta" in lights[failed]):
            _, device_id, light = next(lines).split(" ", 2)
            if light.startswith("breathing"):
                lights[device_id].add(light)
        wanted = {each for each in said if ": quarantined" in said[each]}
        assert (len(said), len(wanted)) == (8, 3)
        until = time.monotonic() + 10  # safe mode is told soon after the hello
        while waiting(ann, product_id) != wanted:
            assert time.monotonic() < until


def test_a_device_says_the_versions_that_it_is_given(
    server: Server, ann: httpx.Client, product_id: int, tmp_path: Path
) -> None:
    options = ("--device-os", "1.2.1", "--product-id", str(product_id))
    with simulated(server, tmp_path, *options, "--product-version", "7") as lines:
        line = next(each for each in lines if each.endswith("breathing cyan"))
        device_id = line.split()[1]
        shown = ann.get(f"/v1/products/{product_id}/devices/{device_id}").json()
        assert shown["quarantined"] is True
        assert shown["platform_id"] == BORON
        assert shown["system_firmware_version"] == "1.2.1"
        assert shown["firmware_version"] == 7


def test_a_wildcard_is_in_no_product(
    server: Server, ann: httpx.Client, product_id: int, tmp_path: Path
) -> None:
    with simulated(server, tmp_path, "--wildcard") as lines:
        next(each for each in lines if each.endswith("breathing cyan"))
        assert waiting(ann, product_id) == set()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--wildcard", "--product-id", "7"), "either"),
        (("--script", "membership"), "--product-id"),
        (("--script", "juggling"), "membership"),
        (("--device-os", "new"), "no version"),
        (("--platform", "toaster"), "boron"),
    ],
)
def test_what_makes_no_sense_is_refused(
    server: Server, options: tuple[str, ...], words: str
) -> None:
    command = [sys.executable, "-m", "cyan", "simulate", *options]
    key = ("--server-key", str(server.server_key))
    ended = subprocess.run([*command, *key], capture_output=True, text=True)
    assert ended.returncode != 0
    assert words in ended.stdout + ended.stderr
    assert "Traceback" not in ended.stderr
