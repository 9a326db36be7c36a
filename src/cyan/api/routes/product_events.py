"""Events of products and organizations (REST contract §3.10)."""

from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import Response

from cyan.api.errors import Family
from cyan.api.routes.events import Publication, Published, stream
from cyan.api.routing import Handler, Routes
from cyan.interfaces import World
from cyan.model.accounts import Actor
from cyan.model.decisions import RefusalCode as Code
from cyan.services import events
from cyan.services.events import ProductPlace, ProductPublication

routes = Routes()

HEARD = (Code.PRODUCT_UNKNOWN, Code.RATE_LIMITED)
OF_DEVICE = (*HEARD, Code.NOT_IN_PRODUCT, Code.DEVICE_QUARANTINED)
SENT = (
    Code.PRODUCT_UNKNOWN,
    Code.ROLE_MISSING,
    Code.EVENT_UNUSABLE,
    Code.EVENT_RESERVED,
)


class ProductEventBody(Publication):
    """An event to publish; `as_device_id` in the name of a member."""

    as_device_id: str | None = None


@routes(
    "POST /v1/products/{product}/events",
    scope="events:send",
    family=Family.SINGLE,
    refusals=(*SENT, Code.NOT_IN_PRODUCT, Code.DEVICE_QUARANTINED, Code.WRONG_PLATFORM),
)
async def publish_in_product(
    world: World, actor: Actor, product: str, body: ProductEventBody
) -> Published:
    """Publish an event to a product's team and members, or as one of them."""
    told = ProductPublication(
        product, body.name, body.data, body.ttl, body.as_device_id
    )
    await events.publish_in_product(world, actor, told)
    return Published()


@routes(
    "POST /v1/orgs/{organization}/events",
    scope="events:send",
    family=Family.SINGLE,
    refusals=SENT,
)
async def publish_in_organization(
    world: World, actor: Actor, organization: str, body: Publication
) -> Published:
    """Publish an event in all products of an organization."""
    told = ProductPublication(organization, body.name, body.data, body.ttl)
    await events.publish_in_organization(world, actor, told)
    return Published()


def hearing(path: str, *refusals: Code) -> Callable[[Handler], Handler]:
    """Declare a stream, and that of those events whose names begin with a prefix."""

    def declare(handler: Handler) -> Handler:
        for address in (f"GET {path}/events", f"GET {path}/events/{{prefix:path}}"):
            declared = routes(
                address, scope="events:get", family=Family.SINGLE, refusals=refusals
            )
            declared(handler)
        return handler

    return declare


@hearing("/v1/products/{product}", *HEARD)
async def hear_product(
    world: World, actor: Actor, product: str, request: Request, prefix: str = ""
) -> Response:
    """Hear the events of a product's members."""
    tuning = await events.tune_to_product(world, actor, product, prefix)
    return stream(world, tuning, request)


@hearing("/v1/products/{product}/devices/{device}", *OF_DEVICE)
async def hear_member(
    world: World,
    actor: Actor,
    product: str,
    device: str,
    request: Request,
    prefix: str = "",
) -> Response:
    """Hear the events of one member."""
    tuning = await events.tune_to_product(world, actor, product, prefix, device)
    return stream(world, tuning, request)


@hearing("/v1/orgs/{organization}", *HEARD)
async def hear_organization(
    world: World, actor: Actor, organization: str, request: Request, prefix: str = ""
) -> Response:
    """Hear the events of the members of all products of an organization."""
    tuning = await events.tune_to_organization(world, actor, organization, prefix)
    return stream(world, tuning, request)


@hearing("/v1/orgs/{organization}/devices/{device}", *OF_DEVICE)
async def hear_organizations_device(
    world: World,
    actor: Actor,
    organization: str,
    device: str,
    request: Request,
    prefix: str = "",
) -> Response:
    """Hear the events of one member of an organization's products."""
    tuning = await events.tune_to_organization(
        world, actor, organization, prefix, device
    )
    return stream(world, tuning, request)


@hearing("/v1/orgs/{organization}/products/{product}", *HEARD)
async def hear_organizations_product(
    world: World,
    actor: Actor,
    organization: str,
    product: str,
    request: Request,
    prefix: str = "",
) -> Response:
    """Hear the events of one product, named with its organization."""
    place = ProductPlace(product, organization)
    tuning = await events.tune_to_place(world, actor, place, prefix)
    return stream(world, tuning, request)


@hearing("/v1/orgs/{organization}/products/{product}/devices/{device}", *OF_DEVICE)
async def hear_organizations_member(
    world: World,
    actor: Actor,
    organization: str,
    product: str,
    device: str,
    request: Request,
    prefix: str = "",
) -> Response:
    """Hear the events of one member, named with its product and organization."""
    place = ProductPlace(product, organization)
    tuning = await events.tune_to_place(world, actor, place, prefix, device)
    return stream(world, tuning, request)
