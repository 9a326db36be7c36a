"""Transfers: an account asks for somebody else's device, and its owner answers.

See docs/rules/transfer.md.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from cyan.interfaces import Tx, World, subjects
from cyan.interfaces.subjects import DeviceChanged
from cyan.model.accounts import Actor, Door, Ticket, TicketPurpose
from cyan.model.decisions import Refuse, Refused
from cyan.model.devices import Device, Transfer, TransferState
from cyan.model.notices import NoticeKind
from cyan.rules.transfer import (
    TRANSFER_LIFETIME,
    GiveToRequester,
    KeepOwner,
    TransferAnswerFacts,
    decide_transfer_answer,
    unknown_transfer,
)
from cyan.services.ownership import (
    Act,
    announce,
    change_owner,
    close_transfer,
    count_toward_limit,
    position_of,
)
from cyan.services.tickets import link_over, ticket_id_of

EXPIRIES_AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class TransferRequest:
    """What a request needs besides the device: made before its transaction."""

    requester: Actor
    transfer_id: str
    ticket_id: str
    at: datetime

    @classmethod
    def new(cls, world: World, requester: Actor) -> "TransferRequest":
        """Draw the random parts of a request, whether or not one comes of it."""
        secrets = world.secrets
        return cls(requester, secrets.id(), secrets.token(), world.clock.now())


@dataclass(frozen=True, slots=True)
class TransferView:
    """A transfer as one of its two sides may see it.

    The requester never learns whose the device is or how it is called (CLM-10):
    `owner` and `device_name` are None for them.
    """

    transfer: Transfer
    device_name: str | None
    owner: str | None
    requester: str


async def ask_owner(tx: Tx, device: Device, request: TransferRequest) -> Transfer:
    """Mail the owner a request; asking again gives the pending one (TRF-2)."""
    assert device.owner_id is not None  # only somebody's device is asked for
    requester = request.requester
    pending = await tx.transfers.find_pending(device.id, requester.account_id)
    if pending is not None:
        return pending
    transfer = Transfer(
        id=request.transfer_id,
        device_id=device.id,
        owner_id=device.owner_id,
        requester_id=requester.account_id,
        state=TransferState.PENDING,
        requested_at=request.at,
        expires_at=request.at + TRANSFER_LIFETIME,
        answered_at=None,
    )
    await tx.transfers.add(transfer)
    await tx.tickets.add(
        Ticket(
            id=request.ticket_id,
            purpose=TicketPurpose.TRANSFER,
            subject=transfer.id,
            body={},
            expires_at=transfer.expires_at,
        )
    )
    owner = await tx.accounts.find(device.owner_id)
    if owner is not None:
        body = {
            "device_id": device.id,
            "device_name": device.name,
            "requester": requester.username,
            "ticket_id": request.ticket_id,
            "expires_at": transfer.expires_at.isoformat(),
        }
        await tx.outbox.put(
            NoticeKind.TRANSFER_REQUESTED, owner.username, body, request.at
        )
    return transfer


async def list_transfers(world: World, actor: Actor) -> Sequence[TransferView]:
    """Requests to the actor and by the actor, newest first."""

    async def body(tx: Tx) -> list[TransferView]:
        return [
            await _view(tx, transfer, actor.account_id)
            for transfer in await tx.transfers.list_of(actor.account_id)
        ]

    return await world.store.read(body)


async def _view(tx: Tx, transfer: Transfer, viewer_id: str) -> TransferView:
    requester = await tx.accounts.find(transfer.requester_id)
    asked = requester.username if requester else ""
    if transfer.owner_id != viewer_id:
        return TransferView(transfer, None, None, asked)
    owner = await tx.accounts.find(transfer.owner_id)
    device = await tx.devices.find(transfer.device_id)
    name = device.name if device and device.owner_id == viewer_id else None
    return TransferView(transfer, name, owner.username if owner else None, asked)


async def answer_transfer(
    world: World, actor: Actor, transfer_id: str, *, approve: bool
) -> TransferView:
    """The owner approves or denies (TRF-2); for anybody else there is no such."""

    async def find(tx: Tx) -> Transfer:
        transfer = await tx.transfers.find(transfer_id)
        if transfer is None or transfer.owner_id != actor.account_id:
            raise Refused(unknown_transfer())
        return transfer

    return await _answer(world, find, actor.door, approve=approve)


async def look_at_link(world: World, presented: str) -> TransferView:
    """What the link in the owner's mail is about; looking changes nothing (TRF-3)."""
    ticket_id = ticket_id_of(world, presented)
    now = world.clock.now()

    async def body(tx: Tx) -> TransferView:
        transfer = await _of_ticket(tx, ticket_id, now)
        return await _view(tx, transfer, transfer.owner_id)

    return await world.store.read(body)


async def answer_by_link(
    world: World, presented: str, *, approve: bool
) -> TransferView:
    """The second act: the owner answers on the page of the link, once (TRF-3)."""
    ticket_id = ticket_id_of(world, presented)
    now = world.clock.now()

    async def find(tx: Tx) -> Transfer:
        return await _of_ticket(tx, ticket_id, now)

    return await _answer(world, find, Door.MAIL_LINK, approve=approve)


async def _of_ticket(tx: Tx, ticket_id: str | None, now: datetime) -> Transfer:
    ticket = await tx.tickets.find(ticket_id) if ticket_id else None
    transfer = None
    if ticket and ticket.purpose is TicketPurpose.TRANSFER and ticket.expires_at > now:
        transfer = await tx.transfers.find(ticket.subject)
    if transfer is None:
        raise link_over("Ask the other side to request the transfer again.", "TRF-3")
    return transfer


async def _answer(
    world: World,
    find: Callable[[Tx], Awaitable[Transfer]],
    door: Door,
    *,
    approve: bool,
) -> TransferView:
    at = world.clock.now()
    limit = world.settings.sandbox_devices

    async def body(tx: Tx) -> tuple[TransferView, DeviceChanged]:
        transfer = await find(tx)
        device = await tx.devices.find(transfer.device_id)
        requester = await tx.accounts.find(transfer.requester_id)
        if device is None or requester is None:
            raise Refused(unknown_transfer())
        decision = decide_transfer_answer(
            TransferAnswerFacts(
                owner=device.owner_id == transfer.owner_id,
                pending=transfer.state is TransferState.PENDING,
                expired=transfer.expires_at <= at,
                approve=approve,
                count=await count_toward_limit(tx, requester.id, limit),
                limit=limit,
            )
        )
        match decision:
            case Refuse():
                raise Refused(decision)
            case GiveToRequester(rule=rule):
                await _end(tx, transfer, TransferState.APPROVED, at)
                act = Act(transfer.owner_id, rule, door, at)
                await change_owner(tx, device, requester.id, act, device.name)
            case KeepOwner():
                await _end(tx, transfer, TransferState.DENIED, at)
        answered = await tx.transfers.find(transfer.id)
        assert answered is not None
        view = await _view(tx, answered, transfer.owner_id)
        return view, await position_of(tx, device.id)

    view, position = await world.store.transact(body)
    if view.transfer.state is TransferState.APPROVED:
        announce(world, position)
    world.bus.publish(subjects.OUTBOX, None)
    return view


_OUTCOMES = {
    TransferState.APPROVED: NoticeKind.TRANSFER_APPROVED,
    TransferState.DENIED: NoticeKind.TRANSFER_DENIED,
    TransferState.EXPIRED: NoticeKind.TRANSFER_EXPIRED,
}


async def _end(tx: Tx, transfer: Transfer, state: TransferState, at: datetime) -> None:
    """End a request, and promise both sides a mail with the outcome (TRF-2)."""
    await close_transfer(tx, transfer, state, at)
    device = await tx.devices.find(transfer.device_id)
    owner = await tx.accounts.find(transfer.owner_id)
    requester = await tx.accounts.find(transfer.requester_id)
    asked = requester.username if requester else None
    body = {"device_id": transfer.device_id, "requester": asked}
    if owner is not None:
        name = device.name if device and device.owner_id == owner.id else None
        told = {**body, "device_name": name, "side": "owner"}
        await tx.outbox.put(_OUTCOMES[state], owner.username, told, at)
    if requester is not None:
        told = {**body, "device_name": None, "side": "requester"}
        await tx.outbox.put(_OUTCOMES[state], requester.username, told, at)


async def expire_due(world: World) -> int:
    """End the requests that nobody answered in time; how many (TRF-2)."""
    at = world.clock.now()

    async def body(tx: Tx) -> int:
        due = await tx.transfers.list_expired(at, EXPIRIES_AT_ONCE)
        for transfer in due:
            await _end(tx, transfer, TransferState.EXPIRED, at)
        return len(due)

    expired = await world.store.transact(body)
    if expired:
        world.bus.publish(subjects.OUTBOX, None)
    return expired
