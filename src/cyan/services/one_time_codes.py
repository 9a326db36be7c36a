"""One-time codes: the second proof at signing in (MFA, by TOTP, RFC 6238).

A code is good for its time step, the one before and the one after, and only once.
"""

from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import quote

from cyan.interfaces import Tx, World
from cyan.model.accounts import Account, Actor, Ticket, TicketPurpose
from cyan.model.decisions import RefusalCode, Refused, refused
from cyan.services.credentials import prove_own_password
from cyan.services.throttle import hold_back
from cyan.services.tickets import find_ticket, present_ticket, ticket_id_of
from cyan.services.tokens import announce_ends, draw_token

ENROLMENT_LIFETIME = timedelta(minutes=30)
ISSUER = "Cyan"


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What an authenticator app is given; `token` stands for it when confirming."""

    token: str
    secret: str
    uri: str


def hold_back_codes(world: World, account_id: str) -> None:
    """Count a code that is tried for an account, and refuse when there are many.

    A million codes are few for somebody with many addresses; so they count by account.
    """
    hold_back(world, "one_time_codes", account_id, "Too many codes were tried.")


async def use_code(
    tx: Tx, world: World, account: Account, code: str, *, secret: str | None = None
) -> None:
    """Accept a one-time code within a transaction, or refuse `wrong_code`."""
    known = secret or account.mfa_secret
    step = None
    if known is not None:
        step = world.secrets.totp_step(known, code, world.clock.now())
    if step is None or not await tx.accounts.use_mfa_step(account.id, step):
        raise wrong_code()


def wrong_code() -> Refused:
    """The refusal of a code that is wrong, too old, or was used."""
    return refused(
        RefusalCode.WRONG_CODE,
        "OTP is wrong, expired, or was used already",
        remedy="Wait for the next code of your authenticator app.",
    )


async def begin_enrolment(world: World, actor: Actor) -> Enrolment:
    """Draw a secret for an authenticator app; it counts once it is confirmed."""
    secret = world.secrets.totp_secret()
    ticket = Ticket(
        id=world.secrets.token(),
        purpose=TicketPurpose.MFA_ENROLMENT,
        subject=actor.account_id,
        body={"secret": secret},
        expires_at=world.clock.now() + ENROLMENT_LIFETIME,
    )

    async def body(tx: Tx) -> Account:
        account = await _without_codes(tx, actor)
        await tx.tickets.remove_of(ticket.purpose, ticket.subject)
        await tx.tickets.add(ticket)
        return account

    account = await world.store.transact(body)
    label = quote(f"{ISSUER}:{account.username}")
    uri = f"otpauth://totp/{label}?secret={secret}&issuer={ISSUER}"
    return Enrolment(present_ticket(world, ticket.id), secret, uri)


async def confirm_enrolment(
    world: World, actor: Actor, presented: str, code: str, *, invalidate_tokens: bool
) -> str | None:
    """Switch one-time codes on, with the first code as proof.

    Returns the text of a fresh token when all tokens were to end, so that the
    program that asked for it can go on.
    """
    hold_back_codes(world, actor.account_id)
    now = world.clock.now()
    ticket_id = ticket_id_of(world, presented)
    lifetime = None if actor.expires_at is None else actor.expires_at - now
    fresh = draw_token(
        world, actor.account_id, actor.client_id or "", lifetime, renewable=False
    )

    async def body(tx: Tx) -> tuple[str, ...]:
        account = await _without_codes(tx, actor)
        ticket = await find_ticket(tx, ticket_id, TicketPurpose.MFA_ENROLMENT, now)
        if ticket is None or ticket.subject != actor.account_id:
            raise wrong_code()
        secret = str(ticket.body["secret"])
        await tx.accounts.set_mfa(account.id, secret)
        await use_code(tx, world, account, code, secret=secret)
        await tx.tickets.take(ticket.id)
        if not invalidate_tokens:
            return ()
        ended = await tx.tokens.remove_all(account.id)
        await tx.tokens.add(fresh.kept)
        return tuple(ended)

    announce_ends(world, await world.store.transact(body))
    world.throttle.forget("one_time_codes", actor.account_id)
    return fresh.text if invalidate_tokens else None


async def _without_codes(tx: Tx, actor: Actor) -> Account:
    account = await tx.accounts.find(actor.account_id)
    if account is None:
        raise refused(
            RefusalCode.TOKEN_UNKNOWN, "The access token provided is invalid."
        )
    if account.mfa_secret is not None:
        raise refused(
            RefusalCode.MFA_ALREADY_ON,
            "One-time codes are on already.",
            remedy="Switch them off first to use another authenticator app.",
        )
    return account


async def disable_codes(world: World, actor: Actor, password: str) -> None:
    """Switch one-time codes off; the password proves that it is the person."""
    account = await prove_own_password(world, actor, password)
    if account.mfa_secret is None:
        raise refused(
            RefusalCode.MFA_NOT_ON,
            "One-time codes are not on.",
            remedy="There is nothing to switch off.",
        )
    await world.store.transact(lambda tx: tx.accounts.set_mfa(account.id, None))
