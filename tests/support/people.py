"""Builders of accounts and devices for tests of use cases."""

from datetime import timedelta

from cyan.interfaces import SessionStart, World
from cyan.interfaces.subjects import DeviceChanged
from cyan.model.accounts import Account, Actor
from cyan.model.devices import Description, Device
from cyan.model.identifiers import DeviceID
from cyan.services.claims import claim_device
from cyan.services.connections import TrustedKey, end_connection, greet_device

PHOTON = 6


def a_device_id(number: int) -> DeviceID:
    return DeviceID.parse(f"{number:024x}")


async def an_account(
    world: World, username: str = "ann@example.com", *, operator: bool = False
) -> Actor:
    """Somebody with an account, as a token of theirs would prove them."""
    account = Account(
        id=world.secrets.id(),
        username=username,
        password_hash="",
        operator=operator,
        info={},
        mfa_secret=None,
        mfa_used_step=None,
        created_at=world.clock.now(),
    )
    await world.store.transact(lambda tx: tx.accounts.add(account))
    return Actor(account.id, username, operator, address="127.0.0.1")


async def an_online_device(
    world: World,
    number: int = 1,
    *,
    platform_id: int = PHOTON,
    firmware_of: int | None = None,
    system_version: int = 3003,
) -> Device:
    """A device that said hello a moment ago.

    `firmware_of` is the product that its firmware names, None for no product.
    """
    start = SessionStart(
        session_id=f"session-{number}",
        at=world.clock.now(),
        address="127.0.0.1",
        platform_id=platform_id,
        firmware_product_id=platform_id if firmware_of is None else firmware_of,
        firmware_version=None,
        system_version=system_version,
    )
    key = TrustedKey(f"key of {number}".encode(), new=True)
    greeted = await greet_device(world, a_device_id(number), key, start)
    return greeted.device


async def an_offline_device(world: World, number: int = 1) -> Device:
    """A device that was online once."""
    device = await an_online_device(world, number)
    await end_connection(world, device.id, f"session-{number}")
    return device


async def a_device_of(
    world: World, actor: Actor, number: int = 1, *, functions: tuple[str, ...] = ()
) -> Device:
    """An online device that somebody claimed."""
    device = await an_online_device(world, number)
    await claim_device(world, actor, device.id)
    told = Description(functions=list(functions), variables={"temperature": "double"})
    await world.store.transact(lambda tx: tx.devices.describe(device.id, told))
    return await find(world, device.id)


async def find(world: World, device_id: DeviceID) -> Device:
    """The device as it is now."""
    device = await world.store.read(lambda tx: tx.devices.find(device_id))
    assert device is not None
    return device


def changed(device_id: DeviceID, owner_id: str | None) -> DeviceChanged:
    """What is told of a device of no product that has another owner."""
    return DeviceChanged(device_id, owner_id, None, None, outsider=False)


A_WEEK = timedelta(days=7)
