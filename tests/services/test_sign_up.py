"""How accounts come to be."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from tests.support.sign_ins import (
    ADDRESS,
    PASSWORD,
    a_person,
    a_signed_in_person,
    a_token,
    refusal_of,
)
from tests.support.worlds import PUBLIC_URL

from cyan.interfaces import World
from cyan.model.decisions import RefusalCode
from cyan.model.settings import SignUp
from cyan.services.credentials import parse_username
from cyan.services.sign_up import (
    Newcomer,
    accept_invitation,
    add_account,
    ensure_set_up_link,
    invite,
    look_at_invitation,
    look_at_set_up,
    set_up,
    sign_up,
)
from cyan.services.tickets import present_ticket

ANN = Newcomer("ann@example.com", PASSWORD, {"first_name": "Ann"})
BOB = Newcomer("bob@example.com", PASSWORD, {})


async def set_up_ticket(world: World) -> str:
    link = urlsplit(await ensure_set_up_link(world))
    assert f"{link.scheme}://{link.netloc}{link.path}" == f"{PUBLIC_URL}/setup"
    return parse_qs(link.query)["ticket"][0]


async def test_the_link_of_the_first_start_makes_the_operator_once(world) -> None:
    ticket = await set_up_ticket(world)
    await look_at_set_up(world, ticket)
    account = await set_up(world, ticket, ANN)
    assert account.operator
    assert account.info == {"first_name": "Ann"}
    assert await a_token(world)
    refusal = await refusal_of(set_up(world, ticket, BOB))
    assert refusal.code is RefusalCode.LINK_OVER
    assert await ensure_set_up_link(world) is None


async def test_of_two_who_hold_the_link_one_becomes_the_operator(world: World) -> None:
    ticket = await set_up_ticket(world)
    answers = await asyncio.gather(
        set_up(world, ticket, ANN), set_up(world, ticket, BOB), return_exceptions=True
    )
    assert sum(not isinstance(answer, Exception) for answer in answers) == 1
    assert await world.store.read(lambda tx: tx.accounts.count()) == 1


async def test_an_unusable_first_account_leaves_the_link_as_it_was(world) -> None:
    ticket = await set_up_ticket(world)
    await refusal_of(set_up(world, ticket, replace(ANN, password="short")))
    await refusal_of(set_up(world, ticket, replace(ANN, username="ann")))
    assert await set_up(world, ticket, ANN)


async def test_another_start_withdraws_the_link_before(world: World) -> None:
    first, second = await set_up_ticket(world), await set_up_ticket(world)
    refusal = await refusal_of(set_up(world, first, ANN))
    assert refusal.code is RefusalCode.LINK_OVER
    world.clock.advance(timedelta(days=7))
    refusal = await refusal_of(look_at_set_up(world, second))
    assert refusal.code is RefusalCode.LINK_OVER


async def test_people_who_signed_up_before_do_not_take_the_operators_place(
    world: World,
) -> None:
    await add_account(world, BOB)
    assert (await set_up(world, await set_up_ticket(world), ANN)).operator


@pytest.mark.parametrize("setting", [SignUp.INVITE, SignUp.CLOSED])
async def test_nobody_signs_up_uninvited_unless_it_is_open(world, setting) -> None:
    closed = replace(world, settings=replace(world.settings, sign_up=setting))
    refusal = await refusal_of(sign_up(closed, ANN, ADDRESS))
    assert refusal.code is RefusalCode.SIGNUP_CLOSED
    assert await world.store.read(lambda tx: tx.accounts.count()) == 0


async def test_an_open_server_takes_anybody_once(world: World) -> None:
    opened = replace(world, settings=replace(world.settings, sign_up=SignUp.OPEN))
    assert not (await sign_up(opened, ANN, ADDRESS)).operator
    refusal = await refusal_of(sign_up(opened, ANN, ADDRESS))
    assert refusal.code is RefusalCode.USERNAME_TAKEN


async def test_of_many_at_once_one_gets_the_name(world: World) -> None:
    answers = await asyncio.gather(
        *(add_account(world, ANN) for _ in range(5)), return_exceptions=True
    )
    refusals = [answer for answer in answers if isinstance(answer, Exception)]
    assert {no.refusal.code for no in refusals} == {RefusalCode.USERNAME_TAKEN}
    assert len(refusals) == 4


async def test_signing_up_is_limited_by_address(world: World) -> None:
    for _ in range(100):
        await refusal_of(sign_up(world, ANN, ADDRESS))
    refusal = await refusal_of(sign_up(world, ANN, ADDRESS))
    assert refusal.code is RefusalCode.RATE_LIMITED


async def invitation(world: World) -> str:
    now = world.clock.now()
    mails = await world.store.read(lambda tx: tx.outbox.due(now, 10))
    return present_ticket(world, mails[-1].body["ticket_id"])


async def test_who_is_invited_chooses_a_password_and_is_in(world: World) -> None:
    operator = await a_signed_in_person(world, "op@example.com", operator=True)
    assert (await invite(world, operator, "Bob@Example.com")).username == BOB.username
    link = await invitation(world)
    assert await look_at_invitation(world, link) == BOB.username
    await refusal_of(accept_invitation(world, link, "short"))
    account = await accept_invitation(world, link, PASSWORD)
    assert (account.username, account.operator) == (BOB.username, False)
    assert await a_token(world, BOB.username)
    refusal = await refusal_of(accept_invitation(world, link, PASSWORD))
    assert refusal.code is RefusalCode.LINK_OVER


async def test_an_invitation_ends_after_a_week_or_when_the_server_closes(world) -> None:
    operator = await a_signed_in_person(world, "op@example.com", operator=True)
    await invite(world, operator, BOB.username)
    link = await invitation(world)
    closed = replace(world, settings=replace(world.settings, sign_up=SignUp.CLOSED))
    refusal = await refusal_of(accept_invitation(closed, link, PASSWORD))
    assert refusal.code is RefusalCode.SIGNUP_CLOSED
    refusal = await refusal_of(invite(closed, operator, "x@example.com"))
    assert refusal.code is RefusalCode.SIGNUP_CLOSED
    world.clock.advance(timedelta(days=7))
    refusal = await refusal_of(look_at_invitation(world, link))
    assert refusal.code is RefusalCode.LINK_OVER


async def test_inviting_again_replaces_the_link(world: World) -> None:
    operator = await a_signed_in_person(world, "op@example.com", operator=True)
    await invite(world, operator, BOB.username)
    first = await invitation(world)
    world.clock.advance_seconds(1)
    await invite(world, operator, BOB.username)
    assert await look_at_invitation(world, await invitation(world))
    refusal = await refusal_of(look_at_invitation(world, first))
    assert refusal.code is RefusalCode.LINK_OVER


async def test_only_the_operator_invites_and_only_newcomers(world: World) -> None:
    operator = await a_signed_in_person(world, "op@example.com", operator=True)
    bob = await a_signed_in_person(world, BOB.username)
    refusal = await refusal_of(invite(world, bob, "x@example.com"))
    assert refusal.code is RefusalCode.SIGNUP_CLOSED
    refusal = await refusal_of(invite(world, operator, BOB.username))
    assert refusal.code is RefusalCode.USERNAME_TAKEN


async def test_an_account_made_otherwise_ends_the_invitation(world: World) -> None:
    operator = await a_signed_in_person(world, "op@example.com", operator=True)
    await invite(world, operator, BOB.username)
    link = await invitation(world)
    await a_person(world, BOB.username)
    refusal = await refusal_of(accept_invitation(world, link, PASSWORD))
    assert refusal.code is RefusalCode.LINK_OVER


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ann",
        "@example.com",
        "ann@",
        "a@b@c",
        "a b@example.com",
        "<ann@example.com>",
        "a,b@example.com",
        "a\n@example.com",
        "a\u200b@example.com",
        f"{'x' * 65}@example.com",
        f"x@{'y' * 254}",
    ],
)
async def test_what_is_no_address_is_no_username(text: str) -> None:
    async def parse() -> None:
        parse_username(text)

    assert (await refusal_of(parse())).code is RefusalCode.USERNAME_UNUSABLE


def test_a_username_is_kept_in_lower_case() -> None:
    assert parse_username(" Ann+x@Example.COM ") == "ann+x@example.com"
    assert parse_username("ann@localhost") == "ann@localhost"
