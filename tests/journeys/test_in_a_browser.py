"""Pages as people meet them, at phone and desktop width: from mail or terminal on."""

import os
import uuid
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page
from tests.support.browsers import DESKTOP, PHONE, Open
from tests.support.mails import link_in_mail
from tests.support.servers import OPERATOR, PASSWORD, Account, Server
from tests.support.simulated import Devices

SIZES = pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])


def look(page: Page, name: str) -> None:
    """Nothing runs out of the page; CYAN_SCREENSHOTS names a folder for pictures."""
    wide, room = page.evaluate(
        "[document.documentElement.scrollWidth, window.innerWidth]"
    )
    assert wide <= room, f"{name} is wider than the window"
    folder = os.environ.get("CYAN_SCREENSHOTS")
    if folder:
        page.screenshot(path=Path(folder) / f"{name}-{room}.png")


@SIZES
def test_the_first_account_is_made_from_the_link_in_the_terminal(
    browser: Open, tmp_path: Path, size: tuple[int, int]
) -> None:
    server = Server(tmp_path).start()
    try:
        page = browser(size)
        page.goto(server.url)
        look(page, "front-before")
        page.goto(next(word for word in server.banner.split() if "/setup?" in word))
        page.get_by_label("E-mail address").fill(OPERATOR)
        page.get_by_label("Password", exact=True).fill(PASSWORD)
        page.get_by_label("The same password again").fill("something else")
        look(page, "set-up")
        page.get_by_role("button").click()
        page.get_by_role("alert").wait_for()
        look(page, "set-up-mistake")
        page.get_by_label("Password", exact=True).fill(PASSWORD)
        page.get_by_label("The same password again").fill(PASSWORD)
        page.get_by_role("button").click()
        page.get_by_text("You can sign in now").wait_for()
        look(page, "set-up-done")
        assert server.sign_in(OPERATOR, PASSWORD).token
        page.goto(server.url)
        look(page, "front")
    finally:
        server.stop()


@SIZES
@pytest.mark.parametrize("give", [True, False], ids=["give", "keep"])
def test_an_owner_answers_a_request_from_the_mail(
    browser: Open,
    server: Server,
    devices: Devices,
    size: tuple[int, int],
    give: bool,
) -> None:
    ann = server.new_account(f"ann-{uuid.uuid4().hex[:8]}@example.com")
    bob = server.new_account(f"bob-{uuid.uuid4().hex[:8]}@example.com")
    device_id = devices.online(server).id
    path = f"{server.url}/v1/devices"
    httpx.post(path, json={"id": device_id}, headers=ann.headers).raise_for_status()
    wanted = {"id": device_id, "request_transfer": True}
    httpx.post(path, json=wanted, headers=bob.headers).raise_for_status()
    page = browser(size)
    page.goto(link_in_mail(server, ann.email, "transfer"))
    look(page, "transfer")
    button = f"Give it to {bob.email}" if give else "Keep the device"
    page.get_by_role("button", name=button).click()
    heading = "The device has a new owner" if give else "You keep the device"
    page.get_by_role("heading", name=heading).wait_for()
    look(page, "transfer-given" if give else "transfer-kept")
    owner = bob if give else ann
    found = httpx.get(path, headers=owner.headers).json()
    assert [each["id"] for each in found] == [device_id]
    page.go_back()
    page.reload()
    page.get_by_text("This does not work").wait_for()  # a link works once
    look(page, "link-over")


def test_a_forgotten_password_is_replaced_from_the_mail(
    browser: Open, server: Server
) -> None:
    ann = server.new_account(f"ann-{uuid.uuid4().hex[:8]}@example.com")
    reset = f"{server.url}/v1/user/password-reset"
    httpx.post(reset, json={"username": ann.email}).raise_for_status()
    page = browser(PHONE)
    page.goto(link_in_mail(server, ann.email, "password-reset"))
    look(page, "password-reset")
    page.get_by_label("Password", exact=True).fill("a new sentence")
    page.get_by_label("The same password again").fill("a new sentence")
    page.get_by_role("button").click()
    page.get_by_text("You can sign in now").wait_for()
    assert server.sign_in(ann.email, "a new sentence").token


def a_product(server: Server) -> tuple[Account, str]:
    """Somebody, and the address of a new product of theirs."""
    ann = server.new_account(f"ann-{uuid.uuid4().hex[:8]}@example.com")
    name = f"Pumps {uuid.uuid4().hex[:6]}"
    answer = httpx.post(
        f"{server.url}/v1/products",
        json={"product": {"name": name, "platform_id": 6}},
        headers=ann.headers,
    )
    answer.raise_for_status()
    slug = answer.json()["product"]["slug"]
    return ann, f"{server.url}/v1/products/{slug}"


@SIZES
@pytest.mark.parametrize("joins", [True, False], ids=["join", "decline"])
def test_somebody_answers_an_invitation_to_a_team_from_the_mail(
    browser: Open, server: Server, size: tuple[int, int], joins: bool
) -> None:
    ann, product = a_product(server)
    email = f"bob-{uuid.uuid4().hex[:8]}@example.com"
    wanted = {"username": email, "role": "Developer"}
    answer = httpx.post(f"{product}/team", json=wanted, headers=ann.headers)
    answer.raise_for_status()
    page = browser(size)
    link = link_in_mail(server, email, "team-invitation")
    page.goto(link)
    look(page, "team-invitation")
    page.get_by_role("button", name="Join the team").click()
    assert "open the link of the mail again" in page.get_by_role("alert").inner_text()
    look(page, "team-invitation-without-account")
    bob = server.new_account(email)
    page.get_by_role("button", name="Join the team" if joins else "Decline").click()
    heading = "Welcome to Pumps" if joins else "You declined"
    page.get_by_role("heading", name=heading).wait_for()
    look(page, "team-joined" if joins else "team-declined")
    seen = httpx.get(product, headers=bob.headers).status_code
    assert (seen == 200) is joins
    page.goto(link)
    page.get_by_text("This does not work").wait_for()  # a link works once
