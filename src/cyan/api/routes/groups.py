"""Groups of a product's members (REST contract §3.4)."""

from typing import Annotated

from msgspec import Meta, Struct

from cyan.api.errors import Family
from cyan.api.routing import Routes
from cyan.api.wire.products import GroupAttributes, group_of
from cyan.interfaces import World
from cyan.model.accounts import Actor
from cyan.model.decisions import RefusalCode as Code
from cyan.services import groups
from cyan.services.groups import GroupWish

routes = Routes()

Text = Annotated[str, Meta(max_length=4096)]
SEEN = (Code.PRODUCT_UNKNOWN,)
MANAGED = (Code.PRODUCT_UNKNOWN, Code.ROLE_MISSING)


class NamePart(Struct):
    """Keeps to groups whose name has this part."""

    name: str = ""


class GroupChanges(Struct):
    """A group's name, color and description; what is left out stays."""

    name: Text | None = None
    color: Text | None = None
    description: Text | None = None

    @property
    def wish(self) -> GroupWish:
        """What is wished for."""
        return GroupWish(self.name, self.color, self.description)


class GroupReply(Struct):
    """One group."""

    group: GroupAttributes


class GroupList(Struct):
    """Groups, by name."""

    groups: list[GroupAttributes]


@routes(
    "GET /v1/products/{product}/groups",
    scope="groups:list",
    family=Family.SINGLE,
    refusals=SEEN,
)
async def list_groups(
    world: World, actor: Actor, product: str, query: NamePart
) -> GroupList:
    """List a product's groups."""
    found = await groups.list_groups(world, actor, product, query.name)
    return GroupList([group_of(each) for each in found])


@routes(
    "POST /v1/products/{product}/groups",
    scope="groups:create",
    family=Family.SINGLE,
    refusals=(*MANAGED, Code.GROUP_UNUSABLE),
    status=201,
)
async def create_group(
    world: World, actor: Actor, product: str, body: GroupChanges
) -> GroupReply:
    """Make a group."""
    made = await groups.create_group(world, actor, product, body.wish)
    return GroupReply(group_of(made, 0))


@routes(
    "GET /v1/products/{product}/groups/{group}",
    scope="groups:get",
    family=Family.SINGLE,
    refusals=(*SEEN, Code.GROUP_UNKNOWN),
)
async def get_group(world: World, actor: Actor, product: str, group: str) -> GroupReply:
    """Get a group, and how many devices are in it."""
    found = await groups.get_group(world, actor, product, group)
    return GroupReply(group_of(found.group, found.devices))


@routes(
    "PUT /v1/products/{product}/groups/{group}",
    scope="groups:update",
    family=Family.SINGLE,
    refusals=(
        *MANAGED,
        Code.GROUP_UNKNOWN,
        Code.GROUP_UNUSABLE,
        Code.NOTHING_TO_DO,
    ),
)
async def change_group(
    world: World, actor: Actor, product: str, group: str, body: GroupChanges
) -> GroupReply:
    """Rename, colour or describe a group."""
    changed = await groups.change_group(world, actor, product, group, body.wish)
    return GroupReply(group_of(changed))


@routes(
    "DELETE /v1/products/{product}/groups/{group}",
    scope="groups:remove",
    family=Family.SINGLE,
    refusals=(*MANAGED, Code.GROUP_UNKNOWN),
    status=204,
)
async def remove_group(world: World, actor: Actor, product: str, group: str) -> None:
    """Remove a group; its devices stay members."""
    await groups.remove_group(world, actor, product, group)
