"""The page that the mail of a team's invitation opens."""

from collections.abc import AsyncIterator
from datetime import timedelta
from urllib.parse import urlsplit

import httpx
import pytest
from starlette.applications import Starlette
from tests.support.doors import served
from tests.support.people import A_WEEK, PHOTON, an_account
from tests.support.worlds import ListMailer

from cyan.console import page_routes
from cyan.interfaces import World
from cyan.jobs import send_due_notices
from cyan.model.accounts import Actor
from cyan.model.products import TeamRole
from cyan.services.organizations import create_organization
from cyan.services.products import ProductWish, create_product
from cyan.services.teams import TeamKind, TeamOf, change_role, invite, list_team

BOB = "bob@example.com"
PUMPS = TeamOf(TeamKind.PRODUCT, "pumps")


@pytest.fixture
async def browser(world: World) -> AsyncIterator[httpx.AsyncClient]:
    async with served(Starlette(routes=page_routes(world))) as client:
        yield client


@pytest.fixture
async def ann(world: World) -> Actor:
    ann = await an_account(world)
    await create_product(world, ann, ProductWish(PHOTON, "Pumps"))
    return ann


async def mailed_path(world: World, ann: Actor, team: TeamOf = PUMPS) -> str:
    await invite(world, ann, team, BOB, TeamRole.DEVELOPER)
    await send_due_notices(world)
    assert isinstance(world.mailer, ListMailer)
    mail = world.mailer.mails[-1]
    assert mail.recipient == BOB
    link = next(word for word in mail.text.split() if "/team-invitation?" in word)
    parts = urlsplit(link)
    return f"{parts.path}?{parts.query}"


async def roles(world: World, ann: Actor, team: TeamOf = PUMPS) -> dict[str, TeamRole]:
    """The role of each person who is on the team, invitations left out."""
    people = (await list_team(world, ann, team)).people
    return {each.username: each.role for each in people if not each.invited}


async def test_opening_the_page_changes_nothing(browser, world, ann) -> None:
    await an_account(world, BOB)
    path = await mailed_path(world, ann)
    for _ in range(3):
        shown = await browser.get(path)
        assert shown.status_code == 200
        for word in (ann.username, BOB, "Pumps", "Developer"):
            assert word in shown.text
        assert (await browser.head(path)).status_code == 200
    assert BOB not in await roles(world, ann)


async def test_one_button_joins_the_team_and_works_once(browser, world, ann) -> None:
    await an_account(world, BOB)
    path = await mailed_path(world, ann)
    done = await browser.post(path, data={"answer": "join"})
    assert (done.status_code, "Pumps" in done.text) == (200, True)
    assert (await roles(world, ann))[BOB] is TeamRole.DEVELOPER
    assert (await browser.get(path)).status_code == 410
    assert (await browser.post(path, data={"answer": "join"})).status_code == 410


async def test_the_other_button_declines(browser, world, ann) -> None:
    path = await mailed_path(world, ann)
    done = await browser.post(path, data={"answer": "decline"})
    assert (done.status_code, "You declined" in done.text) == (200, True)
    people = (await list_team(world, ann, PUMPS)).people
    assert [each.username for each in people] == [ann.username]
    assert (await browser.get(path)).status_code == 410


async def test_the_page_names_an_organization(browser, world, ann) -> None:
    made = await create_organization(world, ann, "Works")
    await an_account(world, BOB)
    team = TeamOf(TeamKind.ORGANIZATION, made.slug)
    path = await mailed_path(world, ann, team)
    assert "Works" in (await browser.get(path)).text
    await browser.post(path, data={"answer": "join"})
    assert (await roles(world, ann, team))[BOB] is TeamRole.DEVELOPER


async def test_somebody_without_an_account_is_told_to_make_one(
    browser, world, ann
) -> None:
    path = await mailed_path(world, ann)
    told = await browser.post(path, data={"answer": "join"})
    assert told.status_code == 400
    assert 'role="alert"' in told.text
    assert "open the link of the mail again" in told.text
    await an_account(world, BOB)
    again = await browser.post(path, data={"answer": "join"})
    assert again.status_code == 200, "the link stays good"
    assert BOB in await roles(world, ann)


@pytest.mark.parametrize("fields", [{}, {"answer": "yes"}, {"join": "1"}])
async def test_a_form_without_an_answer_changes_nothing(
    browser, world, ann, fields
) -> None:
    await an_account(world, BOB)
    path = await mailed_path(world, ann)
    assert (await browser.post(path, data=fields)).status_code == 400
    assert BOB not in await roles(world, ann)
    assert (await browser.get(path)).status_code == 200


async def test_a_week_later_the_link_is_over(browser, world, ann) -> None:
    await an_account(world, BOB)
    path = await mailed_path(world, ann)
    world.clock.advance(A_WEEK - timedelta(seconds=1))
    assert (await browser.get(path)).status_code == 200
    world.clock.advance_seconds(1)
    assert (await browser.get(path)).status_code == 410
    assert (await browser.post(path, data={"answer": "join"})).status_code == 410


async def test_an_invitation_that_was_taken_back_is_over(browser, world, ann) -> None:
    await an_account(world, BOB)
    path = await mailed_path(world, ann)
    await change_role(world, ann, PUMPS, BOB, None)
    assert (await browser.get(path)).status_code == 410


async def test_a_second_invitation_ends_the_first(browser, world, ann) -> None:
    first, second = [await mailed_path(world, ann) for _ in range(2)]
    assert (await browser.get(first)).status_code == 410
    assert (await browser.get(second)).status_code == 200


@pytest.mark.parametrize("ticket", ["", "abc", "abc.def", "%00"])
async def test_a_link_that_is_none_is_over(browser, ticket) -> None:
    shown = await browser.get(f"/team-invitation?ticket={ticket}")
    assert shown.status_code == 410
