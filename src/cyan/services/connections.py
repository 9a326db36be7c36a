"""Devices that come online, tell of themselves, and go.

A gateway calls these as its connections live: it first asks for the key to trust,
then greets the device once it has proven that key, and at last says goodbye.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from cyan.interfaces import SessionStart, Tx, World
from cyan.interfaces.requests import SendEvent
from cyan.interfaces.store import Conflict
from cyan.interfaces.subjects import DeviceChanged
from cyan.model.accounts import Door
from cyan.model.decisions import Refuse, Refused
from cyan.model.devices import Description, Device, KeyChange
from cyan.model.events import DEFAULT_TTL, Event
from cyan.model.identifiers import DeviceID
from cyan.rules.keys import (
    FirstKeyFacts,
    RecordOffered,
    UseRecorded,
    decide_first_key,
)
from cyan.services.events import send_of_device, source_of
from cyan.services.membership import Departed, restore, settle
from cyan.services.ownership import announce, is_outsider, position_of

STATUS = "spark/status"
APP_HASH = "spark/device/app-hash"


@dataclass(frozen=True, slots=True)
class TrustedKey:
    """The key that a device has to prove; `new` if it is recorded on success."""

    key: bytes
    new: bool


async def choose_key(
    world: World, device_id: DeviceID, offered: bytes | None
) -> TrustedKey:
    """Which public key (SPKI DER) a device must hold; `Refused` if none (IDN-8)."""
    device = await world.store.read(lambda tx: tx.devices.find(device_id))
    return _choose(world, device, offered)


def _choose(world: World, device: Device | None, offered: bytes | None) -> TrustedKey:
    decision = decide_first_key(
        FirstKeyFacts(
            first_contact=world.settings.first_contact,
            known=device is not None,
            recorded=device.public_key if device else None,
            offered=offered,
        )
    )
    match decision:
        case Refuse():
            raise Refused(decision)
        case UseRecorded(key=key):
            return TrustedKey(key, new=False)
        case RecordOffered(key=key):
            return TrustedKey(key, new=True)


@dataclass(frozen=True, slots=True)
class Greeted:
    """A device as it is after its hello, where it belongs included.

    `outsider` is whether its owner is outside its product's team; `departed` what
    the hello ended, in case that it came from safe mode (MEM-12).
    """

    device: Device
    outsider: bool
    departed: Departed | None


async def greet_device(
    world: World, device_id: DeviceID, trusted: TrustedKey, start: SessionStart
) -> Greeted:
    """Note that an authenticated device said hello: it is online from now on.

    Which product it belongs to is decided by what it said (MEM-5 to MEM-13).
    `Refused` if its key was replaced while it was shaking hands.
    """

    async def body(tx: Tx) -> tuple[Device | None, Greeted]:
        before = await tx.devices.find(device_id)
        chosen = _choose(world, before, trusted.key)
        if chosen.key != trusted.key:
            raise Conflict("the key was replaced during the handshake")
        await tx.devices.add(device_id, start.at)
        if chosen.new:
            await tx.devices.set_key(device_id, trusted.key)
            await tx.histories.add_key(
                KeyChange(device_id, trusted.key, None, Door.DEVICE, start.at)
            )
        await tx.devices.start_session(device_id, start)
        after = await tx.devices.find(device_id)
        assert after is not None
        departed = await settle(tx, world, after, start.at)
        settled = await tx.devices.find(device_id)
        assert settled is not None
        return before, Greeted(settled, await is_outsider(tx, settled), departed)

    before, greeted = await world.store.transact(body)
    if before is not None and before.session_id is not None:
        _tell_status(world, greeted, "offline", start.at)  # its end went unnoticed
    _tell_status(world, greeted, "online", start.at)
    return greeted


async def look_again(world: World, greeted: Greeted) -> Greeted:
    """A greeted device as it is now: it may have moved in the meantime (MEM-11)."""

    async def body(tx: Tx) -> Greeted:
        device = await tx.devices.find(greeted.device.id)
        assert device is not None  # a device is never forgotten
        same = replace(device, session_id=greeted.device.session_id)
        return Greeted(same, await is_outsider(tx, device), greeted.departed)

    return await world.store.read(body)


async def end_connection(world: World, device_id: DeviceID, session_id: str) -> None:
    """Note the end of a session, unless the device has begun another one since."""
    at = world.clock.now()

    async def body(tx: Tx) -> Greeted | None:
        if not await tx.devices.end_session(device_id, session_id, at):
            return None
        device = await tx.devices.find(device_id)
        assert device is not None  # it had a session
        return Greeted(device, await is_outsider(tx, device), None)

    left = await world.store.transact(body)
    if left is not None:
        _tell_status(world, left, "offline", at)


def _tell_status(world: World, told: Greeted, status: str, at: datetime) -> None:
    event = Event(STATUS, status, DEFAULT_TTL, at, told.device.id)
    send_of_device(world, source_of(told.device, outsider=told.outsider), event)


async def note_description(
    world: World, device_id: DeviceID, description: Description
) -> None:
    """Keep what a device told of itself; a new firmware's hash is an event."""
    at, told = world.clock.now(), description.app_hash

    async def body(tx: Tx) -> Greeted | None:
        before = await tx.devices.find(device_id)
        await tx.devices.describe(device_id, description)
        if before is None or told is None or told == before.app_hash:
            return None
        return Greeted(before, await is_outsider(tx, before), None)

    changed = await world.store.transact(body)
    if changed is not None:
        event = Event(APP_HASH, told, DEFAULT_TTL, at, device_id)
        source = source_of(changed.device, outsider=changed.outsider)
        send_of_device(world, source, event)


async def note_heard(world: World, heard: Sequence[tuple[DeviceID, datetime]]) -> None:
    """Note when devices were last heard of, many in one transaction."""
    await world.store.transact(lambda tx: tx.devices.set_heard(heard))


async def note_safe_mode(
    world: World, device_id: DeviceID, departed: Departed | None
) -> None:
    """Note that the hello came from safe mode: what it ended goes on (MEM-12)."""

    async def body(tx: Tx) -> DeviceChanged:
        await tx.devices.set_safe_mode(device_id, True)
        if departed is not None:
            await restore(tx, device_id, departed)
        return await position_of(tx, device_id)

    announce(world, await world.store.transact(body))


async def note_system_event(
    world: World, device_id: DeviceID, event: Event
) -> SendEvent | None:
    """Keep what a device says to the cloud itself; what to tell it in return.

    Names that say nothing that is kept are passed over. Whether updates are forced
    is for its owner to say: a device that believes otherwise is told (device wire
    §4.8).
    """
    said = event.data == "true"
    match event.name:
        case "particle/device/updates/enabled":
            await world.store.transact(
                lambda tx: tx.devices.set_updates(device_id, enabled=said, forced=None)
            )
        case "particle/device/updates/forced":
            device = await world.store.read(lambda tx: tx.devices.find(device_id))
            if device is not None and device.updates_forced != said:
                return SendEvent(event.name, _word(device.updates_forced))
        case _:
            pass
    return None


def _word(truth: bool) -> str:
    return "true" if truth else "false"
