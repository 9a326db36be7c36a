"""The official command line with a fleet: what it says of a product's devices."""

import json
import select
import uuid
from pathlib import Path

import httpx
import pytest
from tests.clients.conftest import PHOTON, Cli, Fleet, new_id
from tests.support.servers import Server
from tests.support.simulated import Devices

pytestmark = pytest.mark.clients


def told(done) -> str:
    return done.stdout + done.stderr


def after(text: str, heading: str) -> list[str]:
    """The indented lines below a heading."""
    lines = iter(text.splitlines())
    next(line for line in lines if line.endswith(heading))
    found = []
    for line in lines:
        if not line.startswith("  "):
            break
        found.append(line.strip())
    return found


def test_a_device_is_added_listed_and_removed(
    particle_of_fleet: Cli, fleet: Fleet
) -> None:
    device, other = new_id(), new_id()
    for _ in range(2):  # adding a member again is a success
        done = particle_of_fleet("product", "device", "add", fleet.product, device)
        assert done.returncode == 0, told(done)
        assert after(told(done), f"Product {fleet.product} Includes:") == [device]
    by_slug = particle_of_fleet("product", "device", "add", fleet.slug, other)
    assert by_slug.returncode == 0, told(by_slug)
    listed = told(particle_of_fleet("product", "device", "list", fleet.product))
    assert device in listed
    assert other in listed
    done = particle_of_fleet("product", "device", "remove", fleet.product, device)
    assert f"Removed device {device} from product {fleet.product}" in told(done)
    listed = told(particle_of_fleet("product", "device", "list", fleet.product))
    assert device not in listed
    assert other in listed


def test_a_device_that_is_removed_again_is_not_found(
    particle_of_fleet: Cli, fleet: Fleet
) -> None:
    remove = ("product", "device", "remove", fleet.product)
    done = particle_of_fleet(*remove, new_id())
    assert done.returncode == 1
    assert "Device not found for this product" in told(done)


def test_a_file_with_good_and_bad_lines(
    particle_of_fleet: Cli, fleet: Fleet, server: Server, tmp_path: Path
) -> None:
    good, member, taken = new_id(), new_id(), new_id()
    fleet.add(member)
    with httpx.Client(base_url=server.url, headers=_operator(server)) as theirs:
        body = {"product": {"name": new_id(), "platform_id": PHOTON}}
        made = theirs.post("/v1/user/products", json=body).json()["product"]
        theirs.post(f"/v1/products/{made['id']}/devices", json={"id": taken})
    file = tmp_path / "devices.txt"
    imei = "353162070000000"  # well-formed, and of no device
    lines = [good.upper(), member, good, "WAT", imei, taken]
    file.write_text("\r\n".join(lines) + "\r\n\r\n")
    add = ("product", "device", "add", fleet.product, "--file")
    done = particle_of_fleet(*add, str(file))
    assert done.returncode == 0, told(done)
    included = after(told(done), f"Product {fleet.product} Includes:")
    assert [each.lower() for each in included] == [good, member, good]
    assert sorted(after(told(done), "Skipped Invalid IDs:")) == sorted(
        ["WAT", imei, taken]
    )
    assert fleet.device(good)["product_id"] == fleet.id


def test_a_file_without_a_good_line_and_an_empty_one(
    particle_of_fleet: Cli, fleet: Fleet, tmp_path: Path
) -> None:
    bad, empty = tmp_path / "bad.txt", tmp_path / "empty.txt"
    bad.write_text("WAT\n")
    empty.write_text("\n")
    add = ("product", "device", "add", fleet.product, "--file")
    done = particle_of_fleet(*add, str(bad))
    assert done.returncode == 1
    assert after(told(done), "Skipped Invalid IDs:") == ["WAT"]
    assert "is empty" in told(particle_of_fleet(*add, str(empty)))


def test_somebody_elses_device_is_skipped_as_a_non_member(
    particle_of_fleet: Cli, fleet: Fleet, server: Server, devices: Devices
) -> None:
    device = devices.online(server)
    claim = {"id": device.id}
    answer = httpx.post(
        f"{server.url}/v1/devices", json=claim, headers=_operator(server)
    )
    assert answer.status_code == 200
    done = particle_of_fleet("product", "device", "add", fleet.product, device.id)
    assert done.returncode == 1
    assert after(told(done), "Skipped Non-Member IDs:") == [device.id]


def _operator(server: Server) -> dict[str, str]:
    return server.set_up_account.headers


def test_lists_are_filtered_and_paged(particle_of_fleet: Cli, fleet: Fleet) -> None:
    kitchen, hall, attic = new_id(), new_id(), new_id()
    fleet.add(kitchen, hall, attic)
    fleet.api.put(f"{fleet.path}/devices/{kitchen}", json={"name": "kitchen lamp"})
    fleet.set_groups(kitchen, "beta")
    fleet.set_groups(hall, "field")
    fleet.set_groups(attic, "other")

    def listed(*options: str) -> set[str]:
        done = particle_of_fleet(
            "product", "device", "list", fleet.product, *options, "--json"
        )
        assert done.returncode == 0, told(done)
        return {each["id"] for each in json.loads(done.stdout)["data"]}

    assert listed() == {kitchen, hall, attic}
    assert listed("--name", "itchen") == {kitchen}
    assert listed("--groups", "beta", "field") == {kitchen, hall}
    pages = [listed("--limit", "2", "--page", page) for page in ("1", "2", "3")]
    assert [len(each) for each in pages] == [2, 1, 0]
    assert set().union(*pages) == {kitchen, hall, attic}


def test_one_device_in_detail(
    particle_of_fleet: Cli, fleet: Fleet, server: Server, devices: Devices
) -> None:
    device = devices.online(server)
    fleet.add(device.id)
    get = ("product", "device", "list", fleet.product, device.id)
    shown = told(particle_of_fleet(*get))
    for word in (device.id, f"Product {fleet.id}", "is online", "blink", "temperature"):
        assert word in shown
    data = json.loads(particle_of_fleet(*get, "--json").stdout)["data"]
    assert data["id"] == device.id
    assert data["product_id"] == fleet.id
    assert data["functions"] == ["blink"]
    done = particle_of_fleet("product", "device", "list", fleet.product, new_id())
    assert done.returncode == 1
    assert "not found" in told(done)


@pytest.mark.parametrize("command", ["list", "add", "remove"])
def test_a_product_that_is_unknown_or_somebody_elses(
    particle: Cli, fleet: Fleet, server: Server, command: str
) -> None:
    ben = server.new_account(f"ben-{uuid.uuid4().hex[:8]}@example.com")
    particle.sign_in(ben)
    for product in (fleet.product, fleet.slug, "65000", "no-such-product"):
        done = particle("product", "device", command, product, new_id())
        assert done.returncode == 1
        assert "Permission denied" in told(done), told(done)


def test_functions_variables_and_signal_without_an_owner(
    particle_of_fleet: Cli, fleet: Fleet, server: Server, devices: Devices
) -> None:
    device = devices.online(server)
    fleet.add(device.id)
    of = ("--product", fleet.product)
    call = particle_of_fleet("function", "call", device.id, "blink", "abc", *of)
    assert call.returncode == 0, told(call)
    assert call.stdout.strip().endswith("3")
    call = particle_of_fleet("function", "call", device.id, "explode", *of)
    assert "Function `explode` not found" in told(call)
    got = particle_of_fleet("variable", "get", device.id, "temperature", *of)
    assert "21.5" in told(got)
    assert "blink" in told(particle_of_fleet("function", "list", *of))
    assert "temperature" in told(particle_of_fleet("variable", "list", *of))
    assert particle_of_fleet("nyan", device.id, "on", *of).returncode == 0
    assert device.signals == [True]


def test_a_product_publishes_to_its_members(
    particle_of_fleet: Cli, fleet: Fleet, server: Server, devices: Devices
) -> None:
    device = devices.online(server)
    fleet.add(device.id)
    fleet.api.get(f"{fleet.path}/devices/{device.id}/count")  # it has subscribed
    done = particle_of_fleet("publish", "cmd/go", "now", "--product", fleet.product)
    assert f"Published private event: cmd/go to product: {fleet.id}" in told(done)
    assert devices.run(device.until_heard("cmd/go")) == b"now"


@pytest.mark.parametrize("one", [False, True], ids=["all", "one device"])
def test_a_products_events_are_watched(
    particle_of_fleet: Cli, fleet: Fleet, server: Server, devices: Devices, one: bool
) -> None:
    device = devices.online(server)
    fleet.add(device.id)
    words = ("subscribe", "door", "--product", fleet.product, "--max", "1")
    words += ("--device", device.id) if one else ()
    with particle_of_fleet.running(*words) as watching:
        assert watching.stdout is not None
        heard: list[str] = []
        while not any(device.id in line and "{" in line for line in heard):
            devices.call(device.publish, "door/front", "open")
            ready, _, _ = select.select([watching.stdout], [], [], 0.2)
            if ready:
                heard.append(watching.stdout.readline())
        assert watching.wait(timeout=30) == 0


def test_a_long_file_is_added_whole(
    particle_of_fleet: Cli, fleet: Fleet, server: Server, tmp_path: Path
) -> None:
    plan = {"product": {"plan": "block", "device_limit": 1_500}}
    changed = httpx.put(
        f"{server.url}{fleet.path}", json=plan, headers=_operator(server)
    )
    assert changed.status_code == 200, changed.text
    file = tmp_path / "devices.txt"
    ids = [new_id() for _ in range(1_500)]
    file.write_text("\n".join(ids))
    add = ("product", "device", "add", fleet.product, "--file", str(file))
    done = particle_of_fleet(*add)
    assert done.returncode == 0, told(done)
    assert after(told(done), f"Product {fleet.product} Includes:") == ids
    file.write_text(new_id())
    done = particle_of_fleet(*add)  # one more than there is room for
    assert done.returncode == 1
    assert "1,500" in told(done), told(done)


def test_the_team_claims_a_member_that_is_offline(
    particle_of_fleet: Cli, fleet: Fleet
) -> None:
    device = new_id()
    fleet.add(device)
    done = particle_of_fleet("device", "add", device)
    assert "Successfully claimed device" in told(done), told(done)
    assert particle_of_fleet("device", "rename", device, "porch").returncode == 0
    listed = told(particle_of_fleet("list"))
    assert "porch" in listed
    assert f"Product {fleet.id}" in listed
    assert fleet.device(device)["owner"] == fleet.owner.email


def test_a_member_of_a_foreign_fleet_is_neither_claimed_nor_transferred(
    particle: Cli, fleet: Fleet, server: Server, devices: Devices
) -> None:
    free, owned = devices.online(server), devices.online(server)
    fleet.add(free.id, owned.id)
    fleet.api.post("/v1/devices", json={"id": owned.id})
    particle.sign_in(server.new_account(f"ben-{uuid.uuid4().hex[:8]}@example.com"))
    done = particle("device", "add", free.id)
    assert "Failed to claim device: device not found" in told(done)
    done = particle("device", "add", owned.id, says="y\n")
    assert done.returncode == 1
    assert "belongs to someone else" in told(done)


def test_the_owner_of_a_removed_member_still_has_it(
    particle_of_fleet: Cli, fleet: Fleet, server: Server, devices: Devices
) -> None:
    device = devices.online(server)
    fleet.add(device.id)
    particle_of_fleet("device", "add", device.id)
    remove = ("product", "device", "remove", fleet.product, device.id)
    assert particle_of_fleet(*remove).returncode == 0
    call = particle_of_fleet("function", "call", device.id, "blink", "abc")
    assert call.stdout.strip().endswith("3"), told(call)
    done = particle_of_fleet("device", "remove", device.id, "--yes")
    assert (done.returncode, "Okay!" in told(done)) == (0, True)


def test_names_stand_for_no_device_of_a_product(
    particle_of_fleet: Cli, fleet: Fleet
) -> None:
    done = particle_of_fleet("product", "device", "add", fleet.product, "porch")
    assert done.returncode == 1
    assert "must be an id" in told(done)
