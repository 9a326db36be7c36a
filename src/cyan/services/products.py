"""Products: make them, find them, change their settings, hand them over.

See docs/rules/products.md.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from cyan.interfaces import Body, Conflict, ProductCount, Tx, World, subjects
from cyan.interfaces.subjects import DeviceChanged, TeamChanged
from cyan.model.accounts import Actor
from cyan.model.decisions import RefusalCode, Refuse, Refused, refused
from cyan.model.products import (
    Claiming,
    Group,
    Plan,
    Product,
    TeamMember,
    TeamRole,
)
from cyan.rules.authority import (
    Action,
    AuthorityFacts,
    Role,
    decide_team_action,
)
from cyan.rules.limits import has_room, product_full
from cyan.rules.products import (
    MAX_DEVICE_LIMIT,
    NewProductFacts,
    choose_id,
    decide_product,
    decide_product_texts,
    decide_removal,
    slug_of,
)
from cyan.services.ownership import announce
from cyan.services.throttle import hold_back
from cyan.services.tokens import announce_ends

_NO_TEAM = ("-",)


@dataclass(frozen=True, slots=True)
class ProductWish:
    """What a new product shall be; `wanted_id` None takes the next free id."""

    platform_id: int
    name: str
    description: str = ""
    wanted_id: int | None = None
    organization: str | None = None
    location_opt_in: bool = False


@dataclass(frozen=True, slots=True)
class ProductChanges:
    """What shall change of a product; None stays as it is."""

    name: str | None = None
    description: str | None = None
    quarantine: bool | None = None
    claiming: Claiming | None = None
    location_opt_in: bool | None = None
    known_application_opt_in: bool | None = None
    device_protection: bool | None = None
    plan: Plan | None = None
    device_limit: int | None = None

    @property
    def plans(self) -> bool:
        """Whether it touches what only the operator decides."""
        return self.plan is not None or self.device_limit is not None

    @property
    def settings(self) -> bool:
        """Whether it touches what the team decides."""
        return any(
            getattr(self, name) is not None
            for name in ProductChanges.__slots__
            if name not in ("plan", "device_limit")
        )


@dataclass(frozen=True, slots=True)
class ProductView:
    """A product as its team sees it: whose it is, its groups and its numbers."""

    product: Product
    payer: str
    groups: Sequence[Group]
    count: ProductCount


async def team_facts(
    tx: Tx, actor: Actor, team_ids: Sequence[str], product_id: int | None = None
) -> AuthorityFacts:
    """How an actor stands to some teams, or to the product that they run.

    The same look-up for teams that do not exist.
    """
    found = await tx.teams.roles_of(actor.account_id, team_ids or _NO_TEAM)
    roles = {Role(each.value) for each in found}
    if actor.operator:
        roles.add(Role.OPERATOR)
    of_team = actor.team_id is not None and actor.team_id in team_ids
    of_product = product_id is not None and actor.product_id == product_id
    if of_team or of_product:  # a program may what its scopes say
        roles.add(Role.ADMINISTRATOR)
    return AuthorityFacts(frozenset(roles), actor.scopes)


async def look_up_product(tx: Tx, wanted: str) -> Product | None:
    """The product of an id or a slug."""
    if wanted.isascii() and wanted.isdecimal() and len(wanted) < 8:
        return await tx.products.find(int(wanted))
    return await tx.products.find_by_slug(wanted.lower())


async def find_product(tx: Tx, actor: Actor, wanted: str, action: Action) -> Product:
    """The product of this id or slug, for an action.

    Raises `Refused` with the same words, after the same look-ups, for a product that
    does not exist and for one that is none of the actor's business.
    """
    product = await look_up_product(tx, wanted)
    team_ids = product.team_ids if product else ()
    facts = await team_facts(tx, actor, team_ids, product.id if product else None)
    decision = decide_team_action(facts, action)
    if isinstance(decision, Refuse):
        raise Refused(decision)
    if product is None:  # only an operator gets as far as that
        raise Refused(_unknown())
    return product


def _unknown() -> Refuse:
    decision = decide_team_action(AuthorityFacts(frozenset()), Action.PRODUCTS_GET)
    assert isinstance(decision, Refuse)
    return decision


async def view_of(tx: Tx, product: Product) -> ProductView:
    """What the team sees of a product."""
    if product.organization_id is None:
        payer = await tx.accounts.find(product.payer_id)
        name = payer.username if payer else ""
    else:
        organization = await tx.organizations.find(product.organization_id)
        name = organization.name if organization else ""
    return ProductView(
        product,
        name,
        await tx.groups.list_of(product.id),
        await tx.counts.of_product(product.id),
    )


async def get_product(world: World, actor: Actor, wanted: str) -> ProductView:
    """One product of the actor's, by id or slug."""

    async def body(tx: Tx) -> ProductView:
        product = await find_product(tx, actor, wanted, Action.PRODUCTS_GET)
        return await view_of(tx, product)

    return await world.store.read(body)


async def list_products(world: World, actor: Actor) -> Sequence[ProductView]:
    """All products in whose team the actor is, or for which a program acts."""

    async def body(tx: Tx) -> list[ProductView]:
        return [await view_of(tx, each) for each in await products_of(tx, actor)]

    return await world.store.read(body)


async def products_of(tx: Tx, actor: Actor) -> Sequence[Product]:
    """The products that an actor can see."""
    if actor.product_id is not None:
        found = await tx.products.find(actor.product_id)
        return [found] if found else []
    if actor.team_id is not None:
        return await tx.products.list_of_team(actor.team_id)
    return await tx.products.list_of_account(actor.account_id)


async def create_product(world: World, actor: Actor, wish: ProductWish) -> ProductView:
    """Make a product of one's own, or of an organization whose team one is on."""
    hold_back(world, "products", actor.account_id, "You made many products.")
    at = world.clock.now()
    team_id = world.secrets.id()
    name, slug = wish.name.strip(), slug_of(wish.name)

    async def body(tx: Tx) -> ProductView:
        organization_id = None
        if wish.organization is not None:
            organization_id = await _may_create(tx, actor, wish.organization)
        used = await tx.products.used_ids()
        decision = decide_product(
            NewProductFacts(
                platform_id=wish.platform_id,
                name=name,
                description=wish.description,
                wanted_id=wish.wanted_id,
                id_used=wish.wanted_id in used,
                name_used=await tx.products.is_name_used(name, slug, None),
            )
        )
        if isinstance(decision, Refuse):
            raise Refused(decision)
        chosen = wish.wanted_id or choose_id(used)
        if chosen is None:
            raise _unusable(
                "No product id is free any more.", "Ask for one of your own as id."
            )
        product = Product(
            id=chosen,
            platform_id=wish.platform_id,
            name=name,
            slug=slug,
            description=wish.description,
            payer_id=organization_id or actor.account_id,
            organization_id=organization_id,
            team_id=team_id,
            quarantine=True,  # MEM-1: it can cost money, so the default is closed
            claiming=Claiming.TEAM_AND_CUSTOMERS,
            location_opt_in=wish.location_opt_in,
            known_application_opt_in=False,
            device_protection=False,
            plan=Plan.FREE,
            device_limit=0,
            created_at=at,
        )
        await tx.products.add(product)
        if organization_id is None:
            owner = TeamMember(team_id, actor.account_id, TeamRole.OWNER, at)
            await tx.teams.set(owner)
        return await view_of(tx, product)

    view = await _transact(world, body)
    announce_products(world, view.product)
    return view


def announce_products(world: World, product: Product) -> None:
    """Tell an organization's streams that it has a product more or fewer."""
    if product.organization_id is not None:
        subject = subjects.product_changes(product.organization_id)
        world.bus.publish(subject, None)


async def _may_create(tx: Tx, actor: Actor, wanted: str) -> str:
    """The id of an organization in which the actor may make products."""
    organization = await tx.organizations.find(wanted)
    team_ids = (organization.id,) if organization else ()
    facts = await team_facts(tx, actor, team_ids)
    decision = decide_team_action(facts, Action.PRODUCTS_CREATE)
    if isinstance(decision, Refuse):
        raise Refused(decision)
    assert organization is not None  # nobody has a role in what does not exist
    return organization.id


async def change_product(
    world: World, actor: Actor, wanted: str, changes: ProductChanges
) -> ProductView:
    """Change a product's settings; its plan is for the operator to decide."""

    async def body(tx: Tx) -> ProductView:
        product = await find_product(tx, actor, wanted, Action.PRODUCTS_GET)
        for action, needed in (
            (Action.PRODUCTS_UPDATE, changes.settings),
            (Action.PRODUCTS_PLAN, changes.plans),
        ):
            if needed:
                await find_product(tx, actor, wanted, action)
        changed = await _changed(tx, product, changes)
        if changes.plans:
            await _require_room_after(tx, world, product, changed)
        await tx.products.update(changed)
        return await view_of(tx, changed)

    return await _transact(world, body)


async def _changed(tx: Tx, product: Product, changes: ProductChanges) -> Product:
    given = {
        name: value
        for name in ProductChanges.__slots__
        if (value := getattr(changes, name)) is not None
    }
    if "name" in given:
        given["name"] = given["name"].strip()
        given["slug"] = slug_of(given["name"])
    changed = replace(product, **given)
    used = await tx.products.is_name_used(changed.name, changed.slug, product.id)
    decision = decide_product_texts(changed.name, changed.description, used)
    if isinstance(decision, Refuse):
        raise Refused(decision)
    if not 0 <= changed.device_limit <= MAX_DEVICE_LIMIT:
        raise _unusable(
            f"A device limit is between 0 and {MAX_DEVICE_LIMIT:,}.",
            "Correct device_limit; 0 is no limit.",
        )
    return changed


async def room_for(tx: Tx, world: World, product: Product) -> tuple[int, int]:
    """The count that members of a product add to, and its limit (LIM-2, LIM-4).

    What running imports keep free counts as taken.
    """
    if product.plan is Plan.BLOCK:
        count = await tx.counts.of_product(product.id)
        return count.members + count.reserved, product.device_limit
    count_of_payer = await tx.counts.toward_sandbox(product.payer_id)
    return count_of_payer, world.settings.sandbox_devices


async def require_room(tx: Tx, world: World, product: Product, more: int) -> None:
    """Refuse what would pass the limit, with both numbers (LIM-5)."""
    count, limit = await room_for(tx, world, product)
    if not has_room(count, limit, more):
        raise Refused(product_full(count, limit, more, product.plan))


async def _require_room_after(
    tx: Tx, world: World, before: Product, after: Product
) -> None:
    """A product that comes under the free plan brings its members along (LIM-5)."""
    if after.plan is Plan.FREE and before.plan is Plan.BLOCK:
        count = await tx.counts.of_product(after.id)
        await require_room(tx, world, after, count.members)


async def remove_product(world: World, actor: Actor, wanted: str) -> None:
    """Delete a product that has no members; its id is never used again (MEM-14)."""

    async def body(tx: Tx) -> _Removed:
        product = await find_product(tx, actor, wanted, Action.PRODUCTS_REMOVE)
        count = await tx.counts.of_product(product.id)
        decision = decide_removal(count.members + count.reserved)
        if isinstance(decision, Refuse):
            raise Refused(decision)
        ended = [*await tx.programs.tokens_of_product(product.id)]
        for user in await tx.programs.api_users_of(product.team_id):
            ended.append(user.token_hash)
        team = await tx.teams.account_ids(product.team_ids)
        waited = await tx.fleets.dismiss_all(product.id)
        for client in await tx.programs.clients_of(product.id):
            await tx.programs.remove_client(client.id)
        await tx.teams.dissolve(product.team_id)
        await tx.products.remove(product.id)
        moved = [
            DeviceChanged(each.id, each.owner_id, None, None, outsider=False)
            for each in waited
        ]
        return _Removed(product, team, ended, moved)

    removed = await world.store.transact(body, turn=wanted)
    announce_ends(world, removed.tokens)
    announce(world, *removed.devices)
    for account_id in removed.team:
        change = TeamChanged(account_id, None)
        world.bus.publish(subjects.team_changes(removed.product.team_id), change)
    announce_products(world, removed.product)


@dataclass(frozen=True, slots=True)
class _Removed:
    """What a deleted product takes along: streams, tokens, who waited for it."""

    product: Product
    team: Sequence[str]
    tokens: Sequence[str]
    devices: Sequence[DeviceChanged]


def _unusable(reason: str, remedy: str) -> Refused:
    return refused(RefusalCode.PRODUCT_UNUSABLE, reason, rule="MEM-14", remedy=remedy)


async def _transact(world: World, body: Body[ProductView]) -> ProductView:
    try:
        return await world.store.transact(body)
    except Conflict:  # somebody took the name between look-up and write
        raise refused(
            RefusalCode.PRODUCT_UNUSABLE,
            "Another product on this server has this name or id.",
            rule="MEM-14",
            remedy="Choose another one.",
        ) from None
