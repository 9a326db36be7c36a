"""What an account used (EVT-3, LIM-1, LIM-5)."""

from datetime import UTC, datetime

import pytest
from tests.support.people import a_device_of, an_account

from cyan.interfaces import World
from cyan.model.decisions import RefusalCode, Refused
from cyan.rules.metering import OperationKind
from cyan.services.usage import usage_of


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
