"""The one place where a device joins, leaves or is kept out of a product.

Each function changes the device, the exact counts (LIM-2, LIM-4), and what the
product remembers of it, all in the caller's transaction. What must be told to live
sessions at once goes out afterwards, by `cyan.services.ownership.announce` (MEM-11).
See docs/rules/membership.md.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple

from cyan.interfaces import Place, Tx, World
from cyan.model.devices import Device, QuarantineReason, Standing
from cyan.model.identifiers import DeviceID
from cyan.model.products import Exclusion, ExclusionKind, Plan, Product
from cyan.rules.limits import has_room
from cyan.rules.membership import (
    BeInNoProduct,
    BeMember,
    BeQuarantined,
    BeWrongPlatform,
    HelloFacts,
    Join,
    StayAsBefore,
    decide_membership,
    generation_of,
    listed_of,
    reported_of,
)
from cyan.services.ownership import end_transfers
from cyan.services.products import room_for

_NOWHERE = Place(None, None, None, None)


class Joiner(NamedTuple):
    """A device that becomes a member; `known` is whether this cloud has met it."""

    device_id: DeviceID
    known: bool = True
    owner_id: str | None = None
    quarantined_in: int | None = None

    @classmethod
    def of(cls, device: Device) -> "Joiner":
        """A device that this cloud knows."""
        return cls(device.id, True, device.owner_id, device.quarantined_in)


async def join(
    tx: Tx, product: Product, joiners: Sequence[Joiner], at: datetime
) -> None:
    """Devices become members: owners keep them, and requests for them end (TRF-3)."""
    if not joiners:
        return
    unknown = [each.device_id for each in joiners if not each.known]
    known = [each.device_id for each in joiners if each.known]
    await tx.imports.put_in(product.id, unknown, known, at)
    if known:
        await tx.exclusions.forget(product.id, known)
    waited = Counter(each.quarantined_in for each in joiners if each.quarantined_in)
    here = waited.pop(product.id, 0)
    for product_id, devices in sorted(waited.items()):
        await tx.counts.add_to_product(product_id, quarantined=-devices)
    more = len(joiners)
    await tx.counts.add_to_product(product.id, members=more, quarantined=-here)
    owners = Counter(each.owner_id for each in joiners if each.owner_id)
    for owner_id, devices in sorted(owners.items()):
        await tx.counts.add_to_sandbox(owner_id, -devices)
    for each in joiners:
        if each.owner_id is not None:
            pending = await tx.transfers.list_pending(each.device_id)
            await end_transfers(tx, pending, at)


async def leave(
    tx: Tx, world: World, product_id: int, devices: Sequence[Device], at: datetime
) -> None:
    """Members are removed, and remembered as that (UNC-3).

    One that is online with this product's firmware is quarantined at once (UNC-4).
    """
    if not devices:
        return
    ids = [each.id for each in devices]
    await tx.groups.leave(product_id, ids)
    await tx.imports.take_out(ids)
    await tx.exclusions.set_removed(product_id, ids, at)
    await tx.counts.add_to_product(product_id, members=-len(devices))
    owners = Counter(each.owner_id for each in devices if each.owner_id)
    for owner_id, number in sorted(owners.items()):
        await tx.counts.add_to_sandbox(owner_id, number)
    for device in devices:
        if device.online and device.firmware_product_id == product_id:
            removed = await tx.devices.find(device.id)
            assert removed is not None  # a device is never forgotten
            await settle(tx, world, removed, at, safe_mode=device.safe_mode)


async def after_removal(tx: Tx, world: World, device: Device, at: datetime) -> Device:
    """A member as it would be if it were removed now; nothing is written (UNC-4)."""
    gone = replace(
        device,
        product_id=None,
        standing=None,
        standing_reason=None,
        standing_since=None,
        development=False,
    )
    product = await _reported_product(tx, device)
    if product is None or product.id != device.member_of or not device.online:
        return gone
    facts = await _facts(tx, world, gone, None, product, safe_mode=device.safe_mode)
    decision = decide_membership(replace(facts, exclusion=ExclusionKind.REMOVED))
    if not isinstance(decision, BeQuarantined):
        return gone
    return replace(
        gone,
        product_id=product.id,
        standing=Standing.QUARANTINED,
        standing_reason=decision.reason,
        standing_since=at,
    )


async def dismiss(tx: Tx, device: Device) -> None:
    """A quarantined device leaves the denied devices; a denial is kept (MEM-9)."""
    await _leave_count(tx, device)
    await tx.fleets.move(device.id, _NOWHERE)


async def deny(tx: Tx, device: Device, at: datetime) -> None:
    """A quarantined device is kept out for good (MEM-9)."""
    product_id = device.quarantined_in
    assert product_id is not None  # only who is quarantined can be denied
    since = device.standing_since or at
    await tx.fleets.note_standing(
        device.id, Standing.DENIED, QuarantineReason.DENIED, since
    )
    await tx.exclusions.set(Exclusion(product_id, device.id, ExclusionKind.DENIED, at))


async def _leave_count(tx: Tx, device: Device) -> None:
    if device.quarantined_in is not None:
        await tx.counts.add_to_product(device.quarantined_in, quarantined=-1)


@dataclass(frozen=True, slots=True)
class Departed:
    """What a hello ended: kept while it may still turn out to be from safe mode.

    A hello from safe mode names no user firmware, and says so only afterwards
    (device wire §4.8): then all is as it was (MEM-12).
    """

    place: Place
    exclusions: Sequence[Exclusion]


async def settle(
    tx: Tx, world: World, device: Device, at: datetime, *, safe_mode: bool = False
) -> Departed | None:
    """Decide where a device belongs that said hello, and write it down.

    `device` is as it is after the hello, its standing from before. What the hello
    ended is returned.
    """
    lister = await tx.products.find(device.member_of) if device.member_of else None
    named = await _reported_product(tx, device)
    decision = decide_membership(
        await _facts(tx, world, device, lister, named, safe_mode=safe_mode)
    )
    match decision:
        case StayAsBefore():
            return None
        case BeMember() | BeWrongPlatform():
            wrong = isinstance(decision, BeWrongPlatform)
            standing = Standing.WRONG_PLATFORM if wrong else Standing.MEMBER
            if device.standing is not standing:
                since = device.standing_since or at
                await tx.fleets.note_standing(device.id, standing, None, since)
            return await _forget_others(tx, device, device.firmware_product_id)
        case Join():
            assert named is not None  # it was reported
            await join(tx, named, [Joiner.of(device)], at)
            return await _forget_others(tx, device, named.id)
        case BeQuarantined(reason=reason):
            assert named is not None  # it was reported
            await _quarantine(tx, device, named, reason, at)
            return await _forget_others(tx, device, named.id)
        case BeInNoProduct():
            return await _forget_others(tx, device, None)


async def _reported_product(tx: Tx, device: Device) -> Product | None:
    wanted = device.firmware_product_id
    return None if wanted is None else await tx.products.find(wanted)


async def _facts(  # noqa: PLR0913 - the facts come from as many nouns
    tx: Tx,
    world: World,
    device: Device,
    lister: Product | None,
    named: Product | None,
    *,
    safe_mode: bool,
) -> HelloFacts:
    exclusion = await tx.exclusions.find(named.id, device.id) if named else None
    return HelloFacts(
        listed=listed_of(lister.platform_id if lister else None, device.platform_id),
        generation=generation_of(device.system_version),
        reported=reported_of(
            device.firmware_product_id,
            device.platform_id,
            named.platform_id if named else None,
        ),
        exclusion=exclusion.kind if exclusion else None,
        auto_approve=named is not None and named.auto_approve,
        room=named is not None and await _has_room(tx, world, device, named),
        safe_mode=safe_mode,
    )


async def _has_room(tx: Tx, world: World, device: Device, product: Product) -> bool:
    more = added_to_count(product, device.owner_id)
    return has_room(*await room_for(tx, world, product), more)


def added_to_count(product: Product, owner_id: str | None) -> int:
    """What a new member adds to the count that its product adds to (LIM-2, LIM-5).

    Nothing, if that count is its owner's own, where it was before.
    """
    free_and_own = product.plan is Plan.FREE and product.payer_id == owner_id
    return 0 if free_and_own else 1


async def _quarantine(
    tx: Tx, device: Device, product: Product, reason: QuarantineReason, at: datetime
) -> None:
    """Put a device under a product's denied devices; how long it waits goes on."""
    denied = reason is QuarantineReason.DENIED
    standing = Standing.DENIED if denied else Standing.QUARANTINED
    if device.quarantined_in == product.id:
        since = device.standing_since or at
        if (device.standing, device.standing_reason) != (standing, reason):
            await tx.fleets.note_standing(device.id, standing, reason, since)
        return
    await _leave_count(tx, device)
    await tx.fleets.move(device.id, Place(product.id, standing, reason, at))
    await tx.counts.add_to_product(product.id, quarantined=1)


async def _forget_others(tx: Tx, device: Device, here: int | None) -> Departed:
    """It came without the firmware of other products: they wait for it no more.

    A denial is remembered for when it comes back (MEM-9); that it was removed is
    not (UNC-4).
    """
    ended = [
        each
        for each in await tx.exclusions.list_of(device.id)
        if each.product_id != here and each.kind is ExclusionKind.REMOVED
    ]
    for exclusion in ended:
        await tx.exclusions.forget(exclusion.product_id, [device.id])
    place = Place(
        device.product_id,
        device.standing,
        device.standing_reason,
        device.standing_since,
    )
    if device.quarantined_in is not None and here is None:
        await dismiss(tx, device)
    return Departed(place, ended)


async def restore(tx: Tx, device_id: DeviceID, departed: Departed) -> None:
    """It was a hello from safe mode: what it ended goes on (MEM-12)."""
    for exclusion in departed.exclusions:
        await tx.exclusions.set(exclusion)
    device = await tx.devices.find(device_id)
    if device is None or device.product_id is not None:
        return
    product_id = departed.place.product_id
    if product_id is not None and await tx.products.find(product_id) is not None:
        await tx.fleets.move(device_id, departed.place)
        await tx.counts.add_to_product(product_id, quarantined=1)
