"""Accounts, who is asking, and the credentials that an account holds."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any


@dataclass(frozen=True, slots=True)
class Account:
    """A person who signs in: a developer. `id` is 24 hex digits, like a Device ID.

    `username` is an e-mail address in lower case; `info` the profile that clients
    send as `account_info`. `mfa_secret` is the TOTP secret once it is confirmed.
    """

    id: str
    username: str
    password_hash: str
    operator: bool
    info: dict[str, Any]
    mfa_secret: str | None
    mfa_used_step: int | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Token:
    """Something that lets its bearer act; only its hash is kept.

    `expires_at` None never expires. The refresh token, where there is one, works
    once and only until `refresh_expires_at`.
    """

    hash: str
    account_id: str
    client_id: str
    created_at: datetime
    expires_at: datetime | None
    refresh_hash: str | None
    refresh_expires_at: datetime | None


class ClientKind(StrEnum):
    """What an OAuth client is (REST contract §1.4)."""

    INSTALLED = "installed"
    WEB = "web"


@dataclass(frozen=True, slots=True)
class Client:
    """An OAuth client that an account made; the public ones are in code."""

    id: str
    account_id: str
    name: str
    kind: ClientKind
    secret_hash: str
    redirect_uri: str | None
    scope: str | None
    created_at: datetime


class TicketPurpose(StrEnum):
    """What a ticket is good for."""

    SET_UP = "set_up"
    SIGN_UP = "sign_up"
    PASSWORD_RESET = "password_reset"
    MFA_LOGIN = "mfa_login"
    MFA_ENROLMENT = "mfa_enrolment"
    TRANSFER = "transfer"
    TEAM_INVITATION = "team_invitation"


@dataclass(frozen=True, slots=True)
class Ticket:
    """Something one person may do once, on showing a link or a token.

    The person gets `id` and a signature of it that only this server can make, so
    the database alone opens nothing. `subject` is what it is about (an account, a
    transfer), `body` what must be remembered with it.
    """

    id: str
    purpose: TicketPurpose
    subject: str
    body: dict[str, Any]
    expires_at: datetime


class Door(StrEnum):
    """Where a person came in: kept with every change of an owner."""

    API = "api"
    MAIL_LINK = "mail_link"
    DEVICE = "device"
    COMMAND_LINE = "command_line"
    JOB = "job"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who is asking, as a token or a link proved it.

    A program has `scopes`; an API user belongs to the team `team_id`, the token of a
    product's client to the product `product_id`. A program owns nothing (CLM-1).
    """

    account_id: str
    username: str
    operator: bool = False
    token_hash: str | None = None
    client_id: str | None = None
    expires_at: datetime | None = None
    address: str = ""
    door: Door = field(default=Door.API)
    scopes: frozenset[str] | None = None
    team_id: str | None = None
    product_id: int | None = None
