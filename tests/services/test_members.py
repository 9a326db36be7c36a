"""A product's devices: lists of them, by page, filter and order."""

import pytest
from tests.support.people import PHOTON, a_device_id, an_account, an_online_device
from tests.support.products import a_member, a_teammate, listed
from tests.support.sign_ins import refusal_of

from cyan.interfaces import Listing, SortKey, World
from cyan.model.accounts import Actor
from cyan.model.decisions import RefusalCode
from cyan.model.products import Product, TeamRole
from cyan.services import fleet_pages
from cyan.services.claims import claim_device
from cyan.services.groups import edit_groups
from cyan.services.members import MemberPage, list_members, remove_member

pytestmark = pytest.mark.settings(sandbox_devices=100)


@pytest.fixture
async def fleet(world: World, ann: Actor, pumps: Product) -> Product:
    """Six members, connected in the order 3, 1, 2; 4 to 6 never; and one that waits."""
    await listed(world, ann, pumps, 1, 2, 3, 4, 5, 6)
    for number in (3, 1, 2):
        world.clock.advance_seconds(1)
        await an_online_device(world, number)
    world.clock.advance_seconds(1)
    await an_online_device(world, 7, firmware_of=pumps.id)
    for number, name in ((1, "hall"), (2, "Attic"), (4, "50%_hall")):

        async def rename(tx, number=number, name=name) -> None:
            await tx.devices.set_name(a_device_id(number), name)

        await world.store.transact(rename)
    return pumps


async def page_of(world: World, actor: Actor, page: int = 1, size: int = 25, **wanted):
    listing = Listing(0, **wanted)
    return await list_members(world, actor, "pumps", listing, page=page, per_page=size)


def numbers(page: MemberPage) -> list[int]:
    return [int(each.device.id, 16) for each in page.members]


async def test_the_last_connected_come_first(
    world: World, ann: Actor, fleet: Product
) -> None:
    page = await page_of(world, ann)
    assert numbers(page)[:4] == [7, 2, 1, 3]
    assert sorted(numbers(page)[4:]) == [4, 5, 6]
    assert (page.total, page.total_pages, page.page) == (7, 1, 1)
    page = await page_of(world, ann, ascending=True)
    assert numbers(page)[3:] == [3, 1, 2, 7]


@pytest.mark.parametrize("sort", SortKey)
@pytest.mark.parametrize("ascending", [True, False])
@pytest.mark.parametrize("step", [2, fleet_pages.STEP])
async def test_pages_lie_side_by_side_in_every_order(
    world: World,
    ann: Actor,
    fleet: Product,
    sort: SortKey,
    ascending: bool,
    step: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(fleet_pages, "STEP", step)
    wanted = {"sort": sort, "ascending": ascending}
    whole = numbers(await page_of(world, ann, **wanted))
    assert sorted(whole) == [1, 2, 3, 4, 5, 6, 7]
    pages = [await page_of(world, ann, number, 2, **wanted) for number in range(1, 6)]
    assert [n for page in pages for n in numbers(page)] == whole
    assert {(each.total, each.total_pages) for each in pages} == {(7, 4)}
    turned = await page_of(world, ann, sort=sort, ascending=not ascending)
    assert numbers(turned) == whole[::-1]
    wanted["quarantined"] = False
    pages = [await page_of(world, ann, number, 2, **wanted) for number in (1, 2, 3)]
    members = [n for page in pages for n in numbers(page)]
    assert members == [n for n in whole if n != 7]


async def test_names_are_sorted_without_regard_to_case(
    world: World, ann: Actor, fleet: Product
) -> None:
    page = await page_of(world, ann, sort=SortKey.DEVICE_NAME, ascending=True)
    assert numbers(page)[-3:] == [4, 2, 1]


async def test_deep_pages_are_found_from_milestones(
    world: World, ann: Actor, fleet: Product, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fleet_pages, "STEP", 2)
    for size in (1, 2, 3):
        pages = [await page_of(world, ann, number, size) for number in range(1, 9)]
        assert len({n for page in pages for n in numbers(page)}) == 7
    await remove_member(world, ann, "pumps", a_device_id(2), deny_it=False)
    pages = [await page_of(world, ann, number, 1) for number in range(1, 8)]
    assert sorted(n for page in pages for n in numbers(page)) == [1, 3, 4, 5, 6, 7]
    world.clock.advance_seconds(60)
    await an_online_device(world, 5)
    assert numbers(await page_of(world, ann, 1, 1)) == [5]
    pages = [await page_of(world, ann, number, 1) for number in range(1, 8)]
    assert sorted(n for page in pages for n in numbers(page)) == [1, 3, 4, 5, 6, 7]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({"name": "hall"}, {1, 4}),
        ({"name": "HALL"}, {1, 4}),
        ({"name": "%"}, {4}),
        ({"name": "_"}, {4}),
        ({"name": "\\"}, set()),
        ({"device_id": "00001"}, {1}),
        ({"device_id": a_device_id(4).upper()}, {4}),
        ({"device_id": a_device_id(4), "name": "attic"}, set()),
        ({"device_id": a_device_id(99)}, set()),
        ({"quarantined": True}, {7}),
        ({"quarantined": False}, {1, 2, 3, 4, 5, 6}),
        ({"quarantined": True, "name": "hall"}, set()),
        ({"groups": ("north",)}, {1, 5}),
        ({"groups": ("north", "south")}, {1, 5, 6}),
        ({"groups": ("nowhere",)}, set()),
        ({"groups": ("north",), "name": "hall"}, {1}),
        ({"serial_number": "46AB"}, {6}),
    ],
)
async def test_filters_narrow_a_list(
    world: World, ann: Actor, fleet: Product, wanted: dict, found: set[int]
) -> None:
    for group, members in (("north", (1, 5)), ("south", (6,))):
        ids = [a_device_id(number) for number in members]
        await edit_groups(world, ann, "pumps", ids, add=[group], remove=[])
    await world.store.transact(
        lambda tx: tx.devices.set_serial(a_device_id(6), "P046AB123456789", None)
    )
    page = await page_of(world, ann, **wanted)
    assert (set(numbers(page)), page.total) == (found, len(found))
    turned = await page_of(world, ann, 1, 1, **wanted)
    assert (len(turned.members), turned.total) == (min(1, len(found)), len(found))


async def test_what_a_list_tells_of_each_device(
    world: World, ann: Actor, pumps: Product
) -> None:
    bob = await an_account(world, "bob@example.com")
    await a_teammate(world, pumps, bob, TeamRole.VIEW_ONLY)
    device = await a_member(world, ann, pumps)
    await claim_device(world, bob, device.id)
    await edit_groups(world, ann, "pumps", [device.id], add=["b", "a"], remove=[])
    [view] = (await page_of(world, bob)).members
    assert (view.owner, view.device.member_of) == ("bob@example.com", pumps.id)
    assert (list(view.groups), view.device.platform_id) == (["a", "b"], PHOTON)


async def test_an_empty_fleet_has_one_page(world: World, ann: Actor, pumps) -> None:
    page = await page_of(world, ann)
    assert (list(page.members), page.total, page.total_pages) == ([], 0, 1)
    for number, size in ((0, 25), (1, 0), (1, 1001)):
        no = await refusal_of(page_of(world, ann, number, size))
        assert no.code is RefusalCode.REQUEST_INCOMPLETE
