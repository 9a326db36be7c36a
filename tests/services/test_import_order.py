"""The order in which lines are worked on: that of the devices which they name."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.people import a_device_id
from tests.support.products import a_product, import_lines

from cyan.interfaces import World
from cyan.model.accounts import Actor
from cyan.model.products import LineOutcome, Plan
from cyan.services.import_order import Ordering, in_order
from cyan.services.importing import PAGE, work_on_next
from cyan.services.imports import ImportWish, begin_import, lines_of

NAMED = st.sampled_from(["", *(a_device_id(number) for number in range(9))])


@given(lines=st.lists(NAMED), arriving=st.integers(1, 9), size=st.integers(1, 9))
def test_however_lines_arrive_they_leave_in_order(
    lines: list[str], arriving: int, size: int
) -> None:
    with Ordering() as ordering:
        for first in range(0, len(lines), arriving):
            ordering.add(first, lines[first : first + arriving])
        parts = list(ordering.parts(size))
    found = [
        (named, line)
        for part in parts
        for named, line in zip(part.device_ids, part.lines, strict=True)
    ]
    assert found == sorted((named, line) for line, named in enumerate(lines))
    assert all(len(part.lines) == size for part in parts[:-1])
    whole = in_order(lines)
    assert found == list(zip(whole.device_ids, whole.lines, strict=True))


@pytest.mark.settings(sandbox_devices=0)
async def test_lines_are_told_in_the_order_of_the_file(
    world: World, ann: Actor
) -> None:
    pumps = await a_product(world, ann, plan=Plan.BLOCK, device_limit=2 * PAGE)
    await import_lines(world, ann, pumps, a_device_id(3))
    texts = [
        a_device_id(number) if number % 3 else f"not {number}"
        for number in reversed(range(1, 2 * PAGE + 9))
    ]
    texts[PAGE - 1 : PAGE + 1] = [a_device_id(3), a_device_id(3).upper()]
    record = await begin_import(world, ann, pumps.slug, ImportWish(texts))
    waiting = await lines_of(world, record.id, after=PAGE - 3, limit=2)
    assert [each.outcome for each in waiting] == [None, None], "not done yet"
    await work_on_next(world)

    lines = await lines_of(world, record.id, limit=3 * PAGE)
    assert [each.text for each in lines] == texts
    assert [each.number for each in lines] == list(range(len(texts)))
    assert {each.outcome for each in lines if not each.device_id} == {
        LineOutcome.INVALID
    }
    middle = await lines_of(world, record.id, after=PAGE - 2, limit=2)
    assert list(middle) == list(lines[PAGE - 1 : PAGE + 1])
    assert [each.outcome for each in middle] == [LineOutcome.ALREADY_THERE] * 2
    assert await lines_of(world, record.id, after=len(texts) - 1) == []
