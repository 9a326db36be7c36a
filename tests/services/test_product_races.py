"""Several at once in one product: what is counted and decided stays right."""

import asyncio
from typing import Any

from tests.support.people import a_device_id, an_account, an_online_device, find
from tests.support.products import (
    a_member,
    a_product,
    a_teammate,
    import_lines,
    listed,
    members_of,
    require_counts,
)

from cyan.interfaces import World
from cyan.model.accounts import Actor
from cyan.model.decisions import RefusalCode, Refused
from cyan.model.products import LineOutcome, Plan, Product, TeamRole
from cyan.services.claims import claim_device, unclaim_device
from cyan.services.groups import edit_groups
from cyan.services.imports import ImportWish, begin_import
from cyan.services.members import get_member, remove_member, retire_member
from cyan.services.products import ProductWish, create_product, remove_product
from cyan.services.teams import TeamKind, TeamOf, change_role

PUMPS = TeamOf(TeamKind.PRODUCT, "pumps")


async def at_once(*works: Any) -> tuple[list[Any], list[RefusalCode]]:
    """What came of several use cases at the same moment, and their refusals."""
    outcomes = await asyncio.gather(*works, return_exceptions=True)
    refusals = [each.refusal.code for each in outcomes if isinstance(each, Refused)]
    done = [each for each in outcomes if not isinstance(each, Refused)]
    for each in done:
        assert not isinstance(each, BaseException), repr(each)
    return done, refusals


async def test_no_more_join_than_fit(world: World, ann: Actor) -> None:
    product = await a_product(world, ann, plan=Plan.BLOCK, device_limit=5)
    lists = [[a_device_id(10 * n + k) for k in range(2)] for n in range(1, 7)]
    done, refusals = await at_once(
        *(begin_import(world, ann, "pumps", ImportWish(each)) for each in lists)
    )
    assert (len(done), set(refusals)) == (2, {RefusalCode.DEVICE_LIMIT})  # LIM-5
    assert await members_of(world, product) == 4
    await require_counts(world, [ann.account_id], [product.id])


async def test_no_more_approve_themselves_than_fit(world: World, ann: Actor) -> None:
    product = await a_product(
        world, ann, plan=Plan.BLOCK, device_limit=3, quarantine=False
    )
    hellos = (
        an_online_device(world, number, firmware_of=product.id)
        for number in range(1, 9)
    )
    devices, _ = await at_once(*hellos)
    assert sum(each.member_of is not None for each in devices) == 3
    await require_counts(world, [ann.account_id], [product.id])


async def test_one_sandbox_is_filled_from_all_sides(world: World, ann: Actor) -> None:
    product = await a_product(world, ann)
    own = [await an_online_device(world, number) for number in (1, 2, 3)]
    done, refusals = await at_once(
        *(claim_device(world, ann, each.id) for each in own),
        *(
            begin_import(world, ann, "pumps", ImportWish([a_device_id(number)]))
            for number in (11, 12, 13)
        ),
    )
    assert len(done) == 3 == len(refusals)  # LIM-2: together
    await require_counts(world, [ann.account_id], [product.id])


async def test_a_device_joins_one_of_two_products(world: World, ann: Actor) -> None:
    products = [await a_product(world, ann, name) for name in ("Pumps", "Fans")]
    device_id = a_device_id(1)
    outcomes, _ = await at_once(
        *(import_lines(world, ann, each, device_id) for each in products * 2)
    )
    told = [line for [line] in outcomes]
    assert told.count(LineOutcome.ADDED) == 1  # MEM-3
    await require_counts(world, [ann.account_id], [each.id for each in products])


async def test_an_import_meets_the_first_hello(world: World, ann: Actor) -> None:
    product = await a_product(world, ann, plan=Plan.BLOCK, device_limit=0)
    for number in range(1, 6):
        await at_once(
            import_lines(world, ann, product, a_device_id(number)),
            an_online_device(world, number, firmware_of=product.id),
        )
        device = await find(world, a_device_id(number))
        assert (device.member_of, device.online) == (product.id, True)
    await require_counts(world, [ann.account_id], [product.id])


async def test_a_removal_meets_everything_else(world: World, ann: Actor) -> None:
    product = await a_product(world, ann, plan=Plan.BLOCK, device_limit=0)
    bob = await an_account(world, "bob@example.com")
    await a_teammate(world, product, bob, TeamRole.DEVELOPER)
    for number in range(1, 4):
        device = await a_member(world, ann, product, number, firmware_of=product.id)
        await at_once(
            remove_member(world, ann, "pumps", device.id, deny_it=False),
            remove_member(world, bob, "pumps", device.id, deny_it=False),
            retire_member(world, ann, "pumps", device.id),
            claim_device(world, bob, device.id),
            unclaim_device(world, ann, device.id, "pumps"),
            edit_groups(world, ann, "pumps", [device.id], add=["x"], remove=[]),
            an_online_device(world, number, firmware_of=product.id),
            import_lines(world, ann, product, device.id),
        )
        people = [ann.account_id, bob.account_id]
        await require_counts(world, people, [product.id])
        after = await find(world, device.id)
        if after.member_of is None and after.product_id is not None:
            view = await get_member(world, ann, "pumps", device.id)
            assert list(view.groups) == [], "UNC-3"


async def test_of_products_of_one_name_one_is_made(world: World, ann: Actor) -> None:
    done, refusals = await at_once(
        *(create_product(world, ann, ProductWish(6, "Pumps")) for _ in range(4))
    )
    assert (len(done), set(refusals)) == (1, {RefusalCode.PRODUCT_UNUSABLE})
    names = ("Fans", "Lamps", "Doors")
    done, _ = await at_once(
        *(create_product(world, ann, ProductWish(6, name)) for name in names)
    )
    ids = [each.product.id for each in done]
    assert len(set(ids)) == len(ids)  # MEM-14


async def test_a_product_is_deleted_or_has_a_member(world: World, ann: Actor) -> None:
    for number, name in enumerate(("One", "Two", "Three"), 1):
        product = await a_product(world, ann, name)
        done, refusals = await at_once(
            remove_product(world, ann, product.slug),
            listed(world, ann, product, number),
        )
        assert (len(done), len(refusals)) == (1, 1)
        [code] = refusals
        assert code in (RefusalCode.PRODUCT_UNKNOWN, RefusalCode.PRODUCT_NOT_EMPTY)


async def test_a_team_has_one_owner(world: World, ann: Actor) -> None:
    product: Product = await a_product(world, ann)
    others = [await an_account(world, f"{n}@example.com") for n in ("bob", "carol")]
    for each in others:
        await a_teammate(world, product, each, TeamRole.SUPPORT)
    await at_once(
        *(
            change_role(world, ann, PUMPS, each.username, TeamRole.OWNER)
            for each in others
        )
    )
    members = await world.store.read(lambda tx: tx.teams.members_of(product.team_id))
    owners = [each for each in members if each.role is TeamRole.OWNER]
    assert len(owners) == 1
    now = await world.store.read(lambda tx: tx.products.find(product.id))
    assert now is not None
    assert now.payer_id == owners[0].account_id  # LIM-2
