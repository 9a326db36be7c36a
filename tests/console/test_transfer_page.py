"""The page that the owner's mail opens, and the front page."""

from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import httpx
import pytest
from starlette.applications import Starlette
from tests.support.doors import served
from tests.support.people import A_WEEK, a_device_of, an_account, find
from tests.support.worlds import ListMailer

from cyan.console import page_routes
from cyan.interfaces import World
from cyan.jobs import send_due_notices
from cyan.model.accounts import Actor
from cyan.model.devices import Device
from cyan.services.claims import claim_device

BOB = "bob@example.com"


@pytest.fixture
async def browser(world: World) -> AsyncIterator[httpx.AsyncClient]:
    async with served(Starlette(routes=page_routes(world))) as client:
        yield client


@pytest.fixture
async def ann(world: World) -> Actor:
    return await an_account(world)


@pytest.fixture
async def bob(world: World) -> Actor:
    return await an_account(world, BOB)


@pytest.fixture
async def device(world: World, ann: Actor) -> Device:
    return await a_device_of(world, ann)


async def mailed_path(world: World, bob: Actor, device: Device) -> str:
    await claim_device(world, bob, device.id, request_transfer=True)
    await send_due_notices(world)
    assert isinstance(world.mailer, ListMailer)
    text = world.mailer.mails[-1].text
    link = next(word for word in text.split() if "/transfer?ticket=" in word)
    parts = urlsplit(link)
    return f"{parts.path}?{parts.query}"


async def test_opening_the_page_changes_nothing(browser, world, bob, device) -> None:
    path = await mailed_path(world, bob, device)
    for _ in range(3):
        shown = await browser.get(path)
        assert (shown.status_code, BOB in shown.text) == (200, True)
        assert device.id in shown.text
        assert (await browser.head(path)).status_code == 200
    assert (await find(world, device.id)).owner_id == device.owner_id


async def test_the_owner_gives_the_device_away(browser, world, bob, device) -> None:
    path = await mailed_path(world, bob, device)
    done = await browser.post(path, data={"answer": "approve"})
    assert (done.status_code, "new owner" in done.text) == (200, True)
    assert (await find(world, device.id)).owner_id == bob.account_id
    assert (await browser.get(path)).status_code == 410
    assert (await browser.post(path, data={"answer": "deny"})).status_code == 410


async def test_the_owner_keeps_the_device(browser, world, ann, bob, device) -> None:
    path = await mailed_path(world, bob, device)
    done = await browser.post(path, data={"answer": "deny"})
    assert (done.status_code, "keep" in done.text) == (200, True)
    assert (await find(world, device.id)).owner_id == ann.account_id
    assert (await browser.get(path)).status_code == 410


@pytest.mark.parametrize("fields", [{}, {"answer": "yes"}, {"approve": "1"}])
async def test_a_form_without_an_answer_changes_nothing(
    browser, world, ann, bob, device, fields
) -> None:
    path = await mailed_path(world, bob, device)
    assert (await browser.post(path, data=fields)).status_code == 400
    assert (await find(world, device.id)).owner_id == ann.account_id
    assert (await browser.get(path)).status_code == 200


async def test_a_full_account_is_told_on_the_page(browser, world, bob, device) -> None:
    path = await mailed_path(world, bob, device)
    for number in (11, 12, 13):
        await a_device_of(world, bob, number)
    answer = await browser.post(path, data={"answer": "approve"})
    assert (answer.status_code, 'role="alert"' in answer.text) == (400, True)
    assert (await find(world, device.id)).owner_id == device.owner_id
    assert (await browser.get(path)).status_code == 200, "the link is still good"


async def test_a_week_later_the_link_is_over(browser, world, bob, device) -> None:
    path = await mailed_path(world, bob, device)
    world.clock.advance(A_WEEK)
    assert (await browser.get(path)).status_code == 410
    assert (await browser.post(path, data={"answer": "approve"})).status_code == 410


async def test_the_front_page_says_how_to_begin(browser, world) -> None:
    assert "one-time link" in (await browser.get("/")).text
    await an_account(world)
    shown = await browser.get("/")
    assert "particle profile cyan apiUrl https://cloud.example.org" in shown.text
