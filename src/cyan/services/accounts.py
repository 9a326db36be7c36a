"""Accounts: what people may read and change of their own, up to its end."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from cyan.interfaces import Conflict, Tx, World, subjects
from cyan.interfaces.subjects import DeviceChanged
from cyan.model.accounts import Account, Actor, Ticket, TicketPurpose
from cyan.model.decisions import RefusalCode, Refused, refused
from cyan.model.notices import NoticeKind
from cyan.model.products import TeamRole
from cyan.services.claims import release_owned
from cyan.services.credentials import (
    MAX_USERNAME,
    parse_username,
    prove_own_password,
    require_password,
)
from cyan.services.ownership import announce
from cyan.services.sign_up import username_taken
from cyan.services.throttle import hold_back
from cyan.services.tickets import find_ticket, link_over, ticket_id_of
from cyan.services.tokens import announce_ends

RESET_LIFETIME = timedelta(hours=1)
_NOBODY = "nobody"


@dataclass(frozen=True, slots=True)
class AccountChanges:
    """What shall be changed of an account; None leaves a thing as it is."""

    username: str | None = None
    password: str | None = None
    info: Mapping[str, Any] | None = None
    invalidate_tokens: bool = False


async def get_account(world: World, actor: Actor) -> Account:
    """The actor's account."""
    return await world.store.read(lambda tx: _own(tx, actor))


async def _own(tx: Tx, actor: Actor) -> Account:
    account = await tx.accounts.find(actor.account_id)
    if account is None:  # deleted since the token was looked up
        raise refused(
            RefusalCode.TOKEN_UNKNOWN, "The access token provided is invalid."
        )
    return account


async def update_account(
    world: World, actor: Actor, changes: AccountChanges, current_password: str | None
) -> Account:
    """Change an account; name and password only with the current password.

    A new password ends what was mailed under the old one, and all tokens if asked.
    """
    username, new_hash = await _prepare(world, actor, changes, current_password)

    async def body(tx: Tx) -> tuple[Account, Sequence[str]]:
        account = await _own(tx, actor)
        if username is not None and username != account.username:
            await _rename(tx, account, username)
        if new_hash is not None:
            await tx.accounts.set_password(account.id, new_hash)
            await _withdraw_links(tx, account.id)
        if changes.info is not None:
            await tx.accounts.set_info(account.id, {**account.info, **changes.info})
        ended: Sequence[str] = ()
        if changes.invalidate_tokens:
            ended = await tx.tokens.remove_all(account.id)
        return await _own(tx, actor), ended

    try:
        account, ended = await world.store.transact(body)
    except Conflict:
        raise username_taken() from None
    announce_ends(world, ended)
    world.bus.publish(subjects.account_changes(account.id), None)
    return account


async def _prepare(
    world: World, actor: Actor, changes: AccountChanges, current_password: str | None
) -> tuple[str | None, str | None]:
    """The new username and the new password's hash, once all is in order."""
    username = None if changes.username is None else parse_username(changes.username)
    password = None if changes.password is None else require_password(changes.password)
    if username is None and password is None:
        return None, None
    if current_password is None:
        raise refused(
            RefusalCode.REQUEST_INCOMPLETE,
            "current_password is required to change username or password",
            remedy="Send current_password, too.",
        )
    await prove_own_password(world, actor, current_password)
    if password is None:
        return username, None
    return username, await world.secrets.hash_password(password)


async def _rename(tx: Tx, account: Account, username: str) -> None:
    if await tx.accounts.find_by_username(username) is not None:
        raise username_taken()
    await tx.accounts.set_username(account.id, username)
    await tx.tickets.remove_of(TicketPurpose.PASSWORD_RESET, account.id)


async def _withdraw_links(tx: Tx, account_id: str) -> None:
    """Links and half-finished sign-ins of the old password are over."""
    await tx.tickets.remove_of(TicketPurpose.PASSWORD_RESET, account_id)
    await tx.tickets.remove_of(TicketPurpose.MFA_LOGIN, account_id)
    await tx.tickets.remove_of(TicketPurpose.MFA_ENROLMENT, account_id)


async def delete_account(world: World, actor: Actor, password: str) -> None:
    """End an account: its devices are nobody's again, its tokens end (UNC-7)."""
    hold_back(world, "users", actor.address)
    await prove_own_password(world, actor, password)
    at = world.clock.now()

    async def body(tx: Tx) -> tuple[Sequence[str], Sequence[DeviceChanged]]:
        account = await _own(tx, actor)
        await _require_no_team(tx, account.id)
        if account.operator and await tx.accounts.count_operators() == 1:
            raise _only_operator()
        released = await release_owned(tx, actor, account.id, at)  # UNC-7
        ended = list(await tx.tokens.remove_all(account.id))
        for client in await tx.clients.list_of(account.id):
            ended += await tx.tokens.remove_of_client(client.id)
        await _withdraw_links(tx, account.id)
        await tx.accounts.remove(account.id)
        return ended, released

    ended, released = await world.store.transact(body)
    announce_ends(world, ended)
    announce(world, *released)


async def _require_no_team(tx: Tx, account_id: str) -> None:
    """Nobody leaves a product or an organization without an owner (UNC-7)."""
    for member in await tx.teams.list_of(account_id):
        if member.role is not TeamRole.OWNER:
            continue
        organization = await tx.organizations.find(member.team_id)
        products = await tx.products.list_of_team(member.team_id)
        name = organization.name if organization else products[0].name
        raise refused(
            RefusalCode.ONLY_OWNER,
            f"This is the only owner of {name}.",
            rule="UNC-7",
            remedy="Hand it over to somebody of its team, or delete it first.",
        )


def _only_operator() -> Refused:
    return refused(
        RefusalCode.ONLY_OPERATOR,
        "This is the only operator of this server.",
        rule="UNC-7",
        remedy="Make another operator first: cyan user add --operator.",
    )


async def request_password_reset(world: World, username: str, address: str) -> None:
    """Mail a link to reset the password, if there is such an account.

    Nothing tells whether there is: an unknown name costs the same transaction.
    """
    hold_back(world, "password_reset", address)
    wanted = username.strip().lower()[: MAX_USERNAME + 1]
    silent = world.throttle.take("password_reset_mails", wanted) is not None
    now = world.clock.now()
    ticket_id = world.secrets.token()
    told = {
        "ticket_id": ticket_id,
        "expires_at": (now + RESET_LIFETIME).isoformat(),
    }

    async def body(tx: Tx) -> None:
        account = await tx.accounts.find_by_username(wanted)
        mailed = account is not None and not silent
        subject = account.id if account is not None and mailed else _NOBODY
        ticket = Ticket(
            id=ticket_id,
            purpose=TicketPurpose.PASSWORD_RESET,
            subject=subject,
            body={},
            expires_at=now + RESET_LIFETIME,
        )
        await tx.tickets.remove_of(ticket.purpose, subject)
        await tx.tickets.add(ticket)
        if mailed:
            await tx.outbox.put(NoticeKind.PASSWORD_RESET_REQUESTED, wanted, told, now)

    await world.store.transact(body)
    world.bus.publish(subjects.OUTBOX, None)


async def look_at_reset(world: World, presented: str) -> str:
    """Whose password a link resets, as a username; looking changes nothing."""
    ticket_id = ticket_id_of(world, presented)
    now = world.clock.now()

    async def body(tx: Tx) -> str:
        ticket = await find_ticket(tx, ticket_id, TicketPurpose.PASSWORD_RESET, now)
        account = await tx.accounts.find(ticket.subject) if ticket else None
        if account is None:
            raise _reset_over()
        return account.username

    return await world.store.read(body)


async def reset_password(
    world: World, presented: str, password: str, address: str
) -> None:
    """Set a new password by the link of a mail, once; all tokens end."""
    hold_back(world, "password_reset", address)
    require_password(password)
    await look_at_reset(world, presented)  # before a hash is paid for
    new_hash = await world.secrets.hash_password(password)
    ticket_id = ticket_id_of(world, presented)
    now = world.clock.now()

    async def body(tx: Tx) -> Sequence[str]:
        ticket = await find_ticket(tx, ticket_id, TicketPurpose.PASSWORD_RESET, now)
        if ticket is None or await tx.accounts.find(ticket.subject) is None:
            raise _reset_over()
        await tx.accounts.set_password(ticket.subject, new_hash)
        await _withdraw_links(tx, ticket.subject)
        return await tx.tokens.remove_all(ticket.subject)

    announce_ends(world, await world.store.transact(body))


def _reset_over() -> Refused:
    return link_over("Ask for another link: POST /v1/user/password-reset.")
