"""`cyan product` and what belongs to it, against a running server."""

import uuid
from pathlib import Path

import pytest
from tests.cli.conftest import Cyan
from tests.support.servers import Server
from tests.support.simulated import Devices, thermometer


def new_id() -> str:
    return uuid.uuid4().hex[:24]


@pytest.fixture
def fleet(ann: Cyan) -> str:
    """The slug of a product of ann's."""
    name = f"Lamps {uuid.uuid4().hex[:6]}"
    made = ann.json("product", "create", name, "--platform", "photon")
    return str(made["slug"])


def test_a_product_is_made_shown_changed_and_deleted(ann: Cyan) -> None:
    assert "cyan product create NAME" in ann("product", "list")
    said = ann("product", "create", "Cold chain", "--platform", "13")
    slug = said[said.index("(") + 1 : said.index(")")]
    number = said.split()[-2]
    table = ann("product", "list")
    assert "Cold chain" in table
    assert "Boron" in table
    assert "auto-approve" not in ann("product", "info", slug)
    shown = ann(
        *("product", "settings", slug, "--auto-approve", "--location"),
        *("--claiming", "anyone", "--device-protection", "--name", "Colder chain"),
    )
    assert "auto-approve" in shown
    assert "Colder chain" in shown
    told = ann.json("product", "settings", number)
    assert told["settings"]["claiming"] == "anyone"
    assert told["settings"]["location"] == {"opt_in": True}
    assert told["device_protection"] == "active"
    refused = ann("product", "create", "X", "--platform", "toaster", code=2)
    assert "photon (6)" in refused
    refused = ann("product", "settings", number, "--plan", "block", code=1)
    assert "operator" in refused
    assert ann("product", "remove", number) == f"{number} is deleted.\n"
    assert "(MEM-1)" in ann("product", "info", number, code=1)


def test_devices_join_a_fleet_and_leave_it(
    server: Server, ann: Cyan, devices: Devices, fleet: str
) -> None:
    device = devices.online(server)
    trial = ann("product", "device", "add", fleet, device.id, "--dry-run")
    assert "nothing was changed" in trial
    assert "There are no such devices." in ann("product", "device", "list", fleet)
    said = ann("product", "device", "add", fleet, device.id, new_id())
    assert said.count("added") == 2
    page = ann("product", "device", "list", fleet, "--per-page", "1")
    assert "Page 1 of 2, 2 devices." in page
    assert ann("get", device.id, "temperature", "--product", fleet) == "21.5\n"
    assert ann("call", device.id, "blink", "four", "--product", fleet) == "4\n"
    assert "has 2 devices" in ann("usage", "--product", fleet)
    info = ann.json("product", "device", "info", fleet, device.id)
    assert info["id"] == device.id
    ann("device", "add", device.id)
    told = ann.json("explain", device.id, "--product", fleet, "--if-removed")
    assert {each["state"] for each in told["states"]} >= {"owner", "membership"}
    then = ann("product", "device", "explain", fleet, device.id, "--if-removed")
    assert then.startswith("As it would be after its removal")
    said = ann("product", "device", "remove", fleet, device.id)
    assert f"cyan product device retire {fleet} {device.id}" in said
    assert ann.json("device", "list")[0]["id"] == device.id
    ann("product", "device", "add", fleet, device.id)
    ann("product", "device", "retire", fleet, device.id)
    assert ann.json("device", "list") == []


def test_a_member_is_unclaimed_and_stays(
    server: Server, ann: Cyan, devices: Devices, fleet: str
) -> None:
    device = devices.online(server)
    ann("product", "device", "add", fleet, device.id)
    ann("device", "add", device.id)
    assert "has no owner" in ann("product", "device", "unclaim", fleet, device.id)
    assert ann.json("product", "device", "info", fleet, device.id)["owner"] is None


def test_a_product_is_heard(ann: Cyan, fleet: str) -> None:
    of = ("--product", fleet)
    assert ann.hears(("te", *of), ("test", "ping", *of)) == ("test", "ping")


def test_a_product_speaks_in_the_name_of_its_device(ann: Cyan, fleet: str) -> None:
    device_id, of = new_id(), ("--product", fleet)
    ann("product", "device", "add", fleet, device_id)
    of_device = ("te", *of, "--device", device_id)
    speaking = ("test", "ping", *of, "--as", device_id)
    assert ann.hears(of_device, speaking) == ("test", "ping")
    refused = ann("publish", "test", *of, "--as", new_id(), code=1)
    assert "not found" in refused
    assert "--product" in ann("publish", "test", "--as", device_id, code=2)


def test_who_waits_is_denied_and_approved(
    server: Server, ann: Cyan, devices: Devices, fleet: str
) -> None:
    firmware = thermometer()
    firmware.product_id = ann.json("product", "info", fleet)["id"]
    firmware.product_version = 1
    device = devices.online(server, firmware)
    waiting = ann("product", "device", "list", fleet, "--quarantined")
    assert device.id in waiting
    assert "waits" in waiting
    assert "is denied" in ann("product", "device", "deny", fleet, device.id)
    assert "denied" in ann("product", "device", "list", fleet, "--quarantined")
    assert "approved" in ann("product", "device", "approve", fleet, device.id)
    members = ann("product", "device", "list", fleet, "--members")
    assert "member" in members
    said = ann("product", "device", "deny", fleet, device.id, code=1)
    assert "MEM-9" in said


def test_who_waits_is_dismissed_for_now(
    server: Server, ann: Cyan, devices: Devices, fleet: str
) -> None:
    firmware = thermometer()
    firmware.product_id = ann.json("product", "info", fleet)["id"]
    remove = ("product", "device", "remove", fleet)
    for deny, then in ((False, "until its next hello"), (True, "denied still")):
        waits = devices.online(server, firmware).id
        if deny:
            ann("product", "device", "deny", fleet, waits)
        said = ann(*remove, waits)
        assert said.startswith(f"{waits} is dismissed")
        assert then in said
        assert "MEM-1" in ann(*remove, waits, code=1)


def test_a_file_is_imported_line_by_line_and_undone(
    server: Server, ann: Cyan, fleet: str, tmp_path: Path
) -> None:
    good = [new_id() for _ in range(1_500)]  # more than one transaction takes
    file = tmp_path / "devices.txt"
    file.write_text("\n".join([*good, "nonsense"]) + "\n")
    sent = ("product", "device", "import", fleet, str(file))
    assert "LIM-5" in ann(*sent, code=1)
    operator = {"CYAN_TOKEN": server.set_up_account.token}
    ann("product", "settings", fleet, "--plan", "block", **operator)
    assert "nothing was changed" in ann(*sent, "--dry-run")
    assert ann.json("product", "info", fleet)["device_count"] == 0
    told = ann(*sent)
    assert "added" in told
    assert "1501" in told
    assert "nonsense" in told
    assert "MEM-4" in told
    assert good[0] not in told
    records = ann.json("product", "import", "list", fleet)
    record = records[0]
    assert record["counts"] == {"added": 1_500, "invalid": 1}
    assert record["id"] in ann("product", "import", "list", fleet)
    whole = ann.json("product", "import", "show", fleet, record["id"], "--lines")
    assert [line["identifier"] for line in whole["lines"]] == [*good, "nonsense"]
    assert "nonsense" in ann("product", "import", "show", fleet, record["id"])
    assert "undone" in ann("product", "import", "undo", fleet, record["id"])
    assert ann.json("product", "info", fleet)["device_count"] == 0
    again = ann("product", "import", "undo", fleet, record["id"], code=1)
    assert "nothing to undo" in again
    started = ann(*sent, "--background")
    assert "cyan product import show" in started


def test_one_device_that_cannot_be_added_is_refused(ann: Cyan, fleet: str) -> None:
    said = ann("product", "device", "add", fleet, "nonsense", code=1)
    assert said.startswith(
        "nonsense: It leads to no device that can be added.  (MEM-4)"
    )
    told = ann.json("product", "device", "add", fleet, "nonsense")
    assert told["lines"][0]["outcome"] == "invalid"


def test_groups_have_devices(ann: Cyan, fleet: str) -> None:
    some = [new_id(), new_id()]
    ann("product", "device", "add", fleet, *some)
    assert "There are no groups" in ann("group", "list", fleet)
    ann("group", "create", fleet, "trial", "--color", "#00aeef")
    assert "2 in group trial" in ann("group", "add", fleet, "trial", *some)
    assert "1 no longer" in ann("group", "take", fleet, "trial", some[0])
    page = ann.json("product", "device", "list", fleet, "--groups", "trial")
    assert [each["id"] for each in page["devices"]] == [some[1]]
    ann("group", "change", fleet, "trial", "--name", "pilots")
    (group,) = ann.json("group", "list", fleet)
    assert (group["name"], group["color"]) == ("pilots", "#00AEEF")
    ann("group", "remove", fleet, "pilots")
    assert ann.json("group", "list", fleet) == []
