"""Devices outside products on the wire (REST contract §2), with real devices."""

import httpx
import pytest
from tests.support.rest import as_account, until_offline
from tests.support.servers import QUICK, Server
from tests.support.simulated import Devices, thermometer

from cyan.simulator import Firmware

UNKNOWN = "0123456789abcdef01234567"


def claim(client: httpx.Client, device_id: str, **more: object) -> httpx.Response:
    return client.post("/v1/devices", json={"id": device_id, **more})


@pytest.fixture
def kitchen(server: Server, ann: httpx.Client, devices: Devices) -> str:
    """Ann's device, called kitchen."""
    device_id: str = devices.online(server).id
    assert claim(ann, device_id).status_code == 200
    ann.put(f"/v1/devices/{device_id}", json={"name": "kitchen"}).raise_for_status()
    return device_id


def test_a_claim_answers_what_clients_of_all_ages_look_for(
    server: Server, ann: httpx.Client, devices: Devices
) -> None:
    device_id = devices.online(server).id
    told = claim(ann, device_id.upper()).json()
    assert told | {"user_id": ""} == {
        "ok": True,
        "id": device_id,
        "deviceID": device_id,
        "user_id": "",
        "connected": True,
        "claimed": True,
    }
    assert claim(ann, device_id).json() == told, "one's own: nothing changes (CLM-9)"


@pytest.mark.parametrize(
    "wanted", [UNKNOWN, "no hex", "0" * 23, "", "x" * 128], ids=repr
)
def test_no_claim_tells_which_devices_exist(ann: httpx.Client, wanted: str) -> None:
    answer = claim(ann, wanted)
    assert answer.status_code == 404
    said = answer.json()["errors"][0]
    assert said == ("device not found" if wanted else "data.deviceID is empty")


def test_an_offline_device_is_answered_as_an_unknown_one(
    server: Server, ann: httpx.Client, devices: Devices
) -> None:
    device = devices.online(server)
    devices.run(device.stop())
    until_offline(server, device.id)
    offline, unknown = claim(ann, device.id), claim(ann, UNKNOWN)
    assert (offline.status_code, offline.json()) == (404, unknown.json())


def test_somebody_elses_device_can_be_asked_for_and_is_handed_over(
    ann: httpx.Client, bob: httpx.Client, kitchen: str
) -> None:
    no = claim(bob, kitchen)
    assert no.status_code == 403
    assert "belongs to someone else" in no.json()["errors"][0]
    asked = claim(bob, kitchen, request_transfer=True).json()
    again = bob.post("/v1/devices?request_transfer=true", data={"id": kitchen}).json()
    assert asked == again, "one request at a time (TRF-2)"
    (for_bob,) = bob.get("/v1/transfers").json()["transfers"]
    assert for_bob["from"] is None, "the requester is not told whose it is (CLM-10)"
    (for_ann,) = ann.get("/v1/transfers").json()["transfers"]
    assert (for_ann["device_id"], for_ann["state"]) == (kitchen, "pending")
    path = f"/v1/transfers/{asked['transfer_id']}"
    assert bob.put(path, json={"action": "approve"}).status_code == 404
    assert ann.put(path, json={"action": "perhaps"}).status_code == 400
    assert ann.put(path, json={"action": "accept"}).json()["state"] == "approved"
    assert ann.put(path, json={"action": "deny"}).status_code == 404, "hers no more"
    assert bob.get(f"/v1/devices/{kitchen}").json()["name"] == "kitchen"
    assert ann.get(f"/v1/devices/{kitchen}").status_code == 403


def test_a_request_that_is_denied_changes_nothing(
    ann: httpx.Client, bob: httpx.Client, kitchen: str
) -> None:
    asked = claim(bob, kitchen, request_transfer=True).json()["transfer_id"]
    ann.put(f"/v1/transfers/{asked}", json={"action": "refuse"}).raise_for_status()
    assert ann.get("/v1/devices/kitchen").json()["id"] == kitchen


def test_a_list_and_a_device_alone(ann: httpx.Client, kitchen: str) -> None:
    (listed,) = ann.get("/v1/devices").json()
    alone = ann.get("/v1/devices/KITCHEN").json()
    assert listed.items() <= alone.items()
    assert (listed["online"], listed["connected"], listed["status"]) == (
        True,
        True,
        "normal",
    )
    assert listed["product_id"] == listed["platform_id"] == 6
    assert listed["functions"] == ["blink"]
    assert listed["variables"]["temperature"] == "double"
    assert "owner" not in listed


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", ""),
        ("PUT", ""),
        ("DELETE", ""),
        ("GET", "/temperature"),
        ("POST", "/blink"),
        ("PUT", "/ping"),
        ("GET", "/explain"),
        ("GET", "/events"),
    ],
)
def test_a_stranger_gets_one_answer_whether_a_device_exists_or_not(
    bob: httpx.Client, kitchen: str, method: str, path: str
) -> None:
    body = {"name": "mine"} if (method, path) == ("PUT", "") else None
    answers = [
        bob.request(method, f"/v1/devices/{wanted}{path}", json=body)
        for wanted in (kitchen, UNKNOWN, "kitchen", "no-such-name")
    ]
    assert {answer.status_code for answer in answers} == {403}
    assert len({answer.text for answer in answers}) == 1, "UNC-5"
    assert answers[0].json()["error"] == "Permission Denied"
    assert "didn't recognize that device name or ID" in answers[0].json()["info"]


def test_unclaiming_takes_the_features_and_the_name(
    ann: httpx.Client, kitchen: str
) -> None:
    assert ann.delete("/v1/devices/kitchen").json() == {"ok": True}
    assert ann.get("/v1/devices").json() == []
    assert ann.delete(f"/v1/devices/{kitchen}").status_code == 403
    assert claim(ann, kitchen).status_code == 200
    assert ann.get(f"/v1/devices/{kitchen}").json()["name"] is None


def test_names_notes_and_switches_are_changed_together_or_not_at_all(
    server: Server, ann: httpx.Client, kitchen: str, devices: Devices
) -> None:
    other = devices.online(server).id
    claim(ann, other)
    taken = ann.put(f"/v1/devices/{other}", json={"name": "KITCHEN", "notes": "x"})
    assert taken.status_code == 403
    assert taken.json()["code"] == 403
    assert ann.get(f"/v1/devices/{other}").json()["notes"] is None
    told = ann.put(
        f"/v1/devices/{other}",
        json={"name": "hall", "notes": "by the door", "firmware_updates_forced": True},
    ).json()
    assert told["updated_at"].endswith("Z")
    assert (
        ann.get("/v1/devices/hall").json().items()
        >= {
            "name": "hall",
            "notes": "by the door",
            "firmware_updates_forced": True,
        }.items()
    )


@pytest.mark.parametrize(
    "body",
    [
        {"name": 5},
        {"name": "x" * 65},
        {"name": UNKNOWN},
        {"notes": "x" * 4097},
        {"notes": ["no"]},
        {"signal": "perhaps"},
        {"signal": 2},
        {"firmware_updates_forced": "perhaps"},
    ],
    ids=str,
)
def test_what_cannot_be_changed_is_told_and_changes_nothing(
    ann: httpx.Client, kitchen: str, body: dict[str, object]
) -> None:
    before = ann.get("/v1/devices/kitchen").json()
    answer = ann.put(f"/v1/devices/{kitchen}", json={"notes": "new", **body})
    assert answer.status_code == 400
    assert answer.json()["error"]
    told = ann.get("/v1/devices/kitchen").json()
    assert told | {"last_heard": 0} == before | {"last_heard": 0}


@pytest.mark.parametrize("body", [{}, {"unknown": 1}], ids=str)
def test_a_change_of_nothing_is_refused(
    ann: httpx.Client, kitchen: str, body: dict[str, object]
) -> None:
    answer = ann.put(f"/v1/devices/{kitchen}", json=body)
    assert (answer.status_code, answer.json()["error"]) == (400, "Nothing to do?")


def test_signal_reaches_the_device(
    server: Server, ann: httpx.Client, devices: Devices
) -> None:
    device = devices.online(server)
    claim(ann, device.id)
    told = ann.put(f"/v1/devices/{device.id}", data={"signal": "1"}).json()
    assert (told["connected"], told["signaling"]) == (True, True)
    assert device.signals == [True]


def test_functions_take_their_argument_under_each_of_its_names(
    ann: httpx.Client, kitchen: str
) -> None:
    for name in ("arg", "args", "params"):
        told = ann.post("/v1/devices/kitchen/blink", data={name: "four"}).json()
        assert (told["return_value"], told["id"]) == (4, kitchen)
    assert ann.post("/v1/devices/kitchen/blink").json()["return_value"] == 0
    raw = ann.post("/v1/devices/kitchen/blink?format=raw", json={"arg": "x"})
    assert (raw.text, raw.headers["content-type"].split(";")[0]) == ("1", "text/plain")
    no = ann.post("/v1/devices/kitchen/sing")
    assert (no.status_code, no.json()["error"]) == (404, "Function sing not found")
    long = ann.post("/v1/devices/kitchen/blink", json={"arg": "x" * 5000})
    assert long.status_code == 400


def test_variables_of_every_type_as_json_and_raw(
    ann: httpx.Client, kitchen: str
) -> None:
    told = ann.get("/v1/devices/kitchen/temperature").json()
    assert (told["cmd"], told["result"]) == ("VarReturn", 21.5)
    assert told["coreInfo"]["deviceID"] == kitchen
    raw = {
        name: ann.get(f"/v1/devices/kitchen/{name}?format=raw").text
        for name in ("temperature", "count", "ready", "label")
    }
    assert raw == {
        "temperature": "21.5",
        "count": "-5",
        "ready": "true",
        "label": "kitchen",
    }
    no = ann.get("/v1/devices/kitchen/pressure")
    assert (no.status_code, no.json()["error"]) == (404, "Unknown Variable: pressure")


def test_an_offline_device_times_out_at_once_and_pings_as_offline(
    server: Server, ann: httpx.Client, devices: Devices
) -> None:
    device = devices.online(server)
    claim(ann, device.id)
    assert ann.put(f"/v1/devices/{device.id}/ping").json() == {
        "online": True,
        "ok": True,
    }
    devices.run(device.stop())
    until_offline(server, device.id)
    assert ann.put(f"/v1/devices/{device.id}/ping").json()["online"] is False
    for answer in (
        ann.get(f"/v1/devices/{device.id}/temperature"),
        ann.post(f"/v1/devices/{device.id}/blink"),
        ann.put(f"/v1/devices/{device.id}", json={"signal": "0"}),
    ):
        assert (answer.status_code, answer.json()["error"]) == (408, "Timed out.")
        assert answer.json()["remedy"]


def test_a_full_sandbox_tells_both_numbers(
    server: Server, devices: Devices, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("small")
    small = Server(folder, {"CYAN_SANDBOX_DEVICES": "1"}, program=QUICK).start()
    try:
        small.set_up()
        with as_account(small, small.set_up_account) as root:
            first, second = devices.online(small), devices.online(small)
            claim(root, first.id).raise_for_status()
            no = claim(root, second.id)
            assert no.status_code == 403
            assert no.json()["rule"] == "LIM-5"
            assert no.json()["errors"][0].count("1") >= 2
        devices.run(first.stop())
        devices.run(second.stop())
    finally:
        small.stop()


def test_explain_tells_the_three_states(ann: httpx.Client, kitchen: str) -> None:
    told = ann.get("/v1/devices/kitchen/explain").json()
    stands = {state["state"]: state["stands"] for state in told["states"]}
    assert stands["owner"] == "yours"
    assert stands["membership"] == "none"
    assert stands["sim"] == "none"
    assert {each["rule"][:3] for each in told["capabilities"]} <= {
        "CLM",
        "UNC",
        "TRF",
        "EVT",
        "LIM",
    }
    assert [change["rule"] for change in told["history"]] == ["CLM-3"]


def test_a_device_in_safe_mode_says_so(
    server: Server, ann: httpx.Client, devices: Devices
) -> None:
    firmware = Firmware(safe_mode=True)
    device = devices.online(server, firmware)
    claim(ann, device.id).raise_for_status()
    ann.put(f"/v1/devices/{device.id}", json={"signal": "0"})  # after what it said
    assert ann.get(f"/v1/devices/{device.id}").json()["status"] == "safe_mode"


def test_a_device_hears_that_updates_are_forced_also_at_its_next_hello(
    server: Server, ann: httpx.Client, devices: Devices
) -> None:
    device = devices.online(server, thermometer())
    claim(ann, device.id)
    name = "particle/device/updates/forced"
    ann.put(f"/v1/devices/{device.id}", json={"firmware_updates_forced": True})
    assert devices.run(device.until_heard(name)) == b"true"
    device.heard.clear()
    devices.call(device.drop)
    assert devices.run(device.until_heard(name)) == b"true"
