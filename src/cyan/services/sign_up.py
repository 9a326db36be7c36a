"""Signing up: how accounts come to be.

The first account is made by whoever holds the one-time link of the first start; it is
the operator. Afterwards the setting says who may: those whom the operator invited,
anybody, or nobody. The command line, next to the data, may always.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from cyan.interfaces import Conflict, Tx, World, subjects
from cyan.model.accounts import Account, Actor, Ticket, TicketPurpose
from cyan.model.decisions import RefusalCode, Refused, refused
from cyan.model.notices import NoticeKind
from cyan.model.settings import SignUp
from cyan.services.credentials import parse_username, require_password
from cyan.services.throttle import hold_back
from cyan.services.tickets import Page, find_ticket, link_over, link_to, ticket_id_of

SET_UP_LIFETIME = timedelta(days=7)
INVITATION_LIFETIME = timedelta(days=7)
_SERVER = "server"


@dataclass(frozen=True, slots=True)
class Newcomer:
    """Who wants an account."""

    username: str
    password: str
    info: Mapping[str, Any]


async def ensure_set_up_link(world: World) -> str | None:
    """The link that makes the first account; None once there is an operator.

    Each start makes a new link and withdraws the one before.
    """
    ticket = Ticket(
        id=world.secrets.token(),
        purpose=TicketPurpose.SET_UP,
        subject=_SERVER,
        body={},
        expires_at=world.clock.now() + SET_UP_LIFETIME,
    )

    async def body(tx: Tx) -> bool:
        if await tx.accounts.count_operators():
            return False
        await tx.tickets.remove_of(ticket.purpose, ticket.subject)
        await tx.tickets.add(ticket)
        return True

    needed = await world.store.transact(body)
    return link_to(world, Page.SET_UP, ticket.id) if needed else None


async def set_up(world: World, presented: str, newcomer: Newcomer) -> Account:
    """Make the first account, the operator, by the link of the first start."""
    await look_at_set_up(world, presented)  # before a hash is paid for
    account = await _draw_account(world, newcomer, operator=True)
    ticket_id = ticket_id_of(world, presented)

    async def body(tx: Tx) -> None:
        ticket = await find_ticket(
            tx, ticket_id, TicketPurpose.SET_UP, account.created_at
        )
        if ticket is None or await tx.accounts.count_operators():
            raise _set_up_over()
        await tx.tickets.take(ticket.id)
        await _add(tx, account)

    await _transact(world, body)
    return account


async def look_at_set_up(world: World, presented: str) -> None:
    """Refuse a set-up link that is over; looking changes nothing."""
    ticket_id, now = ticket_id_of(world, presented), world.clock.now()
    ticket = await world.store.read(
        lambda tx: find_ticket(tx, ticket_id, TicketPurpose.SET_UP, now)
    )
    if ticket is None:
        raise _set_up_over()


def _set_up_over() -> Refused:
    return link_over(
        "If this server has no account yet, start it again: it prints a new link."
    )


async def sign_up(world: World, newcomer: Newcomer, address: str) -> Account:
    """Make an account for anybody, where the setting is `open` (REST contract §1.3)."""
    hold_back(world, "users", address)
    if world.settings.sign_up is not SignUp.OPEN:
        raise _sign_up_closed(world)
    return await add_account(world, newcomer)


def _sign_up_closed(world: World) -> Refused:
    invited = world.settings.sign_up is SignUp.INVITE
    remedy = "Ask the operator of this server for "
    return refused(
        RefusalCode.SIGNUP_CLOSED,
        "This server takes new accounts by invitation only."
        if invited
        else "This server takes no new accounts.",
        remedy=remedy + ("an invitation." if invited else "an account."),
    )


async def add_account(
    world: World, newcomer: Newcomer, *, operator: bool = False
) -> Account:
    """Make an account, whatever the setting says: for doors that may decide so."""
    account = await _draw_account(world, newcomer, operator=operator)
    await _transact(world, lambda tx: _add(tx, account))
    return account


@dataclass(frozen=True, slots=True)
class Invitation:
    """Who was invited, and the link that was mailed to them."""

    username: str
    link: str


async def invite(world: World, actor: Actor, username: str) -> Invitation:
    """The operator mails somebody a link by which to sign up, once."""
    if not actor.operator:
        raise refused(
            RefusalCode.SIGNUP_CLOSED,
            "Only the operator of this server invites.",
            remedy="Ask the operator to invite them.",
        )
    if world.settings.sign_up is SignUp.CLOSED:
        raise _sign_up_closed(world)
    invited = parse_username(username)
    now = world.clock.now()
    ticket = Ticket(
        id=world.secrets.token(),
        purpose=TicketPurpose.SIGN_UP,
        subject=invited,
        body={"inviter": actor.username},
        expires_at=now + INVITATION_LIFETIME,
    )
    told = {
        "inviter": actor.username,
        "ticket_id": ticket.id,
        "expires_at": ticket.expires_at.isoformat(),
    }

    async def body(tx: Tx) -> None:
        if await tx.accounts.find_by_username(invited) is not None:
            raise username_taken()
        await tx.tickets.remove_of(ticket.purpose, ticket.subject)
        await tx.tickets.add(ticket)
        await tx.outbox.put(NoticeKind.ACCOUNT_INVITED, invited, told, now)

    await world.store.transact(body)
    world.bus.publish(subjects.OUTBOX, None)
    return Invitation(invited, link_to(world, Page.SIGN_UP, ticket.id))


async def look_at_invitation(world: World, presented: str) -> str:
    """The username that an invitation is for; looking changes nothing."""
    ticket_id, now = ticket_id_of(world, presented), world.clock.now()
    ticket = await world.store.read(lambda tx: _invitation(world, tx, ticket_id, now))
    return ticket.subject


async def accept_invitation(world: World, presented: str, password: str) -> Account:
    """Make the account that an invitation is for, once."""
    username = await look_at_invitation(world, presented)
    account = await _draw_account(
        world, Newcomer(username, password, {}), operator=False
    )
    ticket_id = ticket_id_of(world, presented)

    async def body(tx: Tx) -> None:
        ticket = await _invitation(world, tx, ticket_id, account.created_at)
        await tx.tickets.take(ticket.id)
        await _add(tx, account)

    await _transact(world, body)
    return account


async def _invitation(
    world: World, tx: Tx, ticket_id: str | None, now: datetime
) -> Ticket:
    if world.settings.sign_up is SignUp.CLOSED:
        raise _sign_up_closed(world)
    ticket = await find_ticket(tx, ticket_id, TicketPurpose.SIGN_UP, now)
    if ticket is None:
        raise link_over("Ask the operator of this server to invite you again.")
    return ticket


async def _draw_account(world: World, newcomer: Newcomer, *, operator: bool) -> Account:
    username = parse_username(newcomer.username)
    password = require_password(newcomer.password)
    return Account(
        id=world.secrets.id(),
        username=username,
        password_hash=await world.secrets.hash_password(password),
        operator=operator,
        info=dict(newcomer.info),
        mfa_secret=None,
        mfa_used_step=None,
        created_at=world.clock.now(),
    )


async def _add(tx: Tx, account: Account) -> None:
    if await tx.accounts.find_by_username(account.username) is not None:
        raise username_taken()
    await tx.accounts.add(account)
    await tx.tickets.remove_of(TicketPurpose.SIGN_UP, account.username)


async def _transact(world: World, body: Any) -> None:
    try:
        await world.store.transact(body)
    except Conflict:  # somebody else took the name between look-up and insert
        raise username_taken() from None


def username_taken() -> Refused:
    """The refusal of a username that another account has."""
    return refused(
        RefusalCode.USERNAME_TAKEN,
        "username already registered",
        remedy="Sign in instead, or reset the password.",
    )
