"""Teams of products and organizations: join, change, leave, hand over."""

from datetime import timedelta

import pytest
from tests.support.people import a_device_of, an_account, find
from tests.support.products import (
    Ear,
    a_member,
    a_product,
    a_teammate,
    listed,
    require_counts,
)
from tests.support.sign_ins import PASSWORD, a_signed_in_person, refusal_of

from cyan.interfaces import World, subjects
from cyan.model.accounts import Actor
from cyan.model.decisions import RefusalCode
from cyan.model.notices import NoticeKind
from cyan.model.products import Product, TeamRole
from cyan.services.accounts import delete_account
from cyan.services.claims import claim_device
from cyan.services.events import listen, tune_to_product
from cyan.services.organizations import create_organization
from cyan.services.products import get_product
from cyan.services.teams import (
    TeamKind,
    TeamOf,
    answer_team_invitation,
    change_role,
    invite,
    list_team,
    look_at_team_invitation,
)
from cyan.services.tickets import present_ticket

PUMPS = TeamOf(TeamKind.PRODUCT, "pumps")
ACME = TeamOf(TeamKind.ORGANIZATION, "acme")
BOB = "bob@example.com"


@pytest.fixture
async def bob(world: World) -> Actor:
    return await an_account(world, BOB)


async def link_of(world: World, recipient: str = BOB) -> str:
    """What the newest mail of an invitation has in its link."""
    due = await world.store.read(lambda tx: tx.outbox.due(world.clock.now(), 99))
    mails = [each for each in due if each.kind is NoticeKind.TEAM_INVITED]
    assert mails[-1].recipient == recipient
    return present_ticket(world, mails[-1].body["ticket_id"])


async def roles(world: World, actor: Actor, team: TeamOf = PUMPS) -> dict[str, object]:
    view = await list_team(world, actor, team)
    return {
        each.username: "invited" if each.invited else each.role for each in view.people
    }


async def test_an_invitation_is_looked_at_answered_and_over(
    world: World, ann: Actor, bob: Actor, pumps: Product
) -> None:
    await invite(world, ann, PUMPS, " Bob@Example.com ", TeamRole.DEVELOPER)
    assert await roles(world, ann) == {ann.username: TeamRole.OWNER, BOB: "invited"}
    link = await link_of(world)
    for _ in range(2):
        view = await look_at_team_invitation(world, link)
        assert (view.team, view.role, view.inviter) == (
            "Pumps",
            TeamRole.DEVELOPER,
            ann.username,
        )
    no = await refusal_of(get_product(world, bob, "pumps"))
    assert no.code is RefusalCode.PRODUCT_UNKNOWN
    await answer_team_invitation(world, link, accept=True)
    assert await roles(world, bob) == {
        ann.username: TeamRole.OWNER,
        BOB: TeamRole.DEVELOPER,
    }
    no = await refusal_of(answer_team_invitation(world, link, accept=True))
    assert no.code is RefusalCode.LINK_OVER


async def test_an_invitation_is_declined_taken_back_replaced_or_too_old(
    world: World, ann: Actor, bob: Actor, pumps: Product
) -> None:
    links = []
    for role in (TeamRole.DEVELOPER, TeamRole.SUPPORT):
        await invite(world, ann, PUMPS, BOB, role)
        links.append(await link_of(world))
        world.clock.advance_seconds(1)
    no = await refusal_of(look_at_team_invitation(world, links[0]))
    assert no.code is RefusalCode.LINK_OVER, "a newer one replaces it"
    await answer_team_invitation(world, links[1], accept=False)
    await invite(world, ann, PUMPS, BOB, TeamRole.SUPPORT)
    taken = await link_of(world)
    await change_role(world, ann, PUMPS, BOB, None)
    world.clock.advance_seconds(1)
    await invite(world, ann, PUMPS, BOB, TeamRole.SUPPORT)
    old = await link_of(world)
    world.clock.advance(timedelta(days=7))
    for link in (*links, taken, old, "nonsense"):
        no = await refusal_of(answer_team_invitation(world, link, accept=True))
        assert no.code is RefusalCode.LINK_OVER
    assert await roles(world, ann) == {ann.username: TeamRole.OWNER}


async def test_somebody_new_makes_an_account_first(
    world: World, ann: Actor, pumps: Product
) -> None:
    await invite(world, ann, PUMPS, BOB, TeamRole.VIEW_ONLY)
    link = await link_of(world)
    no = await refusal_of(answer_team_invitation(world, link, accept=True))
    assert no.code is RefusalCode.TEAM_UNUSABLE
    bob = await an_account(world, BOB)
    await answer_team_invitation(world, link, accept=True)
    assert (await roles(world, bob))[BOB] is TeamRole.VIEW_ONLY


async def test_who_may_invite_whom_to_what(
    world: World, ann: Actor, bob: Actor, pumps: Product
) -> None:
    carol = "carol@example.com"
    await a_teammate(world, pumps, bob, TeamRole.DEVELOPER)
    no = await refusal_of(invite(world, bob, PUMPS, carol, TeamRole.SUPPORT))
    assert no.code is RefusalCode.ROLE_MISSING
    await a_teammate(world, pumps, bob, TeamRole.ADMINISTRATOR)
    await invite(world, bob, PUMPS, carol, TeamRole.ADMINISTRATOR)
    no = await refusal_of(invite(world, ann, PUMPS, carol, TeamRole.OWNER))
    assert (no.code, no.rule) == (RefusalCode.TEAM_UNUSABLE, "LIM-2")
    no = await refusal_of(invite(world, ann, PUMPS, BOB, TeamRole.SUPPORT))
    assert "already" in no.reason


async def test_nobody_fills_somebody_elses_mailbox(
    world: World, ann: Actor, pumps: Product
) -> None:
    for _ in range(5):
        await invite(world, ann, PUMPS, BOB, TeamRole.SUPPORT)
    no = await refusal_of(invite(world, ann, PUMPS, BOB, TeamRole.SUPPORT))
    assert (no.code, no.retry_after) == (RefusalCode.RATE_LIMITED, 3600)
    await invite(world, ann, PUMPS, "carol@example.com", TeamRole.SUPPORT)
    dave = await an_account(world, "dave@example.com")
    fans = await a_product(world, dave, "Fans")
    team = TeamOf(TeamKind.PRODUCT, fans.slug)
    await invite(world, dave, team, BOB, TeamRole.SUPPORT)  # who is asked by others


async def test_losing_a_role_ends_streams_and_changes_no_owner(
    world: World, ann: Actor, bob: Actor, pumps: Product
) -> None:
    await a_teammate(world, pumps, bob, TeamRole.DEVELOPER)
    device = await a_member(world, ann, pumps)
    await claim_device(world, bob, device.id)
    ear = Ear()
    listen(world, await tune_to_product(world, bob, "pumps"), ear.hear, ear.end)
    told: list[subjects.DeviceChanged] = []
    world.bus.listen(subjects.device_changes(device.id), told.append)
    await change_role(world, ann, PUMPS, BOB, TeamRole.VIEW_ONLY)
    assert not ear.ended
    await change_role(world, ann, PUMPS, BOB, None)
    assert ear.ended  # MEM-11
    assert [each.outsider for each in told] == [False, True]  # EVT-5
    assert (await find(world, device.id)).owner_id == bob.account_id  # CLM-2
    no = await refusal_of(get_product(world, bob, "pumps"))
    assert no.code is RefusalCode.PRODUCT_UNKNOWN


async def test_everybody_may_leave_but_the_owner(
    world: World, ann: Actor, bob: Actor, pumps: Product
) -> None:
    await a_teammate(world, pumps, bob, TeamRole.VIEW_ONLY)
    carol = await an_account(world, "carol@example.com")
    await a_teammate(world, pumps, carol, TeamRole.VIEW_ONLY)
    no = await refusal_of(change_role(world, bob, PUMPS, carol.username, None))
    assert no.code is RefusalCode.ROLE_MISSING
    await change_role(world, bob, PUMPS, BOB, None)
    no = await refusal_of(change_role(world, ann, PUMPS, ann.username, None))
    assert (no.code, no.rule) == (RefusalCode.TEAM_UNUSABLE, "UNC-7")
    no = await refusal_of(
        change_role(world, ann, PUMPS, "dan@example.com", TeamRole.SUPPORT)
    )
    assert no.code is RefusalCode.TEAM_MEMBER_UNKNOWN


async def test_a_product_is_handed_over_with_what_it_counts(
    world: World, ann: Actor, bob: Actor, pumps: Product
) -> None:
    await a_teammate(world, pumps, bob, TeamRole.ADMINISTRATOR)
    await listed(world, ann, pumps, 11, 12)
    await a_device_of(world, bob, 1)
    await a_device_of(world, bob, 2)
    no = await refusal_of(change_role(world, bob, PUMPS, BOB, TeamRole.OWNER))
    assert no.code is RefusalCode.ROLE_MISSING
    no = await refusal_of(change_role(world, ann, PUMPS, BOB, TeamRole.OWNER))
    assert (no.code, no.rule) == (RefusalCode.DEVICE_LIMIT, "LIM-5")
    assert "4" in no.reason
    view = await get_product(world, ann, "pumps")
    assert view.payer == ann.username, "nothing is half done"
    people = [ann.account_id, bob.account_id]
    await require_counts(world, people, [pumps.id])


@pytest.mark.settings(sandbox_devices=4)
async def test_who_handed_over_is_an_administrator_from_then_on(
    world: World, ann: Actor, bob: Actor, pumps: Product
) -> None:
    await a_teammate(world, pumps, bob, TeamRole.VIEW_ONLY)
    await listed(world, ann, pumps, 11, 12)
    await a_device_of(world, bob, 1)
    await a_device_of(world, bob, 2)
    await change_role(world, ann, PUMPS, BOB, TeamRole.OWNER)
    assert await roles(world, ann) == {
        ann.username: TeamRole.ADMINISTRATOR,
        BOB: TeamRole.OWNER,
    }
    assert (await get_product(world, ann, "pumps")).payer == BOB
    await require_counts(world, [ann.account_id, bob.account_id], [pumps.id])


async def test_an_organizations_team_runs_its_products(
    world: World, ann: Actor, bob: Actor
) -> None:
    acme = await create_organization(world, ann, "Acme")
    await a_product(world, ann, organization="acme")
    await invite(world, ann, ACME, BOB, TeamRole.SUPPORT)
    view = await answer_team_invitation(world, await link_of(world), accept=True)
    assert view.team == "Acme"
    assert (await get_product(world, bob, "pumps")).payer == "Acme"
    await change_role(world, ann, ACME, BOB, TeamRole.OWNER)
    product = (await get_product(world, bob, "pumps")).product
    assert product.payer_id == acme.id, "it goes on belonging to the organization"
    assert await roles(world, bob, ACME) == {
        ann.username: TeamRole.ADMINISTRATOR,
        BOB: TeamRole.OWNER,
    }


async def test_the_only_owner_cannot_delete_the_account(world: World) -> None:
    dan = await a_signed_in_person(world, "dan@example.com")
    product = await a_product(world, dan)
    device = await a_member(world, dan, product)
    await claim_device(world, dan, device.id)
    no = await refusal_of(delete_account(world, dan, PASSWORD))
    assert (no.code, no.rule) == (RefusalCode.ONLY_OWNER, "UNC-7")
    assert "Pumps" in no.reason
    bob = await an_account(world, BOB)
    await a_teammate(world, product, bob, TeamRole.SUPPORT)
    await change_role(world, dan, PUMPS, BOB, TeamRole.OWNER)
    await delete_account(world, dan, PASSWORD)
    after = await find(world, device.id)
    assert (after.owner_id, after.member_of) == (None, product.id)  # UNC-7
    assert await roles(world, bob) == {BOB: TeamRole.OWNER}
    await require_counts(world, [dan.account_id, bob.account_id], [product.id])


async def test_the_only_owner_of_an_organization_too(world: World) -> None:
    dan = await a_signed_in_person(world, "dan@example.com")
    await create_organization(world, dan, "Acme")
    no = await refusal_of(delete_account(world, dan, PASSWORD))
    assert (no.code, no.rule) == (RefusalCode.ONLY_OWNER, "UNC-7")
