"""The one place where a device changes its owner.

Compare-and-set on the ownership version, a line in the ownership history, and the
end of whatever came from the former owner, all in the caller's transaction
(CLM-12, UNC-6). What must be told at once to live connections goes out afterwards,
by `announce_owner`.
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

    `name` is what the device keeps of its name; one that the new owner uses already
    gets a number (IDN-6). `Conflict` if the device has changed hands since it was
    read. Pending transfers end, except one that was answered before this call.
    """
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
    if device.owner_id is not None:  # nobody asks the owner of an unowned device
        await end_transfers(tx, await tx.transfers.list_pending(device.id), act.at)


async def count_toward_limit(tx: Tx, account_id: str, limit: int) -> int:
    """How many devices count toward an account's limit (LIM-2).

    Counting stops at the limit while there is room, so that it costs the same for
    an account with a million devices; where there is none the number is exact,
    because the refusal tells it (LIM-5). Without a limit nothing is counted.
    """
    if limit == 0:
        return 0
    owned = await tx.devices.count_owned(account_id, limit)
    return owned if owned < limit else await tx.devices.count_owned(account_id)


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


def announce_owner(world: World, device_id: DeviceID, owner_id: str | None) -> None:
    """Tell live sessions and streams, after the change is durable (CLM-12)."""
    world.bus.publish(
        subjects.device_changes(device_id), subjects.OwnerChanged(device_id, owner_id)
    )
    world.bus.publish(subjects.OUTBOX, None)
