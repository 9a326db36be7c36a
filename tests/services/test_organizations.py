"""Organizations: companies that own products (REST contract §3.1)."""

import pytest
from tests.support.people import an_account
from tests.support.products import Ear, a_product, listed, require_counts
from tests.support.sign_ins import ADDRESS, refusal_of

from cyan.interfaces import World
from cyan.model.accounts import Actor
from cyan.model.decisions import RefusalCode
from cyan.model.products import TeamMember, TeamRole
from cyan.services.api_users import ApiUserWish, create_api_user
from cyan.services.events import listen, tune_to_organization
from cyan.services.imports import ImportWish, begin_import
from cyan.services.organizations import (
    create_organization,
    get_organization,
    list_organizations,
    products_of_organization,
    remove_organization,
)
from cyan.services.products import ProductWish, create_product, remove_product
from cyan.services.teams import TeamKind, TeamOf
from cyan.services.tokens import find_actor

PHOTON = 6


async def test_an_organization_is_found_by_slug_and_id(
    world: World, ann: Actor
) -> None:
    made = await create_organization(world, ann, " Acme Inc. ")
    assert (made.name, made.slug) == ("Acme Inc.", "acme-inc")
    for wanted in (made.id, made.slug):
        assert await get_organization(world, ann, wanted) == made
    assert list(await list_organizations(world, ann)) == [made]
    product = await a_product(world, ann, organization="acme-inc")
    [view] = await products_of_organization(world, ann, "acme-inc")
    assert (view.product, view.payer) == (product, "Acme Inc.")


async def test_names_are_unique_and_have_an_address(world: World, ann: Actor) -> None:
    await create_organization(world, ann, "Acme")
    for name in ("ACME!", "", "   ", "x" * 101, "日本", "a\nb"):
        no = await refusal_of(create_organization(world, ann, name))
        assert no.code is RefusalCode.PRODUCT_UNUSABLE


async def test_its_products_count_for_itself(world: World, ann: Actor) -> None:
    acme = await create_organization(world, ann, "Acme")
    pumps = await a_product(world, ann, organization="acme")
    own = await a_product(world, ann, "Own")
    await listed(world, ann, pumps, 1, 2, 3)
    await listed(world, ann, own, 11, 12, 13)
    no = await refusal_of(
        begin_import(world, ann, "pumps", ImportWish(["0" * 23 + "9"]))
    )
    assert (no.rule, no.details) == ("LIM-5", {"count": 3, "limit": 3})
    await require_counts(world, [ann.account_id, acme.id], [pumps.id, own.id])


async def test_only_its_team_makes_products_in_it(world: World, ann: Actor) -> None:
    acme = await create_organization(world, ann, "Acme")
    bob = await an_account(world, "bob@example.com")
    wish = ProductWish(PHOTON, "Pumps", organization="acme")
    no = await refusal_of(create_product(world, bob, wish))
    unknown = ProductWish(PHOTON, "Pumps", organization="nowhere")
    assert no == await refusal_of(create_product(world, bob, unknown))
    for role, able in ((TeamRole.SUPPORT, False), (TeamRole.DEVELOPER, True)):
        mate = TeamMember(acme.id, bob.account_id, role, world.clock.now())
        await world.store.transact(lambda tx, mate=mate: tx.teams.set(mate))
        if not able:
            no = await refusal_of(create_product(world, bob, wish))
            assert no.code is RefusalCode.ROLE_MISSING
    assert (await create_product(world, bob, wish)).product.organization_id == acme.id


async def test_it_goes_once_it_has_no_products(world: World, ann: Actor) -> None:
    await create_organization(world, ann, "Acme")
    await a_product(world, ann, organization="acme")
    team = TeamOf(TeamKind.ORGANIZATION, "acme")
    program = await create_api_user(world, ann, team, ApiUserWish("B", ["events:get"]))
    no = await refusal_of(remove_organization(world, ann, "acme"))
    assert (no.code, no.rule) == (RefusalCode.PRODUCT_NOT_EMPTY, "MEM-14")
    await remove_product(world, ann, "pumps")
    actor = await find_actor(world, program.token, ADDRESS)
    ear = Ear()
    listen(world, await tune_to_organization(world, actor, "acme"), ear.hear, ear.end)
    await remove_organization(world, ann, "acme")
    assert ear.ended
    no = await refusal_of(get_organization(world, ann, "acme"))
    assert no.code is RefusalCode.PRODUCT_UNKNOWN
    assert list(await list_organizations(world, ann)) == []
    await create_organization(world, ann, "Acme")


async def test_the_streams_of_its_people_end_with_it(world: World, ann: Actor) -> None:
    await create_organization(world, ann, "Acme")
    ear = Ear()
    listen(world, await tune_to_organization(world, ann, "acme"), ear.hear, ear.end)
    await remove_organization(world, ann, "acme")
    assert ear.ended


@pytest.mark.settings(rate_limits=0.02)  # two of a hundred
async def test_nobody_uses_up_the_ids_of_all(world: World, ann: Actor) -> None:
    await create_organization(world, ann, "Acme")
    await a_product(world, ann, "Pumps")
    for attempt in (
        create_organization(world, ann, "Emca"),
        create_product(world, ann, ProductWish(PHOTON, "Fans")),
        create_product(world, ann, ProductWish(PHOTON, "Fans", organization="acme")),
    ):
        no = await refusal_of(attempt)
        assert no.code is RefusalCode.RATE_LIMITED
        assert no.retry_after == 24 * 3600
    bob = await an_account(world, "bob@example.com")
    await a_product(world, bob, "Fans")
