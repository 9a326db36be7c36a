"""Switching one-time codes on and off."""

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

from tests.support.sign_ins import PASSWORD, a_signed_in_person, code_of, refusal_of

from cyan.interfaces import World
from cyan.model.decisions import RefusalCode
from cyan.services.one_time_codes import (
    begin_enrolment,
    confirm_enrolment,
    disable_codes,
)


async def confirm(world: World, actor, token: str, code: str) -> None:
    await confirm_enrolment(world, actor, token, code, invalidate_tokens=False)


async def test_the_link_for_the_app_names_account_and_secret(world: World) -> None:
    ann = await a_signed_in_person(world)
    enrolment = await begin_enrolment(world, ann)
    link = urlsplit(enrolment.uri)
    assert (link.scheme, link.netloc) == ("otpauth", "totp")
    assert link.path == "/Cyan%3Aann%40example.com"
    assert parse_qs(link.query) == {"secret": [enrolment.secret], "issuer": ["Cyan"]}


async def test_beginning_again_ends_the_first_attempt(world: World) -> None:
    ann = await a_signed_in_person(world)
    first = await begin_enrolment(world, ann)
    await begin_enrolment(world, ann)
    code = code_of(world, first.secret)
    refusal = await refusal_of(confirm(world, ann, first.token, code))
    assert refusal.code is RefusalCode.WRONG_CODE


async def test_nobody_confirms_for_another_or_too_late(world: World) -> None:
    ann = await a_signed_in_person(world)
    bob = await a_signed_in_person(world, "bob@example.com")
    begun = await begin_enrolment(world, ann)
    code = code_of(world, begun.secret)
    refusal = await refusal_of(confirm(world, bob, begun.token, code))
    assert refusal.code is RefusalCode.WRONG_CODE
    world.clock.advance(timedelta(minutes=30))
    code = code_of(world, begun.secret)
    refusal = await refusal_of(confirm(world, ann, begun.token, code))
    assert refusal.code is RefusalCode.WRONG_CODE


async def test_a_wrong_first_code_leaves_codes_off_and_the_attempt_open(world) -> None:
    ann = await a_signed_in_person(world)
    begun = await begin_enrolment(world, ann)
    refusal = await refusal_of(confirm(world, ann, begun.token, "000000"))
    assert refusal.code is RefusalCode.WRONG_CODE
    account = await world.store.read(lambda tx: tx.accounts.find(ann.account_id))
    assert account.mfa_secret is None
    await confirm(world, ann, begun.token, code_of(world, begun.secret))
    account = await world.store.read(lambda tx: tx.accounts.find(ann.account_id))
    assert account.mfa_secret == begun.secret


async def test_codes_that_are_on_are_not_begun_again(world: World) -> None:
    ann = await a_signed_in_person(world)
    begun = await begin_enrolment(world, ann)
    code = code_of(world, begun.secret)
    await confirm(world, ann, begun.token, code)
    for again in (
        begin_enrolment(world, ann),
        confirm(world, ann, begun.token, code),
    ):
        assert (await refusal_of(again)).code is RefusalCode.MFA_ALREADY_ON


async def test_guesses_are_limited(world: World) -> None:
    ann = await a_signed_in_person(world)
    begun = await begin_enrolment(world, ann)
    for _ in range(10):
        await refusal_of(confirm(world, ann, begun.token, "000000"))
    code = code_of(world, begun.secret)
    refusal = await refusal_of(confirm(world, ann, begun.token, code))
    assert refusal.code is RefusalCode.RATE_LIMITED


async def test_switching_off_takes_the_password_and_something_to_switch(world) -> None:
    ann = await a_signed_in_person(world)
    refusal = await refusal_of(disable_codes(world, ann, PASSWORD))
    assert refusal.code is RefusalCode.MFA_NOT_ON
    begun = await begin_enrolment(world, ann)
    await confirm(world, ann, begun.token, code_of(world, begun.secret))
    refusal = await refusal_of(disable_codes(world, ann, "wrong"))
    assert refusal.code is RefusalCode.WRONG_PASSWORD
    await disable_codes(world, ann, PASSWORD)
    assert await begin_enrolment(world, ann)
