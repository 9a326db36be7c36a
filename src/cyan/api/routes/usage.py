"""What an account uses: Cyan's own summary, and Particle's agreement (§3.14)."""

from typing import Any

from msgspec import Struct

from cyan.api.errors import Family
from cyan.api.routing import Routes
from cyan.api.wire.moments import moment
from cyan.interfaces import World
from cyan.model.accounts import Actor
from cyan.model.decisions import RefusalCode as Code
from cyan.services import usage
from cyan.services.usage import Usage

routes = Routes()


class Month(Struct):
    """Which month, as 2026-11; the present one if it is left out."""

    month: str | None = None


class Operations(Struct):
    """Data operations by what they were (EVT-3)."""

    published: int
    delivered: int
    called: int
    read: int
    total: int


class Devices(Struct):
    """How many devices there are, and how many count toward the limit, null for none.

    LIM-1, LIM-2, LIM-4: of a product, `owned` are its members.
    """

    owned: int
    counted: int
    limit: int | None


class UsageReply(Struct):
    """One month of an account or a product."""

    month: str
    operations: Operations
    devices: Devices


class Agreements(Struct):
    """What applies to an account, as JSON:API; here always the one sandbox."""

    data: list[dict[str, Any]]


@routes(
    "GET /v1/user/usage",
    scope="user:get",
    family=Family.SINGLE,
    refusals=(Code.REQUEST_INCOMPLETE,),
)
async def tell_usage(world: World, actor: Actor, query: Month) -> UsageReply:
    """Tell how many data operations a month had, and how much room there is."""
    return _told(await usage.usage_of(world, actor, query.month))


@routes(
    "GET /v1/products/{product}/usage",
    scope="service_agreements.usage_summary:get",
    family=Family.SINGLE,
    refusals=(Code.PRODUCT_UNKNOWN, Code.REQUEST_INCOMPLETE),
)
async def tell_products_usage(
    world: World, actor: Actor, product: str, query: Month
) -> UsageReply:
    """Tell how many data operations a product's members had in a month."""
    return _told(await usage.usage_of_product(world, actor, product, query.month))


@routes(
    "GET /v1/orgs/{organization}/usage",
    scope="service_agreements.usage_summary:get",
    family=Family.SINGLE,
    refusals=(Code.PRODUCT_UNKNOWN, Code.REQUEST_INCOMPLETE),
)
async def tell_organizations_usage(
    world: World, actor: Actor, organization: str, query: Month
) -> UsageReply:
    """Tell how many data operations all products of an organization had."""
    used = await usage.usage_of_organization(world, actor, organization, query.month)
    return _told(used)


def _told(found: Usage) -> UsageReply:
    counts = {kind.value: count for kind, count in found.operations.items()}
    return UsageReply(
        found.month,
        Operations(**counts, total=found.total),
        Devices(found.owned, found.count, found.limit or None),
    )


@routes(
    "GET /v1/user/service_agreements",
    scope="service_agreements:list",
    family=Family.SINGLE,
)
async def list_agreements(world: World, actor: Actor) -> Agreements:
    """List what applies to your account: the sandbox, its limits and its use."""
    found = await usage.usage_of(world, actor)
    return _agreement(actor.account_id, "individual", found)


@routes(
    "GET /v1/orgs/{organization}/service_agreements",
    scope="service_agreements:list",
    family=Family.SINGLE,
    refusals=(Code.PRODUCT_UNKNOWN, Code.ROLE_MISSING),
)
async def list_organizations_agreements(
    world: World, actor: Actor, organization: str
) -> Agreements:
    """List what applies to an organization: its sandbox, its limits and its use."""
    found, used = await usage.agreement_of_organization(world, actor, organization)
    return _agreement(found.id, "organization", used)


def _agreement(owner_id: str, owner_type: str, found: Usage) -> Agreements:
    """The one agreement that applies; its billing period is a month."""
    used = {
        "owned_devices": found.owned,
        "billable_devices": 0,
        "device_data": None,
        "device_messages": found.total,
    }
    attributes = {
        "owner_id": owner_id,
        "owner_type": owner_type,
        "name": "Sandbox",
        "agreement_type": "developer",
        "duration": "monthly",
        "state": "active",
        "starts_on": moment(found.begins),
        "ends_on": None,
        "current_billing_period_start": moment(found.begins),
        "current_billing_period_end": moment(found.ends),
        "next_billing_period_start": moment(found.ends),
        "current_usage_summary": {
            "device_limit_reached": found.full,
            "connectivity": {"all": used},
        },
        "pricing_terms": {
            "device": {"max_devices": found.limit or None},
            "messaging": {"max_messages": None},
        },
    }
    agreement = {"id": "1", "type": "service_agreement", "attributes": attributes}
    return Agreements([agreement])
