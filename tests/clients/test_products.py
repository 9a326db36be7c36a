"""The official clients with a fleet: what they say of products and their devices."""

import json
import select
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.clients.conftest import Cli
from tests.support.servers import Account, Server
from tests.support.simulated import Devices, thermometer

pytestmark = pytest.mark.clients

PHOTON, ARGON = 6, 12


@dataclass
class Fleet:
    """A product, somebody who owns it, and the REST API to look behind the clients."""

    owner: Account
    api: httpx.Client
    id: int
    slug: str

    @property
    def product(self) -> str:
        return str(self.id)

    @property
    def path(self) -> str:
        return f"/v1/products/{self.id}"

    def device(self, device_id: str) -> Any:
        return self.api.get(f"{self.path}/devices/{device_id}").json()

    def add(self, *device_ids: str) -> None:
        body = {"ids": list(device_ids)}
        answer = self.api.post(f"{self.path}/devices", json=body)
        assert answer.json()["updated"] == len(device_ids), answer.text

    def set_groups(self, device_id: str, *groups: str) -> None:
        body = {"groups": list(groups)}
        answer = self.api.put(f"{self.path}/devices/{device_id}", json=body)
        assert answer.status_code == 200, answer.text


@pytest.fixture
def fleet(server: Server) -> Iterator[Fleet]:
    owner = server.new_account(f"ann-{uuid.uuid4().hex[:8]}@example.com")
    with httpx.Client(base_url=server.url, headers=owner.headers) as api:
        name = f"Lamps {uuid.uuid4().hex[:6]}"
        body = {"product": {"name": name, "platform_id": PHOTON}}
        made = api.post("/v1/user/products", json=body).json()["product"]
        yield Fleet(owner, api, made["id"], made["slug"])


@pytest.fixture
def particle_of_fleet(particle: Cli, fleet: Fleet) -> Cli:
    """The command line, signed in as the fleet's owner."""
    particle.sign_in(fleet.owner)
    return particle


def new_id() -> str:
    return uuid.uuid4().hex[:24]


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


@pytest.fixture
def as_owner(sdk, fleet: Fleet):
    """Run a script as the fleet's owner, with `auth`, `product` and `status`."""

    def run(script: str) -> Any:
        return sdk(f"""
            const auth = '{fleet.owner.token}';
            const product = {fleet.id};
            const status = (asked) => asked.then((answer) => answer.statusCode,
                                                 (error) => error.statusCode);
            {script}
        """)

    return run


def test_the_sdk_sees_products(as_owner, fleet: Fleet) -> None:
    found = as_owner(f"""
        const listed = (await particle.listProducts({{auth}})).body.products;
        const one = (await particle.getProduct({{product, auth}})).body.product;
        const same = (await particle.getProduct(
            {{product: '{fleet.slug}', auth}})).body.product;
        const none = await status(particle.getProduct({{product: 65000, auth}}));
        const ids = listed.map((each) => each.id);
        return [ids, one.slug, same.id, one.platform_id, none];
    """)
    assert found == [[fleet.id], fleet.slug, fleet.id, PHOTON, 403]


def test_the_sdk_adds_changes_and_removes_devices(as_owner, fleet: Fleet) -> None:
    one, two = new_id(), new_id()
    found = as_owner(f"""
        const added = (await particle.addDeviceToProduct(
            {{product, deviceId: '{one}', auth}})).body;
        const file = Buffer.from('{two}\\nWAT\\n');
        const more = (await particle.addDeviceToProduct({{product, file, auth}})).body;
        const deviceId = '{one}';
        await particle.renameDevice({{product, deviceId, name: 'porch', auth}});
        const notes = 'by the door';
        await particle.setDeviceNotes({{product, deviceId, notes, auth}});
        const dev = (await particle.markAsDevelopmentDevice(
            {{product, deviceId, auth}})).body;
        await particle.put({{uri: particle.deviceUri({{product, deviceId}}), auth,
                            data: {{groups: ['porches']}}}});
        const page = (await particle.listDevices(
            {{product, groups: ['porches'], perPage: 5, auth}})).body;
        const plain = (await particle.updateDevice(
            {{product, deviceId, development: false, auth}})).body;
        const gone = await status(particle.removeDevice({{product, deviceId, auth}}));
        const left = (await particle.listDevices({{product, auth}})).body;
        return {{added, more, page, dev, plain, gone,
                 left: left.devices.map((each) => each.id)}};
    """)
    assert (found["added"]["ok"], found["added"]["updated"]) == (True, 1)
    assert found["more"]["updatedDeviceIds"] == [two]
    assert found["more"]["invalidDeviceIds"] == ["WAT"]
    [member] = found["page"]["devices"]
    told = {"id": one, "name": "porch", "notes": "by the door", "development": True}
    assert {name: member[name] for name in told} == told
    assert found["page"]["meta"]["total_pages"] == 1
    assert (found["dev"]["development"], found["plain"]["development"]) == (True, False)
    assert (found["gone"], found["left"]) == (204, [two])


def test_the_sdk_approves_denies_and_dismisses(
    as_owner, fleet: Fleet, server: Server, devices: Devices
) -> None:
    firmware = thermometer()
    firmware.product_id, firmware.system_version = fleet.id, 1512  # Device OS 3.3
    good, bad = (devices.online(server, firmware).id for _ in range(2))
    found = as_owner(f"""
        const before = (await particle.listDevices({{product, auth}})).body.devices;
        await particle.addDeviceToProduct({{product, deviceId: '{good}', auth}});
        await particle.removeDevice({{product, deviceId: '{bad}', deny: true, auth}});
        const call = await status(particle.callFunction(
            {{product, deviceId: '{bad}', name: 'blink', auth}}));
        const after = (await particle.listDevices({{product, auth}})).body.devices;
        const refused = await status(particle.removeDevice(
            {{product, deviceId: '{good}', deny: true, auth}}));
        const states = (all) => all.map((each) => [each.id, [
            !!each.quarantined, !!each.denied]]);
        return [states(before), call, states(after), refused];
    """)
    before, call, later, refused = found
    assert dict(before) == {good: [True, False], bad: [True, False]}
    assert dict(later) == {good: [False, False], bad: [True, True]}
    assert 400 <= call < 500
    assert 400 <= refused < 500


def test_the_sdk_takes_a_devices_owner_away(
    as_owner, fleet: Fleet, server: Server, devices: Devices
) -> None:
    device = devices.online(server)
    fleet.add(device.id)
    found = as_owner(f"""
        const deviceId = '{device.id}';
        await particle.claimDevice({{deviceId, auth}});
        const owner = async () => (await particle.getDevice(
            {{product, deviceId, auth}})).body.owner;
        const owned = await owner();
        await particle.removeDeviceOwner({{product, deviceId, auth}});
        const free = await owner();
        const value = (await particle.getVariable(
            {{product, deviceId, name: 'count', auth}})).body.result;
        return [owned, free, value];
    """)
    assert found == [fleet.owner.email, None, -5]


def test_the_sdk_manages_the_team(as_owner, fleet: Fleet, server: Server) -> None:
    ben = server.new_account(f"ben-{uuid.uuid4().hex[:8]}@example.com")
    found = as_owner(f"""
        const username = '{ben.email}';
        const team = async () => (await particle.listTeamMembers(
            {{product, auth}})).body.team.map((mate) => mate.username);
        const before = await team();
        const invited = await particle.inviteTeamMember({{product, username, auth}});
        const during = await team();
        await particle.removeTeamMember({{product, username, auth}});
        return [before, invited.body.ok, during, await team()];
    """)
    ann = fleet.owner.email
    assert found == [[ann], True, [ann, ben.email], [ann]]


def test_the_sdk_manages_a_products_clients(as_owner, fleet: Fleet) -> None:
    made, listed, renamed, left = as_owner("""
        const made = (await particle.createOAuthClient(
            {name: 'shop', type: 'installed', product, auth})).body.client;
        const clients = async () => (await particle.listOAuthClients(
            {product, auth})).body.clients.map((each) => [each.id, each.name]);
        const listed = await clients();
        await particle.updateOAuthClient(
            {clientId: made.id, name: 'till', product, auth});
        const renamed = await clients();
        await particle.deleteOAuthClient({clientId: made.id, product, auth});
        return [made, listed, renamed, await clients()];
    """)
    assert made["product_id"] == fleet.id
    assert made["secret"]
    assert listed == [[made["id"], "shop"]]
    assert renamed == [[made["id"], "till"]]
    assert left == []


def test_the_sdk_hears_a_products_events(
    as_owner, fleet: Fleet, server: Server, devices: Devices
) -> None:
    device = devices.online(server)
    fleet.add(device.id)
    found = as_owner(f"""
        const heard = (stream) => new Promise((done) => stream.on('event', done));
        const all = await particle.getEventStream({{product, auth}});
        const one = await particle.getEventStream(
            {{product, deviceId: '{device.id}', name: 'door', auth}});
        const first = heard(all);
        await particle.publishEvent({{product, name: 'news', data: 'hi', auth}});
        const news = await first;
        await particle.post({{uri: `/v1/products/${{product}}/events`, auth, data:
            {{name: 'door', data: 'open', as_device_id: '{device.id}'}}}});
        const door = await heard(one);
        all.end(); one.end();
        return [news.name, news.data, door.name, door.data, door.coreid];
    """)
    assert found == ["news", "hi", "door", "open", device.id]
