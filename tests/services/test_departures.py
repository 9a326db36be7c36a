"""Leaving a product: removed, denied, dismissed, waiting in quarantine (UNC, MEM)."""

from dataclasses import replace

import pytest
from tests.support.people import (
    a_device_id,
    a_device_of,
    an_account,
    an_offline_device,
    an_online_device,
    find,
)
from tests.support.products import (
    NOWHERE,
    a_member,
    a_teammate,
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
from cyan.model.products import LineOutcome, Product, TeamRole
from cyan.services.calls import Target, call_function
from cyan.services.claims import claim_device, unclaim_device
from cyan.services.devices import signal_device
from cyan.services.members import get_member, remove_member, retire_member
from cyan.services.products import ProductChanges, change_product

pytestmark = [
    pytest.mark.settings(sandbox_devices=20),
    pytest.mark.usefixtures("recounted"),
]
WILDCARD, LIST_ONLY, OLD = 3003, 4002, 1404
UNLISTED, REMOVED = QuarantineReason.UNLISTED, QuarantineReason.REMOVED
DENIED = QuarantineReason.DENIED


@pytest.mark.parametrize("version", [WILDCARD, OLD])
async def test_a_removed_online_device_is_quarantined_at_once(
    world: World, ann: Actor, pumps: Product, version: int
) -> None:
    await change_product(world, ann, "pumps", ProductChanges(quarantine=False))
    device = await an_online_device(world, firmware_of=pumps.id, system_version=version)
    assert position(device) == member(pumps)
    told: list[subjects.DeviceChanged] = []
    world.bus.listen(subjects.device_changes(device.id), told.append)
    await remove_member(world, ann, "pumps", device.id, deny_it=False)
    removed = await find(world, device.id)
    assert position(removed) == waits(pumps, REMOVED)  # UNC-4, whatever auto-approve
    assert [each.standing for each in told] == [Standing.QUARANTINED]
    again = await an_online_device(world, firmware_of=pumps.id, system_version=version)
    assert position(again) == waits(pumps, REMOVED)
    await an_online_device(world)  # other firmware: forgotten
    again = await an_online_device(world, firmware_of=pumps.id, system_version=version)
    assert position(again) == member(pumps)


@pytest.mark.parametrize(("firmware", "version"), [(None, WILDCARD), (0, LIST_ONLY)])
async def test_a_removed_device_is_simply_in_no_product(
    world: World, ann: Actor, pumps: Product, firmware: int | None, version: int
) -> None:
    device = await an_online_device(
        world,
        firmware_of=pumps.id if firmware == 0 else firmware,
        system_version=version,
    )
    await import_lines(world, ann, pumps, device.id)
    await remove_member(world, ann, "pumps", device.id, deny_it=False)
    assert position(await find(world, device.id)) == NOWHERE  # UNC-4
    no = await refusal_of(get_member(world, ann, "pumps", device.id))
    assert no.code is RefusalCode.NOT_IN_PRODUCT


async def test_an_offline_removed_device_is_quarantined_when_it_comes(
    world: World, ann: Actor, pumps: Product
) -> None:
    await change_product(world, ann, "pumps", ProductChanges(quarantine=False))
    device = await an_offline_device(world)
    await import_lines(world, ann, pumps, device.id)
    await remove_member(world, ann, "pumps", device.id, deny_it=False)
    assert position(await find(world, device.id)) == NOWHERE
    back = await an_online_device(world, firmware_of=pumps.id)
    assert position(back) == waits(pumps, REMOVED)
    assert await import_lines(world, ann, pumps, back.id) == [LineOutcome.APPROVED]
    assert await denial_of(world, pumps, back.id) is None
    assert position(await find(world, back.id)) == member(pumps)


async def test_an_owner_keeps_what_is_removed_and_counts_it(
    world: World, ann: Actor, pumps: Product
) -> None:
    bob = await an_account(world, "bob@example.com")
    await a_teammate(world, pumps, bob, TeamRole.DEVELOPER)
    device = await a_member(world, ann, pumps)
    await claim_device(world, bob, device.id)
    await world.store.transact(lambda tx: tx.devices.set_name(device.id, "hall"))
    decision = await remove_member(world, ann, "pumps", device.id, deny_it=False)
    assert decision.still_owned  # UNC-3
    after = await find(world, device.id)
    assert (after.owner_id, after.name) == (bob.account_id, "hall")
    count = await world.store.read(lambda tx: tx.counts.toward_sandbox(bob.account_id))
    assert count == 1  # LIM-2


async def test_retiring_unclaims_and_removes(
    world: World, ann: Actor, pumps: Product
) -> None:
    bob = await an_account(world, "bob@example.com")
    await a_teammate(world, pumps, bob, TeamRole.SUPPORT)
    device = await a_member(world, ann, pumps)
    await claim_device(world, bob, device.id)
    await retire_member(world, ann, "pumps", device.id)
    after = await find(world, device.id)
    assert (after.owner_id, position(after)) == (None, NOWHERE)
    lines = await world.store.read(lambda tx: tx.histories.ownership_of(device.id))
    assert lines[-1].rule == "UNC-1"


async def test_a_manager_unclaims_a_member_whoever_owns_it(
    world: World, ann: Actor, pumps: Product
) -> None:
    bob = await an_account(world, "bob@example.com")
    device = await a_device_of(world, bob)
    await an_online_device(world, firmware_of=pumps.id)
    assert await import_lines(world, ann, pumps, device.id) == [LineOutcome.APPROVED]
    await unclaim_device(world, ann, device.id, "pumps")  # UNC-1
    await unclaim_device(world, ann, device.id, "pumps")  # owned by nobody: no matter
    after = await find(world, device.id)
    assert (after.owner_id, position(after)) == (None, member(pumps))  # UNC-3


# Quarantine


async def test_the_team_sees_what_waits_and_can_do_nothing_else_with_it(
    world: World, ann: Actor, pumps: Product
) -> None:
    device = await an_online_device(world, firmware_of=pumps.id)
    view = await get_member(world, ann, "pumps", device.id)
    assert view.device.standing_reason is UNLISTED
    for attempt in (
        call_function(world, ann, Target(device.id, "f", "pumps"), ""),
        signal_device(world, ann, device.id, True, "pumps"),
        unclaim_device(world, ann, device.id, "pumps"),
        retire_member(world, ann, "pumps", device.id),
    ):
        no = await refusal_of(attempt)
        assert no.code in (
            RefusalCode.DEVICE_QUARANTINED,
            RefusalCode.NOT_IN_PRODUCT,
        ), no  # MEM-8


async def test_denied_for_good_dismissed_until_the_next_hello(
    world: World, ann: Actor, pumps: Product
) -> None:
    await change_product(world, ann, "pumps", ProductChanges(quarantine=False))
    number = 1
    device = await a_member(world, ann, pumps, number)
    no = await refusal_of(remove_member(world, ann, "pumps", device.id, deny_it=True))
    assert (no.code, no.rule) == (RefusalCode.DEVICE_IS_MEMBER, "MEM-9")
    await remove_member(world, ann, "pumps", device.id, deny_it=False)
    device = await an_online_device(world, number, firmware_of=pumps.id)
    await remove_member(world, ann, "pumps", device.id, deny_it=True)
    assert position(await find(world, device.id)) == waits(pumps, DENIED)
    await remove_member(world, ann, "pumps", device.id, deny_it=False)
    assert position(await find(world, device.id)) == NOWHERE
    for _ in range(2):  # MEM-9: remembered, even after other firmware
        device = await an_online_device(world, number, firmware_of=pumps.id)
        assert position(device) == waits(pumps, DENIED)
        device = await an_online_device(world, number)
        assert position(device) == NOWHERE
    assert await import_lines(world, ann, pumps, device.id) == [LineOutcome.ADDED]
    assert await denial_of(world, pumps, device.id) is None
    await remove_member(world, ann, "pumps", device.id, deny_it=False)
    await an_online_device(world, number)
    back = await an_online_device(world, number, firmware_of=pumps.id)
    assert position(back) == member(pumps), "nothing is left of the denial"


async def test_a_quarantined_device_is_in_no_product_for_its_owner(
    world: World, ann: Actor, pumps: Product
) -> None:
    bob = await an_account(world, "bob@example.com")
    device = await an_online_device(world, firmware_of=pumps.id)
    await claim_device(world, bob, device.id)  # MEM-8, CLM-3
    count = await world.store.read(lambda tx: tx.counts.toward_sandbox(bob.account_id))
    assert count == 1
    await unclaim_device(world, bob, device.id)
    after = await find(world, device.id)
    assert (after.owner_id, position(after)) == (None, waits(pumps, UNLISTED))


async def test_approval_ends_requests_and_takes_it_off_its_owners_count(
    world: World, ann: Actor, pumps: Product
) -> None:
    bob = await an_account(world, "bob@example.com")
    device = await an_online_device(world, firmware_of=pumps.id)
    await claim_device(world, bob, device.id)
    await claim_device(world, ann, device.id, request_transfer=True)
    assert await import_lines(world, ann, pumps, device.id) == [LineOutcome.APPROVED]
    pending = await world.store.read(lambda tx: tx.transfers.list_pending(device.id))
    assert pending == []  # TRF-3
    count = await world.store.read(lambda tx: tx.counts.toward_sandbox(bob.account_id))
    assert count == 0  # LIM-3


async def test_an_approval_is_felt_by_the_live_session(
    world: World, ann: Actor, pumps: Product
) -> None:
    device = await an_online_device(world, firmware_of=pumps.id)
    told: list[subjects.DeviceChanged] = []
    world.bus.listen(subjects.device_changes(device.id), told.append)
    await import_lines(world, ann, pumps, device.id)
    [change] = told  # MEM-11
    assert (change.product_id, change.standing) == (pumps.id, Standing.MEMBER)
    await world.store.transact(
        lambda tx: tx.devices.describe(device.id, Description(functions=["f"]))
    )
    no = await refusal_of(
        call_function(world, ann, Target(device.id, "f", "pumps"), "")
    )
    assert no.code is RefusalCode.DEVICE_OFFLINE  # it is asked: nothing else is amiss


async def test_who_has_no_role_removes_nothing(
    world: World, ann: Actor, pumps: Product
) -> None:
    bob = await an_account(world, "bob@example.com")
    device = await a_member(world, ann, pumps)
    remove = lambda: remove_member(world, bob, "pumps", device.id, deny_it=False)  # noqa: E731
    assert (await refusal_of(remove())).code is RefusalCode.PRODUCT_UNKNOWN
    await a_teammate(world, pumps, bob, TeamRole.SUPPORT)
    assert (await refusal_of(remove())).code is RefusalCode.ROLE_MISSING
    program = replace(
        bob,
        account_id="e" * 24,
        team_id=pumps.team_id,
        scopes=frozenset(["devices:get"]),
    )
    no = await refusal_of(
        remove_member(world, program, "pumps", device.id, deny_it=False)
    )
    assert no.code is RefusalCode.SCOPE_MISSING
    able = replace(program, scopes=frozenset(["devices:remove"]))
    await remove_member(world, able, "pumps", device.id, deny_it=False)


async def test_what_was_never_here_is_not_found(
    world: World, ann: Actor, pumps
) -> None:
    for wanted in (a_device_id(77), "hall", ""):
        no = await refusal_of(remove_member(world, ann, "pumps", wanted, deny_it=False))
        assert no.code is RefusalCode.NOT_IN_PRODUCT
