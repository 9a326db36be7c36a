"""Claiming and unclaiming over a real store (CLM, UNC, LIM, IDN-6)."""

import asyncio

import pytest
from tests.support.people import (
    a_device_id,
    a_device_of,
    an_account,
    an_offline_device,
    an_online_device,
    changed,
    find,
)

from cyan.interfaces import World, subjects
from cyan.model.accounts import Door
from cyan.model.decisions import RefusalCode, Refused
from cyan.model.notices import NoticeKind
from cyan.services.changes import Rename, change_device
from cyan.services.claims import claim_device, release_owned, unclaim_device


async def refusal_of(awaitable) -> object:
    with pytest.raises(Refused) as caught:
        await awaitable
    return caught.value.refusal


async def test_an_online_device_becomes_the_claimants(world: World) -> None:
    ann = await an_account(world)
    device = await an_online_device(world)
    outcome = await claim_device(world, ann, device.id.upper())
    assert (outcome.device_id, outcome.online) == (device.id, True)
    assert (await find(world, device.id)).owner_id == ann.account_id
    (line,) = await world.store.read(lambda tx: tx.histories.ownership_of(device.id))
    assert (line.former_owner_id, line.new_owner_id) == (None, ann.account_id)
    assert (line.rule, line.door, line.ownership) == ("CLM-3", Door.API, 1)


async def test_offline_unknown_and_malformed_devices_are_refused_alike(world) -> None:
    ann = await an_account(world)
    offline = await an_offline_device(world)
    answers = [
        await refusal_of(claim_device(world, ann, wanted))
        for wanted in (offline.id, a_device_id(99), "WAT", "")
    ]
    assert len(set(map(repr, answers))) == 1
    assert answers[0].reason == "device not found"


async def test_claiming_again_changes_nothing_even_offline_and_at_the_limit(
    world: World,
) -> None:
    ann = await an_account(world)
    devices = [await a_device_of(world, ann, number) for number in range(1, 4)]
    assert world.settings.sandbox_devices == 3, "CLM-9 is tested at the limit"
    outcome = await claim_device(world, ann, devices[0].id, request_transfer=True)
    assert outcome.transfer_id is None
    assert (await find(world, devices[0].id)).ownership == 1


async def test_somebody_elses_device_is_refused_without_a_name(world: World) -> None:
    ann, bob = await an_account(world), await an_account(world, "bob@example.com")
    device = await a_device_of(world, ann)
    no = await refusal_of(claim_device(world, bob, device.id))
    assert (no.code, no.rule) == (RefusalCode.OWNED_BY_ANOTHER, "CLM-10")
    assert "belongs to someone else" in no.reason
    assert "ann" not in repr(no)


async def test_the_device_over_the_limit_is_refused_with_both_numbers(world) -> None:
    ann = await an_account(world)
    for number in range(1, 4):
        await a_device_of(world, ann, number)
    fourth = await an_online_device(world, 4)
    no = await refusal_of(claim_device(world, ann, fourth.id))
    assert (no.code, no.rule) == (RefusalCode.DEVICE_LIMIT, "LIM-5")
    assert no.reason.count("3") == 2
    assert (await find(world, fourth.id)).owner_id is None


async def test_of_many_claims_at_once_exactly_one_wins(world: World) -> None:
    people = [await an_account(world, f"p{n}@example.com") for n in range(8)]
    device = await an_online_device(world)
    outcomes = await asyncio.gather(
        *(claim_device(world, each, device.id) for each in people),
        return_exceptions=True,
    )
    winners = [each for each in outcomes if not isinstance(each, BaseException)]
    losers = [each.refusal.code for each in outcomes if isinstance(each, Refused)]
    assert (len(winners), set(losers)) == (1, {RefusalCode.OWNED_BY_ANOTHER})
    assert len(losers) == 7


async def test_of_many_claims_at_the_limit_no_more_win_than_fit(world: World) -> None:
    ann = await an_account(world)
    devices = [await an_online_device(world, number) for number in range(1, 9)]
    outcomes = await asyncio.gather(
        *(claim_device(world, ann, each.id) for each in devices),
        return_exceptions=True,
    )
    won = [each for each in outcomes if not isinstance(each, BaseException)]
    assert len(won) == world.settings.sandbox_devices
    assert await world.store.read(
        lambda tx: tx.devices.count_owned(ann.account_id)
    ) == len(won)


async def test_live_sessions_hear_of_a_new_owner(world: World) -> None:
    ann = await an_account(world)
    device = await an_online_device(world)
    heard: list[object] = []
    world.bus.listen(subjects.device_changes(device.id), heard.append)
    await claim_device(world, ann, device.id)
    await claim_device(world, ann, device.id)
    await unclaim_device(world, ann, device.id)
    assert heard == [
        changed(device.id, ann.account_id),
        changed(device.id, None),
    ]


async def test_who_guesses_too_often_waits_but_keeps_their_own(world: World) -> None:
    ann = await an_account(world)
    own, free = await a_device_of(world, ann), await an_online_device(world, 2)
    for number in range(100, 130):
        await refusal_of(claim_device(world, ann, a_device_id(number)))
    no = await refusal_of(claim_device(world, ann, free.id))
    assert no.code is RefusalCode.RATE_LIMITED
    assert no.retry_after > 0
    assert (await claim_device(world, ann, own.id)).device_id == own.id  # CLM-9


async def test_an_owner_unclaims_offline_and_the_name_goes_too(world: World) -> None:
    ann = await an_account(world)
    device = await a_device_of(world, ann)
    await change_device(world, ann, device.id, [Rename("kitchen")])
    await unclaim_device(world, ann, "Kitchen")
    after = await find(world, device.id)
    assert (after.owner_id, after.name, after.ownership) == (None, None, 2)  # UNC-6


async def test_a_stranger_cannot_unclaim_and_learns_nothing(world: World) -> None:
    ann, bob = await an_account(world), await an_account(world, "bob@example.com")
    device = await a_device_of(world, ann)
    free = await an_online_device(world, 2)
    answers = {
        repr(await refusal_of(unclaim_device(world, bob, wanted)))
        for wanted in (device.id, free.id, a_device_id(99), "kitchen")
    }
    assert len(answers) == 1  # UNC-5
    assert (await find(world, device.id)).owner_id == ann.account_id


async def test_the_operator_unclaims_for_anyone_and_the_owner_is_mailed(world) -> None:
    ann = await an_account(world)
    root = await an_account(world, "root@example.com", operator=True)
    device = await a_device_of(world, ann)
    await unclaim_device(world, root, device.id)
    lines = await world.store.read(lambda tx: tx.histories.ownership_of(device.id))
    assert (lines[-1].actor_id, lines[-1].rule) == (root.account_id, "UNC-1")
    (notice,) = await world.store.read(lambda tx: tx.outbox.due(world.clock.now(), 9))
    assert notice.kind is NoticeKind.DEVICE_UNCLAIMED_BY_OPERATOR
    assert notice.recipient == ann.username


async def test_a_deleted_accounts_devices_are_free_again(world: World) -> None:
    ann = await an_account(world)
    devices = [await a_device_of(world, ann, number) for number in (1, 2)]
    released = await world.store.transact(
        lambda tx: release_owned(tx, ann, ann.account_id, world.clock.now())
    )
    expected = [changed(each.id, None) for each in devices]
    assert sorted(released, key=lambda each: each.device_id) == expected  # UNC-7
    for device in devices:
        assert (await find(world, device.id)).owner_id is None
