"""Explaining real devices: where they stand, and to whom it is told."""

import pytest
from tests.support.people import (
    a_device_id,
    a_device_of,
    an_account,
    an_offline_device,
    an_online_device,
    find,
)
from tests.support.products import a_member, a_product, a_teammate, listed, position

from cyan.interfaces import World
from cyan.model.accounts import Actor
from cyan.model.decisions import RefusalCode, Refused
from cyan.model.identifiers import DeviceID
from cyan.model.products import Plan, Product, TeamRole
from cyan.rules.explaining import CapabilityName as Name
from cyan.services.claims import claim_device, unclaim_device
from cyan.services.explain import DeviceExplanation, explain
from cyan.services.members import remove_member

BORON = 13


async def stranger(world: World) -> Actor:
    return await an_account(world, "eve@example.com")


def allowed(told: DeviceExplanation) -> set[Name]:
    return {each.name for each in told.explanation.capabilities if each.allowed}


def rule_of(told: DeviceExplanation, name: Name) -> str:
    [rule] = [e.rule for e in told.explanation.capabilities if e.name is name]
    return rule


def membership(told: DeviceExplanation) -> tuple[str, str]:
    standing = told.explanation.membership
    return standing.status, standing.rule


async def test_a_device_of_no_product_is_explained_to_its_owner(
    world: World, ann: Actor
) -> None:
    device = await a_device_of(world, ann)
    told = await explain(world, ann, device.id)
    assert membership(told) == ("none", "CLM-2")
    assert told.product is None
    assert told.counting.rule == "LIM-2"
    assert told.owned_since == world.clock.now()
    assert allowed(told) >= {Name.CLAIM, Name.UNCLAIM, Name.TRANSFER, Name.CALL}
    assert Name.REMOVE not in {e.name for e in told.explanation.capabilities}


async def test_a_member_is_explained_to_its_team(
    world: World, ann: Actor, pumps: Product
) -> None:
    device = await a_member(world, ann, pumps)
    told = await explain(world, ann, device.id, pumps.slug)
    assert membership(told) == ("member", "MEM-1")
    assert "Pumps" in told.explanation.membership.meaning
    assert told.explanation.owner.status == "nobody's"
    assert told.product == pumps
    assert told.owned_since is None
    assert allowed(told) >= {Name.CLAIM, Name.PUBLISH, Name.CALL, Name.REMOVE}
    assert rule_of(told, Name.CLAIM) == "CLM-4"
    assert rule_of(told, Name.DENY) == "MEM-9"
    by_its_own_route = await explain(world, ann, device.id)
    assert by_its_own_route == told


async def test_a_member_that_was_never_met_has_the_modem_of_its_product(
    world: World, ann: Actor
) -> None:
    borons = await a_product(world, ann, "Borons", platform_id=13)
    [device_id] = await listed(world, ann, borons, 1)
    told = await explain(world, ann, device_id, "borons")
    assert told.explanation.sim.status == "not managed"


@pytest.mark.parametrize("role", [TeamRole.SUPPORT, TeamRole.VIEW_ONLY])
async def test_who_may_look_and_not_manage_is_told_whom_to_ask(
    world: World, ann: Actor, pumps: Product, role: TeamRole
) -> None:
    device = await a_member(world, ann, pumps)
    bob = await an_account(world, "bob@example.com")
    await a_teammate(world, pumps, bob, role)
    told = await explain(world, bob, device.id, pumps.slug)
    assert not allowed(told) & {Name.REMOVE, Name.DENY, Name.UNCLAIM}
    assert Name.CLAIM in allowed(told), "it is online (CLM-4)"


async def test_a_quarantined_device_is_explained_with_its_reason(
    world: World, ann: Actor, pumps: Product
) -> None:
    device = await an_online_device(world, firmware_of=pumps.id)
    told = await explain(world, ann, device.id, pumps.slug)
    assert membership(told) == ("quarantined", "MEM-7")
    assert told.device.standing_since == world.clock.now()
    assert allowed(told) >= {Name.APPROVE, Name.DENY, Name.REMOVE}
    assert rule_of(told, Name.PUBLISH) == "MEM-8"
    await remove_member(world, ann, pumps.slug, device.id, deny_it=True)
    denied = await explain(world, ann, device.id, pumps.slug)
    assert membership(denied) == ("denied", "MEM-9")
    assert Name.APPROVE in allowed(denied)


async def test_an_owner_is_told_of_the_quarantine_and_not_of_the_product(
    world: World, ann: Actor, pumps: Product
) -> None:
    bob = await an_account(world, "bob@example.com")
    device = await an_online_device(world, firmware_of=pumps.id)
    await claim_device(world, bob, device.id)
    told = await explain(world, bob, device.id)
    assert membership(told) == ("quarantined", "MEM-7")
    assert told.product is None
    assert "Pumps" not in told.explanation.membership.meaning
    assert Name.REMOVE not in {e.name for e in told.explanation.capabilities}
    assert told.counting.rule == "LIM-2", "quarantine is no membership (MEM-8)"


async def test_a_member_of_another_platform_is_told_so(world: World) -> None:
    ann = await an_account(world, "ann2@example.com")
    radios = await a_product(world, ann, "Radios", platform_id=BORON)
    [device_id] = await listed(world, ann, radios, 1)
    await an_online_device(world, 1)
    told = await explain(world, ann, device_id, radios.slug)
    assert membership(told) == ("wrong platform", "MEM-13")
    assert rule_of(told, Name.CALL) == "MEM-13"
    assert Name.REMOVE in allowed(told)


async def test_an_offline_member_is_claimed_by_managers_alone(
    world: World, ann: Actor, pumps: Product
) -> None:
    [device_id] = await listed(world, ann, pumps, 1)
    await an_offline_device(world, 1)
    support = await a_teammate(
        world, pumps, await an_account(world, "bob@example.com"), TeamRole.SUPPORT
    )
    by_ann = await explain(world, ann, device_id, pumps.slug)
    by_bob = await explain(world, support, device_id, pumps.slug)
    assert rule_of(by_ann, Name.CLAIM) == "CLM-4"
    assert Name.CLAIM in allowed(by_ann)
    assert Name.CLAIM not in allowed(by_bob)


@pytest.mark.parametrize(
    ("system_version", "then"),
    [(3003, ("quarantined", "UNC-4")), (4000, ("none", "CLM-2"))],
)
async def test_a_removal_is_foretold_and_comes_so(
    world: World,
    ann: Actor,
    pumps: Product,
    system_version: int,
    then: tuple[str, str],
) -> None:
    told = {"firmware_of": pumps.id, "system_version": system_version}
    device = await a_member(world, ann, pumps, **told)
    foretold = await explain(world, ann, device.id, pumps.slug, removed=True)
    assert membership(foretold) == then
    assert position(await find(world, device.id)) == position(device)
    await remove_member(world, ann, pumps.slug, device.id, deny_it=False)
    after = await find(world, device.id)
    assert position(after) == position(foretold.device)


async def test_only_a_members_removal_can_be_foretold(
    world: World, ann: Actor, pumps: Product
) -> None:
    device = await an_online_device(world, firmware_of=pumps.id)
    with pytest.raises(Refused) as no:
        await explain(world, ann, device.id, pumps.slug, removed=True)
    assert no.value.refusal.code is RefusalCode.NOT_IN_PRODUCT
    assert no.value.refusal.remedy


async def test_on_whose_limit_it_is_is_told(
    world: World, ann: Actor, pumps: Product
) -> None:
    device = await a_member(world, ann, pumps)
    free = await explain(world, ann, device.id)
    assert free.counting.rule == "LIM-2"
    fans = await a_product(world, ann, "Fans", plan=Plan.BLOCK, device_limit=5)
    fan = await a_member(world, ann, fans, 2)
    assert (await explain(world, ann, fan.id)).counting.rule == "LIM-4"
    await claim_device(world, ann, fan.id)
    assert (await explain(world, ann, fan.id)).counting.rule == "LIM-3"


async def test_a_stranger_is_told_nothing_of_any_device(
    world: World, ann: Actor, pumps: Product
) -> None:
    eve = await stranger(world)
    member = await a_member(world, ann, pumps, 1)
    waiting = await an_online_device(world, 2, firmware_of=pumps.id)
    await claim_device(world, eve, waiting.id)
    await unclaim_device(world, eve, waiting.id)
    said = set()
    for wanted in (member.id, waiting.id, a_device_id(3)):
        for removed in (True, False):
            with pytest.raises(Refused) as no:
                await explain(world, eve, wanted, removed=removed)
            said.add(no.value.refusal)
            with pytest.raises(Refused) as also:
                await explain(world, eve, wanted, pumps.slug, removed=removed)
            assert also.value.refusal.code is RefusalCode.PRODUCT_UNKNOWN
    assert len(said) == 1, "the same words for each (UNC-5)"


async def test_the_team_is_told_nothing_of_devices_that_are_not_its_own(
    world: World, ann: Actor, pumps: Product
) -> None:
    bob = await an_account(world, "bob@example.com")
    device = await a_device_of(world, bob)
    wanted: list[DeviceID | str] = [device.id, a_device_id(9), "kitchen"]
    for each in wanted:
        with pytest.raises(Refused) as no:
            await explain(world, ann, each, pumps.slug)
        assert no.value.refusal.code is RefusalCode.NOT_IN_PRODUCT


async def test_the_operator_is_told_all_and_acts_by_the_rules(
    world: World, ann: Actor, pumps: Product
) -> None:
    root = await an_account(world, "root@example.com", operator=True)
    device = await a_member(world, ann, pumps)
    await claim_device(world, ann, device.id)
    told = await explain(world, root, device.id)
    assert told.product == pumps
    assert Name.UNCLAIM in allowed(told)
    assert Name.REMOVE not in allowed(told)
    assert [each.new_owner for each in told.history] == [ann.username]
