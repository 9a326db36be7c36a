"""Tickets: what one person may do once, on showing a link or a token.

A person holds the ticket's id, a dot and a signature of it. The signature is made
when the link is written and never stored, so that whoever reads the database can
open nothing.
"""

from datetime import datetime
from enum import StrEnum

from cyan.interfaces import Tx, World
from cyan.model.accounts import Ticket, TicketPurpose
from cyan.model.decisions import RefusalCode, Refused, refused

_LONGEST = 100


class Page(StrEnum):
    """The pages for people that a ticket opens, by their path."""

    SET_UP = "setup"
    SIGN_UP = "signup"
    PASSWORD_RESET = "password-reset"
    TRANSFER = "transfer"
    TEAM_INVITATION = "team-invitation"


def present_ticket(world: World, ticket_id: str) -> str:
    """What a person shows to use a ticket."""
    return f"{ticket_id}.{world.secrets.sign(_signed(ticket_id))}"


def link_to(world: World, page: Page, ticket_id: str) -> str:
    """The address of a page for people, opened by a ticket."""
    base = world.settings.public_url.rstrip("/")
    return f"{base}/{page}?ticket={present_ticket(world, ticket_id)}"


def ticket_id_of(world: World, presented: str) -> str | None:
    """The id in what a person showed; None if this server did not sign it."""
    if len(presented) > _LONGEST:
        return None
    ticket_id, _, signature = presented.partition(".")
    genuine = world.secrets.is_signature(_signed(ticket_id), signature)
    return ticket_id if genuine else None


def _signed(ticket_id: str) -> str:
    return f"ticket {ticket_id}"


async def find_ticket(
    tx: Tx, ticket_id: str | None, purpose: TicketPurpose, now: datetime
) -> Ticket | None:
    """The ticket if it is good for this purpose and its time is not over."""
    ticket = await tx.tickets.find(ticket_id) if ticket_id else None
    if ticket is None or ticket.purpose is not purpose or ticket.expires_at <= now:
        return None
    return ticket


async def take_ticket(
    tx: Tx, ticket_id: str | None, purpose: TicketPurpose, now: datetime
) -> Ticket | None:
    """Use a ticket up within a transaction; None if it is no good."""
    ticket = await find_ticket(tx, ticket_id, purpose, now)
    return await tx.tickets.take(ticket.id) if ticket else None


def link_over(remedy: str, rule: str | None = None) -> Refused:
    """The refusal of a link that is unknown, used or too old: the same for all."""
    return refused(
        RefusalCode.LINK_OVER,
        "This link is no longer valid: it works once, and only for a limited time.",
        rule=rule,
        remedy=remedy,
    )
