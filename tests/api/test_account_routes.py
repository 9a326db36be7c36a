"""Accounts, as clients see them (REST contract §1.3)."""

import json
import re
from dataclasses import replace

import httpx
import pytest
from tests.support.account_doors import ANN, BOB, CLI, LOGIN, application, bearer
from tests.support.doors import served
from tests.support.sign_ins import PASSWORD, a_person

from cyan.interfaces import World
from cyan.jobs import send_due_notices
from cyan.model.settings import SignUp


async def test_a_person_reads_about_themselves(api: httpx.AsyncClient) -> None:
    auth = await bearer(api)
    assert (await api.get("/v1/user", headers=auth)).json() == {
        "username": ANN,
        "subscription_ids": [],
        "tos": 1,
        "account_info": {
            "first_name": "",
            "last_name": "",
            "company_name": "",
            "business_account": False,
        },
        "mfa": {"enabled": False},
        "memberships": [],
        "scim_provisioned": False,
        "no_password": False,
        "wifi_device_count": 0,
        "cellular_device_count": 0,
    }
    identity = (await api.get("/v1/user/identify", headers=auth)).json()
    assert identity["email"] == ANN
    assert re.fullmatch(r"[0-9a-f]{24}", identity["id"])
    tracked = await api.get("/v1/user/identify?tracking=1", headers=auth)
    assert tracked.json() == {"id": identity["id"]}


async def test_a_profile_changes_without_a_password_member_by_member(api) -> None:
    auth = await bearer(api)
    first = {"account_info": {"first_name": "Ada", "business_account": True}}
    answer = await api.put("/v1/user", json=first, headers=auth)
    assert answer.json()["message"] == "User's account updated."
    form = {"account_info[last_name]": "Lovelace", "account_info[business_account]": 0}
    answer = await api.put("/v1/user", data=form, headers=auth)
    assert answer.json()["account_info"] == {
        "first_name": "Ada",
        "last_name": "Lovelace",
        "company_name": "",
        "business_account": False,
    }


async def test_a_new_password_needs_the_old_one_and_ends_tokens_if_asked(api) -> None:
    auth, other = await bearer(api), await bearer(api)
    body = {"password": "another good one"}
    answer = await api.put("/v1/user", json=body, headers=auth)
    assert answer.status_code == 400
    assert "current_password" in answer.json()["errors"][0]
    wrong = {**body, "current_password": "wrong"}
    answer = await api.put("/v1/user", json=wrong, headers=auth)
    assert (answer.status_code, answer.json()["ok"]) == (400, False)
    right = {**body, "current_password": PASSWORD}
    answer = await api.put("/v1/user", json=right, headers=auth)
    assert answer.json()["message"] == "User's password updated."
    assert (await api.get("/v1/user", headers=other)).status_code == 200
    again = {
        "password": "a third one",
        "current_password": "another good one",
        "invalidate_tokens": True,
    }
    assert (await api.put("/v1/user", json=again, headers=auth)).is_success
    for ended in (auth, other):
        assert (await api.get("/v1/user", headers=ended)).status_code == 401


async def test_a_new_username_is_used_from_now_on(api, world: World) -> None:
    await a_person(world, BOB)
    auth = await bearer(api)
    taken = {"username": BOB, "current_password": PASSWORD}
    answer = await api.put("/v1/user", json=taken, headers=auth)
    assert answer.json()["errors"] == ["username already registered"]
    free = {"username": "Anna@Example.com", "current_password": PASSWORD}
    answer = await api.put("/v1/user", json=free, headers=auth)
    assert answer.json()["username"] == "anna@example.com"
    assert (await bearer(api, username="anna@example.com")) != auth


async def test_sign_up_follows_the_setting(world: World) -> None:
    body = {
        "username": "New@Example.com",
        "password": PASSWORD,
        "account_info": {"first_name": "New"},
        "utm": {"source": "x"},
    }
    for setting, status in ((SignUp.INVITE, 403), (SignUp.CLOSED, 403)):
        settings = replace(world.settings, sign_up=setting)
        async with served(application(replace(world, settings=settings))) as api:
            answer = await api.post("/v1/users", json=body)
            assert answer.status_code == status
            assert answer.json()["ok"] is False
    settings = replace(world.settings, sign_up=SignUp.OPEN)
    async with served(application(replace(world, settings=settings))) as api:
        answer = await api.post("/v1/users", json=body)
        assert (answer.status_code, answer.json()) == (200, {"ok": True})
        answer = await api.post("/v1/users", data={**body, "account_info": ""})
        assert answer.status_code == 400
        del body["account_info"], body["utm"]
        answer = await api.post("/v1/users", data=body)
        assert answer.json()["errors"] == ["username already registered"]
        auth = await bearer(api, username="new@example.com")
        user = (await api.get("/v1/user", headers=auth)).json()
        assert user["account_info"]["first_name"] == "New"


@pytest.mark.parametrize(
    "body",
    [
        {"username": "nobody", "password": PASSWORD},
        {"username": "a b@example.com", "password": PASSWORD},
        {"username": f"{'x' * 300}@example.com", "password": PASSWORD},
        {"username": "a@b\u0000c", "password": PASSWORD},
        {"username": "a\ud800@b", "password": PASSWORD},
        {"username": BOB, "password": "short"},
        {"username": BOB, "password": "x" * 257},
        {"username": BOB},
        {"password": PASSWORD},
        {"username": 5, "password": PASSWORD},
        {"username": BOB, "password": PASSWORD, "account_info": {"first_name": 5}},
    ],
)
async def test_unusable_newcomers_are_told_and_nothing_is_made(world, body) -> None:
    settings = replace(world.settings, sign_up=SignUp.OPEN)
    async with served(application(replace(world, settings=settings))) as api:
        answer = await api.post("/v1/users", content=_json(body))
    assert answer.status_code == 400, answer.text
    assert answer.json()["ok"] is False
    assert len(answer.json()["errors"]) == 1
    assert await world.store.read(lambda tx: tx.accounts.count()) == 0


def _json(body: object) -> bytes:
    return json.dumps(body).encode()


async def test_a_forgotten_password_is_replaced_through_the_mail(api, world) -> None:
    auth = await bearer(api)
    known = await api.post("/v1/user/password-reset", json={"username": ANN})
    unknown = await api.post("/v1/user/password-reset", json={"username": BOB})
    expected = {"ok": True, "message": "Password reset email sent."}
    assert known.json() == unknown.json() == expected
    await send_due_notices(world)
    (mail,) = world.mailer.mails
    assert mail.recipient == ANN
    token = re.search(r"password-reset\?ticket=(\S+)", mail.text)[1]
    short = {"token": token, "password": "short"}
    answer = await api.put("/v1/user/password-reset", json=short)
    assert answer.status_code == 400
    body = {"token": token, "password": "a brand new one"}
    answer = await api.put("/v1/user/password-reset", json=body)
    assert (answer.status_code, answer.json()) == (200, {"ok": True})
    assert (await api.get("/v1/user", headers=auth)).status_code == 401
    assert await bearer(api, password="a brand new one")
    answer = await api.put("/v1/user/password-reset", json=body)
    assert answer.status_code == 400, "the link works once"


async def test_the_operator_invites_and_nobody_else(api, world: World) -> None:
    await a_person(world, BOB)
    anns, bobs = await bearer(api), await bearer(api, username=BOB)
    body = {"username": "Carol@example.com"}
    answer = await api.post("/v1/invitations", json=body, headers=bobs)
    assert answer.status_code == 403
    answer = await api.post("/v1/invitations", json={"username": BOB}, headers=anns)
    assert answer.json()["errors"] == ["username already registered"]
    answer = await api.post("/v1/invitations", json=body, headers=anns)
    assert answer.json() == {
        "ok": True,
        "message": "Invitation sent to carol@example.com.",
    }
    await send_due_notices(world)
    (mail,) = world.mailer.mails
    assert mail.recipient == "carol@example.com"
    assert "https://cloud.example.org/signup?ticket=" in mail.text


async def test_an_account_ends_with_its_password(api, world: World) -> None:
    await a_person(world, BOB)
    auth = await bearer(api, username=BOB)
    for body, status in (({}, 400), ({"password": "wrong"}, 400)):
        answer = await api.request("DELETE", "/v1/user", json=body, headers=auth)
        assert answer.status_code == status
    body = {"password": PASSWORD}
    answer = await api.request("DELETE", "/v1/user", json=body, headers=auth)
    assert answer.json() == {
        "ok": True,
        "message": "User's account has been deleted.",
    }
    assert (await api.get("/v1/user", headers=auth)).status_code == 401
    answer = await api.post("/oauth/token", data={**LOGIN, **CLI, "username": BOB})
    assert answer.json()["error_description"] == "User credentials are invalid"


async def test_the_only_operator_stays(api: httpx.AsyncClient) -> None:
    auth, body = await bearer(api), {"password": PASSWORD}
    answer = await api.request("DELETE", "/v1/user", json=body, headers=auth)
    assert answer.status_code == 400
    assert "only operator" in answer.json()["errors"][0]
    assert (await api.get("/v1/user", headers=auth)).status_code == 200
