"""Ann, Bob and Ann's product on a running server; the doors for accounts alone."""

from collections.abc import AsyncIterator, Iterator

import httpx
import pytest
from tests.support.account_doors import application
from tests.support.doors import served
from tests.support.rest import Fleet, a_fleet, as_account, somebody
from tests.support.servers import Server
from tests.support.sign_ins import a_person
from tests.support.simulated import Devices

from cyan.interfaces import World
from cyan.simulator import Firmware


@pytest.fixture
async def api(world: World) -> AsyncIterator[httpx.AsyncClient]:
    """The doors for accounts, invitation only, with Ann who is the operator."""
    await a_person(world, operator=True)
    async with served(application(world)) as client:
        yield client


@pytest.fixture
def ann(server: Server) -> Iterator[httpx.Client]:
    with as_account(server, somebody(server)) as client:
        yield client


@pytest.fixture
def bob(server: Server) -> Iterator[httpx.Client]:
    with as_account(server, somebody(server)) as client:
        yield client


@pytest.fixture
def root(server: Server) -> Iterator[httpx.Client]:
    """The operator."""
    with as_account(server, server.set_up_account) as client:
        yield client


@pytest.fixture
def pumps(ann: httpx.Client) -> Fleet:
    """A product of Ann's."""
    return a_fleet(ann)


@pytest.fixture
def owned(server: Server, bob: httpx.Client, devices: Devices) -> str:
    """An online device that Bob claimed."""
    device_id: str = devices.online(server).id
    bob.post("/v1/devices", json={"id": device_id}).raise_for_status()
    return device_id


@pytest.fixture
def pump(server: Server, pumps: Fleet, devices: Devices) -> str:
    """An online member that nobody owns."""
    device_id: str = devices.online(server).id
    pumps.add(device_id)
    return device_id


@pytest.fixture
def waiting(server: Server, pumps: Fleet, devices: Devices) -> str:
    """An online device that waits in quarantine."""
    firmware = Firmware(product_id=pumps.id, product_version=3)
    device_id: str = devices.online(server, firmware).id
    return device_id
