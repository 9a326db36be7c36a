"""Products, and how many devices they have."""

from collections.abc import Sequence

from sqlalchemy import Integer, bindparam, func, or_, select, union, update
from sqlalchemy.dialects.postgresql import insert as insert_or

from cyan.interfaces import ProductCount
from cyan.model.products import Product
from cyan.rules.naming import name_key
from cyan.storage.product_tables import (
    account_counts,
    exclusions,
    groups,
    product_counts,
    product_ids,
    products,
    team_members,
)
from cyan.storage.statements import (
    Runner,
    Statement,
    choose,
    delete_where,
    first,
    into,
    values_of,
)

_KEPT = ("id", "platform_id", "team_id", "organization_id", "created_at")

USE_ID = Statement[None](into(product_ids, "id"), None)
USED_IDS = Statement[int](select(product_ids.c.id), int)
ADD_PRODUCT = Statement[None](into(products, *(c.name for c in products.columns)), None)
FIND_PRODUCT = Statement[Product](
    choose(products, Product).where(products.c.id == bindparam("wanted")), Product
)
FIND_BY_SLUG = Statement[Product](
    choose(products, Product).where(products.c.slug == bindparam("wanted")), Product
)
NAMESAKES = Statement[int](
    select(products.c.id).where(
        or_(
            products.c.name_key == bindparam("key"),
            products.c.slug == bindparam("wanted"),
        )
    ),
    int,
)
UPDATE_PRODUCT = Statement[None](
    update(products)
    .where(products.c.id == bindparam("wanted"))
    .values(
        {
            c.name: bindparam(f"new_{c.name}")
            for c in products.columns
            if c.name not in _KEPT
        }
    ),
    None,
)
REMOVE_PRODUCT = Statement[None](delete_where(products, "id"), None)
REMOVE_COUNTS = Statement[None](delete_where(product_counts, "product_id"), None)
REMOVE_GROUPS = Statement[None](delete_where(groups, "product_id"), None)
REMOVE_EXCLUSIONS = Statement[None](delete_where(exclusions, "product_id"), None)
_teams = select(team_members.c.team_id).where(
    team_members.c.account_id == bindparam("account_id")
)
LIST_OF_ACCOUNT = Statement[Product](
    union(  # and no OR, for which PostgreSQL would look at each product
        choose(products, Product).where(products.c.team_id.in_(_teams)),
        choose(products, Product).where(products.c.organization_id.in_(_teams)),
    ).order_by("id"),
    Product,
)
LIST_OF_TEAM = Statement[Product](
    union(
        choose(products, Product).where(products.c.team_id == bindparam("wanted")),
        choose(products, Product).where(
            products.c.organization_id == bindparam("wanted")
        ),
    ).order_by("id"),
    Product,
)


class Products:
    """See `cyan.interfaces.Products`."""

    __slots__ = ("_run",)

    def __init__(self, run: Runner) -> None:
        self._run = run

    async def used_ids(self) -> Sequence[int]:
        """All ids that a product has or had."""
        return await self._run(USED_IDS)

    async def add(self, product: Product) -> None:
        """Keep a new product."""
        await self._run(USE_ID, id=product.id)
        await self._run(
            ADD_PRODUCT, **values_of(product), name_key=name_key(product.name)
        )

    async def find(self, product_id: int) -> Product | None:
        """The product of this id."""
        return first(await self._run(FIND_PRODUCT, wanted=product_id))

    async def find_by_slug(self, slug: str) -> Product | None:
        """The product of this slug."""
        return first(await self._run(FIND_BY_SLUG, wanted=slug))

    async def is_name_used(self, name: str, slug: str, but: int | None) -> bool:
        """Whether another product than `but` has this name or slug."""
        found = await self._run(NAMESAKES, key=name_key(name), wanted=slug)
        return any(product_id != but for product_id in found)

    async def update(self, product: Product) -> None:
        """Replace what may change."""
        changed = {
            f"new_{name}": value
            for name, value in values_of(product).items()
            if name not in _KEPT
        }
        await self._run(
            UPDATE_PRODUCT,
            wanted=product.id,
            new_name_key=name_key(product.name),
            **changed,
        )

    async def remove(self, product_id: int) -> None:
        """Forget the product; its id stays used."""
        await self._run(REMOVE_GROUPS, product_id=product_id)
        await self._run(REMOVE_EXCLUSIONS, product_id=product_id)
        await self._run(REMOVE_COUNTS, product_id=product_id)
        await self._run(REMOVE_PRODUCT, id=product_id)

    async def list_of_account(self, account_id: str) -> Sequence[Product]:
        """Products in whose team, or organization's team, an account is."""
        return await self._run(LIST_OF_ACCOUNT, account_id=account_id)

    async def list_of_team(self, team_id: str) -> Sequence[Product]:
        """Products of a team: one product's own, or all of an organization."""
        return await self._run(LIST_OF_TEAM, wanted=team_id)


_owned = (
    select(account_counts.c.sandbox)
    .where(account_counts.c.account_id == bindparam("payer_id"))
    .scalar_subquery()
)
_in_free_products = (
    select(func.sum(product_counts.c.members + product_counts.c.reserved))
    .where(
        product_counts.c.product_id.in_(
            select(products.c.id)
            .where(products.c.payer_id == bindparam("payer_id"))
            .where(products.c.plan == "free")
        )
    )
    .scalar_subquery()
)
TOWARD_SANDBOX = Statement[int](
    select(func.coalesce(_owned, 0) + func.coalesce(_in_free_products, 0)), int
)
OF_PRODUCT = Statement[ProductCount](
    select(
        product_counts.c.members,
        product_counts.c.quarantined,
        product_counts.c.reserved,
    ).where(product_counts.c.product_id == bindparam("product_id")),
    ProductCount,
)
_sandbox = insert_or(account_counts).values(
    account_id=bindparam("account_id"), sandbox=bindparam("more", type_=Integer())
)
ADD_TO_SANDBOX = Statement[None](
    _sandbox.on_conflict_do_update(
        index_elements=["account_id"],
        set_={"sandbox": account_counts.c.sandbox + _sandbox.excluded.sandbox},
    ),
    None,
)
_more = insert_or(product_counts).values(
    product_id=bindparam("product_id"),
    members=bindparam("members", type_=Integer()),
    quarantined=bindparam("quarantined", type_=Integer()),
    reserved=bindparam("reserved", type_=Integer()),
)
ADD_TO_PRODUCT = Statement[None](
    _more.on_conflict_do_update(
        index_elements=["product_id"],
        set_={
            name: product_counts.c[name] + _more.excluded[name]
            for name in ("members", "quarantined", "reserved")
        },
    ),
    None,
)


class Counts:
    """See `cyan.interfaces.Counts`."""

    __slots__ = ("_run",)

    def __init__(self, run: Runner) -> None:
        self._run = run

    async def toward_sandbox(self, payer_id: str) -> int:
        """What counts toward the sandbox of an account or organization."""
        return (await self._run(TOWARD_SANDBOX, payer_id=payer_id))[0]

    async def of_product(self, product_id: int) -> ProductCount:
        """How many devices a product has."""
        found = first(await self._run(OF_PRODUCT, product_id=product_id))
        return found or ProductCount(0, 0, 0)

    async def add_to_sandbox(self, account_id: str, more: int) -> None:
        """An account owns so many more devices that are in no product."""
        if more:
            await self._run(ADD_TO_SANDBOX, account_id=account_id, more=more)

    async def add_to_product(
        self, product_id: int, *, members: int = 0, quarantined: int = 0
    ) -> None:
        """A product has so many more members and quarantined devices."""
        if members or quarantined:
            await self._add(product_id, members, quarantined, 0)

    async def reserve(self, product_id: int, more: int) -> None:
        """Keep so much more room for a running import."""
        if more:
            await self._add(product_id, 0, 0, more)

    async def _add(
        self, product_id: int, members: int, quarantined: int, reserved: int
    ) -> None:
        await self._run(
            ADD_TO_PRODUCT,
            product_id=product_id,
            members=members,
            quarantined=quarantined,
            reserved=reserved,
        )
