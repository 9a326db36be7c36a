"""Signing in: the grants that end in a token (REST contract §1.1).

A person proves a password, and a one-time code if they switched codes on; a program
renews a token or acts as the owner of its client. Unknown people and wrong passwords
are refused in the same words and the same time.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from cyan.interfaces import Tx, World
from cyan.model.accounts import Account, Client, Ticket, TicketPurpose
from cyan.model.decisions import RefusalCode, Refused, refused
from cyan.model.products import ProductClient
from cyan.services.clients import (
    ONLY_CUSTOMERS,
    ClientProof,
    prove_client,
    unknown_client,
)
from cyan.services.credentials import (
    count_failure,
    count_success,
    find_person,
    require_calm,
)
from cyan.services.one_time_codes import hold_back_codes, use_code, wrong_code
from cyan.services.product_clients import give_product_token
from cyan.services.throttle import hold_back
from cyan.services.tickets import find_ticket, present_ticket, ticket_id_of
from cyan.services.tokens import NewToken, announce_ends, draw_token

DEFAULT_LIFETIME = timedelta(days=90)
LONGEST_LIFETIME = timedelta(days=36_525)
CODE_LIFETIME = timedelta(minutes=10)

MFA_GRANT = "urn:custom:mfa-otp"

_PROOF_FAILED = (
    RefusalCode.WRONG_CREDENTIALS,
    RefusalCode.WRONG_CODE,
    RefusalCode.CLIENT_UNKNOWN,
)


@dataclass(frozen=True, slots=True)
class GrantRequest:
    """What a program sends to be given a token; which members depends on the grant.

    `expires_in` counts seconds, 0 for ever; `expires_at` says the same as a moment.
    """

    grant_type: str | None = None
    username: str | None = None
    password: str | None = None
    refresh_token: str | None = None
    mfa_token: str | None = None
    otp: str | None = None
    scope: str | None = None
    expires_in: int | None = None
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class _Asking:
    """A request with what was found out about it so far."""

    world: World
    request: GrantRequest
    client: Client | ProductClient | None
    client_id: str
    address: str

    @property
    def now(self) -> datetime:
        return self.world.clock.now()


async def sign_in(
    world: World, request: GrantRequest, proof: ClientProof, address: str
) -> NewToken:
    """Give a token to whoever proves that they may have it.

    Counts tries by address: 100 in five minutes, ten failures in a row (§0.4).
    """
    hold_back(world, "token", address)
    require_calm(world, address)
    grant = _GRANTS.get(request.grant_type or "")
    if grant is None:
        raise _unsupported(request)
    try:
        client = await prove_client(world, proof)
        asking = _Asking(world, request, client, proof.id or "", address)
        token = await grant(asking)
    except Refused as no:
        if no.refusal.code in _PROOF_FAILED:
            count_failure(world, address)
        raise
    count_success(world, address)
    return token


def _unsupported(request: GrantRequest) -> Refused:
    if not request.grant_type:
        return _incomplete("grant_type")
    return refused(
        RefusalCode.GRANT_UNSUPPORTED,
        "This grant_type is not supported",
        remedy=f"Use one of {', '.join(_GRANTS)}.",
    )


def _incomplete(member: str) -> Refused:
    return refused(
        RefusalCode.REQUEST_INCOMPLETE,
        f"Missing parameter: {member}",
        remedy=f"Send {member}, as a field of a form.",
    )


def _lifetime(request: GrantRequest, now: datetime) -> timedelta | None:
    """How long a token shall live: None for ever, 90 days if nothing is said."""
    lifetime = DEFAULT_LIFETIME
    if request.expires_in == 0:
        return None
    if request.expires_in is not None:
        seconds = min(request.expires_in, LONGEST_LIFETIME.total_seconds())
        lifetime = timedelta(seconds=max(seconds, -1))
    elif request.expires_at is not None:
        at = request.expires_at
        lifetime = (at if at.tzinfo else at.replace(tzinfo=UTC)) - now
    if not timedelta(0) < lifetime:
        raise refused(
            RefusalCode.REQUEST_INCOMPLETE,
            "The expiry is in the past.",
            remedy="Send expires_in in seconds (0 for ever) or a later expires_at.",
        )
    return min(lifetime, LONGEST_LIFETIME)


async def _by_password(asking: _Asking) -> NewToken:
    world, request = asking.world, asking.request
    if request.username is None or request.password is None:
        raise _incomplete("username" if request.username is None else "password")
    lifetime = _lifetime(request, asking.now)
    if isinstance(asking.client, ProductClient):  # it signs in customers, nobody else
        raise _wrong_credentials()
    account = await find_person(world, request.username, request.password)
    require_calm(world, asking.address)  # tries that ran meanwhile count as well
    if account is None:
        raise _wrong_credentials()
    if account.mfa_secret is not None:
        raise await _ask_for_code(asking, account, lifetime)
    return await _give_token(asking, account, lifetime)


def _wrong_credentials() -> Refused:
    return refused(
        RefusalCode.WRONG_CREDENTIALS,
        "User credentials are invalid",
        remedy="Check the e-mail address and the password, or reset the password.",
    )


async def _give_token(
    asking: _Asking, account: Account, lifetime: timedelta | None
) -> NewToken:
    token = draw_token(
        asking.world, account.id, asking.client_id, lifetime, renewable=True
    )

    async def body(tx: Tx) -> None:
        # The password may have been changed while it was compared.
        present = await tx.accounts.find(account.id)
        if present is None or present.password_hash != account.password_hash:
            raise _wrong_credentials()
        await tx.tokens.add(token.kept)

    await asking.world.store.transact(body)
    return token


async def _ask_for_code(
    asking: _Asking, account: Account, lifetime: timedelta | None
) -> Refused:
    """The refusal that asks for a code; its token remembers what was proved."""
    seconds = None if lifetime is None else lifetime.total_seconds()
    ticket = Ticket(
        id=asking.world.secrets.token(),
        purpose=TicketPurpose.MFA_LOGIN,
        subject=account.id,
        body={"lifetime": seconds, "client_id": asking.client_id},
        expires_at=asking.now + CODE_LIFETIME,
    )
    await asking.world.store.transact(lambda tx: tx.tickets.add(ticket))
    return refused(
        RefusalCode.MFA_REQUIRED,
        "Multifactor authentication required",
        remedy=f"Send the mfa_token and a code with grant_type {MFA_GRANT}.",
        details={"mfa_token": present_ticket(asking.world, ticket.id)},
    )


async def _by_code(asking: _Asking) -> NewToken:
    """The second step; the ticket stays good for another try until it ends."""
    world, request, now = asking.world, asking.request, asking.now
    if not request.mfa_token or not request.otp:
        raise _incomplete("otp" if request.mfa_token else "mfa_token")
    code = request.otp
    ticket_id = ticket_id_of(world, request.mfa_token)
    asked = await world.store.read(
        lambda tx: find_ticket(tx, ticket_id, TicketPurpose.MFA_LOGIN, now)
    )
    if asked is None or asked.body["client_id"] != asking.client_id:
        raise wrong_code()
    hold_back_codes(world, asked.subject)
    token = draw_token(
        world,
        asked.subject,
        asking.client_id,
        _seconds(asked.body),
        renewable=True,
    )

    async def body(tx: Tx) -> None:
        account = await tx.accounts.find(asked.subject)
        if account is None or await tx.tickets.take(asked.id) is None:
            raise wrong_code()
        await use_code(tx, world, account, code)
        await tx.tokens.add(token.kept)

    await world.store.transact(body)
    world.throttle.forget("one_time_codes", asked.subject)
    return token


def _seconds(body: Mapping[str, Any]) -> timedelta | None:
    seconds = body["lifetime"]
    return None if seconds is None else timedelta(seconds=seconds)


async def _by_refresh(asking: _Asking) -> NewToken:
    """Exchange a refresh token, once, for a new token; the old one ends."""
    world, request, now = asking.world, asking.request, asking.now
    if not request.refresh_token:
        raise _incomplete("refresh_token")
    refresh_hash = world.secrets.hash_token(request.refresh_token)
    lifetime = _lifetime(request, now)
    old = await world.store.read(lambda tx: tx.tokens.find_by_refresh(refresh_hash))
    if old is None or old.client_id != asking.client_id:
        raise _refresh_over()
    if old.refresh_expires_at is None or old.refresh_expires_at <= now:
        raise _refresh_over()
    token = draw_token(world, old.account_id, old.client_id, lifetime, renewable=True)

    async def body(tx: Tx) -> None:
        if not await tx.tokens.remove(old.hash):
            raise _refresh_over()
        await tx.tokens.add(token.kept)

    await world.store.transact(body)
    announce_ends(world, [old.hash])
    return token


def _refresh_over() -> Refused:
    return refused(
        RefusalCode.WRONG_CREDENTIALS,
        "Refresh token is invalid",
        remedy="Sign in again with the password.",
    )


async def _by_client(asking: _Asking) -> NewToken:
    """A token of the client's owner; a client of limited powers gets none."""
    client, request = asking.client, asking.request
    if client is None:
        raise refused(
            RefusalCode.CLIENT_UNKNOWN,
            "Client credentials are invalid",
            remedy="Make a client of your own: POST /v1/clients.",
        )
    if client.scope == ONLY_CUSTOMERS or request.scope not in (None, "", "*:*"):
        raise refused(
            RefusalCode.SCOPE_MISSING,
            "Insufficient scope",
            remedy="Ask for no scope, with a client that is not for customers alone.",
        )
    lifetime = _lifetime(request, asking.now)
    if isinstance(client, ProductClient):
        return await give_product_token(asking.world, client, lifetime)
    token = draw_token(
        asking.world, client.account_id, client.id, lifetime, renewable=False
    )

    async def body(tx: Tx) -> None:
        if await tx.clients.find(client.id) is None:
            raise unknown_client()
        await tx.tokens.add(token.kept)

    await asking.world.store.transact(body)
    return token


_GRANTS: Mapping[str, Callable[[_Asking], Awaitable[NewToken]]] = {
    "password": _by_password,
    "refresh_token": _by_refresh,
    "client_credentials": _by_client,
    MFA_GRANT: _by_code,
}


async def prove_person(
    world: World, username: str, password: str, otp: str | None, address: str
) -> Account:
    """The account of somebody who shows a password, and a code if they need one.

    For the few endpoints that take HTTP Basic instead of a token (§1.2).
    """
    require_calm(world, address)
    account = await find_person(world, username, password)
    require_calm(world, address)
    if account is None:
        count_failure(world, address)
        raise refused(
            RefusalCode.WRONG_CREDENTIALS,
            "Bad password",
            remedy="Check the e-mail address and the password, or reset the password.",
        )
    if account.mfa_secret is not None:
        person, code = account, otp or ""
        hold_back_codes(world, person.id)
        try:
            await world.store.transact(lambda tx: use_code(tx, world, person, code))
        except Refused:
            count_failure(world, address)
            raise
        world.throttle.forget("one_time_codes", person.id)
    count_success(world, address)
    return account
