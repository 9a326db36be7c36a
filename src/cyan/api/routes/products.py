"""Products: make, list, get, change, delete (REST contract §3.1)."""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from cyan.api.errors import Family
from cyan.api.routing import Routes
from cyan.api.wire.products import ProductAttributes, product_of
from cyan.interfaces import World
from cyan.model.accounts import Actor
from cyan.model.decisions import RefusalCode as Code
from cyan.model.decisions import refused
from cyan.model.products import Claiming, Plan
from cyan.services import organizations, products
from cyan.services.products import ProductChanges, ProductWish

routes = Routes()

Text = Annotated[str, Meta(max_length=4096)]
SEEN = (Code.PRODUCT_UNKNOWN,)
MANAGED = (Code.PRODUCT_UNKNOWN, Code.ROLE_MISSING)
MADE = (Code.PRODUCT_UNUSABLE, Code.RATE_LIMITED)


class OptIn(Struct):
    """A switch."""

    opt_in: bool | None = None


class SettingChanges(Struct):
    """Settings; what is left out stays, `quarantine` false is auto-approve."""

    quarantine: bool | None = None
    claiming: Claiming | None = None
    location: OptIn | None = None
    known_application: OptIn | None = None


class NewProduct(Struct):
    """A product to be made; without `id` it gets the next one that is free."""

    name: Text | None = None
    platform_id: int | None = None
    description: Text | None = None
    id: int | None = None
    settings: SettingChanges | None = None


class NewProductBody(Struct):
    """A product to be made."""

    product: NewProduct | None = None


class Changed(Struct):
    """What shall change; `plan` and `device_limit` are the operator's to decide."""

    name: Text | None = None
    description: Text | None = None
    settings: SettingChanges | None = None
    device_protection: Literal["active", "disabled"] | bool | None = None
    plan: Plan | None = None
    device_limit: int | None = None


class ChangedBody(Struct):
    """What shall change of a product."""

    product: Changed | None = None


class ProductReply(Struct):
    """One product."""

    product: ProductAttributes
    ok: bool | UnsetType = UNSET


class ProductList(Struct):
    """Products, by id."""

    products: list[ProductAttributes]


@routes("GET /v1/products", scope="products:list", family=Family.SINGLE)
async def list_products(world: World, actor: Actor) -> ProductList:
    """List all products in whose team you are."""
    return await _products_of(world, actor)


async def _products_of(world: World, actor: Actor) -> ProductList:
    found = await products.list_products(world, actor)
    return ProductList([product_of(each) for each in found])


@routes("GET /v1/user/products", scope="products:list", family=Family.SINGLE)
async def list_own_products(world: World, actor: Actor) -> ProductList:
    """List all products in whose team you are."""
    return await _products_of(world, actor)


@routes(
    "POST /v1/user/products",
    scope="products:create",
    family=Family.SINGLE,
    refusals=(*MADE, Code.REQUEST_INCOMPLETE),
    status=201,
)
async def create_product(
    world: World, actor: Actor, body: NewProductBody
) -> ProductReply:
    """Make a product that belongs to you."""
    return await _make(world, actor, body)


@routes(
    "POST /v1/products",
    scope="products:create",
    family=Family.SINGLE,
    refusals=(*MADE, Code.REQUEST_INCOMPLETE),
    status=201,
)
async def create_own_product(
    world: World, actor: Actor, body: NewProductBody
) -> ProductReply:
    """Make a product that belongs to you."""
    return await _make(world, actor, body)


@routes(
    "GET /v1/orgs/{organization}/products",
    scope="products:list",
    family=Family.SINGLE,
    refusals=SEEN,
)
async def list_organizations_products(
    world: World, actor: Actor, organization: str
) -> ProductList:
    """List all products of an organization."""
    found = await organizations.products_of_organization(world, actor, organization)
    return ProductList([product_of(each) for each in found])


@routes(
    "POST /v1/orgs/{organization}/products",
    scope="products:create",
    family=Family.SINGLE,
    refusals=(*MANAGED, *MADE, Code.REQUEST_INCOMPLETE),
    status=201,
)
async def create_organizations_product(
    world: World, actor: Actor, organization: str, body: NewProductBody
) -> ProductReply:
    """Make a product that belongs to an organization."""
    return await _make(world, actor, body, organization)


async def _make(
    world: World, actor: Actor, body: NewProductBody, organization: str | None = None
) -> ProductReply:
    made = await products.create_product(world, actor, _wish(body, organization))
    return ProductReply(product_of(made))


def _wish(body: NewProductBody, organization: str | None) -> ProductWish:
    given = body.product
    if given is None or given.name is None or given.platform_id is None:
        raise refused(
            Code.REQUEST_INCOMPLETE,
            "A product needs a name and a platform_id.",
            rule="MEM-2",
            remedy='Send {"product": {"name": …, "platform_id": …}}.',
        )
    location = given.settings.location if given.settings else None
    return ProductWish(
        platform_id=given.platform_id,
        name=given.name,
        description=given.description or "",
        wanted_id=given.id,
        organization=organization,
        location_opt_in=bool(location and location.opt_in),
    )


@routes(
    "GET /v1/products/{product}",
    scope="products:get",
    family=Family.SINGLE,
    refusals=SEEN,
)
async def get_product(world: World, actor: Actor, product: str) -> ProductReply:
    """Get a product by its id or slug."""
    return ProductReply(product_of(await products.get_product(world, actor, product)))


@routes(
    "PUT /v1/products/{product}",
    scope="products:update",
    family=Family.SINGLE,
    refusals=(*MANAGED, *MADE, Code.DEVICE_LIMIT, Code.NOTHING_TO_DO),
)
async def change_product(
    world: World, actor: Actor, product: str, body: ChangedBody
) -> ProductReply:
    """Change a product's name, description and settings."""
    changes = _changes(body.product or Changed())
    if not (changes.settings or changes.plans):
        raise refused(
            Code.NOTHING_TO_DO,
            "Nothing to do?",
            remedy='Send {"product": {…}} with what shall change.',
        )
    changed = await products.change_product(world, actor, product, changes)
    return ProductReply(product_of(changed))


def _changes(given: Changed) -> ProductChanges:
    settings = given.settings or SettingChanges()
    location, application = settings.location, settings.known_application
    protection = given.device_protection
    return ProductChanges(
        name=given.name,
        description=given.description,
        quarantine=settings.quarantine,
        claiming=settings.claiming,
        location_opt_in=location.opt_in if location else None,
        known_application_opt_in=application.opt_in if application else None,
        device_protection=None if protection is None else protection in ("active", 1),
        plan=given.plan,
        device_limit=given.device_limit,
    )


@routes(
    "DELETE /v1/products/{product}",
    scope="products:remove",
    family=Family.SINGLE,
    refusals=(*MANAGED, Code.PRODUCT_NOT_EMPTY),
    status=204,
)
async def remove_product(world: World, actor: Actor, product: str) -> None:
    """Delete a product that has no members; its id is never used again."""
    await products.remove_product(world, actor, product)
