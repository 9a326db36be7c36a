"""Groups of a product's members (REST contract §3.4)."""

import pytest
from tests.support.people import a_device_id, an_account, an_online_device
from tests.support.products import a_member, a_product, a_teammate, listed
from tests.support.sign_ins import refusal_of

from cyan.interfaces import World
from cyan.model.accounts import Actor
from cyan.model.decisions import RefusalCode
from cyan.model.products import Product, TeamRole
from cyan.rules.groups import MAX_OF_DEVICE
from cyan.services import groups as groups_room
from cyan.services.groups import (
    GroupWish,
    change_group,
    create_group,
    edit_groups,
    get_group,
    list_groups,
    remove_group,
    set_groups,
)
from cyan.services.members import get_member, remove_member

pytestmark = pytest.mark.settings(sandbox_devices=100)


async def groups_of(world: World, actor: Actor, device_id: str) -> list[str]:
    return list((await get_member(world, actor, "pumps", device_id)).groups)


async def test_a_group_is_made_found_changed_and_removed(
    world: World, ann: Actor, pumps: Product
) -> None:
    wish = GroupWish("north", "ff00aa", "Up there")
    made = await create_group(world, ann, "pumps", wish)
    assert (made.color, made.description) == ("#FF00AA", "Up there")
    await create_group(world, ann, "pumps", GroupWish("south"))
    names = [each.name for each in await list_groups(world, ann, "pumps")]
    assert names == ["north", "south"]
    names = [each.name for each in await list_groups(world, ann, "pumps", "OUT")]
    assert names == ["south"]
    [device_id] = await listed(world, ann, pumps, 1)
    await edit_groups(world, ann, "pumps", [device_id], add=["north"], remove=[])
    assert (await get_group(world, ann, "pumps", "north")).devices == 1
    await change_group(world, ann, "pumps", "north", GroupWish("top"))
    assert await groups_of(world, ann, device_id) == ["top"], "its devices stay in it"
    assert (await get_group(world, ann, "pumps", "top")).group.color == "#FF00AA"
    await remove_group(world, ann, "pumps", "top")
    assert await groups_of(world, ann, device_id) == []
    for gone in ("top", "north"):
        no = await refusal_of(get_group(world, ann, "pumps", gone))
        assert no.code is RefusalCode.GROUP_UNKNOWN


async def test_names_are_unique_in_a_product_and_plain(
    world: World, ann: Actor, pumps: Product
) -> None:
    fans = await a_product(world, ann, "Fans")
    for within in ("pumps", fans.slug):
        await create_group(world, ann, within, GroupWish("north"))
    await create_group(world, ann, "pumps", GroupWish("south"))
    for attempt in (
        create_group(world, ann, "pumps", GroupWish("north")),
        change_group(world, ann, "pumps", "south", GroupWish("north")),
        create_group(world, ann, "pumps", GroupWish("North")),
        create_group(world, ann, "pumps", GroupWish("")),
        create_group(world, ann, "pumps", GroupWish("east", "red")),
        create_group(world, ann, "pumps", GroupWish("east", None, "x" * 1001)),
    ):
        assert (await refusal_of(attempt)).code is RefusalCode.GROUP_UNUSABLE


async def test_many_devices_change_groups_at_once_or_none(
    world: World, ann: Actor, pumps: Product
) -> None:
    ids = await listed(world, ann, pumps, 1, 2, 3)
    await edit_groups(world, ann, "pumps", ids, add=["new", "old"], remove=[])
    await edit_groups(world, ann, "pumps", ids[:2], add=["new"], remove=["old"])
    told = [await groups_of(world, ann, each) for each in ids]
    assert told == [["new"], ["new"], ["new", "old"]]
    waiting = await an_online_device(world, 8, firmware_of=pumps.id)
    elsewhere = await a_member(world, ann, await a_product(world, ann, "Fans"), 9)
    for other in (waiting.id, elsewhere.id, a_device_id(99), "hall"):
        no = await refusal_of(
            edit_groups(world, ann, "pumps", [*ids, other], add=["x"], remove=["new"])
        )
        assert no.code is RefusalCode.NOT_IN_PRODUCT
    assert await groups_of(world, ann, ids[0]) == ["new"]


async def test_a_removal_ends_groups(world: World, ann: Actor, pumps: Product) -> None:
    [device_id] = await listed(world, ann, pumps, 1)
    await edit_groups(world, ann, "pumps", [device_id], add=["north"], remove=[])
    await remove_member(world, ann, "pumps", device_id, deny_it=False)
    await listed(world, ann, pumps, 1)
    assert await groups_of(world, ann, device_id) == []  # UNC-3
    assert (await get_group(world, ann, "pumps", "north")).devices == 0


async def test_there_are_bounds(
    world: World, ann: Actor, pumps: Product, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(groups_room, "MAX_GROUPS", 2)
    monkeypatch.setattr(groups_room, "MAX_DEVICES", 1)
    ids = await listed(world, ann, pumps, 1, 2)
    await edit_groups(world, ann, "pumps", ids[:1], add=["a", "b"], remove=[])
    many = [f"g{number}" for number in range(MAX_OF_DEVICE + 1)]
    at = world.clock.now()
    for attempt in (
        create_group(world, ann, "pumps", GroupWish("c")),
        edit_groups(world, ann, "pumps", ids, add=["a"], remove=[]),
        world.store.transact(lambda tx: set_groups(tx, pumps.id, ids[0], many, at)),
    ):
        assert (await refusal_of(attempt)).code is RefusalCode.GROUP_UNUSABLE


async def test_no_way_leads_to_more_groups_than_a_device_may_be_in(
    world: World, ann: Actor, pumps: Product
) -> None:
    ids = await listed(world, ann, pumps, 1, 2)
    many = [f"g{number:02}" for number in range(MAX_OF_DEVICE)]
    await edit_groups(world, ann, "pumps", ids[:1], add=many, remove=[])
    for attempt in (
        edit_groups(world, ann, "pumps", ids, add=["more"], remove=[]),
        edit_groups(world, ann, "pumps", ids[1:], add=[*many, "more"], remove=[]),
    ):
        no = await refusal_of(attempt)
        assert (no.code, no.remedy) == (
            RefusalCode.GROUP_UNUSABLE,
            "Take it out of others first.",
        )
    assert await groups_of(world, ann, ids[0]) == many
    assert await groups_of(world, ann, ids[1]) == [], "all or nothing"
    await edit_groups(world, ann, "pumps", ids, add=["more"], remove=["g00"])
    assert await groups_of(world, ann, ids[0]) == [*many[1:], "more"]


async def test_one_request_does_not_keep_the_store_for_itself(
    world: World, ann: Actor, pumps: Product, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(groups_room, "MAX_MOVES", 3)
    ids = await listed(world, ann, pumps, 1, 2)
    await edit_groups(world, ann, "pumps", ids[:1], add=["a", "a", "b"], remove=["c"])
    no = await refusal_of(
        edit_groups(world, ann, "pumps", ids, add=["a"], remove=["b"])
    )
    assert no.code is RefusalCode.GROUP_UNUSABLE
    assert await groups_of(world, ann, ids[0]) == ["a", "b"]


async def test_a_change_of_a_group_changes_something(
    world: World, ann: Actor, pumps: Product
) -> None:
    await create_group(world, ann, "pumps", GroupWish("north"))
    no = await refusal_of(change_group(world, ann, "pumps", "north", GroupWish()))
    assert no.code is RefusalCode.NOTHING_TO_DO


async def test_managers_change_groups_and_all_of_the_team_see_them(
    world: World, ann: Actor, pumps: Product
) -> None:
    bob = await an_account(world, "bob@example.com")
    await create_group(world, ann, "pumps", GroupWish("north"))
    await a_teammate(world, pumps, bob, TeamRole.SUPPORT)
    assert len(await list_groups(world, bob, "pumps")) == 1
    for attempt in (
        create_group(world, bob, "pumps", GroupWish("south")),
        change_group(world, bob, "pumps", "north", GroupWish("south")),
        remove_group(world, bob, "pumps", "north"),
        edit_groups(world, bob, "pumps", [], add=["north"], remove=[]),
    ):
        assert (await refusal_of(attempt)).code is RefusalCode.ROLE_MISSING
