"""The devices of a product on the wire, real ones (REST contract §2)."""

import uuid
from typing import Any

import httpx
import pytest
from tests.support.rest import Fleet, a_fleet, username_of
from tests.support.servers import Server
from tests.support.simulated import Devices

UNKNOWN = "0123456789abcdef01234567"


def listed(fleet: Fleet, **query: Any) -> list[str]:
    answer = fleet.client.get(fleet.devices, params=query)
    assert answer.status_code == 200, answer.text
    return [each["id"] for each in answer.json()["devices"]]


# Listing


def test_a_member_is_told_as_clients_expect_it(pumps: Fleet, pump: str) -> None:
    told = pumps.client.get(pumps.devices).json()
    assert told["customers"] == []
    assert told["meta"] == {"total_pages": 1, "page": 1, "per_page": 25, "total": 1}
    [member] = told["devices"]
    assert (member["id"], member["product_id"]) == (pump, pumps.id)
    assert (member["online"], member["status"]) == (True, "normal")
    assert (member["owner"], member["groups"]) == (None, [])
    assert (member["development"], member["quarantined"]) == (False, False)
    assert member["denied"] is False
    assert "quarantine_reason" not in member
    alone = pumps.client.get(f"{pumps.devices}/{pump}").json()
    for told_later in ("last_heard", "functions", "variables"):  # by the device itself
        del member[told_later]
    assert {name: alone[name] for name in member} == member
    assert alone["device_protection"] == {"status": "disabled"}
    assert alone["firmware_updates_enabled"] is True


def test_a_member_that_was_never_seen_has_its_products_platform(
    ann: httpx.Client, bob: httpx.Client
) -> None:
    borons = a_fleet(ann, platform_id=13)
    device_id = uuid.uuid4().hex[:24]
    borons.add(device_id, claim_user=username_of(ann))
    for told in (
        ann.get(f"{borons.devices}/{device_id}").json(),
        ann.get(borons.devices).json()["devices"][0],
        ann.get("/v1/devices").json()[0],
        ann.get(f"/v1/devices/{device_id}").json(),
    ):
        assert (told["id"], told["product_id"]) == (device_id, borons.id)
        assert (told["platform_id"], told["cellular"]) == (13, True)
        assert told["last_handshake_at"] is None
    assert ann.get("/v1/user").json()["cellular_device_count"] == 1
    ann.delete(f"{borons.devices}/{device_id}").raise_for_status()
    alone = ann.get(f"/v1/devices/{device_id}").json()
    assert alone["platform_id"] is None, "nothing tells it any more"


def test_who_sees_a_product_sees_its_device_by_the_address_of_ones_own(
    server: Server, pumps: Fleet, bob: httpx.Client, pump: str
) -> None:
    path = f"/v1/devices/{pump}"
    pumps.client.put(f"{pumps.devices}/{pump}", json={"groups": ["roof"]})
    told = pumps.client.get(path).json()
    assert told["owner"] is None
    assert (told["product_id"], told["groups"]) == (pumps.id, ["roof"])
    assert told["desired_firmware_version"] is None
    assert {"firmware_product_id", "firmware_version"} <= told.keys()
    pumps.client.post("/v1/devices", json={"id": pump}).raise_for_status()
    assert bob.get(path).status_code == 403
    pumps.invite(server, bob, "View-only")
    assert bob.get(path).json()["owner"] == username_of(pumps.client)


def test_a_quarantined_device_is_told_with_why_and_since_when(
    pumps: Fleet, pump: str, waiting: str
) -> None:
    assert listed(pumps, quarantined=True) == [waiting]
    assert listed(pumps, quarantined=False) == [pump]
    assert set(listed(pumps)) == {pump, waiting}
    told = pumps.client.get(f"{pumps.devices}/{waiting}").json()
    assert (told["quarantined"], told["denied"]) == (True, False)
    assert told["quarantine_reason"] == "unlisted"
    assert told["quarantined_since"].endswith("Z")
    assert told["firmware_product_id"] == pumps.id
    assert told["firmware_version"] == 3
    product = pumps.client.get(pumps.path).json()["product"]
    assert (product["device_count"], product["quarantined_count"]) == (1, 1)


def test_a_fleet_is_filtered_sorted_and_paged(pumps: Fleet) -> None:
    ids = [f"{uuid.uuid4().hex[:20]}{n:04x}" for n in range(3)]
    pumps.add(*ids)
    for name, device_id in zip(("Roof", "Cellar", "roof-2"), ids, strict=True):
        body = {"name": name, "groups": ["wave-1"] if name == "Cellar" else []}
        pumps.client.put(f"{pumps.devices}/{device_id}", json=body).raise_for_status()
    assert set(listed(pumps, deviceName="ROOF")) == {ids[0], ids[2]}
    assert listed(pumps, deviceId=ids[1][4:12].upper()) == [ids[1]]
    assert listed(pumps, deviceId=ids[1]) == [ids[1]]
    assert listed(pumps, groups="wave-1,other") == [ids[1]]
    assert listed(pumps, serialNumber="x") == []
    by_name = {"sortAttr": "deviceName", "sortDir": "asc"}
    assert listed(pumps, **by_name)[0] == ids[1]
    pages = [listed(pumps, page=page, perPage=2) for page in (1, 2, 3)]
    assert [len(page) for page in pages] == [2, 1, 0]
    assert {*pages[0], *pages[1]} == set(ids)
    assert listed(pumps, per_page=1) == listed(pumps)[:1]


@pytest.mark.parametrize(
    "query",
    [
        {"page": 0},
        {"page": "two"},
        {"page": 2**70},
        {"perPage": 0},
        {"perPage": 1001},
        {"sortAttr": "shoeSize"},
        {"sortDir": "up"},
        {"quarantined": "maybe"},
        {"deviceName": "x" * 201},
    ],
    ids=str,
)
def test_a_list_that_cannot_be_meant_is_refused(
    pumps: Fleet, query: dict[str, Any]
) -> None:
    answer = pumps.client.get(pumps.devices, params=query)
    assert answer.status_code == 400
    assert answer.json()["ok"] is False


# One device


@pytest.mark.parametrize("wanted", [UNKNOWN, "kitchen", "x" * 300])
@pytest.mark.parametrize(
    ("method", "what"),
    [
        ("GET", ""),
        ("PUT", ""),
        ("DELETE", ""),
        ("DELETE", "/owner"),
        ("POST", "/retire"),
        ("PUT", "/ping"),
        ("GET", "/explain"),
        ("GET", "/temperature"),
        ("POST", "/blink"),
        ("GET", "/events"),
        ("GET", "/events/temp"),
    ],
)
def test_what_is_not_of_the_product_is_not_found(
    pumps: Fleet, method: str, what: str, wanted: str
) -> None:
    body = {"name": "x"} if method != "GET" else None
    path = f"{pumps.devices}/{wanted}{what}"
    answer = pumps.client.request(method, path, json=body)
    assert answer.status_code == 404
    assert answer.json()["error"] == "Device not found for this product"


def test_a_member_is_renamed_noted_marked_and_grouped(pumps: Fleet, pump: str) -> None:
    path = f"{pumps.devices}/{pump}"
    body = {"name": "Roof", "notes": "dusty", "development": True, "groups": ["a"]}
    told = pumps.client.put(path, json=body).json()
    assert told["name"] == "Roof"
    found = pumps.client.get(path).json()
    assert (found["notes"], found["development"]) == ("dusty", True)
    assert found["groups"] == ["a"]
    assert pumps.client.put(path, json={}).json()["error"] == "Nothing to do?"
    wrong = pumps.client.put(path, json={"groups": ["No Group"]})
    assert wrong.status_code == 400


def test_the_team_reads_calls_and_pings_a_member_that_nobody_owns(
    server: Server, pumps: Fleet, bob: httpx.Client, pump: str
) -> None:
    path = f"{pumps.devices}/{pump}"
    told = pumps.client.get(f"{path}/count").json()
    assert (told["cmd"], told["result"]) == ("VarReturn", -5)
    assert told["coreInfo"]["product_id"] == pumps.id
    assert pumps.client.get(f"{path}/count", params={"format": "raw"}).text == "-5"
    called = pumps.client.post(f"{path}/blink", json={"arg": "abc"}).json()
    assert called["return_value"] == 3
    ping = pumps.client.put(f"{path}/ping").json()
    assert ping == {"ok": True, "online": True}
    assert pumps.client.get(f"{path}/unknown").status_code == 404
    pumps.invite(server, bob, "Support")
    assert bob.post(f"{path}/blink", json={"arg": "a"}).json()["return_value"] == 1
    assert bob.put(path, json={"name": "x"}).status_code == 403


def test_a_member_that_is_offline_is_not_reached(
    server: Server, pumps: Fleet, devices: Devices
) -> None:
    device_id = uuid.uuid4().hex[:24]
    pumps.add(device_id)
    answer = pumps.client.post(f"{pumps.devices}/{device_id}/blink", json={})
    assert (answer.status_code, answer.json()["rule"]) == (408, "CLM-5")


@pytest.mark.parametrize(
    ("method", "what", "body"),
    [
        ("GET", "/count", None),
        ("POST", "/blink", {"arg": "x"}),
        ("PUT", "/ping", None),
        ("PUT", "", {"name": "x"}),
        ("DELETE", "/owner", None),
        ("GET", "/events", None),
    ],
)
def test_a_quarantined_device_does_nothing_for_the_team(
    pumps: Fleet, waiting: str, method: str, what: str, body: dict[str, str] | None
) -> None:
    path = f"{pumps.devices}/{waiting}{what}"
    answer = pumps.client.request(method, path, json=body)
    assert (answer.status_code, answer.json()["rule"]) == (403, "MEM-8")


# Leaving


def test_removing_a_device_that_is_owned_says_so(
    pumps: Fleet, bob: httpx.Client, pump: str
) -> None:
    pumps.change(settings={"claiming": "anyone"}).raise_for_status()
    bob.post("/v1/devices", json={"id": pump}).raise_for_status()
    told = pumps.client.get(f"{pumps.devices}/{pump}").json()
    assert told["owner"] == username_of(bob)
    answer = pumps.client.delete(f"{pumps.devices}/{pump}")
    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers["cyan-still-owned"] == "true"
    assert bob.get(f"/v1/devices/{pump}").json()["id"] == pump, "UNC-3"
    assert pumps.add(pump)["nonmemberDeviceIds"] == [pump], "MEM-3"


def test_removing_a_device_of_nobody_frees_it(
    pumps: Fleet, bob: httpx.Client, pump: str
) -> None:
    assert bob.post("/v1/devices", json={"id": pump}).status_code == 404, "CLM-4"
    answer = pumps.client.delete(f"{pumps.devices}/{pump}")
    assert answer.status_code == 204
    assert "cyan-still-owned" not in answer.headers
    assert bob.post("/v1/devices", json={"id": pump}).status_code == 200, "CLM-3"


def test_unclaiming_a_member_leaves_it_a_member(
    pumps: Fleet, bob: httpx.Client, pump: str
) -> None:
    pumps.change(settings={"claiming": "anyone"}).raise_for_status()
    bob.post("/v1/devices", json={"id": pump}).raise_for_status()
    answer = pumps.client.delete(f"{pumps.devices}/{pump}/owner")
    assert answer.json() == {"ok": True}
    assert listed(pumps) == [pump]
    assert bob.get(f"/v1/devices/{pump}").status_code == 403


def test_retiring_unclaims_and_removes_in_one_act(
    pumps: Fleet, bob: httpx.Client, pump: str, waiting: str
) -> None:
    pumps.client.post("/v1/devices", json={"id": pump}).raise_for_status()
    path = f"{pumps.devices}/{pump}/retire"
    assert pumps.client.post(path).json() == {"ok": True}
    assert listed(pumps) == [waiting]
    assert bob.post("/v1/devices", json={"id": pump}).status_code == 200
    quarantined = pumps.client.post(f"{pumps.devices}/{waiting}/retire")
    assert (quarantined.status_code, quarantined.json()["rule"]) == (403, "MEM-8")


def test_a_quarantined_device_is_denied_approved_removed_and_dismissed(
    pumps: Fleet, waiting: str
) -> None:
    path = f"{pumps.devices}/{waiting}"
    deny = {"deny": True}
    assert pumps.client.request("DELETE", path, json=deny).status_code == 204
    told = pumps.client.get(path).json()
    assert (told["denied"], told["quarantine_reason"]) == (True, "denied")
    approved = pumps.client.post(pumps.devices, json={"id": waiting, "lines": True})
    assert approved.json()["lines"][0]["outcome"] == "approved"
    assert pumps.client.get(path).json()["quarantined"] is False
    refused = pumps.client.request("DELETE", path, json=deny)
    assert (refused.status_code, refused.json()["rule"]) == (400, "MEM-9")
    assert pumps.client.delete(path).status_code == 204
    told = pumps.client.get(path).json()
    assert told["quarantine_reason"] == "removed", "UNC-4: it runs the firmware still"
    assert pumps.client.delete(path).status_code == 204
    assert pumps.client.get(path).status_code == 404, "dismissed"


def test_what_a_device_shall_be_approves_and_denies_it(
    pumps: Fleet, waiting: str
) -> None:
    path = f"{pumps.devices}/{waiting}"

    def put(**wish: Any) -> httpx.Response:
        return pumps.client.put(path, json=wish)

    told = put(denied=True).json()
    assert told["updated_at"].endswith("Z")
    assert (told["id"], told["quarantined"], told["denied"]) == (waiting, True, True)
    assert put(denied=True, quarantined=True).status_code == 200, "denied already"
    lifted = put(denied=False)
    assert (lifted.status_code, lifted.json()["rule"]) == (403, "MEM-9")
    assert "quarantined" in lifted.json()["remedy"]
    neither = put(denied=True, quarantined=False)
    assert (neither.status_code, neither.json()["rule"]) == (400, "MEM-9")
    alone = put(name="Roof")
    assert (alone.status_code, alone.json()["rule"]) == (403, "MEM-8")
    told = put(quarantined=False, name="Roof", development=True).json()
    assert (told["quarantined"], told["denied"]) == (False, False)
    assert (told["name"], told["development"]) == ("Roof", True)
    assert listed(pumps, quarantined=False) == [waiting]
    assert put(quarantined=False).status_code == 200, "it is a member already"
    denied = put(denied=True)
    assert (denied.status_code, denied.json()["rule"]) == (400, "MEM-9")
    back = pumps.client.put(path, data={"quarantined": "true"})
    assert (back.status_code, back.json()["rule"]) == (400, "MEM-10")


def test_who_may_not_add_or_remove_neither_approves_nor_denies(
    server: Server, pumps: Fleet, bob: httpx.Client, waiting: str
) -> None:
    pumps.invite(server, bob, "Support")
    user = {"friendly_name": "Labels", "scopes": ["devices:update"]}
    made = pumps.client.post(f"{pumps.path}/team", json=user).json()["created"]
    token = made["tokens"][0]["token"]
    path = f"{pumps.devices}/{waiting}"
    for wish, scope in (
        ({"quarantined": False}, "devices:import"),
        ({"denied": True}, "devices:remove"),
    ):
        assert bob.put(path, json=wish).status_code == 403
        program = {"authorization": f"Bearer {token}"}
        answer = pumps.client.put(path, json=wish, headers=program)
        assert answer.status_code == 400
        assert scope in answer.json()["error_description"]
    assert pumps.client.get(path).json()["quarantine_reason"] == "unlisted"


# Explaining


def test_a_member_is_explained_to_its_team(pumps: Fleet, pump: str) -> None:
    told = pumps.client.get(f"{pumps.devices}/{pump}/explain").json()
    states = {each["state"]: each for each in told["states"]}
    assert states["membership"]["stands"] == "member"
    assert states["owner"]["stands"] == "nobody's"
    assert (told["product"]["id"], told["product"]["standing"]) == (pumps.id, "member")
    assert told["counts"]["rule"] == "LIM-2"
    able = {each["capability"]: each for each in told["capabilities"]}
    assert able["remove"]["allowed"] is True
    assert "Developer" in able["remove"]["by"]
    assert able["deny"]["allowed"] is False
    assert able["deny"]["remedy"]


def test_what_would_be_after_a_removal_is_told(pumps: Fleet, waiting: str) -> None:
    path = f"{pumps.devices}/{waiting}/explain"
    too_early = pumps.client.get(path, params={"if": "remove"})
    assert too_early.status_code == 404
    pumps.add(waiting)
    told = pumps.client.get(path, params={"if": "remove"}).json()
    assert told["product"]["standing"] == "quarantined"
    assert told["product"]["reason"] == "removed"
    assert pumps.client.get(path).json()["product"]["standing"] == "member"
    assert pumps.client.get(path, params={"if": "sold"}).status_code == 400
