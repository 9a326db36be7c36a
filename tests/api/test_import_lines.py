"""What the lines of an import tell of devices, and to whom (IDN-2)."""

from collections.abc import Iterator

import httpx
import pytest
from tests.support.rest import a_fleet
from tests.support.servers import Server
from tests.support.wire import CON, POST, URI_QUERY, WireDevice, path

ELECTRON = 10


def an_electron(server: Server, imei: str) -> WireDevice:
    """A device that is online and has told the number of its modem."""
    device = WireDevice(server.device_tcp, server.server_key)
    device.hello(platform=ELECTRON)
    said = device.send(
        CON, POST, [*path(b"d"), (URI_QUERY, b"\1")], b'{"imei":"%s"}' % imei.encode()
    )
    assert device.receive().mid == said
    return device


@pytest.fixture
def electrons(server: Server) -> Iterator[dict[str, str]]:
    """Device IDs of three Electrons, by the numbers of their modems."""
    devices = {
        imei: an_electron(server, imei)
        for imei in ("352753090041680", "352753090041698", "352753090041706")
    }
    yield {imei: device.id for imei, device in devices.items()}
    for device in devices.values():
        device.close()


def test_a_number_tells_the_device_of_ones_own_product_alone(
    server: Server, ann: httpx.Client, bob: httpx.Client, electrons: dict[str, str]
) -> None:
    fleet = a_fleet(ann, platform_id=ELECTRON)
    member, nobodys, bobs = electrons
    fleet.add(electrons[member])
    bob.post("/v1/devices", json={"id": electrons[bobs]}).raise_for_status()
    numbers = [member, nobodys, bobs]

    def told(*identifiers: str, **more: bool) -> list[tuple[str, str | None]]:
        lines = fleet.add(*identifiers, lines=True, **more)["lines"]
        return [(each["outcome"], each["device_id"]) for each in lines]

    seen = ("already there", electrons[member])
    hidden = ("owned outside the team", None)
    assert told(*numbers, dry_run=True) == [seen, ("added", None), hidden]
    assert told(*numbers) == [seen, ("added", electrons[nobodys]), hidden]
    [record, trial, *_] = ann.get(f"{fleet.path}/imports").json()["imports"]
    for each, then in ((record, electrons[nobodys]), (trial, None)):
        address = f"{fleet.path}/imports/{each['id']}/lines"
        lines = ann.get(address).json()["lines"]
        assert [line["device_id"] for line in lines] == [electrons[member], then, None]
    sent = told(electrons[bobs].upper(), dry_run=True)
    assert sent == [("owned outside the team", electrons[bobs])], "it is known already"
