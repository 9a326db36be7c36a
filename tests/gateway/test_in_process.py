"""A gateway and pretend devices on one loop: silence, failures, floods."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from tests.gateway.conftest import Field
from tests.support.people import PHOTON, an_account, find
from tests.support.simulated import thermometer

from cyan.gateway import Gateway
from cyan.gateway import connection as connection_room
from cyan.interfaces import DeviceAbsent, DeviceSilent, StoreError, World, subjects
from cyan.interfaces.requests import CallFunction, Ping, ReadVariable, SendEvent
from cyan.model.accounts import Actor
from cyan.model.decisions import RefusalCode, Refused
from cyan.model.events import Event
from cyan.model.identifiers import DeviceID
from cyan.services import calls
from cyan.services.claims import claim_device
from cyan.simulator import Firmware, Identity, SimulatedDevice

SERVER_KEY = rsa.generate_private_key(65537, 2048)
IDENTITY = Identity.numbered(5, 1, None)


@pytest.fixture
async def gateway(world: World) -> AsyncIterator[Gateway]:
    gateway = Gateway(world, SERVER_KEY)
    await gateway.start("127.0.0.1", 0)
    yield gateway
    await gateway.stop()


def a_device(gateway: Gateway, firmware: Firmware | None = None) -> SimulatedDevice:
    host, _, port = gateway.address.rpartition(":")
    public = SERVER_KEY.public_key()
    return SimulatedDevice(
        IDENTITY, (host, int(port)), public, firmware or thermometer()
    )


@pytest.fixture
async def device(gateway: Gateway) -> AsyncIterator[SimulatedDevice]:
    device = a_device(gateway)
    device.start()
    await device.until_online()
    assert device._running is not None
    device._running.cancel()  # once gone it stays away
    yield device
    await device.stop()


async def owner_of(world: World, device: SimulatedDevice) -> Actor:
    """Somebody who claims the device."""
    ann = await an_account(world)
    await claim_device(world, ann, device.id)
    return ann


async def until_offline(world: World, device_id: DeviceID) -> None:
    async with asyncio.timeout(10):
        while (await find(world, device_id)).online:  # noqa: ASYNC110 - nothing tells
            await asyncio.sleep(0)  # let the gateway go on


async def test_a_silent_device_is_offline_soon(world: World) -> None:
    gateway = Gateway(world, SERVER_KEY, silence_seconds=0.4)
    await gateway.start("127.0.0.1", 0)
    device = a_device(gateway)
    device.start()
    await device.until_online()
    assert gateway.roster.online == 1
    assert device._running is not None
    assert device._timer is not None
    device._running.cancel()
    device._timer.cancel()  # it does not even ping
    await until_offline(world, device.identity.device_id)
    assert (gateway.roster.online, len(gateway.roster)) == (0, 0)
    await device.stop()
    await gateway.stop()


async def test_a_device_that_is_asked_and_says_nothing_is_silent(
    world: World, gateway: Gateway
) -> None:
    device = a_device(gateway, Firmware(functions={"f": len}, ignores_calls=True))
    device.start()
    await device.until_online()
    ask = world.bus.ask
    with pytest.raises(DeviceSilent):
        await ask(device.identity.device_id, CallFunction("f", ""), 0.05)
    waiting = asyncio.ensure_future(
        ask(device.identity.device_id, CallFunction("f", ""), 5)
    )
    await asyncio.sleep(0)
    await device.stop()
    with pytest.raises((DeviceSilent, DeviceAbsent)):
        await waiting


async def test_calls_beyond_what_a_silent_device_can_hold_are_refused_not_broken(
    fleet: Field, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calls, "CALL_SECONDS", 1.0)
    device = await fleet.online(
        product_id=PHOTON, functions={"f": len}, ignores_calls=True
    )
    await claim_device(fleet.world, fleet.ann, device.id)

    async def call() -> RefusalCode:
        with pytest.raises(Refused) as no:
            await calls.call_function(
                fleet.world, fleet.ann, calls.Target(device.id, "f"), ""
            )
        return no.value.refusal.code

    codes = await asyncio.gather(*(call() for _ in range(300)))
    assert set(codes) == {RefusalCode.DEVICE_SILENT}
    assert device.online


async def test_what_nobody_answers_is_a_mistake_of_the_asker(
    world: World, device: SimulatedDevice
) -> None:
    device_id = device.identity.device_id
    with pytest.raises(TypeError):
        await world.bus.ask(device_id, "nonsense", 1)
    assert await world.bus.ask(device_id, Ping(), 10)
    await world.bus.ask(device_id, SendEvent("spark/x", "1"), 10)
    assert await device.until_heard("spark/x") == b"1"


async def test_requests_to_a_connection_that_closes_say_that_it_is_gone(
    world: World, gateway: Gateway, device: SimulatedDevice
) -> None:
    (connection,) = gateway.roster
    connection.session.close("for this test")
    with pytest.raises(DeviceAbsent):
        await world.bus.ask(device.identity.device_id, ReadVariable("count"), 1)
    connection.flush()


async def test_a_device_may_subscribe_to_a_hundred_names_and_no_more(
    world: World, gateway: Gateway, device: SimulatedDevice
) -> None:
    ann = await owner_of(world, device)
    assert device._session is not None
    for number in range(120):
        device._session.subscribe(f"many/{number}/")
    device._session.subscribe("many/0/")  # again: nothing changes
    device._pump()
    await world.bus.ask(device.identity.device_id, ReadVariable("count"), 5)
    for number in (119, 1):
        event = Event(f"many/{number}/x", "1", 60, world.clock.now(), "api")
        world.bus.publish(subjects.account_events(ann.account_id), event)
    await device.until_heard("many/1/x")
    assert [name for name, _ in device.heard if name.startswith("many/")] == [
        "many/1/x"
    ]


async def test_a_device_that_does_not_read_is_dropped_and_nobody_waits(
    world: World, gateway: Gateway, device: SimulatedDevice
) -> None:
    ann = await owner_of(world, device)
    await world.bus.ask(device.identity.device_id, ReadVariable("count"), 5)
    assert device._transport is not None
    device._transport.pause_reading()  # its subscription is served by now
    event = Event("cmd/flood", "x" * 1000, 60, world.clock.now(), "api")
    for _ in range(30_000):
        world.bus.publish(subjects.account_events(ann.account_id), event)
        if not gateway.roster.online:
            break
    await until_offline(world, device.identity.device_id)


async def test_a_store_that_fails_postpones_a_device(
    world: World, gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(body: object, turn: str | None = None) -> None:
        raise StoreError("the disk is full")

    device = a_device(gateway)
    with monkeypatch.context() as broken:
        broken.setattr(world.store, "transact", fail)
        device.start()
        with pytest.raises(TimeoutError):
            await device.until_online(0.3)
    await device.until_online()  # it comes back by itself
    await device.stop()


async def test_a_fault_of_ours_ends_one_connection_only(
    world: World, gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("a mistake")

    device = a_device(gateway)
    with monkeypatch.context() as broken:
        broken.setattr("cyan.gateway.listener.read_offer", fail)
        device.start()
        with pytest.raises(TimeoutError):
            await device.until_online(0.3)
    await device.until_online()
    await device.stop()


async def test_a_device_that_floods_is_read_slowly_and_loses_nothing(
    world: World,
    gateway: Gateway,
    device: SimulatedDevice,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(connection_room, "BYTES_A_SECOND", 20_000)
    ann = await owner_of(world, device)
    heard: list[str] = []
    listening = world.bus.listen(
        subjects.account_events(ann.account_id), lambda event: heard.append(event.name)
    )
    (connection,) = gateway.roster
    for number in range(200):  # some 27,000 bytes: more than a second's worth
        device.publish(f"flood/{number}", "x" * 100)
    async with asyncio.timeout(10):
        while not connection._slowed:  # noqa: ASYNC110 - nothing tells
            await asyncio.sleep(0)  # let the gateway go on
    await world.bus.ask(device.identity.device_id, ReadVariable("count"), 10)
    floods = [name for name in heard if name.startswith("flood/")]
    assert floods == [f"flood/{number}" for number in range(200)]
    listening()
