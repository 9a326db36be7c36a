"""An account's devices: find, list, signal, ping, look up."""

from collections.abc import Sequence

from cyan.interfaces import DeviceAbsent, DeviceSilent, Tx, World
from cyan.interfaces.requests import Ping, Signal
from cyan.model.accounts import Actor
from cyan.model.decisions import RefusalCode, Refuse, Refused, refused
from cyan.model.devices import Device
from cyan.model.identifiers import DeviceID, MalformedIdentifier, SerialNumber
from cyan.rules.authority import Action, AuthorityFacts, decide_action
from cyan.rules.claiming import Ownership, unknown_device
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


async def find_device(tx: Tx, actor: Actor, wanted: str, action: Action) -> Device:
    """The device of this id, or of this name among the actor's, for an action.

    Raises `Refused` with the same words for a device that does not exist and for
    one that the actor may not do this with (UNC-5).
    """
    device = await _look_up(tx, actor, wanted)
    facts = AuthorityFacts(ownership_of(device, actor), actor.operator)
    decision = decide_action(facts, action)
    if isinstance(decision, Refuse):
        raise Refused(decision)
    if device is None:
        raise Refused(unknown_device())
    return device


async def _look_up(tx: Tx, actor: Actor, wanted: str) -> Device | None:
    try:
        return await tx.devices.find(DeviceID.parse(wanted))
    except MalformedIdentifier:
        return await tx.devices.find_named(actor.account_id, wanted)


async def get_device(
    world: World, actor: Actor, wanted: str, action: Action = Action.VIEW
) -> Device:
    """One device that the actor may do this with, by id or name."""
    return await world.store.read(lambda tx: find_device(tx, actor, wanted, action))


async def list_devices(world: World, actor: Actor) -> Sequence[Device]:
    """All devices that the actor owns, last handshake first."""
    return await world.store.read(lambda tx: tx.devices.list_owned(actor.account_id))


async def signal_device(world: World, actor: Actor, wanted: str, on: bool) -> Device:
    """Let a device shout rainbows, so that a person can find it."""
    device = await get_device(world, actor, wanted, Action.SIGNAL)
    await ask_device(world, device.id, Signal(on), SIGNAL_SECONDS)
    return device


async def ping_device(world: World, actor: Actor, wanted: str) -> bool:
    """Whether a device is there and answers."""
    device = await get_device(world, actor, wanted, Action.PING)
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
