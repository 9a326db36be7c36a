"""Where a device belongs once it said hello (MEM-5 to MEM-13)."""

import pytest
from tests.support.people import (
    an_account,
    an_online_device,
    find,
)
from tests.support.products import (
    NOWHERE,
    a_member,
    a_product,
    denial_of,
    import_lines,
    listed,
    member,
    position,
    require_counts,
    waits,
)

from cyan.interfaces import SessionStart, World
from cyan.model.accounts import Actor
from cyan.model.decisions import Refuse
from cyan.model.devices import Device, QuarantineReason, Standing
from cyan.model.products import ExclusionKind, LineOutcome, Plan, Product
from cyan.rules.features import FeatureFacts, decide_features
from cyan.services.connections import (
    Greeted,
    TrustedKey,
    greet_device,
    note_safe_mode,
)
from cyan.services.members import remove_member
from cyan.services.products import ProductChanges, change_product, remove_product

pytestmark = [
    pytest.mark.settings(sandbox_devices=20),
    pytest.mark.usefixtures("recounted"),
]
ARGON, PHOTON = 12, 6
WILDCARD, LIST_ONLY, OLD = 3003, 4002, 1404
UNLISTED, REMOVED = QuarantineReason.UNLISTED, QuarantineReason.REMOVED
DENIED, NO_ROOM = QuarantineReason.DENIED, QuarantineReason.NO_ROOM


@pytest.mark.parametrize("version", [LIST_ONLY, WILDCARD, OLD])
async def test_on_the_list_the_firmware_says_nothing(
    world: World, ann: Actor, pumps: Product, version: int
) -> None:
    other = await a_product(world, ann, "Fans")
    listed_ids = await listed(world, ann, pumps, 1, 2, 3)
    for number, firmware in zip((1, 2, 3), (pumps.id, other.id, 0), strict=True):
        device = await an_online_device(
            world, number, firmware_of=firmware, system_version=version
        )
        assert device.id == listed_ids[number - 1]
        assert position(device) == member(pumps)  # MEM-5, MEM-10


@pytest.mark.parametrize(
    ("firmware", "version"),
    [
        ("pumps", LIST_ONLY),
        (PHOTON, WILDCARD),
        (PHOTON, OLD),
        (0, OLD),
        (65535, OLD),
        (9999, WILDCARD),
        ("argons", OLD),
    ],
)
async def test_off_the_list_other_firmware_is_in_no_product(
    world: World, ann: Actor, pumps: Product, firmware: str | int, version: int
) -> None:
    argons = await a_product(world, ann, "Argons", platform_id=ARGON, quarantine=False)
    await change_product(world, ann, "pumps", ProductChanges(quarantine=False))
    named = {"pumps": pumps.id, "argons": argons.id}
    wanted = named[firmware] if isinstance(firmware, str) else firmware
    device = await an_online_device(world, firmware_of=wanted, system_version=version)
    assert position(device) == NOWHERE  # MEM-5, MEM-6, MEM-13


@pytest.mark.parametrize("version", [WILDCARD, OLD])
async def test_the_products_firmware_waits_in_quarantine(
    world: World, ann: Actor, pumps: Product, version: int
) -> None:
    device = await an_online_device(world, firmware_of=pumps.id, system_version=version)
    assert position(device) == waits(pumps, UNLISTED)  # MEM-7
    since = device.standing_since
    world.clock.advance_seconds(60)
    again = await an_online_device(world, firmware_of=pumps.id, system_version=version)
    assert (position(again), again.standing_since) == (waits(pumps, UNLISTED), since)
    gone = await an_online_device(world)
    assert position(gone) == NOWHERE  # MEM-8: it leaves by itself
    assert gone.standing_since is None


async def test_auto_approve_lets_it_join_in_that_hello(
    world: World, ann: Actor, pumps: Product
) -> None:
    early = await an_online_device(world, 1, firmware_of=pumps.id)
    await change_product(world, ann, "pumps", ProductChanges(quarantine=False))
    assert position(await find(world, early.id)) == waits(pumps, UNLISTED)  # MEM-7
    late = await an_online_device(world, 2, firmware_of=pumps.id)
    assert position(late) == member(pumps)
    early = await an_online_device(world, 1, firmware_of=pumps.id)
    assert position(early) == member(pumps)


async def test_auto_approve_takes_no_member_of_another_product(
    world: World, ann: Actor, pumps: Product
) -> None:
    bob = await an_account(world, "bob@example.com")
    fans = await a_product(world, bob, "Fans", quarantine=False)
    device = await a_member(world, ann, pumps)
    device = await an_online_device(world, firmware_of=fans.id)
    assert position(device) == member(pumps)  # MEM-10
    denied = await import_lines(world, bob, fans, device.id)
    assert denied == [LineOutcome.INVALID]  # MEM-3, MEM-4


async def test_without_room_it_waits_and_says_why(world: World, ann: Actor) -> None:
    tiny = await a_product(
        world, ann, "Tiny", quarantine=False, plan=Plan.BLOCK, device_limit=1
    )
    first = await an_online_device(world, 1, firmware_of=tiny.id)
    second = await an_online_device(world, 2, firmware_of=tiny.id)
    assert position(first) == member(tiny)
    assert position(second) == waits(tiny, NO_ROOM)  # LIM-5
    await remove_member(world, ann, "tiny", first.id, deny_it=False)
    second = await an_online_device(world, 2, firmware_of=tiny.id)
    assert position(second) == member(tiny)


async def test_from_one_quarantine_to_another(world: World, ann: Actor, pumps) -> None:
    fans = await a_product(world, ann, "Fans")
    await an_online_device(world, firmware_of=pumps.id)
    device = await an_online_device(world, firmware_of=fans.id)
    assert position(device) == waits(fans, UNLISTED)


async def test_a_listed_device_of_another_platform_is_marked(
    world: World, ann: Actor, pumps: Product
) -> None:
    await listed(world, ann, pumps, 1)
    device = await an_online_device(world, 1, platform_id=ARGON)
    assert (device.product_id, device.standing) == (pumps.id, Standing.WRONG_PLATFORM)
    assert isinstance(decide_features(FeatureFacts.of(device)), Refuse)  # MEM-13
    await require_counts(world, [ann.account_id], [pumps.id])
    right = await an_online_device(world, 1)
    assert position(right) == member(pumps)
    wrong = await import_lines(
        world, ann, pumps, (await an_online_device(world, 2, platform_id=ARGON)).id
    )
    assert wrong == [LineOutcome.WRONG_PLATFORM]  # MEM-2


async def greeted_from_safe_mode(world: World, device: Device) -> Greeted:
    """A hello that names no user firmware; that it is from safe mode is told later."""
    start = SessionStart(
        "again", world.clock.now(), "127.0.0.1", PHOTON, PHOTON, None, WILDCARD
    )
    key = TrustedKey(b"key of 1", new=False)
    return await greet_device(world, device.id, key, start)


async def test_a_hello_from_safe_mode_changes_nothing(
    world: World, ann: Actor, pumps: Product
) -> None:
    """That it came from safe mode is told after the hello (MEM-12)."""
    before = await an_online_device(world, firmware_of=pumps.id)
    await remove_member(world, ann, "pumps", before.id, deny_it=True)
    denied = await find(world, before.id)
    world.clock.advance_seconds(60)
    greeted = await greeted_from_safe_mode(world, before)
    assert position(greeted.device) == NOWHERE
    await note_safe_mode(world, before.id, greeted.departed)
    after = await find(world, before.id)
    assert position(after) == position(denied) == waits(pumps, DENIED)
    assert after.standing_since == denied.standing_since
    assert await denial_of(world, pumps, before.id) is ExclusionKind.DENIED


async def test_a_removal_is_remembered_through_safe_mode(
    world: World, ann: Actor, pumps: Product
) -> None:
    device = await a_member(world, ann, pumps)
    await remove_member(world, ann, "pumps", device.id, deny_it=False)
    greeted = await greeted_from_safe_mode(world, device)
    await note_safe_mode(world, device.id, greeted.departed)
    back = await an_online_device(world, firmware_of=pumps.id)
    assert position(back) == waits(pumps, REMOVED)  # UNC-4, MEM-12


async def test_what_the_team_did_since_the_hello_stays_done(
    world: World, ann: Actor, pumps: Product
) -> None:
    waiting = await an_online_device(world, firmware_of=pumps.id)
    greeted = await greeted_from_safe_mode(world, waiting)
    await import_lines(world, ann, pumps, waiting.id)
    await note_safe_mode(world, waiting.id, greeted.departed)
    assert position(await find(world, waiting.id)) == member(pumps)


async def test_nothing_waits_for_a_product_that_is_gone(
    world: World, ann: Actor, pumps: Product
) -> None:
    waiting = await an_online_device(world, firmware_of=pumps.id)
    greeted = await greeted_from_safe_mode(world, waiting)
    await remove_product(world, ann, "pumps")
    await note_safe_mode(world, waiting.id, greeted.departed)
    assert position(await find(world, waiting.id)) == NOWHERE
