"""What an account used (EVT-3, LIM-1, LIM-5)."""

from datetime import UTC, datetime

import pytest
from tests.support.people import a_device_of, an_account
from tests.support.products import a_member, a_product, a_teammate, listed

from cyan.interfaces import World
from cyan.model.decisions import RefusalCode, Refused
from cyan.model.products import Plan, TeamRole
from cyan.rules.metering import OperationKind, product_holder
from cyan.services.claims import claim_device
from cyan.services.organizations import create_organization
from cyan.services.usage import (
    agreement_of_organization,
    usage_of,
    usage_of_organization,
    usage_of_product,
)


async def test_a_month_is_told_by_kind_and_the_next_begins_anew(world: World) -> None:
    ann, bob = await an_account(world), await an_account(world, "bob@example.com")
    world.meter.count(ann.account_id, OperationKind.PUBLISHED, 3)
    world.meter.count(ann.account_id, OperationKind.CALLED, 1)
    world.meter.count(bob.account_id, OperationKind.READ, 9)
    await world.meter.flush()
    used = await usage_of(world, ann)
    assert used.operations == {
        OperationKind.PUBLISHED: 3,
        OperationKind.DELIVERED: 0,
        OperationKind.CALLED: 1,
        OperationKind.READ: 0,
    }
    assert (used.month, used.total) == ("2026-11", 4)
    assert (used.begins, used.ends) == (
        datetime(2026, 11, 1, tzinfo=UTC),
        datetime(2026, 12, 1, tzinfo=UTC),
    )
    assert (await usage_of(world, ann, "2026-12")).total == 0
    december = await usage_of(world, ann, "2025-12")
    assert december.ends == datetime(2026, 1, 1, tzinfo=UTC)


async def test_devices_are_told_with_the_limit(world: World) -> None:
    ann = await an_account(world)
    for number in (1, 2):
        await a_device_of(world, ann, number)
    used = await usage_of(world, ann)
    assert (used.owned, used.limit, used.full) == (2, 3, False)
    await a_device_of(world, ann, 3)
    assert (await usage_of(world, ann)).full


@pytest.mark.parametrize(
    "month", ["now", "2026-13", "2026-1", "2026-011", "0000-01", "٢٠٢٦-11", "x" * 500]
)
async def test_what_is_no_month_is_told(world: World, month: str) -> None:
    ann = await an_account(world)
    with pytest.raises(Refused) as no:
        await usage_of(world, ann, month)
    assert no.value.refusal.code is RefusalCode.REQUEST_INCOMPLETE
    assert "2026-11" in (no.value.refusal.remedy or "")


async def test_a_products_month_is_its_members_and_not_their_owners(
    world: World,
) -> None:
    ann, bob = await an_account(world), await an_account(world, "bob@example.com")
    pumps = await a_product(world, ann)
    pump = await a_member(world, ann, pumps)
    await claim_device(world, ann, pump.id)
    world.meter.count(product_holder(pumps.id), OperationKind.PUBLISHED, 5)
    world.meter.count(ann.account_id, OperationKind.CALLED, 1)
    await world.meter.flush()
    await a_teammate(world, pumps, bob, TeamRole.VIEW_ONLY)
    for each in (ann, bob):
        used = await usage_of_product(world, each, pumps.slug)
        assert (used.total, used.operations[OperationKind.PUBLISHED]) == (5, 5)
        assert (used.owned, used.count, used.limit) == (1, 1, 3)
    assert (await usage_of(world, ann)).total == 1
    assert (await usage_of_product(world, ann, pumps.slug, "2026-10")).total == 0


async def test_what_counts_is_told_apart_from_what_is_owned(world: World) -> None:
    ann, bob = await an_account(world), await an_account(world, "bob@example.com")
    pumps = await a_product(world, ann)
    pump = await a_member(world, ann, pumps, 1)
    await claim_device(world, ann, pump.id)
    await listed(world, ann, pumps, 2)
    await a_device_of(world, ann, 3)
    fans = await a_product(world, bob, "Fans", plan=Plan.BLOCK, device_limit=9)
    fan = await a_member(world, bob, fans, 4)
    await a_teammate(world, fans, ann, TeamRole.SUPPORT)
    await claim_device(world, ann, fan.id)
    used = await usage_of(world, ann)
    assert (used.owned, used.count, used.full) == (3, 3, True)  # LIM-2, LIM-3
    in_block = await usage_of_product(world, bob, fans.slug)
    assert (in_block.owned, in_block.count, in_block.limit) == (1, 1, 9)  # LIM-4


async def test_an_organizations_month_is_that_of_all_its_products(
    world: World,
) -> None:
    ann, eve = await an_account(world), await an_account(world, "eve@example.com")
    acme = await create_organization(world, ann, "Acme")
    for number, name in enumerate(("Pumps", "Fans"), 1):
        product = await a_product(world, ann, name, organization=acme.id)
        await listed(world, ann, product, number)
        holder = product_holder(product.id)
        world.meter.count(holder, OperationKind.DELIVERED, number)
    await world.meter.flush()
    found, used = await agreement_of_organization(world, ann, "acme")
    assert used == await usage_of_organization(world, ann, "acme")
    assert found == acme
    assert (used.total, used.owned, used.count, used.limit) == (3, 2, 2, 3)
    assert (await usage_of(world, ann)).count == 0, "it pays for itself (LIM-2)"
    with pytest.raises(Refused) as no:
        await usage_of_organization(world, eve, "acme")
    assert no.value.refusal.code is RefusalCode.PRODUCT_UNKNOWN


@pytest.mark.parametrize("product", ["pumps", "no-such-product"])
async def test_a_strangers_question_is_answered_alike(
    world: World, product: str
) -> None:
    ann, eve = await an_account(world), await an_account(world, "eve@example.com")
    await a_product(world, ann)
    with pytest.raises(Refused) as no:
        await usage_of_product(world, eve, product)
    assert no.value.refusal.code is RefusalCode.PRODUCT_UNKNOWN
