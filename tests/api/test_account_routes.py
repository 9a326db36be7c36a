"""Accounts, tokens, clients and signing in, as clients see them (§1.1 to §1.4)."""

import json
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import httpx
import pytest
from tests.support.doors import served
from tests.support.sign_ins import PASSWORD, a_person, code_of

from cyan.api.application import Application
from cyan.api.routes import accounts, clients, signing_in, tokens
from cyan.interfaces import World
from cyan.jobs import send_due_notices
from cyan.model.settings import SignUp
from cyan.services.tokens import Authenticator

ANN, BOB = "ann@example.com", "bob@example.com"
TABLES = (accounts.routes, clients.routes, signing_in.routes, tokens.routes)
LOGIN = {"username": ANN, "password": PASSWORD, "grant_type": "password"}
CLI = {"client_id": "particle-cli", "client_secret": "particle-cli"}
SAYS_ACCESS_TOKEN = re.compile("access token", re.IGNORECASE)


def application(world: World) -> Application:
    return Application(world, TABLES, Authenticator(world).authenticate)


@pytest.fixture
async def api(world: World) -> AsyncIterator[httpx.AsyncClient]:
    """The API, invitation only, with Ann who is the operator."""
    await a_person(world, operator=True)
    async with served(application(world)) as client:
        yield client


async def bearer(api: httpx.AsyncClient, **more: object) -> dict[str, str]:
    answer = await api.post("/oauth/token", data={**LOGIN, **CLI, **more})
    assert answer.status_code == 200, answer.text
    return {"authorization": f"Bearer {answer.json()['access_token']}"}


# Signing in


async def test_the_cli_signs_in(api: httpx.AsyncClient) -> None:
    answer = await api.post(
        "/oauth/token", data={**LOGIN, **CLI, "expires_in": 7776000}
    )
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    body = answer.json()
    assert set(body) == {"access_token", "token_type", "expires_in", "refresh_token"}
    assert re.fullmatch(r"[0-9a-f]{40}", body["access_token"])
    assert re.fullmatch(r"[0-9a-f]{40}", body["refresh_token"])
    assert (body["token_type"], body["expires_in"]) == ("bearer", 7776000)


async def test_old_clis_sign_in_with_basic_and_a_stray_null(api) -> None:
    basic = await api.post("/oauth/token", data=LOGIN, auth=("particle", "particle"))
    assert basic.status_code == 200
    old = {"client_id": "CLI2", "client_secret": "client_secret_here"}
    stray = {"authorization": "Bearer null"}
    answer = await api.post("/oauth/token", data={**LOGIN, **old}, headers=stray)
    assert answer.status_code == 200


@pytest.mark.parametrize("asked", [{"expires_in": "0"}, {"expires_in": 0}])
async def test_a_token_for_ever_says_0(api: httpx.AsyncClient, asked) -> None:
    answer = await api.post("/oauth/token", data={**LOGIN, **CLI, **asked})
    assert answer.json()["expires_in"] == 0
    auth = {"authorization": f"Bearer {answer.json()['access_token']}"}
    current = await api.get("/v1/access_tokens/current", headers=auth)
    assert current.json()["expires_at"] is None


async def test_expires_at_is_another_way_to_say_it(api: httpx.AsyncClient) -> None:
    for moment in ("2026-11-24T13:00:00.000Z", "2026-11-24T13:00:00"):
        data = {**LOGIN, **CLI, "expires_at": moment}
        answer = await api.post("/oauth/token", data=data)
        assert answer.json()["expires_in"] == 3600
    answer = await api.post("/oauth/token", data={**LOGIN, **CLI, "expires_at": "soon"})
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


@pytest.mark.parametrize(
    ("change", "status", "error", "description"),
    [
        ({"password": "wrong"}, 400, "invalid_grant", "User credentials are invalid"),
        ({"username": "who@x.y"}, 400, "invalid_grant", "User credentials are invalid"),
        ({"client_id": "x"}, 400, "invalid_client", "Client credentials are invalid"),
        ({"grant_type": "magic"}, 400, "unsupported_grant_type", None),
        ({"grant_type": "null"}, 400, "invalid_request", None),
        ({"password": "null"}, 400, "invalid_request", None),
        ({"expires_in": "soon"}, 400, "invalid_request", None),
        ({"expires_in": "-5"}, 400, "invalid_request", None),
        ({"grant_type": "refresh_token"}, 400, "invalid_request", None),
        (
            {"grant_type": "refresh_token", "refresh_token": "0" * 40},
            400,
            "invalid_grant",
            None,
        ),
        (
            {"grant_type": "urn:custom:mfa-otp", "mfa_token": "x", "otp": "1"},
            400,
            "invalid_grant",
            None,
        ),
        ({"grant_type": "client_credentials"}, 400, "invalid_client", None),
    ],
)
async def test_each_refusal_has_the_oauth_shape_and_never_signs_out(
    api: httpx.AsyncClient, change, status, error, description
) -> None:
    answer = await api.post("/oauth/token", data={**LOGIN, **CLI, **change})
    body = answer.json()
    assert (answer.status_code, body["error"]) == (status, error)
    if description:
        assert body["error_description"] == description
    assert not SAYS_ACCESS_TOKEN.search(body["error_description"])


async def test_one_time_codes_from_enrolment_to_the_end(api, world: World) -> None:
    auth = await bearer(api)
    begun = (await api.get("/v1/user/mfa-enable", headers=auth)).json()
    assert begun["qr_url"].startswith("otpauth://totp/Cyan%3Aann%40example.com?secret=")
    assert begun["secret"] in begun["qr_url"]

    wrong = {"mfa_token": begun["mfa_token"], "otp": "000000"}
    answer = await api.post("/v1/user/mfa-enable", json=wrong, headers=auth)
    assert answer.status_code == 400
    assert "OTP" in answer.json()["error_description"]
    right = {**wrong, "otp": code_of(world, begun["secret"])}
    answer = await api.post("/v1/user/mfa-enable", json=right, headers=auth)
    assert (answer.status_code, answer.json()) == (200, {"enrolled": True})

    user = (await api.get("/v1/user", headers=auth)).json()
    assert user["mfa"] == {"enabled": True}
    world.clock.advance(timedelta(minutes=2))

    asked = await api.post("/oauth/token", data={**LOGIN, **CLI, "expires_in": 60})
    assert (asked.status_code, asked.json()["error"]) == (403, "mfa_required")
    second = {
        **CLI,
        "grant_type": "urn:custom:mfa-otp",
        "mfa_token": asked.json()["mfa_token"],
    }
    answer = await api.post("/oauth/token", data={**second, "otp": "000000"})
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")
    code = code_of(world, begun["secret"])
    answer = await api.post("/oauth/token", data={**second, "otp": code})
    assert (answer.status_code, answer.json()["expires_in"]) == (200, 60)

    for password, status in (("wrong", 400), (PASSWORD, 200)):
        body = {"current_password": password}
        answer = await api.put("/v1/user/mfa-disable", json=body, headers=auth)
        assert answer.status_code == status
    assert (await api.post("/oauth/token", data={**LOGIN, **CLI})).status_code == 200


async def test_confirming_codes_may_end_all_tokens_but_a_fresh_one(api, world) -> None:
    auth, other = await bearer(api), await bearer(api)
    begun = (await api.get("/v1/user/mfa-enable", headers=auth)).json()
    body = {
        "mfa_token": begun["mfa_token"],
        "otp": code_of(world, begun["secret"]),
        "invalidate_tokens": True,
    }
    answer = (await api.post("/v1/user/mfa-enable", json=body, headers=auth)).json()
    assert answer["enrolled"] is True
    for ended in (auth, other):
        assert (await api.get("/v1/user", headers=ended)).status_code == 401
    fresh = {"authorization": f"Bearer {answer['tokens'][0]}"}
    assert (await api.get("/v1/user", headers=fresh)).status_code == 200


async def test_ten_wrong_passwords_lock_the_address_with_retry_after(api) -> None:
    for _ in range(10):
        data = {**LOGIN, **CLI, "password": "wrong"}
        assert (await api.post("/oauth/token", data=data)).status_code == 400
    answer = await api.post("/oauth/token", data={**LOGIN, **CLI})
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "1800")
    assert answer.json()["error"] == "too_many_requests"


# Tokens


async def test_the_token_of_a_request_is_told_and_ended(api) -> None:
    auth = await bearer(api)
    current = (await api.get("/v1/access_tokens/current", headers=auth)).json()
    assert current == {
        "expires_at": "2027-02-22T12:00:00.000Z",
        "client": "particle-cli",
        "client_id": "particle-cli",
        "scopes": [],
        "orgs": [],
    }
    ended = await api.delete("/v1/access_tokens/current", headers=auth)
    assert (ended.status_code, ended.json()) == (200, {"ok": True})
    answer = await api.get("/v1/user", headers=auth)
    assert answer.status_code == 401
    assert answer.json() == {
        "error": "invalid_token",
        "error_description": "The access token provided is invalid.",
    }


async def test_a_token_is_ended_by_whoever_has_it(api: httpx.AsyncClient) -> None:
    auth = await bearer(api)
    path = f"/v1/access_tokens/{auth['authorization'].removeprefix('Bearer ')}"
    answer = await api.delete(path)
    assert (answer.status_code, answer.json()) == (200, {"ok": True})
    assert (await api.get("/v1/user", headers=auth)).status_code == 401
    answer = await api.delete(path)
    assert answer.status_code == 404
    assert answer.json()["errors"] == ["Token not found"]


async def test_tokens_are_listed_by_basic_or_token_and_ended_from_the_list(api) -> None:
    auth = await bearer(api)
    listed = (await api.get("/v1/access_tokens", auth=(ANN, PASSWORD))).json()
    assert [each["client"] for each in listed] == ["particle-cli"]
    assert listed == (await api.get("/v1/access_tokens", headers=auth)).json()
    assert (await api.delete(f"/v1/access_tokens/{listed[0]['token']}")).is_success
    assert (await api.get("/v1/user", headers=auth)).status_code == 401


async def test_a_list_of_tokens_needs_the_right_password(api) -> None:
    answer = await api.get("/v1/access_tokens", auth=(ANN, "wrong"))
    assert answer.status_code == 401
    assert answer.json()["errors"] == ["Bad password"]
    answer = await api.get("/v1/access_tokens")
    assert answer.status_code == 400
    assert answer.json()["error_description"] == "The access token was not found"


async def test_all_tokens_end_at_once(api: httpx.AsyncClient) -> None:
    auth, other = await bearer(api), await bearer(api)
    answer = await api.delete("/v1/access_tokens", headers=auth)
    assert (answer.status_code, answer.json()) == (200, {"ok": True})
    for ended in (auth, other):
        assert (await api.get("/v1/user", headers=ended)).status_code == 401


# Accounts


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


# Clients


async def test_a_client_of_ones_own_from_making_to_removing(api) -> None:
    auth = await bearer(api)
    body = {"name": "My Web App", "type": "web", "redirect_uri": "https://x.example/cb"}
    made = (await api.post("/v1/clients", json=body, headers=auth)).json()
    client = made["client"]
    assert made["ok"] is True
    assert re.fullmatch(r"my-web-app-\d+", client["id"])
    assert re.fullmatch(r"[0-9a-f]{40}", client["secret"])
    assert (client["type"], client["redirect_uri"]) == ("web", "https://x.example/cb")

    grant = {"grant_type": "client_credentials"}
    basic = (client["id"], client["secret"])
    token = (await api.post("/oauth/token", data=grant, auth=basic)).json()
    acting = {"authorization": f"Bearer {token['access_token']}"}
    assert (await api.get("/v1/user", headers=acting)).json()["username"] == ANN

    path = f"/v1/clients/{client['id']}"
    change = {"name": "Other", "scope": "*:*"}
    changed = (await api.put(path, json=change, headers=auth)).json()["client"]
    assert (changed["name"], changed["scope"]) == ("Other", "*:*")
    assert "secret" not in changed
    cleared = await api.put(path, json={"scope": "none"}, headers=auth)
    assert "scope" not in cleared.json()["client"]
    listed = (await api.get("/v1/clients", headers=auth)).json()
    assert listed == {"ok": True, "clients": [cleared.json()["client"]]}

    removed = await api.delete(path, headers=auth)
    assert (removed.status_code, removed.content) == (204, b"")
    assert (await api.get("/v1/user", headers=acting)).status_code == 401
    assert (await api.delete(path, headers=auth)).status_code == 404


@pytest.mark.parametrize(
    "body",
    [
        {"type": "installed"},
        {"name": "x"},
        {"name": "", "type": "installed"},
        {"name": "x" * 101, "type": "installed"},
        {"name": "x", "type": "desktop"},
        {"name": "x", "type": "web"},
        {"name": "x", "type": "web", "redirect_uri": "javascript:alert(1)"},
        {"name": "x", "type": "web", "redirect_uri": "https://[bad"},
        {"name": "x", "type": "installed", "scope": "devices:list"},
    ],
)
async def test_an_unusable_client_is_refused(api: httpx.AsyncClient, body) -> None:
    auth = await bearer(api)
    answer = await api.post("/v1/clients", json=body, headers=auth)
    assert (answer.status_code, answer.json()["ok"]) == (400, False)
    assert (await api.get("/v1/clients", headers=auth)).json()["clients"] == []


async def test_nobody_touches_another_accounts_client(api, world: World) -> None:
    await a_person(world, BOB)
    anns, bobs = await bearer(api), await bearer(api, username=BOB)
    body = {"name": "x", "type": "installed"}
    client = (await api.post("/v1/clients", json=body, headers=anns)).json()["client"]
    path = f"/v1/clients/{client['id']}"
    assert (await api.put(path, json={}, headers=bobs)).status_code == 404
    assert (await api.delete(path, headers=bobs)).status_code == 404
    assert (await api.get("/v1/clients", headers=bobs)).json()["clients"] == []
