"""The official SDK with a fleet: products, their devices, teams and clients."""

import uuid
from typing import Any

import pytest
from tests.clients.conftest import PHOTON, Fleet, new_id
from tests.support.servers import Server
from tests.support.simulated import Devices, thermometer

pytestmark = pytest.mark.clients


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
        const ofTheSystem = /^(spark|particle)\\//;  // it comes when it comes
        const heard = (stream) => new Promise((done) => stream.on('event',
            (event) => ofTheSystem.test(event.name) || done(event)));
        const all = await particle.getEventStream({{product, auth}});
        const one = await particle.getEventStream(
            {{product, deviceId: '{device.id}', name: 'door', auth}});
        const first = heard(all);
        await particle.publishEvent({{product, name: 'news', data: 'hi', auth}});
        const news = await first;
        const second = heard(one);
        await particle.post({{uri: `/v1/products/${{product}}/events`, auth, data:
            {{name: 'door', data: 'open', as_device_id: '{device.id}'}}}});
        const door = await second;
        all.end(); one.end();
        return [news.name, news.data, door.name, door.data, door.coreid];
    """)
    assert found == ["news", "hi", "door", "open", device.id]
