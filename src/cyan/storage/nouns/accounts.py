"""Accounts, and what they hold: tokens, clients, tickets."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, func, or_, select, update

from cyan.model.accounts import Account, Client, Ticket, TicketPurpose, Token
from cyan.storage.lists import among
from cyan.storage.statements import (
    Runner,
    Statement,
    choose,
    columns_of,
    delete_where,
    first,
    insert_noun,
    values_of,
)
from cyan.storage.tables import accounts, clients, tickets, tokens


def _set_account(*names: str) -> Statement[None]:
    changed: dict[str, Any] = {name: bindparam(f"new_{name}") for name in names}
    where = accounts.c.id == bindparam("account_id")
    return Statement(update(accounts).where(where).values(changed), None)


ADD_ACCOUNT = insert_noun(accounts, Account)
FIND_ACCOUNT = Statement[Account](
    choose(accounts, Account).where(accounts.c.id == bindparam("id")), Account
)
FIND_BY_USERNAME = Statement[Account](
    choose(accounts, Account).where(accounts.c.username == bindparam("username")),
    Account,
)
USERNAMES = Statement[tuple[str, str]](
    select(accounts.c.id, accounts.c.username).where(
        among(accounts.c.id, "account_ids")
    ),
    lambda account_id, username: (account_id, username),
)
LIST_ACCOUNTS = Statement[Account](
    choose(accounts, Account)
    .where(accounts.c.username > bindparam("after"))
    .order_by(accounts.c.username)
    .limit(bindparam("limit")),
    Account,
)
SET_USERNAME = _set_account("username")
SET_PASSWORD = _set_account("password_hash")
SET_INFO = _set_account("info")
SET_MFA = _set_account("mfa_secret", "mfa_used_step")
USE_MFA_STEP = Statement[str](
    update(accounts)
    .where(accounts.c.id == bindparam("account_id"))
    .where(
        or_(
            accounts.c.mfa_used_step.is_(None),
            accounts.c.mfa_used_step < bindparam("step"),
        )
    )
    .values(mfa_used_step=bindparam("step"))
    .returning(accounts.c.id),
    str,
)
REMOVE_ACCOUNT = Statement[None](delete_where(accounts, "id"), None)
COUNT_ACCOUNTS = Statement[int](select(func.count()).select_from(accounts), int)
COUNT_OPERATORS = Statement[int](
    select(func.count()).select_from(accounts).where(accounts.c.operator), int
)


class Accounts:
    """See `cyan.interfaces.Accounts`."""

    __slots__ = ("_run",)

    def __init__(self, run: Runner) -> None:
        self._run = run

    async def add(self, account: Account) -> None:
        """Keep a new account."""
        await self._run(ADD_ACCOUNT, **values_of(account))

    async def find(self, account_id: str) -> Account | None:
        """The account of this id."""
        return first(await self._run(FIND_ACCOUNT, id=account_id))

    async def usernames(self, account_ids: Sequence[str]) -> Mapping[str, str]:
        """What accounts are called, many at a time."""
        if not account_ids:
            return {}
        return dict(await self._run(USERNAMES, account_ids=account_ids))

    async def find_by_username(self, username: str) -> Account | None:
        """The account of this e-mail address."""
        return first(await self._run(FIND_BY_USERNAME, username=username))

    async def list_all(self, after: str, limit: int) -> Sequence[Account]:
        """Accounts by username, those after `after`."""
        return await self._run(LIST_ACCOUNTS, after=after, limit=limit)

    async def set_username(self, account_id: str, username: str) -> None:
        """Change the username."""
        await self._run(SET_USERNAME, account_id=account_id, new_username=username)

    async def set_password(self, account_id: str, password_hash: str) -> None:
        """Change the password's hash."""
        await self._run(
            SET_PASSWORD, account_id=account_id, new_password_hash=password_hash
        )

    async def set_info(self, account_id: str, info: Mapping[str, Any]) -> None:
        """Replace the profile."""
        await self._run(SET_INFO, account_id=account_id, new_info=dict(info))

    async def set_mfa(self, account_id: str, secret: str | None) -> None:
        """Switch one-time codes on or off."""
        await self._run(
            SET_MFA,
            account_id=account_id,
            new_mfa_secret=secret,
            new_mfa_used_step=None,
        )

    async def use_mfa_step(self, account_id: str, step: int) -> bool:
        """Note a time step's code as used."""
        return bool(await self._run(USE_MFA_STEP, account_id=account_id, step=step))

    async def remove(self, account_id: str) -> None:
        """Forget the account; its tokens and clients go with it."""
        await self._run(REMOVE_ACCOUNT, id=account_id)

    async def count(self) -> int:
        """How many accounts there are."""
        return (await self._run(COUNT_ACCOUNTS))[0]

    async def count_operators(self) -> int:
        """How many accounts are operators."""
        return (await self._run(COUNT_OPERATORS))[0]


_TOKEN_FIELDS = len(columns_of(tokens, Token))


def _token_and_account(*row: Any) -> tuple[Token, Account]:
    return Token(*row[:_TOKEN_FIELDS]), Account(*row[_TOKEN_FIELDS:])


ADD_TOKEN = insert_noun(tokens, Token)
FIND_TOKEN = Statement[tuple[Token, Account]](
    select(*columns_of(tokens, Token), *columns_of(accounts, Account))
    .join_from(tokens, accounts)
    .where(tokens.c.hash == bindparam("hash")),
    _token_and_account,
)
FIND_BY_REFRESH = Statement[Token](
    choose(tokens, Token).where(tokens.c.refresh_hash == bindparam("refresh_hash")),
    Token,
)
LIST_TOKENS = Statement[Token](
    choose(tokens, Token)
    .where(tokens.c.account_id == bindparam("account_id"))
    .order_by(tokens.c.created_at.desc(), tokens.c.hash),
    Token,
)
REMOVE_TOKEN = Statement[str](
    delete_where(tokens, "hash").returning(tokens.c.hash), str
)
REMOVE_TOKENS = Statement[str](
    delete_where(tokens, "account_id").returning(tokens.c.hash), str
)
REMOVE_CLIENT_TOKENS = Statement[str](
    delete_where(tokens, "client_id").returning(tokens.c.hash), str
)
_expired_tokens = (
    select(tokens.c.hash)
    .where(tokens.c.expires_at < bindparam("before"))
    .where(
        or_(
            tokens.c.refresh_expires_at.is_(None),
            tokens.c.refresh_expires_at < bindparam("before"),
        )
    )
    .limit(bindparam("limit"))
)
REMOVE_EXPIRED_TOKENS = Statement[str](
    tokens.delete().where(tokens.c.hash.in_(_expired_tokens)).returning(tokens.c.hash),
    str,
)


class Tokens:
    """See `cyan.interfaces.Tokens`."""

    __slots__ = ("_run",)

    def __init__(self, run: Runner) -> None:
        self._run = run

    async def add(self, token: Token) -> None:
        """Keep a new token."""
        await self._run(ADD_TOKEN, **values_of(token))

    async def find(self, token_hash: str) -> tuple[Token, Account] | None:
        """The token and whose it is, expired or not."""
        return first(await self._run(FIND_TOKEN, hash=token_hash))

    async def find_by_refresh(self, refresh_hash: str) -> Token | None:
        """The token that this refresh token renews."""
        return first(await self._run(FIND_BY_REFRESH, refresh_hash=refresh_hash))

    async def list_of(self, account_id: str) -> Sequence[Token]:
        """An account's tokens, newest first."""
        return await self._run(LIST_TOKENS, account_id=account_id)

    async def remove(self, token_hash: str) -> bool:
        """Forget a token; whether there was one."""
        return bool(await self._run(REMOVE_TOKEN, hash=token_hash))

    async def remove_all(self, account_id: str) -> Sequence[str]:
        """Forget all of an account's tokens; their hashes."""
        return await self._run(REMOVE_TOKENS, account_id=account_id)

    async def remove_of_client(self, client_id: str) -> Sequence[str]:
        """Forget all tokens that a client was given; their hashes."""
        return await self._run(REMOVE_CLIENT_TOKENS, client_id=client_id)

    async def remove_expired(self, before: datetime, limit: int) -> int:
        """Forget tokens whose access and refresh both ended."""
        gone = await self._run(REMOVE_EXPIRED_TOKENS, before=before, limit=limit)
        return len(gone)


ADD_CLIENT = insert_noun(clients, Client)
FIND_CLIENT = Statement[Client](
    choose(clients, Client).where(clients.c.id == bindparam("id")), Client
)
LIST_CLIENTS = Statement[Client](
    choose(clients, Client)
    .where(clients.c.account_id == bindparam("account_id"))
    .order_by(clients.c.created_at, clients.c.id),
    Client,
)
UPDATE_CLIENT = Statement[None](
    update(clients)
    .where(clients.c.id == bindparam("client_id"))
    .values(name=bindparam("new_name"), scope=bindparam("new_scope")),
    None,
)
REMOVE_CLIENT = Statement[None](delete_where(clients, "id"), None)


class Clients:
    """See `cyan.interfaces.Clients`."""

    __slots__ = ("_run",)

    def __init__(self, run: Runner) -> None:
        self._run = run

    async def add(self, client: Client) -> None:
        """Keep a new client."""
        await self._run(ADD_CLIENT, **values_of(client))

    async def find(self, client_id: str) -> Client | None:
        """The client of this id."""
        return first(await self._run(FIND_CLIENT, id=client_id))

    async def list_of(self, account_id: str) -> Sequence[Client]:
        """An account's clients, oldest first."""
        return await self._run(LIST_CLIENTS, account_id=account_id)

    async def update(self, client_id: str, name: str, scope: str | None) -> None:
        """Change what may be changed."""
        await self._run(
            UPDATE_CLIENT, client_id=client_id, new_name=name, new_scope=scope
        )

    async def remove(self, client_id: str) -> None:
        """Forget a client."""
        await self._run(REMOVE_CLIENT, id=client_id)


ADD_TICKET = insert_noun(tickets, Ticket)
FIND_TICKET = Statement[Ticket](
    choose(tickets, Ticket).where(tickets.c.id == bindparam("id")), Ticket
)
TAKE_TICKET = Statement[Ticket](
    delete_where(tickets, "id").returning(*columns_of(tickets, Ticket)), Ticket
)
REMOVE_TICKETS = Statement[None](delete_where(tickets, "purpose", "subject"), None)
REMOVE_EXPIRED_TICKETS = Statement[str](
    tickets.delete()
    .where(
        tickets.c.id.in_(
            select(tickets.c.id)
            .where(tickets.c.expires_at < bindparam("before"))
            .limit(bindparam("limit"))
        )
    )
    .returning(tickets.c.id),
    str,
)


class Tickets:
    """See `cyan.interfaces.Tickets`."""

    __slots__ = ("_run",)

    def __init__(self, run: Runner) -> None:
        self._run = run

    async def add(self, ticket: Ticket) -> None:
        """Keep a new ticket."""
        await self._run(ADD_TICKET, **values_of(ticket))

    async def find(self, ticket_id: str) -> Ticket | None:
        """The ticket, expired or not; None once used."""
        return first(await self._run(FIND_TICKET, id=ticket_id))

    async def take(self, ticket_id: str) -> Ticket | None:
        """Use a ticket up: of several at once, one gets it."""
        return first(await self._run(TAKE_TICKET, id=ticket_id))

    async def remove_of(self, purpose: TicketPurpose, subject: str) -> None:
        """Withdraw all tickets of a purpose about a subject."""
        await self._run(REMOVE_TICKETS, purpose=purpose, subject=subject)

    async def remove_expired(self, before: datetime, limit: int) -> int:
        """Forget tickets that ended before a moment."""
        gone = await self._run(REMOVE_EXPIRED_TICKETS, before=before, limit=limit)
        return len(gone)
