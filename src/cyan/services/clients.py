"""OAuth clients: the programs through which people sign in.

The public ones come with official tools, so that their secrets are none. An account
may make clients of its own (REST contract §1.4).
"""

import contextlib
import hmac
import re
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, TypeVar
from urllib.parse import urlsplit

from cyan.interfaces import Conflict, Tx, World
from cyan.model.accounts import Actor, Client, ClientKind
from cyan.model.decisions import RefusalCode, Refused, refused
from cyan.model.products import ProductClient
from cyan.services.tokens import announce_ends

PUBLIC_CLIENTS: Mapping[str, str] = {
    "particle": "particle",
    "particle-api": "particle-api",
    "particle-cli": "particle-cli",
    "spark": "spark",
    "CLI2": "client_secret_here",
    "user": "client_secret_here",
}
"""Client ids and secrets that official tools are built with (REST contract §1.1)."""

ONLY_CUSTOMERS = "customers:create"
SCOPES = (ONLY_CUSTOMERS, "*:*")
MAX_CLIENTS = 100
MAX_NAME = 100
_MAX_REDIRECT = 2000
_TRIES = 5

C = TypeVar("C", Client, ProductClient)


@dataclass(frozen=True, slots=True)
class ClientProof:
    """How a program says which it is, by Basic authorization or in the form."""

    id: str | None
    secret: str | None


@dataclass(frozen=True, slots=True)
class ClientWish:
    """What a new client shall be; a web client has an address to return to."""

    name: str
    kind: ClientKind
    redirect_uri: str | None = None
    scope: str | None = None


@dataclass(frozen=True, slots=True)
class ClientChanges:
    """What shall change of a client; None stays, scope "none" clears the scope."""

    name: str | None = None
    scope: str | None = None


async def prove_client(
    world: World, proof: ClientProof
) -> Client | ProductClient | None:
    """The account's or product's client that this is, None for a public one.

    Refuses `client_unknown`, in the same words whatever was wrong.
    """
    client_id, secret = proof.id or "", proof.secret or ""
    public = PUBLIC_CLIENTS.get(client_id)
    if public is not None:
        if hmac.compare_digest(public.encode(), secret.encode()):
            return None
        raise unknown_client()

    async def body(tx: Tx) -> Client | ProductClient | None:
        own = await tx.clients.find(client_id)
        of_product = await tx.programs.find_client(client_id)
        return own or of_product

    client = await world.store.read(body)
    given = world.secrets.hash_token(secret)
    known = client.secret_hash if client else world.secrets.hash_token("")
    if not hmac.compare_digest(known, given) or client is None:
        raise unknown_client()
    return client


def unknown_client() -> Refused:
    """The one answer to credentials of a client that are not right."""
    return refused(
        RefusalCode.CLIENT_UNKNOWN,
        "Client credentials are invalid",
        remedy="Check client_id and client_secret, or make another client.",
    )


async def list_clients(world: World, actor: Actor) -> Sequence[Client]:
    """The actor's clients, oldest first."""
    return await world.store.read(lambda tx: tx.clients.list_of(actor.account_id))


async def create_client(
    world: World, actor: Actor, wish: ClientWish
) -> tuple[Client, str]:
    """Make a client; its secret is told this once."""
    name = fitting_name(wish.name)
    redirect_uri = fitting_redirect(wish)
    scope = fitting_scope(wish.scope)
    secret = world.secrets.token()
    client = Client(
        id="",
        account_id=actor.account_id,
        name=name,
        kind=wish.kind,
        secret_hash=world.secrets.hash_token(secret),
        redirect_uri=redirect_uri,
        scope=scope,
        created_at=world.clock.now(),
    )

    async def add(client_id: str, tx: Tx) -> Client:
        if len(await tx.clients.list_of(actor.account_id)) >= MAX_CLIENTS:
            raise unusable_client(
                f"An account has at most {MAX_CLIENTS} clients.", "Remove one first."
            )
        if await tx.programs.find_client(client_id) is not None:
            raise Conflict(f"client {client_id} is a product's")
        made = replace(client, id=client_id)
        await tx.clients.add(made)
        return made

    return await with_free_id(world, name, add), secret


async def with_free_id(
    world: World, name: str, add: Callable[[str, Tx], Coroutine[Any, Any, C]]
) -> C:
    """Add a client under an id that nobody's client has, an account's or a product's.

    The id is readable: the name as a slug, and up to nine digits.
    """
    slug = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:40] or "client"
    for _ in range(_TRIES):
        client_id = f"{slug}-{int(world.secrets.token(), 16) % 10**9}"
        with contextlib.suppress(Conflict):  # then somebody has a client of this id
            return await world.store.transact(partial(add, client_id))
    raise refused(
        RefusalCode.BUSY,
        "No free client id was found.",
        remedy="Try again.",
        retry_after=1,
    )


async def change_client(
    world: World, actor: Actor, client_id: str, changes: ClientChanges
) -> Client:
    """Change a client's name or scope."""

    async def body(tx: Tx) -> Client:
        client = fitting(await _own_client(tx, actor, client_id), changes)
        await tx.clients.update(client.id, client.name, client.scope)
        return client

    return await world.store.transact(body)


def fitting(client: C, changes: ClientChanges) -> C:
    """A client as it is after changes, or `Refused`."""
    name, scope = changes.name, changes.scope
    return replace(
        client,
        name=client.name if name is None else fitting_name(name),
        scope=client.scope if scope is None else fitting_scope(scope),
    )


async def remove_client(world: World, actor: Actor, client_id: str) -> None:
    """Remove a client; the tokens that it was given end at once."""

    async def body(tx: Tx) -> Sequence[str]:
        client = await _own_client(tx, actor, client_id)
        ended = await tx.tokens.remove_of_client(client.id)
        await tx.clients.remove(client.id)
        return ended

    announce_ends(world, await world.store.transact(body))


async def _own_client(tx: Tx, actor: Actor, client_id: str) -> Client:
    client = await tx.clients.find(client_id)
    if client is None or client.account_id != actor.account_id:
        raise refused(
            RefusalCode.CLIENT_NOT_FOUND,
            "Client not found",
            remedy="GET /v1/clients lists your clients.",
        )
    return client


def fitting_name(name: str) -> str:
    """A name as it is kept, or `Refused`."""
    name = name.strip()
    if not 1 <= len(name) <= MAX_NAME or not name.isprintable():
        raise unusable_client(
            f"A client's name has 1 to {MAX_NAME} printable characters.",
            "Choose another name.",
        )
    return name


def fitting_redirect(wish: ClientWish) -> str | None:
    """Where a web client wants its people to be sent, or `Refused`."""
    if wish.kind is ClientKind.INSTALLED:
        return None
    uri = wish.redirect_uri or ""
    try:
        parts = urlsplit(uri)
    except ValueError:
        parts = urlsplit("")
    web = parts.scheme in ("http", "https") and parts.netloc
    if not web or len(uri) > _MAX_REDIRECT or not uri.isprintable():
        raise unusable_client(
            "A web client needs a redirect_uri, an http or https address.",
            "Send the address that its people come back to.",
        )
    return uri


def fitting_scope(scope: str | None) -> str | None:
    """A scope as it is kept; only two words are known, None and "none" are none."""
    words = (scope or "none").split()
    if words in ([], ["none"]):
        return None
    if not set(words) <= set(SCOPES):
        raise unusable_client(
            f"A client's scope is one of {', '.join(SCOPES)}, or none.",
            "Send one of these, or leave the scope out.",
        )
    return " ".join(dict.fromkeys(words))


def unusable_client(reason: str, remedy: str) -> Refused:
    """The refusal of a client that cannot be made so."""
    return refused(RefusalCode.CLIENT_UNUSABLE, reason, remedy=remedy)
