"""Organizations: companies that own products (REST contract §3.1)."""

from collections.abc import Sequence

from cyan.interfaces import Conflict, Tx, World, subjects
from cyan.model.accounts import Actor
from cyan.model.decisions import RefusalCode, Refuse, Refused, refused
from cyan.model.products import Organization, TeamMember, TeamRole
from cyan.rules.authority import Action, decide_team_action
from cyan.rules.products import MAX_NAME, slug_of
from cyan.services.products import ProductView, team_facts, view_of
from cyan.services.throttle import hold_back
from cyan.services.tokens import announce_ends


async def find_organization(
    tx: Tx, actor: Actor, wanted: str, action: Action
) -> Organization:
    """The organization of this id or slug; unknown and foreign ones sound alike."""
    organization = await tx.organizations.find(wanted)
    facts = await team_facts(tx, actor, (organization.id,) if organization else ())
    decision = decide_team_action(facts, action)
    if isinstance(decision, Refuse):
        raise Refused(decision)
    assert organization is not None  # nobody has a role in what does not exist
    return organization


async def list_organizations(world: World, actor: Actor) -> Sequence[Organization]:
    """The organizations in whose team the actor is, by name."""
    return await world.store.read(
        lambda tx: tx.organizations.list_of_account(actor.account_id)
    )


async def get_organization(world: World, actor: Actor, wanted: str) -> Organization:
    """One organization of the actor's."""
    action = Action.ORGANIZATION_GET
    return await world.store.read(
        lambda tx: find_organization(tx, actor, wanted, action)
    )


async def products_of_organization(
    world: World, actor: Actor, wanted: str
) -> Sequence[ProductView]:
    """All products of an organization, by id."""

    async def body(tx: Tx) -> list[ProductView]:
        found = await find_organization(tx, actor, wanted, Action.PRODUCTS_LIST)
        products = await tx.products.list_of_team(found.id)
        return [await view_of(tx, each) for each in products]

    return await world.store.read(body)


async def create_organization(world: World, actor: Actor, name: str) -> Organization:
    """Make an organization; who makes it is its owner."""
    hold_back(world, "products", actor.account_id, "You made many products.")
    at = world.clock.now()
    tidy = name.strip()
    slug = slug_of(tidy)
    if not 1 <= len(tidy) <= MAX_NAME or not tidy.isprintable() or not slug:
        raise _unusable(
            f"An organization's name has 1 to {MAX_NAME} printable characters, a "
            "letter or digit among them."
        )
    made = Organization(world.secrets.id(), tidy, slug, at)

    async def body(tx: Tx) -> None:
        if await tx.organizations.find(slug) is not None:
            raise _unusable("Another organization on this server has this name.")
        await tx.organizations.add(made)
        owner = TeamMember(made.id, actor.account_id, TeamRole.OWNER, at)
        await tx.teams.set(owner)

    try:
        await world.store.transact(body)
    except Conflict:
        raise _unusable("Another organization on this server has this name.") from None
    return made


async def remove_organization(world: World, actor: Actor, wanted: str) -> None:
    """Delete an organization that has no products any more (MEM-14)."""

    async def body(tx: Tx) -> tuple[str, list[str]]:
        found = await find_organization(tx, actor, wanted, Action.ORGANIZATION_REMOVE)
        if await tx.products.list_of_team(found.id):
            raise refused(
                RefusalCode.PRODUCT_NOT_EMPTY,
                "The organization still has products.",
                rule="MEM-14",
                remedy="Delete its products first.",
            )
        users = await tx.programs.api_users_of(found.id)
        await tx.teams.dissolve(found.id)
        await tx.organizations.remove(found.id)
        return found.id, [each.token_hash for each in users]

    organization_id, tokens = await world.store.transact(body)
    announce_ends(world, tokens)
    world.bus.publish(subjects.product_changes(organization_id), None)


def _unusable(reason: str) -> Refused:
    return refused(
        RefusalCode.PRODUCT_UNUSABLE,
        reason,
        rule="MEM-14",
        remedy="Choose another name.",
    )
