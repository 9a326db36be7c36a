"""Imports: what comes of each line, and of the list as a whole (MEM-4, LIM-5)."""

from dataclasses import replace

import pytest
from tests.support.people import (
    PHOTON,
    a_device_id,
    a_device_of,
    an_offline_device,
    an_online_device,
    find,
)
from tests.support.products import (
    a_member,
    a_product,
    a_teammate,
    import_lines,
    listed,
    member,
    members_of,
    position,
    require_counts,
)
from tests.support.sign_ins import refusal_of

from cyan.interfaces import Tx, World
from cyan.model.accounts import Actor
from cyan.model.decisions import RefusalCode
from cyan.model.devices import Description
from cyan.model.identifiers import DeviceID
from cyan.model.products import (
    ImportState,
    LineOutcome,
    Plan,
    Product,
    TeamRole,
)
from cyan.model.settings import FirstContact
from cyan.services.claims import claim_device
from cyan.services.import_lines import identifiers
from cyan.services.importing import work_on_next
from cyan.services.imports import (
    ImportWish,
    begin_import,
    finished,
    get_import,
    list_imports,
    undo_import,
)
from cyan.services.members import remove_member

pytestmark = pytest.mark.settings(sandbox_devices=10_000)
ARGON = 12


async def numbers_of(world: World, device_id: DeviceID, **numbers: str) -> None:
    """What a device told of itself."""
    told = Description(**{key: value for key, value in numbers.items() if key != "sn"})
    await world.store.transact(lambda tx: tx.devices.describe(device_id, told))
    if "sn" in numbers:
        await world.store.transact(
            lambda tx: tx.devices.set_serial(device_id, numbers["sn"], None)
        )


# Each line


async def test_what_comes_of_each_line(
    world: World, ann: Actor, bob: Actor, pumps: Product
) -> None:
    fans = await a_product(world, ann, "Fans")
    foreign = await a_product(world, bob, "Foreign")
    expected = {
        (await an_online_device(world, 1)).id: LineOutcome.ADDED,
        (await an_online_device(world, 2, firmware_of=pumps.id)).id: (
            LineOutcome.APPROVED
        ),
        (await a_member(world, ann, pumps, 3)).id: LineOutcome.ALREADY_THERE,
        "no identifier": LineOutcome.INVALID,
        "P046AB000000000": LineOutcome.INVALID,
        (await an_online_device(world, 4, platform_id=ARGON)).id: (
            LineOutcome.WRONG_PLATFORM
        ),
        (await a_device_of(world, bob, 5)).id: LineOutcome.OWNED_OUTSIDE,
        (await a_member(world, ann, fans, 6)).id: LineOutcome.MEMBER_ELSEWHERE,
        (await a_member(world, bob, foreign, 7)).id: LineOutcome.INVALID,
        (await a_device_of(world, ann, 8)).id: LineOutcome.ADDED,
        a_device_id(9): LineOutcome.ADDED,
    }
    protected = await an_online_device(world, 10)
    await world.store.transact(
        lambda tx: tx.devices.describe(protected.id, Description(protected=True))
    )
    expected[protected.id] = LineOutcome.PROTECTED
    told = await import_lines(world, ann, pumps, *expected, dry_run=True)
    assert told == list(expected.values()), "the dry run answers the same"
    assert await members_of(world, pumps) == 1, "and changes nothing"
    told = await import_lines(world, ann, pumps, *expected)
    assert told == list(expected.values())
    joined = [each for each in expected.values() if each in {"added", "approved"}]
    assert await members_of(world, pumps) == 1 + len(joined)
    assert position(await find(world, a_device_id(9))) == member(pumps)
    products = [pumps.id, fans.id, foreign.id]
    await require_counts(world, [ann.account_id, bob.account_id], products)


async def test_who_waits_elsewhere_or_is_owned_in_the_team(
    world: World, ann: Actor, bob: Actor, pumps: Product
) -> None:
    fans = await a_product(world, bob, "Fans")
    waiting = await an_online_device(world, 1, firmware_of=fans.id)
    theirs = await a_device_of(world, bob, 2)
    await a_teammate(world, pumps, bob, TeamRole.VIEW_ONLY)
    told = await import_lines(world, ann, pumps, waiting.id, theirs.id)
    assert told == [LineOutcome.ADDED, LineOutcome.ADDED]  # MEM-3, MEM-8
    assert (await find(world, theirs.id)).owner_id == bob.account_id
    await require_counts(world, [ann.account_id, bob.account_id], [pumps.id, fans.id])


async def test_a_device_owned_outside_is_approved_if_it_asked_by_itself(
    world: World, ann: Actor, bob: Actor, pumps: Product
) -> None:
    device = await a_device_of(world, bob, 1)
    await an_online_device(world, 1, firmware_of=pumps.id)
    assert await import_lines(world, ann, pumps, device.id) == [LineOutcome.APPROVED]


async def test_identifiers_of_all_kinds_lead_to_devices(
    world: World, ann: Actor, pumps: Product
) -> None:
    ids = [(await an_offline_device(world, number)).id for number in range(1, 5)]
    await numbers_of(world, ids[1], sn="P046AB123456789")
    await numbers_of(world, ids[2], imei="352753090041680")
    await numbers_of(world, ids[3], iccid="8934076500002589174")
    texts = (
        f" {ids[0].upper()} ",
        "p046ab123456789",
        "352753090041680",
        "8934076500002589174",
        "352753090041680",
        ids[1],
    )
    told = await import_lines(world, ann, pumps, *[each.strip() for each in texts])
    assert told == [LineOutcome.ADDED] * 4 + [LineOutcome.ALREADY_THERE] * 2
    for device_id in ids:
        assert position(await find(world, device_id)) == member(pumps)


@pytest.mark.parametrize("dry_run", [False, True])
async def test_a_device_that_is_named_twice_counts_once(
    world: World, ann: Actor, dry_run: bool
) -> None:
    tiny = await a_product(world, ann, "Tiny", plan=Plan.BLOCK, device_limit=1)
    device_id = a_device_id(1)
    told = await import_lines(
        world, ann, tiny, device_id, "?", device_id.upper(), dry_run=dry_run
    )
    assert told == [LineOutcome.ADDED, LineOutcome.INVALID, LineOutcome.ALREADY_THERE]


@pytest.mark.settings(first_contact=FirstContact.REGISTERED)
async def test_where_devices_are_registered_unknown_ones_are_invalid(
    world: World, ann: Actor, pumps: Product
) -> None:
    known, keyless = a_device_id(1), a_device_id(2)

    async def body(tx: Tx) -> None:
        for each in (known, keyless):
            await tx.devices.add(each, world.clock.now())
        await tx.devices.set_key(known, b"key")

    await world.store.transact(body)
    told = await import_lines(world, ann, pumps, known, keyless, a_device_id(3))
    assert told == [LineOutcome.ADDED, LineOutcome.INVALID, LineOutcome.INVALID]


# Files


@pytest.mark.parametrize(
    ("lines", "found"),
    [
        (["\ufeffaa\r\n", "\r\n", "bb\r\n"], ["aa", "bb"]),
        (["aa,first\n", "bb,second"], ["aa", "bb"]),
        (["\ufeffDevice ID;Name\r\n", "aa;hall\r\n", ";garden\r\n"], ["aa", "?"]),
        (["name\tIMEI\tserial_number\n", "x\t35\tP0\n", "y\t36\t\n"], ["P0", "36"]),
        (["id,iccid\n", '"aa","89"\n', '"","89"\n'], ["aa", "89"]),
        (["serialNumber\n", "P0\n"], ["P0"]),
        (["aa\0\n", "\0\n", "bb\n"], ["aa\ufffd", "bb"]),
        (["x" * 500 + "\n"], ["x" * 200]),
        (["\n", " \n", ",,,\n"], []),
        ([], []),
    ],
)
def test_files_of_people(lines: list[str], found: list[str]) -> None:
    assert list(identifiers(lines)) == found


async def test_an_empty_list_is_no_import(
    world: World, ann: Actor, pumps: Product
) -> None:
    no = await refusal_of(begin_import(world, ann, "pumps", ImportWish([])))
    assert (no.code, no.rule) == (RefusalCode.IMPORT_UNUSABLE, "MEM-4")


# As a whole


async def test_over_the_limit_nothing_is_half_done(world: World, ann: Actor) -> None:
    tiny = await a_product(world, ann, "Tiny", plan=Plan.BLOCK, device_limit=3)
    await listed(world, ann, tiny, 1, 2)
    wish = ImportWish([a_device_id(1), a_device_id(3), a_device_id(4)])
    for dry_run in (True, False):
        no = await refusal_of(
            begin_import(world, ann, "tiny", replace(wish, dry_run=dry_run))
        )
        assert (no.code, no.rule) == (RefusalCode.DEVICE_LIMIT, "LIM-5")
        assert no.details == {"count": 2, "limit": 3}
    assert await members_of(world, tiny) == 2
    told = await import_lines(world, ann, tiny, a_device_id(2), a_device_id(3))
    assert told == [LineOutcome.ALREADY_THERE, LineOutcome.ADDED]
    await listed(world, ann, tiny, 1, 2, 3)  # LIM-5: what adds nothing is not refused
    await require_counts(world, [ann.account_id], [tiny.id])


@pytest.mark.settings(sandbox_devices=3)
async def test_the_free_plan_counts_for_whom_the_product_belongs_to(
    world: World, ann: Actor, bob: Actor, pumps: Product
) -> None:
    await a_teammate(world, pumps, bob, TeamRole.DEVELOPER)
    own = await a_device_of(world, ann, 1)
    await listed(world, bob, pumps, 2, 3)
    no = await refusal_of(
        begin_import(world, bob, "pumps", ImportWish([a_device_id(4)]))
    )
    assert no.details == {"count": 3, "limit": 3}
    await listed(world, ann, pumps, 1)  # LIM-2: it fits both, and counts once
    assert position(await find(world, own.id)) == member(pumps)
    await require_counts(world, [ann.account_id, bob.account_id], [pumps.id])


async def test_what_nobody_owns_is_claimed_for_somebody_of_the_team(
    world: World, ann: Actor, bob: Actor, pumps: Product
) -> None:
    wish = ImportWish([a_device_id(1)], claim_user="Bob@example.com")
    no = await refusal_of(begin_import(world, ann, "pumps", wish))
    assert (no.code, no.rule) == (RefusalCode.IMPORT_UNUSABLE, "CLM-4")
    await a_teammate(world, pumps, bob, TeamRole.VIEW_ONLY)
    owned = await a_device_of(world, ann, 2)
    await listed(world, ann, pumps, 3)
    texts = [a_device_id(1), owned.id, a_device_id(3), a_device_id(3), "?"]
    await import_lines(world, ann, pumps, *texts, claim_user="Bob@example.com")
    owners = [(await find(world, a_device_id(number))).owner_id for number in (1, 2, 3)]
    assert owners == [bob.account_id, ann.account_id, bob.account_id]
    history = await world.store.read(
        lambda tx: tx.histories.ownership_of(a_device_id(1))
    )
    assert [(each.actor_id, each.rule) for each in history] == [
        (ann.account_id, "CLM-4")
    ]
    await require_counts(world, [ann.account_id, bob.account_id], [pumps.id])


async def test_imports_are_the_teams_to_see_and_the_managers_to_make(
    world: World, ann: Actor, bob: Actor, pumps: Product
) -> None:
    record = await begin_import(world, ann, "pumps", ImportWish([a_device_id(1)]))
    wish = ImportWish([a_device_id(2)])
    await a_teammate(world, pumps, bob, TeamRole.SUPPORT)
    assert (await refusal_of(begin_import(world, bob, "pumps", wish))).code is (
        RefusalCode.ROLE_MISSING
    )
    assert await list_imports(world, bob, "pumps") == [record]
    assert await get_import(world, bob, "pumps", record.id) == record
    fans = await a_product(world, bob, "Fans")
    no = await refusal_of(get_import(world, bob, fans.slug, record.id))
    assert no.code is RefusalCode.IMPORT_UNKNOWN


# Undo


async def test_undoing_removes_what_it_added_and_nothing_else(
    world: World, ann: Actor, bob: Actor, pumps: Product
) -> None:
    before = await listed(world, ann, pumps, 1)
    world.clock.advance_seconds(1)
    waiting = await an_online_device(world, 2, firmware_of=pumps.id)
    mine = await a_device_of(world, ann, 3)
    texts = [*before, waiting.id, mine.id, a_device_id(4), a_device_id(5), "?"]
    record = await begin_import(world, ann, "pumps", ImportWish(texts))
    world.clock.advance_seconds(1)
    await remove_member(world, ann, "pumps", a_device_id(4), deny_it=False)
    await listed(world, ann, pumps, 4)  # it came again, by another import
    undoing = await undo_import(world, ann, "pumps", record.id)
    assert undoing.state is ImportState.UNDOING
    await work_on_next(world)
    undone = await finished(world, undoing)
    assert undone.state is ImportState.UNDONE
    members = [(await find(world, a_device_id(n))).member_of for n in range(1, 6)]
    assert members == [pumps.id, None, None, pumps.id, None]
    assert (await find(world, mine.id)).owner_id == ann.account_id
    assert (await find(world, waiting.id)).quarantined_in == pumps.id  # UNC-4
    await require_counts(world, [ann.account_id], [pumps.id])
    no = await refusal_of(undo_import(world, ann, "pumps", record.id))
    assert no.code is RefusalCode.IMPORT_UNUSABLE
    await a_teammate(world, pumps, bob, TeamRole.SUPPORT)
    no = await refusal_of(undo_import(world, bob, "pumps", record.id))
    assert no.code is RefusalCode.ROLE_MISSING


async def test_a_claimed_member_counts_for_its_product(
    world: World, ann: Actor, bob: Actor, pumps: Product
) -> None:
    [device_id] = await listed(world, ann, pumps, 1)
    await a_teammate(world, pumps, bob, TeamRole.DEVELOPER)
    await claim_device(world, bob, device_id)  # CLM-4: offline, by a manager
    assert (await find(world, device_id)).platform_id in (None, PHOTON)
    await require_counts(world, [ann.account_id, bob.account_id], [pumps.id])
