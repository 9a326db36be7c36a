"""Claiming and unclaiming: who becomes a device's owner, and who stops being it.

See docs/rules/claiming.md.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from cyan.interfaces import Tx, World, subjects
from cyan.interfaces.subjects import DeviceChanged
from cyan.model.accounts import Actor
from cyan.model.decisions import Refuse, Refused
from cyan.model.devices import Device, TransferState
from cyan.model.identifiers import DeviceID, MalformedIdentifier
from cyan.model.notices import NoticeKind
from cyan.model.products import Claiming
from cyan.rules.authority import Action, may
from cyan.rules.claiming import (
    ClaimFacts,
    KeepOwner,
    Membership,
    OfferTransfer,
    Ownership,
    TakeOwnership,
    UnclaimFacts,
    decide_claim,
    decide_unclaim,
)
from cyan.services.devices import find_device, ownership_of
from cyan.services.ownership import (
    Act,
    announce,
    change_owner,
    close_transfer,
    count_toward_limit,
    told_of,
)
from cyan.services.products import team_facts
from cyan.services.throttle import refuse_if_waiting
from cyan.services.transfers import TransferRequest, ask_owner

TOO_MANY_REFUSALS = "Too many claims were refused lately: check the Device IDs."


@dataclass(frozen=True, slots=True)
class ClaimOutcome:
    """What came of a claim: the device is the actor's, or its owner is asked."""

    device_id: DeviceID
    online: bool
    transfer_id: str | None = None


async def claim_device(
    world: World, actor: Actor, wanted: str, *, request_transfer: bool = False
) -> ClaimOutcome:
    """Claim a device by its Device ID, or ask its owner for it (CLM, TRF-2).

    Refused claims count against the account and the address (CLM-12); whoever
    has too many waits. Claiming one's own device is never refused (CLM-9).
    """
    keys = (actor.account_id, actor.address)
    waits = [world.throttle.peek("claim_refusals", key) for key in keys]
    if any(waits) and not await _is_own(world, actor, wanted):
        refuse_if_waiting(max(filter(None, waits)), TOO_MANY_REFUSALS)
    try:
        return await _claim(world, actor, wanted, request_transfer=request_transfer)
    except Refused:
        for key in keys:
            world.throttle.take("claim_refusals", key)
        raise


async def _is_own(world: World, actor: Actor, wanted: str) -> bool:
    device_id = _parse(wanted)
    if device_id is None:
        return False
    device = await world.store.read(lambda tx: tx.devices.find(device_id))
    return ownership_of(device, actor) is Ownership.ACTORS


async def _claim(
    world: World, actor: Actor, wanted: str, *, request_transfer: bool
) -> ClaimOutcome:
    request = TransferRequest.new(world, actor)
    limit = world.settings.sandbox_devices
    device_id = _parse(wanted)

    async def body(tx: Tx) -> tuple[DeviceChanged | None, Refuse | ClaimOutcome]:
        device = await tx.devices.find(device_id) if device_id else None
        # The same look-ups whatever the answer, so that its time tells nothing.
        count = await count_toward_limit(tx, actor.account_id, limit)
        decision = decide_claim(
            ClaimFacts(
                ownership=ownership_of(device, actor),
                membership=await membership_of(tx, actor, device),
                known=device is not None,
                online=device is not None and device.online,
                request_transfer=request_transfer,
                count=count,
                limit=limit,
            )
        )
        if isinstance(decision, Refuse):
            return None, decision
        assert device is not None  # CLM-3: an unknown device was refused
        return await _carry_out(tx, device, decision, request)

    changed, outcome = await world.store.transact(body, turn=actor.account_id)
    if isinstance(outcome, Refuse):
        raise Refused(outcome)
    if changed is not None:
        announce(world, changed)
    elif outcome.transfer_id is not None:
        world.bus.publish(subjects.OUTBOX, None)
    return outcome


async def membership_of(tx: Tx, actor: Actor, device: Device | None) -> Membership:
    """In which product a device is, as the actor sees it.

    A device that can be claimed for the taking is spared the look-ups; all that may
    be refused alike is looked up alike (CLM-3).
    """
    member_of = device.member_of if device else None
    if device is not None and member_of is None and device.online:
        return Membership.NONE
    product = await tx.products.find(member_of or 0)
    team_ids = product.team_ids if product else ()
    facts = await team_facts(tx, actor, team_ids)
    if product is None:
        return Membership.NONE
    if may(facts, Action.DEVICES_IMPORT):
        return Membership.MANAGED
    if may(facts, Action.DEVICES_GET):
        return Membership.TEAMS
    anyone = product.claiming is Claiming.ANYONE
    return Membership.OPEN if anyone else Membership.CLOSED


async def _carry_out(
    tx: Tx,
    device: Device,
    decision: KeepOwner | TakeOwnership | OfferTransfer,
    request: TransferRequest,
) -> tuple[DeviceChanged | None, ClaimOutcome]:
    """Write what was decided; the change of owner, and what to answer."""
    actor = request.requester
    match decision:
        case KeepOwner():
            return None, ClaimOutcome(device.id, device.online)
        case TakeOwnership(rule=rule):
            act = Act(actor.account_id, rule, actor.door, request.at)
            await change_owner(tx, device, actor.account_id, act)
            changed = await told_of(tx, replace(device, owner_id=actor.account_id))
            return changed, ClaimOutcome(device.id, device.online)
        case OfferTransfer():
            transfer = await ask_owner(tx, device, request)
            return None, ClaimOutcome(device.id, device.online, transfer.id)


def _parse(wanted: str) -> DeviceID | None:
    """A malformed Device ID is answered as an unknown one (CLM-3)."""
    try:
        return DeviceID.parse(wanted)
    except MalformedIdentifier:
        return None


async def unclaim_device(
    world: World, actor: Actor, wanted: str, within: str | None = None
) -> Device:
    """Give a device up, online or offline; the operator may for anyone (UNC-1).

    `within` a product, its managers may whoever owns the member.
    """
    at = world.clock.now()

    async def body(tx: Tx) -> tuple[Device, DeviceChanged]:
        device = await find_device(tx, actor, wanted, Action.DEVICES_RELEASE, within)
        await release(tx, actor, device, at, manager=within is not None)
        return device, await told_of(tx, replace(device, owner_id=None))

    turn = within or actor.account_id
    device, changed = await world.store.transact(body, turn)
    announce(world, changed)
    return device


async def release(
    tx: Tx, actor: Actor, device: Device, at: datetime, *, manager: bool
) -> None:
    """End the ownership of a device within a transaction; who may was decided."""
    decision = decide_unclaim(
        UnclaimFacts(ownership_of(device, actor), actor.operator, manager)
    )
    if isinstance(decision, Refuse):
        raise Refused(decision)
    if device.owner_id is None:
        return
    if decision.notify_owner:
        owner = await tx.accounts.find(device.owner_id)
        if owner is not None:
            await tx.outbox.put(
                NoticeKind.DEVICE_UNCLAIMED_BY_OPERATOR,
                owner.username,
                {"device_id": device.id, "device_name": device.name},
                at,
            )
    act = Act(actor.account_id, decision.rule, actor.door, at)
    await change_owner(tx, device, None, act)


async def release_owned(
    tx: Tx, actor: Actor, account_id: str, at: datetime
) -> list[DeviceChanged]:
    """Unclaim all of an account's devices, as the account is deleted (UNC-7).

    Its own pending requests end too. The changes that are returned are to be
    announced (`announce`) once the deletion is durable.
    """
    act = Act(actor.account_id, "UNC-7", actor.door, at)
    devices = await tx.devices.list_owned(account_id)
    for device in devices:
        await change_owner(tx, device, None, act)
    for transfer in await tx.transfers.list_of(account_id):
        if transfer.state is TransferState.PENDING:
            await close_transfer(tx, transfer, TransferState.ENDED, at)
    return [await told_of(tx, replace(each, owner_id=None)) for each in devices]
