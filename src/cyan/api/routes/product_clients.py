"""OAuth clients of a product (REST contract §1.4)."""

from cyan.api.errors import Family
from cyan.api.routes.clients import (
    ClientAttributes,
    ClientChanges,
    ClientList,
    ClientReply,
    NewClient,
    attributes_of,
    wish_of,
)
from cyan.api.routing import Routes
from cyan.interfaces import World
from cyan.model.accounts import Actor
from cyan.model.decisions import RefusalCode as Code
from cyan.model.products import ProductClient
from cyan.services import clients, product_clients

routes = Routes()

MANAGED = (Code.PRODUCT_UNKNOWN, Code.ROLE_MISSING)


def _attributes(client: ProductClient, secret: str | None = None) -> ClientAttributes:
    told = attributes_of(client, secret)
    told.product_id = client.product_id
    return told


@routes(
    "GET /v1/products/{product}/clients",
    scope="clients:list",
    family=Family.SINGLE,
    refusals=MANAGED,
)
async def list_product_clients(world: World, actor: Actor, product: str) -> ClientList:
    """List a product's OAuth clients, without their secrets."""
    found = await product_clients.list_product_clients(world, actor, product)
    return ClientList([_attributes(each) for each in found])


@routes(
    "POST /v1/products/{product}/clients",
    scope="clients:create",
    family=Family.SINGLE,
    refusals=(
        *MANAGED,
        Code.CLIENT_UNUSABLE,
        Code.REQUEST_INCOMPLETE,
        Code.BUSY,
    ),
)
async def create_product_client(
    world: World, actor: Actor, product: str, body: NewClient
) -> ClientReply:
    """Make an OAuth client of a product; its secret is told now and never again."""
    client, secret = await product_clients.create_product_client(
        world, actor, product, wish_of(body)
    )
    return ClientReply(_attributes(client, secret))


@routes(
    "PUT /v1/products/{product}/clients/{client}",
    scope="clients:update",
    family=Family.SINGLE,
    refusals=(*MANAGED, Code.CLIENT_NOT_FOUND, Code.CLIENT_UNUSABLE),
)
async def change_product_client(
    world: World, actor: Actor, product: str, client: str, body: ClientChanges
) -> ClientReply:
    """Change the name or the scope of a product's client."""
    changes = clients.ClientChanges(body.name, body.scope)
    changed = await product_clients.change_product_client(
        world, actor, product, client, changes
    )
    return ClientReply(_attributes(changed))


@routes(
    "DELETE /v1/products/{product}/clients/{client}",
    scope="clients:remove",
    family=Family.SINGLE,
    refusals=(*MANAGED, Code.CLIENT_NOT_FOUND),
    status=204,
)
async def remove_product_client(
    world: World, actor: Actor, product: str, client: str
) -> None:
    """Remove a product's client; the tokens that it was given end."""
    await product_clients.remove_product_client(world, actor, product, client)
