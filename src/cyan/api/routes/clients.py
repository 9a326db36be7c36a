"""OAuth clients of an account (REST contract §1.4)."""

from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from cyan.api.errors import Family
from cyan.api.routing import Routes
from cyan.interfaces import World
from cyan.model.accounts import Actor, Client, ClientKind
from cyan.model.decisions import RefusalCode as Code
from cyan.model.decisions import refused
from cyan.model.products import ProductClient
from cyan.services import clients
from cyan.services.clients import ClientWish

routes = Routes()

Text = Annotated[str, Meta(max_length=2000)]


class ClientAttributes(Struct):
    """A client; its secret is told once, when it is made."""

    name: str
    type: ClientKind
    id: str
    secret: str | UnsetType = UNSET
    redirect_uri: str | UnsetType = UNSET
    scope: str | UnsetType = UNSET
    product_id: int | UnsetType = UNSET


class ClientReply(Struct):
    """One client."""

    client: ClientAttributes
    ok: bool = True


class ClientList(Struct):
    """All your clients, oldest first."""

    clients: list[ClientAttributes]
    ok: bool = True


class NewClient(Struct):
    """A client to be made; a web client has an address to return to."""

    name: Text | None = None
    type: ClientKind | None = None
    redirect_uri: Text | None = None
    scope: Text | None = None


class ClientChanges(Struct):
    """What shall change; scope `none` takes the scope away."""

    name: Text | None = None
    scope: Text | None = None


def attributes_of(
    client: Client | ProductClient, secret: str | None = None
) -> ClientAttributes:
    """What is told of a client; its secret only where it is given."""
    return ClientAttributes(
        name=client.name,
        type=client.kind,
        id=client.id,
        secret=secret or UNSET,
        redirect_uri=client.redirect_uri or UNSET,
        scope=client.scope or UNSET,
    )


def wish_of(body: NewClient) -> ClientWish:
    """The client that is wished for; `Refused` if it has no name or type."""
    if body.name is None or body.type is None:
        raise refused(
            Code.REQUEST_INCOMPLETE,
            "name and type are required",
            remedy="Send a name, and installed or web as the type.",
        )
    return ClientWish(body.name, body.type, body.redirect_uri, body.scope)


@routes("GET /v1/clients", scope="clients.own:list", family=Family.LIST)
async def list_clients(world: World, actor: Actor) -> ClientList:
    """List your OAuth clients, without their secrets."""
    found = await clients.list_clients(world, actor)
    return ClientList([attributes_of(each) for each in found])


@routes(
    "POST /v1/clients",
    scope="clients.own:create",
    family=Family.LIST,
    refusals=(Code.CLIENT_UNUSABLE, Code.REQUEST_INCOMPLETE, Code.BUSY),
)
async def create_client(world: World, actor: Actor, body: NewClient) -> ClientReply:
    """Make an OAuth client; its secret is told now and never again."""
    client, secret = await clients.create_client(world, actor, wish_of(body))
    return ClientReply(attributes_of(client, secret))


@routes(
    "PUT /v1/clients/{client}",
    scope="clients.own:update",
    family=Family.LIST,
    refusals=(Code.CLIENT_NOT_FOUND, Code.CLIENT_UNUSABLE),
)
async def change_client(
    world: World, actor: Actor, client: str, body: ClientChanges
) -> ClientReply:
    """Change the name or the scope of a client."""
    changes = clients.ClientChanges(body.name, body.scope)
    changed = await clients.change_client(world, actor, client, changes)
    return ClientReply(attributes_of(changed))


@routes(
    "DELETE /v1/clients/{client}",
    scope="clients.own:remove",
    family=Family.LIST,
    refusals=(Code.CLIENT_NOT_FOUND,),
    status=204,
)
async def remove_client(world: World, actor: Actor, client: str) -> None:
    """Remove a client; the tokens that it was given end."""
    await clients.remove_client(world, actor, client)
