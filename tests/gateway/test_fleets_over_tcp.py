"""A product and its devices over real sockets, against a server of its own process."""

import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
from tests.support.mails import link_in_mail
from tests.support.rest import as_account
from tests.support.servers import Account, Server
from tests.support.simulated import Devices
from tests.support.streams import published, stream

from cyan.simulator import Firmware

AT_ONCE = 5.0
"""Seconds in which a stream ends that its listener may no longer hear."""


@pytest.fixture
def owner(server: Server) -> Account:
    return server.new_account(f"ann-{uuid.uuid4().hex[:10]}@example.com")


@pytest.fixture
def ann(server: Server, owner: Account) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.url, headers=owner.headers, timeout=40) as client:
        yield client


@pytest.fixture
def product(ann: httpx.Client) -> dict[str, Any]:
    wish = {"name": f"Pumps {uuid.uuid4().hex[:8]}", "platform_id": 6}
    answer = ann.post("/v1/products", json={"product": wish})
    answer.raise_for_status()
    made: dict[str, Any] = answer.json()["product"]
    return made


@pytest.fixture
def path(product: dict[str, Any]) -> str:
    return f"/v1/products/{product['slug']}"


@pytest.fixture
def bob(server: Server, ann: httpx.Client, path: str) -> Account:
    """Somebody of the product's team, who may only look."""
    bob = server.new_account(f"bob-{uuid.uuid4().hex[:10]}@example.com")
    wanted = {"username": bob.email, "role": "View-only"}
    ann.post(f"{path}/team", json=wanted).raise_for_status()
    link = link_in_mail(server, bob.email, "team-invitation")
    httpx.post(link, data={"answer": "join"}).raise_for_status()
    return bob


@contextmanager
def listening(server: Server, who: Account, path: str) -> Iterator[Iterator[str]]:
    """The names of what is published on somebody's stream, until it ends."""
    with as_account(server, who) as client, stream(client, path) as lines:
        yield (name for name, _ in published(lines))


@pytest.mark.parametrize("which", ["events", "events/te", "devices/{device}/events"])
def test_who_leaves_the_team_hears_the_end_of_the_stream_at_once(
    server: Server,
    ann: httpx.Client,
    product: dict[str, Any],
    path: str,
    bob: Account,
    devices: Devices,
    which: str,
) -> None:
    device = devices.online(server, Firmware(product_id=product["id"]))
    ann.post(f"{path}/devices", json={"id": device.id}).raise_for_status()
    address = f"{path}/{which.format(device=device.id)}"
    with listening(server, bob, address) as names:
        devices.call(device.publish, "temp", "21")
        assert next(names) == "temp"
        ann.delete(f"{path}/team/{bob.email}").raise_for_status()
        began = time.monotonic()
        assert list(names) == []  # it ends
        assert time.monotonic() - began < AT_ONCE
    again = httpx.get(f"{server.url}{address}", headers=bob.headers)
    assert again.status_code in (403, 404)


def test_another_role_in_the_team_leaves_the_stream_open(
    server: Server,
    ann: httpx.Client,
    path: str,
    bob: Account,
) -> None:
    with listening(server, bob, f"{path}/events") as names:
        role = {"role": "Developer"}
        ann.post(f"{path}/team/{bob.email}", json=role).raise_for_status()
        ann.post(f"{path}/events", json={"name": "temp"}).raise_for_status()
        assert next(names) == "temp"


def test_a_fleet_begins_to_speak_when_it_is_approved(
    server: Server,
    owner: Account,
    ann: httpx.Client,
    product: dict[str, Any],
    path: str,
    devices: Devices,
) -> None:
    firmware = Firmware(product_id=product["id"], product_version=3)
    device = devices.online(server, firmware)
    shown = ann.get(f"{path}/devices/{device.id}").json()
    assert (shown["quarantined"], shown["online"]) == (True, True)
    with listening(server, owner, f"{path}/events") as names:
        devices.call(device.publish, "before", "1")
        approval = ann.post(f"{path}/devices", json={"id": device.id}).json()
        assert approval["updatedDeviceIds"] == [device.id]
        devices.call(device.publish, "after", "1")
        assert next(names) == "after"
    gone = ann.delete(f"{path}/devices/{device.id}")
    assert gone.status_code == 204
    assert device.online
