"""Signing in and tokens, as clients see them (REST contract §1.1, §1.2)."""

import re

import httpx
import pytest
from tests.support.account_doors import ANN, CLI, LOGIN, bearer
from tests.support.sign_ins import PASSWORD

SAYS_ACCESS_TOKEN = re.compile("access token", re.IGNORECASE)


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
