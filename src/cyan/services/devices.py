"""Devices: find one for whoever may do something with it, list, signal, ping.

One's own devices are found by id or name; within a product, by id, what its team
may do with its members (`within` is the product's id or slug).
"""

from collections.abc import Collection, Sequence
from dataclasses import replace

from cyan.interfaces import DeviceAbsent, DeviceSilent, Tx, World
from cyan.interfaces.requests import Ping, Signal
from cyan.model.accounts import Actor
from cyan.model.decisions import RefusalCode, Refuse, Refused, refused
from cyan.model.devices import Device
from cyan.model.identifiers import DeviceID, MalformedIdentifier, SerialNumber
from cyan.rules.authority import (
    Action,
    AuthorityFacts,
    Role,
    decide_action,
    device_roles,
)
from cyan.rules.claiming import Ownership, unknown_device
from cyan.rules.departures import not_in_product
from cyan.rules.features import FeatureFacts, ReachFacts, decide_reach
from cyan.services.products import find_product, team_facts
from cyan.services.throttle import hold_back

PING_SECONDS = 5.0
SIGNAL_SECONDS = 10.0


def timed_out() -> Refused:
    """What the owner hears of a device that is not connected."""
    return refused(
        RefusalCode.DEVICE_OFFLINE,
        "Timed out.",
        rule="CLM-5",
        remedy="The device is offline: power it and wait until it breathes cyan.",
    )


def fell_silent() -> Refused:
    """What the owner hears of a device that is connected but does not answer."""
    return refused(
        RefusalCode.DEVICE_SILENT,
        "Timed out.",
        rule="EVT-3",
        remedy="The device is online but did not answer in time: try again.",
    )


def ownership_of(device: Device | None, actor: Actor) -> Ownership:
    """Whose a device is, as the actor stands to it; an unknown one is nobody's."""
    if device is None or device.owner_id is None:
        return Ownership.NOBODYS
    if device.owner_id == actor.account_id:
        return Ownership.ACTORS
    return Ownership.ANOTHERS


_SEEN_BY_TEAM = (Action.DEVICES_GET, Action.DEVICES_EXPLAIN)
"""What a team may do with its product's devices by the routes of one's own."""


async def find_device(
    tx: Tx, actor: Actor, wanted: str, action: Action, within: str | None = None
) -> Device:
    """The device of this id, or of this name among the actor's, for an action.

    Raises `Refused` with the same words, after the same look-ups, for a device that
    does not exist and for one that is none of the actor's business (UNC-5).
    """
    if within is not None:
        return await _find_in_product(tx, actor, wanted, action, within)
    device = await _look_up(tx, actor, wanted)
    ownership = ownership_of(device, actor)
    roles = device_roles(ownership, operator=actor.operator)
    if ownership is not Ownership.ACTORS:
        team = await _team_roles(tx, actor, device)
        if action in _SEEN_BY_TEAM:
            roles |= team
    decision = decide_action(AuthorityFacts(roles, actor.scopes), action)
    if isinstance(decision, Refuse):
        raise Refused(decision)
    if device is None:
        raise Refused(unknown_device())
    return device


async def _team_roles(tx: Tx, actor: Actor, device: Device | None) -> frozenset[Role]:
    """The actor's roles in the product that a device is connected with."""
    product = await tx.products.find(device.product_id or 0 if device else 0)
    team_ids = product.team_ids if product else ()
    facts = await team_facts(tx, actor, team_ids, product.id if product else None)
    return facts.roles


_ON_QUARANTINED = (
    Action.DEVICES_GET,
    Action.DEVICES_EXPLAIN,
    Action.DEVICES_REMOVE,
)
"""What a team may do with a device that is quarantined: see what it is (MEM-8)."""


async def _find_in_product(
    tx: Tx, actor: Actor, wanted: str, action: Action, within: str
) -> Device:
    product = await find_product(tx, actor, within, action)
    return await find_in_products(tx, wanted, [product.id], action)


async def find_in_products(
    tx: Tx, wanted: str, product_ids: Collection[int], action: Action
) -> Device:
    """The device of this id in one of some products, for an action of their team."""
    device = await find_member(tx, wanted, product_ids)
    if device.member_of is None and action not in _ON_QUARANTINED:  # MEM-8
        decision = decide_reach(ReachFacts(FeatureFacts.of(device), device.online))
        assert isinstance(decision, Refuse)  # quarantine takes the features away
        raise Refused(decision)
    return device


async def find_member(tx: Tx, wanted: str, product_ids: Collection[int]) -> Device:
    """The device of this id in one of some products, quarantined or not."""
    try:
        device = await tx.devices.find(DeviceID.parse(wanted))
    except MalformedIdentifier:
        device = None
    if device is None or device.product_id not in product_ids:
        raise Refused(not_in_product())
    return device


async def _look_up(tx: Tx, actor: Actor, wanted: str) -> Device | None:
    try:
        return await tx.devices.find(DeviceID.parse(wanted))
    except MalformedIdentifier:
        return await tx.devices.find_named(actor.account_id, wanted)


async def get_device(
    world: World,
    actor: Actor,
    wanted: str,
    action: Action = Action.DEVICES_GET,
    within: str | None = None,
) -> Device:
    """One device that the actor may do this with, by id or name."""
    return await world.store.read(
        lambda tx: find_device(tx, actor, wanted, action, within)
    )


def require_reach(device: Device) -> None:
    """Refuse to ask something of a device that has no features (CLM-6, MEM-8).

    Whether it is there is found out by asking it (CLM-5).
    """
    decision = decide_reach(ReachFacts(FeatureFacts.of(device), online=True))
    if isinstance(decision, Refuse):
        raise Refused(decision)


async def list_devices(world: World, actor: Actor) -> Sequence[Device]:
    """All devices that the actor owns, last handshake first, as they are shown."""

    async def body(tx: Tx) -> Sequence[Device]:
        return await as_shown(tx, await tx.devices.list_owned(actor.account_id))

    return await world.store.read(body)


async def as_shown(tx: Tx, devices: Sequence[Device]) -> Sequence[Device]:
    """Devices as clients see them: a member that was never met has a platform too.

    Its product's, until its first hello tells its own (MEM-13): clients take the
    platform for a number, filter by it, and choose by it what they flash.
    """
    unmet = {each.member_of for each in devices if each.platform_id is None} - {None}
    products = [
        await tx.products.find(product_id) for product_id in unmet if product_id
    ]
    platforms = {each.id: each.platform_id for each in products if each is not None}
    return [
        replace(each, platform_id=platforms.get(each.member_of or 0))
        if each.platform_id is None
        else each
        for each in devices
    ]


async def signal_device(
    world: World, actor: Actor, wanted: str, on: bool, within: str | None = None
) -> Device:
    """Let a device shout rainbows, so that a person can find it."""
    device = await get_device(world, actor, wanted, Action.DEVICES_SIGNAL, within)
    require_reach(device)
    await ask_device(world, device.id, Signal(on), SIGNAL_SECONDS)
    return device


async def ping_device(
    world: World, actor: Actor, wanted: str, within: str | None = None
) -> bool:
    """Whether a device is there and answers."""
    device = await get_device(world, actor, wanted, Action.DEVICES_PING, within)
    try:
        await world.bus.ask(device.id, Ping(), PING_SECONDS)
    except (DeviceAbsent, DeviceSilent):
        return False
    return True


async def ask_device(
    world: World, device_id: DeviceID, message: object, seconds: float
) -> object:
    """Ask a device's session; a refusal in words if it is absent or silent."""
    try:
        return await world.bus.ask(device_id, message, seconds)
    except DeviceAbsent:
        raise timed_out() from None
    except DeviceSilent:
        raise fell_silent() from None


async def look_up_serial(world: World, actor: Actor, text: str) -> Device:
    """The device of a serial number, for any account, 50 times an hour (IDN-2)."""
    hold_back(
        world,
        "serial_numbers",
        actor.account_id,
        "An account may look up 50 serial numbers an hour.",
    )
    device = None
    try:
        serial = SerialNumber.parse(text)
    except MalformedIdentifier:
        serial = None
    if serial is not None:
        device = await world.store.read(lambda tx: tx.devices.find_by_serial(serial))
    if device is None:
        raise refused(
            RefusalCode.SERIAL_UNKNOWN,
            "No device has this serial number.",
            rule="IDN-2",
            remedy="Check it against the label under the Data Matrix code.",
        )
    return device
