"""The one place where a device changes its owner.

Compare-and-set on the ownership version, a line in the ownership history, the counts
of both sides, and the end of whatever came from the former owner, all in the caller's
transaction (CLM-12, UNC-6). What must be told at once to live connections goes out
afterwards, by `announce`.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from cyan.interfaces import Conflict, Tx, World, subjects
from cyan.model.accounts import Door, TicketPurpose
from cyan.model.devices import Device, OwnershipChange, Transfer, TransferState
from cyan.model.identifiers import DeviceID
from cyan.model.notices import NoticeKind
from cyan.rules.naming import free_name, name_stem


@dataclass(frozen=True, slots=True)
class Act:
    """Who did it, by which rule, through which door, when.

    `actor_id` is None where nobody acted but time or the system.
    """

    actor_id: str | None
    rule: str
    door: Door
    at: datetime


async def change_owner(
    tx: Tx, device: Device, owner_id: str | None, act: Act, name: str | None = None
) -> None:
    """Give a device to an owner, or to nobody, within a transaction.

    `name` is what the device keeps of its name, besides a member, which always keeps
    it (UNC-6); one that the new owner uses already gets a number (IDN-6). `Conflict`
    if the device has changed hands since it was read. Pending transfers end, except
    one that was answered before this call.
    """
    if device.member_of is not None:  # UNC-6
        name = device.name
    if owner_id is not None and name is not None:
        taken = await tx.devices.names_like(owner_id, name_stem(name))
        name = free_name(name, taken)
    if not await tx.devices.set_owner(device.id, owner_id, device.ownership, name):
        raise Conflict(f"device {device.id} has changed hands")
    await tx.histories.add_ownership(
        OwnershipChange(
            device_id=device.id,
            ownership=device.ownership + 1,
            former_owner_id=device.owner_id,
            new_owner_id=owner_id,
            actor_id=act.actor_id,
            rule=act.rule,
            door=act.door,
            at=act.at,
        )
    )
    if device.member_of is None:  # LIM-2: a member counts toward its product
        if device.owner_id is not None:
            await tx.counts.add_to_sandbox(device.owner_id, -1)
        if owner_id is not None:
            await tx.counts.add_to_sandbox(owner_id, 1)
    if device.owner_id is not None:  # nobody asks the owner of an unowned device
        await end_transfers(tx, await tx.transfers.list_pending(device.id), act.at)


async def count_toward_limit(tx: Tx, account_id: str, limit: int) -> int:
    """How many devices count toward an account's limit (LIM-2).

    The number is kept, not counted. Without a limit nobody needs it.
    """
    return await tx.counts.toward_sandbox(account_id) if limit else 0


async def end_transfers(tx: Tx, transfers: Collection[Transfer], at: datetime) -> None:
    """End pending requests for which the ground has gone (TRF-3); requesters hear."""
    for transfer in transfers:
        await close_transfer(tx, transfer, TransferState.ENDED, at)
        requester = await tx.accounts.find(transfer.requester_id)
        if requester is not None:
            await tx.outbox.put(
                NoticeKind.TRANSFER_ENDED,
                requester.username,
                {"device_id": transfer.device_id},
                at,
            )


async def close_transfer(
    tx: Tx, transfer: Transfer, state: TransferState, at: datetime
) -> bool:
    """End a pending request in a state, and its link; False if it was over."""
    await tx.tickets.remove_of(TicketPurpose.TRANSFER, transfer.id)
    return await tx.transfers.answer(transfer.id, state, at)


async def position_of(tx: Tx, device_id: DeviceID) -> subjects.DeviceChanged:
    """Where a device is now: what live connections are told of it (MEM-11)."""
    device = await tx.devices.find(device_id)
    assert device is not None  # a device is never forgotten
    return await told_of(tx, device)


async def told_of(tx: Tx, device: Device) -> subjects.DeviceChanged:
    """What live connections are told of a device that is as given."""
    return subjects.DeviceChanged(
        device.id,
        device.owner_id,
        device.product_id,
        device.standing,
        await is_outsider(tx, device),
    )


async def is_outsider(tx: Tx, device: Device) -> bool:
    """Whether a member's owner is not on its product's team (EVT-5)."""
    if device.owner_id is None or device.member_of is None:
        return False
    product = await tx.products.find(device.member_of)
    team_ids = product.team_ids if product else ()
    return not await tx.teams.roles_of(device.owner_id, team_ids)


def announce(world: World, *changes: subjects.DeviceChanged) -> None:
    """Tell live sessions and streams, after the changes are durable (CLM-12)."""
    for change in changes:
        world.bus.publish(subjects.device_changes(change.device_id), change)
    world.bus.publish(subjects.OUTBOX, None)
