"""Events and usage of products and organizations on the wire (contract §3.10)."""

import time
import uuid
from typing import Any

import httpx
from tests.support.rest import Fleet
from tests.support.servers import Server
from tests.support.simulated import Devices, thermometer
from tests.support.streams import heard, stream

UNKNOWN = "0123456789abcdef01234567"


def publish(client: httpx.Client, path: str, name: str, **more: Any) -> httpx.Response:
    return client.post(f"{path}/events", json={"name": name, **more})


def test_a_members_events_come_on_its_products_streams(
    server: Server, pumps: Fleet, devices: Devices
) -> None:
    device = devices.online(server, thermometer())
    pumps.add(device.id)
    for path in (
        f"{pumps.path}/events",
        f"{pumps.path}/events/te",
        f"{pumps.devices}/{device.id}/events",
        f"{pumps.devices}/{device.id}/events/te",
    ):
        with stream(pumps.client, path) as lines:
            devices.call(device.publish, "temp", "21")
            name, told = heard(lines)
        assert (name, told["data"], told["coreid"]) == ("temp", "21", device.id)
        assert (told["productID"], told["userid"]) == (pumps.id, "")


def test_a_manager_publishes_to_the_product_and_as_a_member(
    pumps: Fleet, pump: str, waiting: str
) -> None:
    with stream(pumps.client, f"{pumps.path}/events") as lines:
        assert publish(pumps.client, pumps.path, "go", data="1").json() == {"ok": True}
        assert heard(lines)[0] == "go"
        publish(pumps.client, pumps.path, "as", as_device_id=pump).raise_for_status()
        name, told = heard(lines)
        assert (name, told["coreid"]) == ("as", pump)
    refused = publish(pumps.client, pumps.path, "as", as_device_id=waiting)
    assert (refused.status_code, refused.json()["rule"]) == (403, "MEM-8")
    unknown = publish(pumps.client, pumps.path, "as", as_device_id=UNKNOWN)
    assert unknown.status_code == 404
    assert publish(pumps.client, pumps.path, "").status_code == 400
    reserved = publish(pumps.client, pumps.path, "particle/x")
    assert reserved.status_code == 400


def test_an_organizations_stream_hears_all_its_products(ann: httpx.Client) -> None:
    made = ann.post("/v1/orgs", json={"name": f"Acme {uuid.uuid4().hex[:8]}"})
    path = f"/v1/orgs/{made.json()['organization']['slug']}"
    slugs = []
    for _ in range(2):
        wanted = {"name": f"Fans {uuid.uuid4().hex[:8]}", "platform_id": 6}
        told = ann.post(f"{path}/products", json={"product": wanted}).json()
        slugs.append(told["product"]["slug"])
    device_id = uuid.uuid4().hex[:24]
    fan = f"/v1/products/{slugs[0]}"
    ann.post(f"{fan}/devices", json={"id": device_id}).raise_for_status()
    with stream(ann, f"{path}/events") as lines:
        for slug in slugs:
            publish(ann, f"/v1/products/{slug}", slug).raise_for_status()
        assert {heard(lines)[0], heard(lines)[0]} == set(slugs)
        publish(ann, path, "all").raise_for_status()
        assert [heard(lines)[0], heard(lines)[0]] == ["all", "all"]
    with stream(ann, f"{path}/events/on") as lines:
        publish(ann, path, "off").raise_for_status()
        publish(ann, fan, "on").raise_for_status()
        assert heard(lines)[0] == "on"
    with stream(ann, f"{path}/products/{slugs[0]}/events") as lines:
        publish(ann, f"/v1/products/{slugs[1]}", "second").raise_for_status()
        publish(ann, fan, "first").raise_for_status()
        assert heard(lines)[0] == "first"
    of_product = f"{path}/products/{slugs[0]}"
    for address in (
        f"{path}/devices/{device_id}/events",
        f"{path}/devices/{device_id}/events/mi",
        f"{of_product}/events/mi",
        f"{of_product}/devices/{device_id}/events",
        f"{of_product}/devices/{device_id}/events/mi",
    ):
        with stream(ann, address) as lines:
            publish(ann, fan, "mine", as_device_id=device_id).raise_for_status()
            assert heard(lines)[1]["coreid"] == device_id
    assert ann.get(f"{path}/devices/{UNKNOWN}/events").status_code == 404


def test_a_product_is_not_found_under_another_organization(
    ann: httpx.Client, pumps: Fleet, pump: str
) -> None:
    made = ann.post("/v1/orgs", json={"name": f"Acme {uuid.uuid4().hex[:8]}"})
    path = f"/v1/orgs/{made.json()['organization']['slug']}"
    for address in (
        f"{path}/products/{pumps.slug}/events",
        f"{path}/products/{pumps.slug}/devices/{pump}/events",
        f"/v1/orgs/no-such-company/products/{pumps.slug}/events",
    ):
        answer = ann.get(address)
        assert (answer.status_code, answer.json()["rule"]) == (403, "MEM-1")
    assert ann.get(f"{path}/devices/{pump}/events").status_code == 404


# Usage


def test_what_a_member_does_is_on_its_products_count(pumps: Fleet, pump: str) -> None:
    pumps.client.get(f"{pumps.devices}/{pump}/count").raise_for_status()
    until = time.monotonic() + 30  # the count is written now and then
    told = pumps.client.get(f"{pumps.path}/usage").json()
    while not told["operations"]["read"]:
        assert time.monotonic() < until, told
        told = pumps.client.get(f"{pumps.path}/usage").json()
    assert told["operations"]["total"] == told["operations"]["read"] == 1
    assert told["devices"] == {"owned": 1, "counted": 1, "limit": 100}
    assert pumps.client.get("/v1/user/usage").json()["operations"]["total"] == 0
    never = pumps.client.get(f"{pumps.path}/usage", params={"month": "never"})
    assert never.status_code == 400
