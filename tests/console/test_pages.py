"""The pages that end in a password, as a browser meets them."""

import re
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import httpx
import pytest
from starlette.applications import Starlette
from tests.support.doors import served
from tests.support.sign_ins import (
    ADDRESS,
    PASSWORD,
    a_person,
    a_signed_in_person,
    a_token,
)

from cyan.console import page_routes
from cyan.interfaces import World
from cyan.jobs import send_due_notices
from cyan.services.accounts import request_password_reset
from cyan.services.sign_up import ensure_set_up_link, invite

ANN, BOB = "ann@example.com", "bob@example.com"
FIELDS = {"password": PASSWORD, "again": PASSWORD}


@pytest.fixture
async def browser(world: World) -> AsyncIterator[httpx.AsyncClient]:
    async with served(Starlette(routes=page_routes(world))) as client:
        yield client


def path_of(link: str) -> str:
    parts = urlsplit(link)
    return f"{parts.path}?{parts.query}"


async def mailed_path(world: World) -> str:
    """The link of the latest mail, without its server."""
    await send_due_notices(world)
    return path_of(
        re.search(r"https://\S+\?ticket=\S+", world.mailer.mails[-1].text)[0]
    )


async def set_up_path(world: World) -> str:
    return path_of(await ensure_set_up_link(world))


async def test_the_first_account_is_made_on_the_set_up_page(browser, world) -> None:
    path = await set_up_path(world)
    form = await browser.get(path)
    assert (form.status_code, "Make the first account" in form.text) == (200, True)
    done = await browser.post(path, data={"username": ANN, **FIELDS})
    assert done.status_code == 200
    assert ANN in done.text
    assert "particle profile cyan apiUrl https://cloud.example.org" in done.text
    token = await a_token(world)
    account = await world.store.read(lambda tx: tx.accounts.find(token.kept.account_id))
    assert account.operator
    assert (await browser.get(path)).status_code == 410
    assert (await browser.post(path, data={"username": BOB, **FIELDS})).status_code == (
        410
    )


async def test_opening_a_page_changes_nothing(browser, world: World) -> None:
    path = await set_up_path(world)
    for _ in range(3):
        assert (await browser.get(path)).status_code == 200
        assert (await browser.head(path)).status_code == 200
    assert await world.store.read(lambda tx: tx.accounts.count()) == 0


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({**FIELDS, "username": "ann"}, "must be an email address"),
        ({**FIELDS}, "must be an email address"),
        ({"username": ANN, "password": PASSWORD}, "not the same"),
        ({"username": ANN, **FIELDS, "again": "other"}, "not the same"),
        ({"username": ANN, "password": "short", "again": "short"}, "8 to 256"),
        ({}, "must be an email address"),
    ],
)
async def test_a_mistake_is_told_and_what_was_typed_stays(
    browser, world: World, fields, says: str
) -> None:
    path = await set_up_path(world)
    answer = await browser.post(path, data=fields)
    assert answer.status_code == 400
    assert says in answer.text
    assert 'role="alert"' in answer.text
    if "username" in fields:
        assert f'value="{fields["username"]}"' in answer.text
    assert PASSWORD not in answer.text
    done = await browser.post(path, data={"username": ANN, **FIELDS})
    assert done.status_code == 200, "the link is still good"


async def test_what_was_typed_is_shown_as_text_only(browser, world: World) -> None:
    evil = '"><script>alert(1)</script>'
    answer = await browser.post(
        await set_up_path(world), data={"username": evil, **FIELDS}
    )
    assert "<script" not in answer.text
    assert "&lt;script&gt;" in answer.text


async def test_an_invited_person_only_chooses_a_password(browser, world) -> None:
    operator = await a_signed_in_person(world, "op@example.com", operator=True)
    await invite(world, operator, BOB)
    path = await mailed_path(world)
    form = await browser.get(path)
    assert f'value="{BOB}"' in form.text
    assert "readonly" in form.text
    done = await browser.post(path, data={"username": "other@example.com", **FIELDS})
    assert (done.status_code, BOB in done.text) == (200, True)
    assert await a_token(world, BOB)
    assert (await browser.get(path)).status_code == 410


async def test_a_forgotten_password_is_replaced_on_its_page(browser, world) -> None:
    await a_person(world)
    await request_password_reset(world, ANN, ADDRESS)
    path = await mailed_path(world)
    assert ANN in (await browser.get(path)).text
    new = {"password": "a brand new one", "again": "a brand new one"}
    assert (await browser.post(path, data=new)).status_code == 200
    assert await a_token(world, password="a brand new one")
    assert (await browser.post(path, data=new)).status_code == 410


@pytest.mark.parametrize("page", ["setup", "signup", "password-reset"])
@pytest.mark.parametrize("ticket", ["", "x", "a.b", "%00", "é", "x" * 5000])
async def test_a_link_that_is_no_good_says_so(browser, page: str, ticket: str) -> None:
    for method in ("GET", "POST"):
        answer = await browser.request(method, f"/{page}?ticket={ticket}")
        assert answer.status_code == 410
        assert "no longer valid" in answer.text
    assert (await browser.get(f"/{page}")).status_code == 410


async def test_one_purposes_link_does_not_open_another_page(browser, world) -> None:
    await a_person(world)
    await request_password_reset(world, ANN, ADDRESS)
    query = (await mailed_path(world)).partition("?")[2]
    assert (await browser.get(f"/setup?{query}")).status_code == 410
    assert (await browser.get(f"/signup?{query}")).status_code == 410


async def test_oversize_and_unreadable_forms_change_nothing(browser, world) -> None:
    path = await set_up_path(world)
    kind = {"content-type": "application/x-www-form-urlencoded"}
    for body, status in (
        (b"username=" + b"x" * 20_000, 413),
        (b"username=\xff", 400),
        (b"&".join(b"a=%d" % number for number in range(50)), 400),
    ):
        answer = await browser.post(path, content=body, headers=kind)
        assert answer.status_code == status
    assert await world.store.read(lambda tx: tx.accounts.count()) == 0


async def test_pages_run_no_script_and_keep_their_address_to_themselves(
    browser, world: World
) -> None:
    for path in (await set_up_path(world), "/setup"):
        answer = await browser.get(path)
        assert answer.headers["content-type"] == "text/html; charset=utf-8"
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["cache-control"] == "no-store"
        assert not re.search(r"<script| on\w+=| style=", answer.text)
        loaded = re.findall(r'(?:href|src)="([^"]+)"', answer.text)
        assert loaded == ["/console/cyan.css"]
    styles = await browser.get("/console/cyan.css")
    assert styles.headers["content-type"] == "text/css; charset=utf-8"
    assert "url(" not in styles.text


async def test_too_many_visits_wait(browser, world: World) -> None:
    world.throttle.take("requests", "127.0.0.1", cost=10_000)
    answer = await browser.get("/setup")
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "300")
