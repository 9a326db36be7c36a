"""Tokens: who is asking, and how a token ends."""

import asyncio

from tests.support.sign_ins import (
    ADDRESS,
    PASSWORD,
    a_person,
    a_token,
    actor_of,
    refusal_of,
)

from cyan.interfaces import World, subjects
from cyan.model.decisions import RefusalCode
from cyan.services.accounts import AccountChanges, update_account
from cyan.services.tokens import (
    REMEMBERED_FOR,
    Authenticator,
    list_tokens,
    revoke_all,
    revoke_current,
    revoke_token,
)


async def test_a_missing_unknown_or_expired_token_is_told_apart(world: World) -> None:
    await a_person(world)
    asking = Authenticator(world)
    for missing in (None, ""):
        refusal = await refusal_of(asking.authenticate(missing, ADDRESS))
        assert refusal.code is RefusalCode.TOKEN_MISSING
        assert refusal.reason == "The access token was not found"
    refusal = await refusal_of(asking.authenticate("0" * 40, ADDRESS))
    assert refusal.code is RefusalCode.TOKEN_UNKNOWN
    assert refusal.reason == "The access token provided is invalid."
    token = await a_token(world, expires_in=5)
    assert await asking.authenticate(token.text, ADDRESS)
    world.clock.advance_seconds(5)
    refusal = await refusal_of(asking.authenticate(token.text, ADDRESS))
    assert refusal.code is RefusalCode.TOKEN_EXPIRED
    assert refusal.reason == "The access token provided has expired."


async def test_a_known_token_costs_no_look_up_for_some_seconds(world: World) -> None:
    await a_person(world)
    token = await a_token(world)
    asking = Authenticator(world)
    first = await asking.authenticate(token.text, ADDRESS)
    # Behind the bus's back: only a look-up would notice.
    await world.store.transact(lambda tx: tx.tokens.remove(token.kept.hash))
    again = await asking.authenticate(token.text, "198.51.100.1")
    assert (again.account_id, again.address) == (first.account_id, "198.51.100.1")
    world.clock.advance(REMEMBERED_FOR)
    refusal = await refusal_of(asking.authenticate(token.text, ADDRESS))
    assert refusal.code is RefusalCode.TOKEN_UNKNOWN


async def test_revoking_ends_a_remembered_token_at_once(world: World) -> None:
    await a_person(world)
    asking = Authenticator(world)
    token, other = await a_token(world), await a_token(world)
    actor = await asking.authenticate(token.text, ADDRESS)
    await asking.authenticate(other.text, ADDRESS)
    await revoke_current(world, actor)
    refusal = await refusal_of(asking.authenticate(token.text, ADDRESS))
    assert refusal.code is RefusalCode.TOKEN_UNKNOWN
    assert await asking.authenticate(other.text, ADDRESS)


async def test_an_end_during_the_look_up_is_not_remembered(world: World) -> None:
    await a_person(world)
    token = await a_token(world)
    asking = Authenticator(world)
    looking = asyncio.ensure_future(asking.authenticate(token.text, ADDRESS))
    await revoke_token(world, token.text, ADDRESS)
    await asyncio.gather(looking, return_exceptions=True)
    refusal = await refusal_of(asking.authenticate(token.text, ADDRESS))
    assert refusal.code is RefusalCode.TOKEN_UNKNOWN


async def test_a_new_username_shows_at_once(world: World) -> None:
    await a_person(world)
    token = await a_token(world)
    asking = Authenticator(world)
    ann = await asking.authenticate(token.text, ADDRESS)
    changes = AccountChanges(username="anna@example.com")
    await update_account(world, ann, changes, PASSWORD)
    assert (await asking.authenticate(token.text, ADDRESS)).username == (
        "anna@example.com"
    )


async def test_only_so_many_tokens_are_remembered_and_none_leaks(world) -> None:
    await a_person(world)
    tokens = [await a_token(world) for _ in range(5)]
    asking = Authenticator(world, room=2)
    for token in tokens:
        await asking.authenticate(token.text, ADDRESS)
    for number in range(5):
        await refusal_of(asking.authenticate(str(number), ADDRESS))
    assert len(asking._remembered) == 2
    listening = sum(map(len, world.bus._listeners.values()))
    assert listening == 4, "two subjects for each remembered token"
    await asyncio.gather(
        *(asking.authenticate(tokens[0].text, ADDRESS) for _ in range(5))
    )
    assert sum(map(len, world.bus._listeners.values())) == 4


async def test_tokens_are_listed_without_those_that_expired(world: World) -> None:
    account = await a_person(world)
    await a_token(world, expires_in=5)
    world.clock.advance_seconds(1)
    lasting = await a_token(world, expires_in=0)
    assert len(await list_tokens(world, account.id, ADDRESS)) == 2
    world.clock.advance_seconds(5)
    (left,) = await list_tokens(world, account.id, ADDRESS)
    assert left.hash == lasting.kept.hash


async def test_whoever_has_a_token_or_its_listed_hash_may_end_it(world: World) -> None:
    account = await a_person(world)
    tokens = [await a_token(world) for _ in range(2)]
    ended = []
    for token in tokens:
        world.bus.listen(subjects.token_ends(token.kept.hash), ended.append)
    await revoke_token(world, tokens[0].text, ADDRESS)
    await revoke_token(world, tokens[1].kept.hash, ADDRESS)
    assert ended == [None, None]
    assert await list_tokens(world, account.id, ADDRESS) == []
    for unknown in (tokens[0].text, "WAT", ""):
        refusal = await refusal_of(revoke_token(world, unknown, ADDRESS))
        assert refusal.code is RefusalCode.TOKEN_NOT_FOUND


async def test_a_hash_lets_nobody_act(world: World) -> None:
    await a_person(world)
    token = await a_token(world)
    asking = Authenticator(world).authenticate(token.kept.hash, ADDRESS)
    assert (await refusal_of(asking)).code is RefusalCode.TOKEN_UNKNOWN


async def test_all_of_ones_own_tokens_end_and_nobody_elses(world: World) -> None:
    await a_person(world)
    await a_person(world, "bob@example.com")
    anns = [await a_token(world) for _ in range(3)]
    bobs = await a_token(world, "bob@example.com")
    await revoke_all(world, await actor_of(world, anns[0]))
    for token in anns:
        refusal = await refusal_of(actor_of(world, token))
        assert refusal.code is RefusalCode.TOKEN_UNKNOWN
    assert await actor_of(world, bobs)


async def test_ending_tokens_is_limited_by_address(world: World) -> None:
    for _ in range(100):
        await refusal_of(revoke_token(world, "0" * 40, ADDRESS))
    refusal = await refusal_of(revoke_token(world, "0" * 40, ADDRESS))
    assert refusal.code is RefusalCode.RATE_LIMITED
    refusal = await refusal_of(revoke_token(world, "0" * 40, "192.0.2.99"))
    assert refusal.code is RefusalCode.TOKEN_NOT_FOUND
