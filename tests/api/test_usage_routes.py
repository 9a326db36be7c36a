"""Usage on the wire (REST contract §3.14)."""

import time
import uuid

import httpx
from tests.support.servers import Server
from tests.support.simulated import Devices


def test_calls_reads_and_events_are_counted(server: Server, devices: Devices) -> None:
    who = server.new_account(f"{uuid.uuid4().hex[:10]}@example.com")
    device = devices.online(server)
    with httpx.Client(base_url=server.url, headers=who.headers) as client:
        client.post("/v1/devices", json={"id": device.id}).raise_for_status()
        client.post(f"/v1/devices/{device.id}/blink", json={"arg": "x"})
        client.get(f"/v1/devices/{device.id}/count").raise_for_status()
        client.get(f"/v1/devices/{device.id}/unknown")
        devices.call(device.publish, "temp", "x" * 1000)
        wanted = {"published": 1, "delivered": 0, "called": 1, "read": 1, "total": 3}
        until = time.monotonic() + 30
        while (told := client.get("/v1/user/usage").json())["operations"] != wanted:
            assert time.monotonic() < until, told
        assert told["devices"] == {"owned": 1, "counted": 1, "limit": 100}
        (agreement,) = client.get("/v1/user/service_agreements").json()["data"]
        summary = agreement["attributes"]["current_usage_summary"]
        assert summary["device_limit_reached"] is False
        assert summary["connectivity"]["all"]["device_messages"] == 3
        assert client.get("/v1/user/usage?month=never").status_code == 400
        assert client.get("/v1/user/usage?month=2020-01").json()["operations"] == {
            "published": 0,
            "delivered": 0,
            "called": 0,
            "read": 0,
            "total": 0,
        }


def test_an_organization_has_an_agreement_and_a_month(ann: httpx.Client) -> None:
    name = f"Acme {uuid.uuid4().hex[:8]}"
    company = ann.post("/v1/orgs", json={"name": name}).json()["organization"]
    path = f"/v1/orgs/{company['slug']}"
    told = ann.get(f"{path}/usage").json()
    assert told["operations"]["total"] == 0
    assert told["devices"] == {"owned": 0, "counted": 0, "limit": 100}
    [agreement] = ann.get(f"{path}/service_agreements").json()["data"]
    assert agreement["attributes"]["owner_id"] == company["id"]
    assert agreement["attributes"]["owner_type"] == "organization"
    for scopes, status in (
        (["service_agreements:list"], 200),
        (["service_agreements.usage_summary:get"], 400),
    ):
        user = {"friendly_name": "Bills", "scopes": scopes}
        made = ann.post(f"{path}/team", json=user).json()["created"]
        headers = {"authorization": f"Bearer {made['tokens'][0]['token']}"}
        answer = ann.get(f"{path}/service_agreements", headers=headers)
        assert answer.status_code == status
    never = ann.get(f"{path}/usage", params={"month": "never"})
    assert never.status_code == 400
