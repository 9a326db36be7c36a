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
    agreement = {
        "id": "1",
        "type": "service_agreement",
        "attributes": _attributes(actor, found),
    }
    return Agreements([agreement])


def _attributes(actor: Actor, found: Usage) -> dict[str, Any]:
    used = {
        "owned_devices": found.owned,
        "billable_devices": 0,
        "device_data": None,
        "device_messages": found.total,
    }
    return {
        "owner_id": actor.account_id,
        "owner_type": "individual",
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
