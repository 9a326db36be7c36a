"""Changing a device: name, notes, update switch, groups, mark, and its standing.

Several changes are one transaction: either all of them hold or none.
"""

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from cyan.interfaces import Conflict, DeviceAbsent, DeviceSilent, Tx, World
from cyan.interfaces.requests import SendEvent
from cyan.interfaces.subjects import DeviceChanged
from cyan.model.accounts import Actor
from cyan.model.decisions import RefusalCode, Refuse, Refused, refused
from cyan.model.devices import Device
from cyan.model.identifiers import DeviceID
from cyan.rules.authority import Action
from cyan.rules.naming import NameFacts, decide_name, tidy_name
from cyan.services.devices import SIGNAL_SECONDS, find_device, find_member
from cyan.services.groups import set_groups
from cyan.services.ownership import announce, told_of
from cyan.services.products import find_product
from cyan.services.quarantine import SetStanding, set_standing

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


@dataclass(frozen=True, slots=True)
class MarkDevelopment:
    """Mark a member as a development device, or lift the mark (FRM-3)."""

    development: bool


@dataclass(frozen=True, slots=True)
class SetGroups:
    """The groups that a member is in from now on; those that lack are made."""

    groups: tuple[str, ...]


Attribute = Rename | Note | ForceUpdates | MarkDevelopment | SetGroups
Change = Attribute | SetStanding


async def change_device(
    world: World,
    actor: Actor,
    wanted: str,
    changes: Sequence[Change],
    within: str | None = None,
) -> Device:
    """Make all of these changes, or none; the device as it is afterwards.

    Its standing comes first: what is approved may be changed by its product's team.
    """
    at = world.clock.now()
    standings = [each for each in changes if isinstance(each, SetStanding)]
    attributes = [each for each in changes if not isinstance(each, SetStanding)]
    names = [each.name for each in attributes if isinstance(each, Rename)]

    async def settle(tx: Tx, wish: SetStanding) -> DeviceID:
        assert within is not None  # a route of a product changes the standing
        product = await find_product(tx, actor, within, wish.action)
        device = await find_member(tx, wanted, [product.id])
        await set_standing(tx, world, product, device, wish)
        return device.id

    async def body(tx: Tx) -> tuple[Device, Sequence[DeviceChanged]]:
        ids = [await settle(tx, wish) for wish in standings]
        if attributes or not standings:
            device = await find_device(tx, actor, wanted, Action.DEVICES_UPDATE, within)
            ids.append(device.id)
            for attribute in attributes:
                await _change(tx, device, attribute, at)
        changed = await tx.devices.find(ids[-1])
        assert changed is not None  # a device is never forgotten
        return changed, [await told_of(tx, changed)] if standings else ()

    turn = within if standings else None
    try:
        device, moved = await world.store.transact(body, turn)
    except Conflict:  # another device got the name a moment earlier
        taken = decide_name(NameFacts(wanted=names[-1] if names else None, taken=True))
        assert isinstance(taken, Refuse)
        raise Refused(taken) from None
    if moved:
        announce(world, *moved)
    if any(isinstance(each, ForceUpdates) for each in changes):
        await _tell_forced(world, device)
    return device


async def _change(tx: Tx, device: Device, change: Attribute, at: datetime) -> None:
    match change:
        case Rename(name=name):
            await tx.devices.set_name(device.id, await _name(tx, device, name))
        case Note(notes=notes):
            _require_short(notes)
            await tx.devices.set_notes(device.id, notes)
        case ForceUpdates(forced=forced):
            await tx.devices.set_updates(device.id, enabled=None, forced=forced)
        case MarkDevelopment(development=development):
            await tx.fleets.set_development(device.id, development)
        case SetGroups(groups=groups):
            assert device.member_of is not None  # a route of a product changes groups
            await set_groups(tx, device.member_of, device.id, groups, at)


async def _name(tx: Tx, device: Device, name: str | None) -> str | None:
    """The name as it will be kept; refused if it is taken or unusable (IDN-6).

    Unique among its owner's devices: a member that nobody owns has any name.
    """
    tidy = tidy_name(name)
    namesake = None
    if tidy and device.owner_id is not None:
        namesake = await tx.devices.find_named(device.owner_id, tidy)
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
