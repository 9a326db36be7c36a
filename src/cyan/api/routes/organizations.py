"""Organizations: companies that own products (REST contract §2.3, §3.1)."""

from typing import Annotated

from msgspec import Meta, Struct

from cyan.api.errors import Family
from cyan.api.routing import Routes
from cyan.api.wire.devices import MemberDetail, member_detail_of
from cyan.api.wire.products import OrganizationAttributes, organization_of
from cyan.interfaces import World
from cyan.model.accounts import Actor
from cyan.model.decisions import RefusalCode as Code
from cyan.services import members, organizations

routes = Routes()


class NewOrganization(Struct):
    """What an organization shall be called."""

    name: Annotated[str, Meta(max_length=200)] = ""


class OrganizationReply(Struct):
    """One organization."""

    organization: OrganizationAttributes


class OrganizationList(Struct):
    """Organizations, by name."""

    organizations: list[OrganizationAttributes]


@routes("GET /v1/orgs", scope="organizations:list", family=Family.SINGLE)
async def list_organizations(world: World, actor: Actor) -> OrganizationList:
    """List the organizations in whose team you are."""
    found = await organizations.list_organizations(world, actor)
    return OrganizationList([organization_of(each) for each in found])


@routes(
    "POST /v1/orgs",
    scope="organizations:create",
    family=Family.SINGLE,
    refusals=(Code.PRODUCT_UNUSABLE, Code.RATE_LIMITED),
    status=201,
)
async def create_organization(
    world: World, actor: Actor, body: NewOrganization
) -> OrganizationReply:
    """Make an organization, whose owner you are."""
    made = await organizations.create_organization(world, actor, body.name)
    return OrganizationReply(organization_of(made))


@routes(
    "GET /v1/orgs/{organization}",
    scope="organization:get",
    family=Family.SINGLE,
    refusals=(Code.PRODUCT_UNKNOWN,),
)
async def get_organization(
    world: World, actor: Actor, organization: str
) -> OrganizationReply:
    """Get an organization by its id or slug."""
    found = await organizations.get_organization(world, actor, organization)
    return OrganizationReply(organization_of(found))


@routes(
    "DELETE /v1/orgs/{organization}",
    scope="organization:remove",
    family=Family.SINGLE,
    refusals=(Code.PRODUCT_UNKNOWN, Code.ROLE_MISSING, Code.PRODUCT_NOT_EMPTY),
    status=204,
)
async def remove_organization(world: World, actor: Actor, organization: str) -> None:
    """Delete an organization that has no products."""
    await organizations.remove_organization(world, actor, organization)


@routes(
    "GET /v1/orgs/{organization}/devices/{device}",
    scope="devices:get",
    family=Family.SINGLE,
    refusals=(Code.PRODUCT_UNKNOWN, Code.NOT_IN_PRODUCT),
)
async def get_organizations_device(
    world: World, actor: Actor, organization: str, device: str
) -> MemberDetail:
    """Get one device of any product of an organization, a quarantined one too."""
    found = await members.get_organizations_device(world, actor, organization, device)
    return member_detail_of(found)
