"""A change of membership is felt by a live session, without a reconnect (MEM-11)."""

import pytest
from tests.support.people import PHOTON, an_account, an_online_device, find

from cyan.interfaces import World, subjects
from cyan.model.accounts import Actor
from cyan.model.decisions import Allow, RefusalCode, Refuse
from cyan.model.devices import Description, Standing
from cyan.model.products import LineOutcome
from cyan.rules.features import FeatureFacts, decide_features
from cyan.services.imports import ImportWish, begin_import, lines_of
from cyan.services.members import remove_member
from cyan.services.products import (
    ProductChanges,
    ProductWish,
    change_product,
    create_product,
)


@pytest.fixture
async def ann(world: World) -> Actor:
    actor = await an_account(world)
    await create_product(world, actor, ProductWish(PHOTON, "Pumps"))
    return actor


async def test_a_session_is_told_of_joining_and_leaving(
    world: World, ann: Actor
) -> None:
    device = await an_online_device(world)
    told: list[subjects.DeviceChanged] = []
    world.bus.listen(subjects.device_changes(device.id), told.append)
    await begin_import(world, ann, "pumps", ImportWish([device.id]))
    member = await find(world, device.id)
    assert (member.online, member.standing) == (True, Standing.MEMBER)
    assert isinstance(decide_features(FeatureFacts.of(member)), Allow)  # CLM-7
    await remove_member(world, ann, "pumps", device.id, deny_it=False)
    removed = await find(world, device.id)
    assert (removed.online, removed.standing) == (True, None)
    refusal = decide_features(FeatureFacts.of(removed))
    assert isinstance(refusal, Refuse)
    assert refusal.code is RefusalCode.DEVICE_UNCLAIMED
    assert [each.standing for each in told] == [Standing.MEMBER, None]


async def test_protection_is_on_for_both_or_for_none(world: World, ann: Actor) -> None:
    device = await an_online_device(world)
    told = Description(protected=True)
    await world.store.transact(lambda tx: tx.devices.describe(device.id, told))
    outcomes = []
    for protected in (None, True):
        changes = ProductChanges(device_protection=protected)
        await change_product(world, ann, "pumps", changes)
        record = await begin_import(world, ann, "pumps", ImportWish([device.id]))
        [line] = await lines_of(world, record.id)
        outcomes.append(line.outcome)
    assert outcomes == [LineOutcome.PROTECTED, LineOutcome.ADDED]  # MEM-4
