"""Changing what is known of a device: its name, notes and update switch.

Several changes are one transaction: either all of them hold or none.
"""

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass

from cyan.interfaces import Conflict, DeviceAbsent, DeviceSilent, Tx, World
from cyan.interfaces.requests import SendEvent
from cyan.model.accounts import Actor
from cyan.model.decisions import RefusalCode, Refuse, Refused, refused
from cyan.model.devices import Device
from cyan.rules.authority import Action
from cyan.rules.naming import NameFacts, decide_name, tidy_name
from cyan.services.devices import SIGNAL_SECONDS, find_device

MAX_NOTES = 4096
UPDATES_FORCED = "particle/device/updates/forced"


@dataclass(frozen=True, slots=True)
class Rename:
    """A new name; None takes the name away (IDN-6)."""

    name: str | None


@dataclass(frozen=True, slots=True)
class Note:
    """What the owner notes about it."""

    notes: str | None


@dataclass(frozen=True, slots=True)
class ForceUpdates:
    """Let updates in even where the device's firmware has switched them off."""

    forced: bool


Change = Rename | Note | ForceUpdates


async def change_device(
    world: World, actor: Actor, wanted: str, changes: Sequence[Change]
) -> Device:
    """Make all of these changes, or none; the device as it is afterwards."""
    names = [each.name for each in changes if isinstance(each, Rename)]

    async def body(tx: Tx) -> Device:
        device = await find_device(tx, actor, wanted, Action.VIEW)
        for change in changes:  # by id, as the name may be what changes
            await _change(tx, actor, device.id, change)
        return await find_device(tx, actor, device.id, Action.VIEW)

    try:
        device = await world.store.transact(body)
    except Conflict:  # another device got the name a moment earlier
        taken = decide_name(NameFacts(wanted=names[-1] if names else None, taken=True))
        assert isinstance(taken, Refuse)
        raise Refused(taken) from None
    if any(isinstance(each, ForceUpdates) for each in changes):
        await _tell_forced(world, device)
    return device


async def _change(tx: Tx, actor: Actor, wanted: str, change: Change) -> None:
    match change:
        case Rename(name=name):
            device = await find_device(tx, actor, wanted, Action.RENAME)
            await tx.devices.set_name(device.id, await _name(tx, actor, device, name))
        case Note(notes=notes):
            device = await find_device(tx, actor, wanted, Action.NOTES)
            _require_short(notes)
            await tx.devices.set_notes(device.id, notes)
        case ForceUpdates(forced=forced):
            device = await find_device(tx, actor, wanted, Action.NOTES)
            await tx.devices.set_updates(device.id, enabled=None, forced=forced)


async def _name(tx: Tx, actor: Actor, device: Device, name: str | None) -> str | None:
    """The name as it will be kept; refused if it is taken or unusable (IDN-6)."""
    tidy = tidy_name(name)
    namesake = await tx.devices.find_named(actor.account_id, tidy) if tidy else None
    taken = namesake is not None and namesake.id != device.id
    decision = decide_name(NameFacts(wanted=name, taken=taken))
    if isinstance(decision, Refuse):
        raise Refused(decision)
    return decision.name


def _require_short(notes: str | None) -> None:
    if notes is not None and len(notes) > MAX_NOTES:
        raise refused(
            RefusalCode.NOTES_UNUSABLE,
            f"Notes may have {MAX_NOTES} characters; these have {len(notes)}.",
            remedy="Shorten the notes.",
        )


async def _tell_forced(world: World, device: Device) -> None:
    with contextlib.suppress(DeviceAbsent, DeviceSilent):  # else at its next hello
        told = SendEvent(UPDATES_FORCED, "true" if device.updates_forced else "false")
        await world.bus.ask(device.id, told, SIGNAL_SECONDS)
