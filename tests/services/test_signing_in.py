"""Signing in, as programs and people do (REST contract §1.1)."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from tests.support.sign_ins import (
    ADDRESS,
    PARTICLE,
    PASSWORD,
    a_person,
    a_signed_in_person,
    a_token,
    actor_of,
    code_of,
    refusal_of,
)

from cyan.interfaces import World, subjects
from cyan.model.accounts import ClientKind
from cyan.model.decisions import RefusalCode
from cyan.services.clients import (
    PUBLIC_CLIENTS,
    ClientProof,
    ClientWish,
    create_client,
)
from cyan.services.one_time_codes import begin_enrolment, confirm_enrolment
from cyan.services.signing_in import MFA_GRANT, GrantRequest, prove_person, sign_in
from cyan.services.tokens import Authenticator

ANN = "ann@example.com"
HALF_AN_HOUR = timedelta(minutes=30)


async def test_a_password_gives_a_token_for_90_days(world: World) -> None:
    account = await a_person(world)
    token = await a_token(world)
    assert (len(token.text), len(token.refresh_text)) == (40, 40)
    assert token.lifetime == timedelta(days=90)
    actor = await actor_of(world, token)
    assert (actor.account_id, actor.username) == (account.id, ANN)
    assert (actor.client_id, actor.address) == ("particle", ADDRESS)
    assert actor.expires_at == world.clock.now() + timedelta(days=90)


async def test_the_database_holds_no_token(world: World) -> None:
    await a_person(world)
    token = await a_token(world)
    (kept,) = await world.store.read(
        lambda tx: tx.tokens.list_of(token.kept.account_id)
    )
    assert token.text not in repr(kept)
    assert token.refresh_text not in repr(kept)


async def test_the_username_is_taken_without_regard_to_case_and_spaces(world) -> None:
    await a_person(world)
    assert await a_token(world, "  Ann@Example.COM ")


async def test_wrong_passwords_and_unknown_people_hear_the_same(world: World) -> None:
    await a_person(world)
    answers = [
        await refusal_of(a_token(world, username, password=password))
        for username, password in (
            (ANN, "wrong password"),
            ("nobody@example.com", PASSWORD),
            ("", ""),
            ("x" * 1000, PASSWORD),
            (ANN, "x" * 1000),
        )
    ]
    assert len(set(map(repr, answers))) == 1
    assert answers[0].code is RefusalCode.WRONG_CREDENTIALS
    assert answers[0].reason == "User credentials are invalid"


@pytest.mark.parametrize("client_id", PUBLIC_CLIENTS)
async def test_official_programs_are_known(world: World, client_id: str) -> None:
    await a_person(world)
    grant = GrantRequest("password", username=ANN, password=PASSWORD)
    right = ClientProof(client_id, PUBLIC_CLIENTS[client_id])
    assert (await sign_in(world, grant, right, ADDRESS)).kept.client_id == client_id
    for secret in ("wrong", "", None):
        refusal = await refusal_of(
            sign_in(world, grant, ClientProof(client_id, secret), ADDRESS)
        )
        assert refusal.code is RefusalCode.CLIENT_UNKNOWN
        world.throttle.forget("token_failures", ADDRESS)


@pytest.mark.parametrize(
    ("grant", "missing"),
    [
        (GrantRequest(), "grant_type"),
        (GrantRequest("password", password=PASSWORD), "username"),
        (GrantRequest("password", username=ANN), "password"),
        (GrantRequest("refresh_token"), "refresh_token"),
        (GrantRequest(MFA_GRANT, otp="123456"), "mfa_token"),
        (GrantRequest(MFA_GRANT, mfa_token="x.y"), "otp"),
    ],
)
async def test_what_is_missing_is_named(world: World, grant, missing: str) -> None:
    refusal = await refusal_of(sign_in(world, grant, PARTICLE, ADDRESS))
    assert refusal.code is RefusalCode.REQUEST_INCOMPLETE
    assert refusal.reason == f"Missing parameter: {missing}"


async def test_other_grants_are_not_supported(world: World) -> None:
    grant = GrantRequest("authorization_code")
    refusal = await refusal_of(sign_in(world, grant, PARTICLE, ADDRESS))
    assert refusal.code is RefusalCode.GRANT_UNSUPPORTED


async def test_a_token_lives_as_long_as_was_asked_for(world: World) -> None:
    await a_person(world)
    now = world.clock.now()
    assert (await a_token(world, expires_in=0)).lifetime is None
    assert (await a_token(world, expires_in=60)).lifetime == timedelta(minutes=1)
    in_an_hour = now + timedelta(hours=1)
    for moment in (in_an_hour, in_an_hour.replace(tzinfo=None)):
        token = await a_token(world, expires_at=moment)
        assert token.lifetime == timedelta(hours=1)
    assert (await a_token(world, expires_in=10**30)).lifetime < timedelta(days=40_000)
    for wrong in ({"expires_in": -1}, {"expires_in": -(10**30)}, {"expires_at": now}):
        refusal = await refusal_of(a_token(world, **wrong))
        assert refusal.code is RefusalCode.REQUEST_INCOMPLETE


async def test_ten_failures_in_a_row_lock_the_address_for_half_an_hour(world) -> None:
    await a_person(world)
    for _ in range(10):
        refusal = await refusal_of(a_token(world, password="wrong"))
        assert refusal.code is RefusalCode.WRONG_CREDENTIALS
    refusal = await refusal_of(a_token(world))
    assert (refusal.code, refusal.retry_after) == (RefusalCode.RATE_LIMITED, 1800)
    world.clock.advance(HALF_AN_HOUR)
    assert await a_token(world)


async def test_a_success_begins_the_count_anew(world: World) -> None:
    await a_person(world)
    for _ in range(3):
        for _ in range(9):
            await refusal_of(a_token(world, password="wrong"))
        assert await a_token(world)


async def test_guesses_at_the_same_time_tell_no_more_than_guesses_in_a_row(
    world: World,
) -> None:
    await a_person(world)
    tries = [a_token(world, password=f"wrong {number}") for number in range(30)]
    answers = await asyncio.gather(*tries, return_exceptions=True)
    codes = [answer.refusal.code for answer in answers]
    assert codes.count(RefusalCode.WRONG_CREDENTIALS) == 10
    assert codes.count(RefusalCode.RATE_LIMITED) == 20


async def test_a_hundred_tries_in_five_minutes_are_enough(world: World) -> None:
    await a_person(world)
    for _ in range(100):
        await a_token(world)
    refusal = await refusal_of(a_token(world))
    assert (refusal.code, refusal.retry_after) == (RefusalCode.RATE_LIMITED, 300)


async def test_a_password_that_changes_while_it_is_compared_is_wrong(world) -> None:
    account = await a_person(world)
    real = world.secrets.is_password

    async def slow(password: str, password_hash: str | None) -> bool:
        right = await real(password, password_hash)
        await world.store.transact(lambda tx: tx.accounts.set_password(account.id, ""))
        return right

    class Slow:
        is_password = staticmethod(slow)

        def __getattr__(self, name: str) -> object:
            return getattr(world.secrets, name)

    refusal = await refusal_of(a_token(replace(world, secrets=Slow())))
    assert refusal.code is RefusalCode.WRONG_CREDENTIALS


async def with_codes(world: World) -> str:
    """Ann, with one-time codes on; the secret. Her first code is used."""
    ann = await a_signed_in_person(world)
    enrolment = await begin_enrolment(world, ann)
    code = code_of(world, enrolment.secret)
    await confirm_enrolment(world, ann, enrolment.token, code, invalidate_tokens=False)
    world.clock.advance(timedelta(minutes=2))
    return enrolment.secret


async def mfa_token(world: World, **request) -> str:
    refusal = await refusal_of(a_token(world, **request))
    assert refusal.code is RefusalCode.MFA_REQUIRED
    return refusal.details["mfa_token"]


async def by_code(world: World, token: str, code: str, address: str = ADDRESS):
    grant = GrantRequest(MFA_GRANT, mfa_token=token, otp=code)
    return await sign_in(world, grant, PARTICLE, address)


async def test_whoever_has_codes_on_needs_one_and_keeps_the_lifetime(world) -> None:
    secret = await with_codes(world)
    token = await mfa_token(world, expires_in=60)
    given = await by_code(world, token, code_of(world, secret))
    assert given.lifetime == timedelta(minutes=1)
    for_ever = await mfa_token(world, expires_in=0)
    given = await by_code(world, for_ever, code_of(world, secret, steps=1))
    assert given.lifetime is None


async def test_a_wrong_code_may_be_tried_again_with_the_same_token(world) -> None:
    secret = await with_codes(world)
    token = await mfa_token(world)
    for wrong in ("000000", "", "nonsense", code_of(world, secret, steps=9)):
        refusal = await refusal_of(by_code(world, token, wrong or "0"))
        assert refusal.code is RefusalCode.WRONG_CODE
    assert await by_code(world, token, code_of(world, secret))
    refusal = await refusal_of(by_code(world, token, code_of(world, secret, steps=1)))
    assert refusal.code is RefusalCode.WRONG_CODE, "the token is used up"


async def test_a_code_is_never_good_twice(world: World) -> None:
    secret = await with_codes(world)
    code = code_of(world, secret)
    assert await by_code(world, await mfa_token(world), code)
    refusal = await refusal_of(by_code(world, await mfa_token(world), code))
    assert refusal.code is RefusalCode.WRONG_CODE
    earlier = code_of(world, secret, steps=-1)
    refusal = await refusal_of(by_code(world, await mfa_token(world), earlier))
    assert refusal.code is RefusalCode.WRONG_CODE


async def test_the_second_step_ends_with_its_time_and_its_client(world) -> None:
    secret = await with_codes(world)
    token = await mfa_token(world)
    grant = GrantRequest(MFA_GRANT, mfa_token=token, otp=code_of(world, secret))
    other = ClientProof("particle-cli", "particle-cli")
    refusal = await refusal_of(sign_in(world, grant, other, ADDRESS))
    assert refusal.code is RefusalCode.WRONG_CODE
    world.clock.advance(timedelta(minutes=10))
    refusal = await refusal_of(by_code(world, token, code_of(world, secret)))
    assert refusal.code is RefusalCode.WRONG_CODE
    forged = token[:-1] + ("0" if token[-1] != "0" else "1")
    refusal = await refusal_of(by_code(world, forged, code_of(world, secret)))
    assert refusal.code is RefusalCode.WRONG_CODE


async def test_codes_are_counted_by_account_from_wherever_they_come(world) -> None:
    secret = await with_codes(world)
    token = await mfa_token(world)
    for number in range(10):
        address = f"192.0.2.{100 + number}"
        refusal = await refusal_of(by_code(world, token, "000000", address))
        assert refusal.code is RefusalCode.WRONG_CODE
    refusal = await refusal_of(by_code(world, token, code_of(world, secret)))
    assert refusal.code is RefusalCode.RATE_LIMITED
    assert refusal.retry_after == 1800


async def test_the_right_password_alone_does_not_reset_failures(world) -> None:
    await with_codes(world)
    for _ in range(10):
        token = await mfa_token(world)
        await refusal_of(by_code(world, token, "000000"))
    refusal = await refusal_of(a_token(world))
    assert refusal.code is RefusalCode.RATE_LIMITED


async def renewed(world: World, refresh: str, client: ClientProof = PARTICLE):
    grant = GrantRequest("refresh_token", refresh_token=refresh)
    return await sign_in(world, grant, client, ADDRESS)


async def test_a_refresh_token_works_once_and_ends_the_old_token(world: World) -> None:
    await a_person(world)
    old = await a_token(world)
    ended = []
    world.bus.listen(subjects.token_ends(old.kept.hash), ended.append)
    new = await renewed(world, old.refresh_text)
    assert ended == [None]
    assert (await actor_of(world, new)).username == ANN
    refusal = await refusal_of(Authenticator(world).authenticate(old.text, ADDRESS))
    assert refusal.code is RefusalCode.TOKEN_UNKNOWN
    refusal = await refusal_of(renewed(world, old.refresh_text))
    assert refusal.code is RefusalCode.WRONG_CREDENTIALS


async def test_of_two_renewals_at_once_one_wins(world: World) -> None:
    await a_person(world)
    old = await a_token(world)
    answers = await asyncio.gather(
        *(renewed(world, old.refresh_text) for _ in range(4)), return_exceptions=True
    )
    assert sum(not isinstance(answer, Exception) for answer in answers) == 1


async def test_a_refresh_token_lives_14_days_and_with_its_client(world) -> None:
    await a_person(world)
    token = await a_token(world, expires_in=60)
    other = ClientProof("particle-cli", "particle-cli")
    refusal = await refusal_of(renewed(world, token.refresh_text, other))
    assert refusal.code is RefusalCode.WRONG_CREDENTIALS
    world.clock.advance(timedelta(days=13))
    token = await renewed(world, token.refresh_text)
    world.clock.advance(timedelta(days=14))
    refusal = await refusal_of(renewed(world, token.refresh_text))
    assert refusal.code is RefusalCode.WRONG_CREDENTIALS


async def test_a_client_of_ones_own_acts_as_its_owner(world: World) -> None:
    ann = await a_signed_in_person(world)
    wish = ClientWish("My app", ClientKind.INSTALLED)
    client, secret = await create_client(world, ann, wish)
    proof = ClientProof(client.id, secret)
    grant = GrantRequest("client_credentials")
    token = await sign_in(world, grant, proof, ADDRESS)
    assert token.refresh_text is None
    actor = await actor_of(world, token)
    assert (actor.account_id, actor.client_id) == (ann.account_id, client.id)
    for wrong in (PARTICLE, ClientProof(client.id, "x"), ClientProof(None, None)):
        refusal = await refusal_of(sign_in(world, grant, wrong, ADDRESS))
        assert refusal.code is RefusalCode.CLIENT_UNKNOWN
    customer = replace(grant, scope="customer=bob@example.com")
    refusal = await refusal_of(sign_in(world, customer, proof, ADDRESS))
    assert refusal.code is RefusalCode.SCOPE_MISSING


async def test_a_client_that_only_makes_customers_acts_for_nobody(world) -> None:
    ann = await a_signed_in_person(world)
    wish = ClientWish("App", ClientKind.INSTALLED, scope="customers:create")
    client, secret = await create_client(world, ann, wish)
    grant = GrantRequest("client_credentials")
    proof = ClientProof(client.id, secret)
    refusal = await refusal_of(sign_in(world, grant, proof, ADDRESS))
    assert refusal.code is RefusalCode.SCOPE_MISSING


async def test_basic_authorization_asks_for_a_code_too(world: World) -> None:
    secret = await with_codes(world)
    for otp in (None, "", "000000"):
        refusal = await refusal_of(prove_person(world, ANN, PASSWORD, otp, ADDRESS))
        assert refusal.code is RefusalCode.WRONG_CODE
    code = code_of(world, secret)
    account = await prove_person(world, ANN, PASSWORD, code, ADDRESS)
    assert account.username == ANN
    refusal = await refusal_of(prove_person(world, ANN, "wrong", code, ADDRESS))
    assert refusal.code is RefusalCode.WRONG_CREDENTIALS
