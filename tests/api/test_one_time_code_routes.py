"""One-time codes, as clients see them (REST contract §1.3)."""

from datetime import timedelta

from tests.support.account_doors import CLI, LOGIN, bearer
from tests.support.sign_ins import PASSWORD, code_of

from cyan.interfaces import World


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
