"""Approving and denying by what a device shall be (MEM-8, MEM-9, MEM-10)."""

import pytest
from tests.support.people import an_account, an_online_device, find
from tests.support.products import (
    OPERATOR,
    a_product,
    denial_of,
    import_lines,
    member,
    position,
    waits,
)
from tests.support.sign_ins import refusal_of

from cyan.interfaces import World, subjects
from cyan.model.accounts import Actor
from cyan.model.decisions import RefusalCode
from cyan.model.devices import Description, QuarantineReason, Standing
from cyan.model.products import ExclusionKind, Plan, Product
from cyan.services.changes import MarkDevelopment, Rename, change_device
from cyan.services.claims import claim_device
from cyan.services.products import ProductChanges, change_product
from cyan.services.quarantine import SetStanding

pytestmark = [
    pytest.mark.settings(sandbox_devices=3),
    pytest.mark.usefixtures("recounted"),
]
UNLISTED, DENIED = QuarantineReason.UNLISTED, QuarantineReason.DENIED
APPROVE = SetStanding(quarantined=False, denied=None)
DENY = SetStanding(quarantined=None, denied=True)


async def test_a_denial_is_kept_and_lifted_by_an_approval(
    world: World, ann: Actor, pumps: Product
) -> None:
    device = await an_online_device(world, firmware_of=pumps.id)
    await change_device(world, ann, device.id, [DENY], "pumps")
    assert position(await find(world, device.id)) == waits(pumps, DENIED)
    assert await denial_of(world, pumps, device.id) is ExclusionKind.DENIED
    approved = await change_device(world, ann, device.id, [APPROVE], "pumps")
    assert position(approved) == member(pumps)
    assert await denial_of(world, pumps, device.id) is None


async def test_an_approval_is_told_to_the_live_session_and_ends_requests(
    world: World, ann: Actor, pumps: Product
) -> None:
    bob = await an_account(world, "bob@example.com")
    device = await an_online_device(world, firmware_of=pumps.id)
    await claim_device(world, bob, device.id)
    await claim_device(world, ann, device.id, request_transfer=True)
    told: list[subjects.DeviceChanged] = []
    world.bus.listen(subjects.device_changes(device.id), told.append)
    await change_device(world, ann, device.id, [APPROVE], "pumps")
    [change] = told  # MEM-11
    assert (change.product_id, change.standing) == (pumps.id, Standing.MEMBER)
    assert change.owner_id == bob.account_id  # MEM-8: whoever owns it
    pending = await world.store.read(lambda tx: tx.transfers.list_pending(device.id))
    assert pending == []  # TRF-3


async def test_an_approval_that_would_pass_the_limit_is_refused(
    world: World, ann: Actor, pumps: Product
) -> None:
    block = ProductChanges(plan=Plan.BLOCK, device_limit=1)
    await change_product(world, OPERATOR, "pumps", block)
    waiting = [
        await an_online_device(world, number, firmware_of=pumps.id) for number in (1, 2)
    ]
    await change_device(world, ann, waiting[0].id, [APPROVE], "pumps")
    no = await refusal_of(change_device(world, ann, waiting[1].id, [APPROVE], "pumps"))
    assert no.code is RefusalCode.DEVICE_LIMIT  # LIM-5
    assert "1" in no.reason
    assert position(await find(world, waiting[1].id)) == waits(pumps, UNLISTED)


async def test_an_approval_asks_for_device_protection_as_an_addition_does(
    world: World, ann: Actor, pumps: Product
) -> None:
    device = await an_online_device(world, firmware_of=pumps.id)
    protected = Description(functions=[], protected=True)
    await world.store.transact(lambda tx: tx.devices.describe(device.id, protected))
    no = await refusal_of(change_device(world, ann, device.id, [APPROVE], "pumps"))
    assert (no.code, no.rule) == (RefusalCode.DEVICE_PROTECTED, "MEM-4")
    assert no.remedy is not None
    both = ProductChanges(device_protection=True)
    await change_product(world, ann, "pumps", both)
    approved = await change_device(world, ann, device.id, [APPROVE], "pumps")
    assert position(approved) == member(pumps)


async def test_an_approval_goes_with_other_changes_or_not_at_all(
    world: World, ann: Actor, pumps: Product
) -> None:
    bob = await an_account(world, "bob@example.com")
    for number, name in ((1, "hall"), (2, "roof")):
        device = await an_online_device(world, number, firmware_of=pumps.id)
        await claim_device(world, bob, device.id)
        await change_device(world, bob, device.id, [Rename(name)])
    wanted = [Rename("hall"), MarkDevelopment(True), APPROVE]
    no = await refusal_of(change_device(world, ann, device.id, wanted, "pumps"))
    assert no.code is RefusalCode.NAME_TAKEN  # IDN-6
    assert position(await find(world, device.id)) == waits(pumps, UNLISTED)
    wanted = [Rename("cellar"), MarkDevelopment(True), APPROVE]
    changed = await change_device(world, ann, device.id, wanted, "pumps")
    assert (changed.name, changed.development) == ("cellar", True)
    assert position(changed) == member(pumps)


async def test_what_waits_in_another_product_is_not_found(
    world: World, ann: Actor, pumps: Product
) -> None:
    fans = await a_product(world, ann, "Fans")
    device = await an_online_device(world, firmware_of=fans.id)
    for wish in (APPROVE, DENY):
        no = await refusal_of(change_device(world, ann, device.id, [wish], "pumps"))
        assert no.code is RefusalCode.NOT_IN_PRODUCT
    assert position(await find(world, device.id)) == waits(fans, UNLISTED)


async def test_a_member_is_left_as_it_is(
    world: World, ann: Actor, pumps: Product
) -> None:
    device = await an_online_device(world)
    await import_lines(world, ann, pumps, device.id)
    same = await change_device(world, ann, device.id, [APPROVE], "pumps")
    assert position(same) == member(pumps)
    back = SetStanding(quarantined=True, denied=None)
    no = await refusal_of(change_device(world, ann, device.id, [back], "pumps"))
    assert (no.code, no.rule) == (RefusalCode.DEVICE_IS_MEMBER, "MEM-10")
