"""Claiming members, and replacing their keys (CLM-4, CLM-13, IDN-8)."""

import pytest
from tests.support.people import a_device_of, an_account, an_online_device, find
from tests.support.products import (
    a_member,
    a_product,
    a_teammate,
    import_lines,
    listed,
    require_counts,
)
from tests.support.sign_ins import refusal_of

from cyan.interfaces import World
from cyan.model.accounts import Actor
from cyan.model.decisions import RefusalCode
from cyan.model.products import Claiming, LineOutcome, Plan, Product, TeamRole
from cyan.services.changes import Rename, change_device
from cyan.services.claims import claim_device, unclaim_device
from cyan.services.keys import record_key
from cyan.services.members import remove_member
from cyan.services.products import ProductChanges, change_product

EVE = "eve@example.com"


@pytest.fixture
async def eve(world: World) -> Actor:
    return await an_account(world, EVE)


@pytest.fixture
async def pumps(world: World, ann: Actor) -> Product:
    return await a_product(world, ann, plan=Plan.BLOCK, device_limit=50)


@pytest.mark.parametrize(
    ("role", "offline", "online"),
    [
        (TeamRole.DEVELOPER, True, True),
        (TeamRole.ADMINISTRATOR, True, True),
        (TeamRole.SUPPORT, False, True),
        (TeamRole.VIEW_ONLY, False, True),
        (None, False, False),
    ],
)
async def test_who_claims_a_member(
    world: World,
    ann: Actor,
    eve: Actor,
    pumps: Product,
    role: TeamRole | None,
    offline: bool,
    online: bool,
) -> None:
    if role is not None:
        await a_teammate(world, pumps, eve, role)
    [absent] = await listed(world, ann, pumps, 1)
    present = await a_member(world, ann, pumps, 2)
    for device_id, able in ((absent, offline), (present.id, online)):
        if able:
            await claim_device(world, eve, device_id)
            assert (await find(world, device_id)).owner_id == eve.account_id
        else:
            no = await refusal_of(claim_device(world, eve, device_id))
            assert no.code is RefusalCode.DEVICE_UNKNOWN  # CLM-4, in the words of CLM-3
    await require_counts(world, [ann.account_id, eve.account_id], [pumps.id])


async def test_a_product_may_be_open_to_anyone(
    world: World, ann: Actor, eve: Actor, pumps: Product
) -> None:
    await change_product(world, ann, "pumps", ProductChanges(claiming=Claiming.ANYONE))
    [absent] = await listed(world, ann, pumps, 1)
    present = await a_member(world, ann, pumps, 2)
    await claim_device(world, eve, present.id)
    no = await refusal_of(claim_device(world, eve, absent))
    assert no.code is RefusalCode.DEVICE_UNKNOWN
    await require_counts(world, [ann.account_id, eve.account_id], [pumps.id])


async def test_a_member_is_not_transferred_and_keeps_its_name(
    world: World, ann: Actor, eve: Actor, pumps: Product
) -> None:
    await a_teammate(world, pumps, eve, TeamRole.DEVELOPER)
    device = await a_member(world, ann, pumps, 1)
    await claim_device(world, ann, device.id)
    await change_device(world, ann, device.id, [Rename("hall")])
    no = await refusal_of(claim_device(world, eve, device.id, request_transfer=True))
    assert no.code is RefusalCode.OWNED_BY_ANOTHER  # CLM-10, TRF-4
    pending = await world.store.read(lambda tx: tx.transfers.list_pending(device.id))
    assert pending == []
    await unclaim_device(world, eve, device.id, "pumps")
    other = await a_device_of(world, eve, 2)
    await change_device(world, eve, other.id, [Rename("hall")])
    await claim_device(world, eve, device.id)
    after = await find(world, device.id)
    assert (after.owner_id, after.name) == (eve.account_id, "hall-2")  # UNC-6, IDN-6


async def test_an_owner_at_the_limit_still_claims_members_and_gets_them_back(
    world: World, ann: Actor, eve: Actor, pumps: Product
) -> None:
    await a_teammate(world, pumps, eve, TeamRole.DEVELOPER)
    for number in (1, 2, 3):
        await a_device_of(world, eve, number)
    member = await a_member(world, ann, pumps, 4)
    await claim_device(world, eve, member.id)  # LIM-3
    await remove_member(world, ann, "pumps", member.id, deny_it=False)  # LIM-6
    count = await world.store.read(lambda tx: tx.counts.toward_sandbox(eve.account_id))
    assert count == 4
    await claim_device(world, eve, member.id)  # CLM-9
    free = await an_online_device(world, 5)
    no = await refusal_of(claim_device(world, eve, free.id))
    assert no.code is RefusalCode.DEVICE_LIMIT
    assert await import_lines(world, ann, pumps, member.id) == [LineOutcome.ADDED]
    await require_counts(world, [ann.account_id, eve.account_id], [pumps.id])


async def test_the_key_of_a_member_is_its_owners_and_a_managers_to_replace(
    world: World, ann: Actor, eve: Actor, pumps: Product
) -> None:
    [device_id] = await listed(world, ann, pumps, 1)
    for role in (None, TeamRole.SUPPORT):
        if role is not None:
            await a_teammate(world, pumps, eve, role)
        no = await refusal_of(record_key(world, eve, device_id, b"evil"))
        assert (no.code, no.rule) == (RefusalCode.KEY_PROTECTED, "IDN-8")
    await record_key(world, ann, device_id, b"first")
    await a_teammate(world, pumps, eve, TeamRole.DEVELOPER)
    await record_key(world, eve, device_id, b"second")
    online = await a_member(world, ann, pumps, 2)
    await record_key(world, eve, online.id, b"third")
    changes = await world.store.read(lambda tx: tx.histories.keys_of(device_id))
    assert [(each.key, each.actor_id) for each in changes] == [
        (b"first", ann.account_id),
        (b"second", eve.account_id),
    ]
    await claim_device(world, ann, device_id)
    await remove_member(world, ann, "pumps", device_id, deny_it=False)
    no = await refusal_of(record_key(world, eve, device_id, b"evil"))
    assert no.rule == "IDN-8"
