"""OAuth clients of a product, and the tokens that act for it (REST contract §1.4)."""

from collections.abc import Sequence
from datetime import timedelta

from cyan.interfaces import Conflict, Tx, World
from cyan.model.accounts import Actor
from cyan.model.decisions import RefusalCode, refused
from cyan.model.products import ProductClient, ProductToken
from cyan.rules.authority import Action
from cyan.services.clients import (
    MAX_CLIENTS,
    ClientChanges,
    ClientWish,
    fitting,
    fitting_name,
    fitting_redirect,
    fitting_scope,
    unknown_client,
    unusable_client,
    with_free_id,
)
from cyan.services.products import find_product
from cyan.services.tokens import NewToken, announce_ends


async def list_product_clients(
    world: World, actor: Actor, within: str
) -> Sequence[ProductClient]:
    """A product's clients, oldest first."""

    async def body(tx: Tx) -> Sequence[ProductClient]:
        action = Action.PRODUCT_CLIENTS_LIST
        product = await find_product(tx, actor, within, action)
        return await tx.programs.clients_of(product.id)

    return await world.store.read(body)


async def create_product_client(
    world: World, actor: Actor, within: str, wish: ClientWish
) -> tuple[ProductClient, str]:
    """Make a client of a product; its secret is told now and never again."""
    secret = world.secrets.token()
    name, redirect = fitting_name(wish.name), fitting_redirect(wish)
    scope, at = fitting_scope(wish.scope), world.clock.now()

    async def add(client_id: str, tx: Tx) -> ProductClient:
        action = Action.PRODUCT_CLIENTS_CREATE
        product = await find_product(tx, actor, within, action)
        if len(await tx.programs.clients_of(product.id)) >= MAX_CLIENTS:
            raise unusable_client(
                f"A product has at most {MAX_CLIENTS} clients.", "Remove one first."
            )
        if await tx.clients.find(client_id) is not None:
            raise Conflict(f"client {client_id} is an account's")
        client = ProductClient(
            id=client_id,
            product_id=product.id,
            name=name,
            kind=wish.kind,
            secret_hash=world.secrets.hash_token(secret),
            redirect_uri=redirect,
            scope=scope,
            created_at=at,
        )
        await tx.programs.add_client(client)
        return client

    return await with_free_id(world, name, add), secret


async def change_product_client(
    world: World, actor: Actor, within: str, client_id: str, changes: ClientChanges
) -> ProductClient:
    """Change a client's name or scope."""

    async def body(tx: Tx) -> ProductClient:
        action = Action.PRODUCT_CLIENTS_UPDATE
        client = fitting(await _find(tx, actor, within, client_id, action), changes)
        await tx.programs.update_client(client.id, client.name, client.scope)
        return client

    return await world.store.transact(body)


async def remove_product_client(
    world: World, actor: Actor, within: str, client_id: str
) -> None:
    """Remove a client; the tokens that it was given end at once."""

    async def body(tx: Tx) -> Sequence[str]:
        action = Action.PRODUCT_CLIENTS_REMOVE
        client = await _find(tx, actor, within, client_id, action)
        return await tx.programs.remove_client(client.id)

    announce_ends(world, await world.store.transact(body))


async def _find(
    tx: Tx, actor: Actor, within: str, client_id: str, action: Action
) -> ProductClient:
    product = await find_product(tx, actor, within, action)
    client = await tx.programs.find_client(client_id)
    if client is None or client.product_id != product.id:
        raise refused(
            RefusalCode.CLIENT_NOT_FOUND,
            "Client not found",
            remedy="See the list of the product's clients.",
        )
    return client


async def give_product_token(
    world: World, client: ProductClient, lifetime: timedelta | None
) -> NewToken:
    """A token that acts for a product: what its scopes say, and no person."""
    text, now = world.secrets.token(), world.clock.now()
    token = ProductToken(
        hash=world.secrets.hash_token(text),
        product_id=client.product_id,
        client_id=client.id,
        created_at=now,
        expires_at=None if lifetime is None else now + lifetime,
    )

    async def body(tx: Tx) -> None:
        if await tx.programs.find_client(client.id) is None:
            raise unknown_client()
        await tx.programs.add_token(token)

    await world.store.transact(body)
    return NewToken(text, None, lifetime)
