"""Long imports: worked on in the background, resumed, refused, undone (MEM-4)."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest
from tests.support.people import (
    a_device_id,
    find,
)
from tests.support.products import (
    NOWHERE,
    OPERATOR,
    a_product,
    members_of,
    position,
    require_counts,
)
from tests.support.sign_ins import refusal_of

from cyan.interfaces import Tx, World
from cyan.model.accounts import Actor
from cyan.model.decisions import RefusalCode
from cyan.model.products import (
    Import,
    ImportState,
    LineOutcome,
    Plan,
    Product,
)
from cyan.services.import_keeping import PART, RECEIVING_FOR
from cyan.services.import_steps import add_part, count_part, finish_counting
from cyan.services.importing import work_on_next
from cyan.services.imports import (
    ImportWish,
    all_lines,
    begin_import,
    finished,
    get_import,
    joined_by,
    lines_of,
    list_imports,
    undo_import,
)
from cyan.services.members import remove_member
from cyan.services.products import (
    ProductChanges,
    change_product,
    get_product,
    remove_product,
)

pytestmark = pytest.mark.settings(sandbox_devices=10_000)
MANY = PART + 200
"""More than one part."""
LEASE = timedelta(seconds=11)


async def begin_long(world: World, actor: Actor, **wish: object) -> Import:
    texts = [a_device_id(number) for number in range(1, MANY + 1)]
    texts += [a_device_id(1), "?"]
    record = await begin_import(world, actor, "pumps", ImportWish(texts, **wish))
    assert (record.state, record.lines) == (ImportState.COUNTING, MANY + 2)
    return record


EXPECTED = {"added": MANY, "already there": 1, "invalid": 1}


async def require_all_lines(world: World, record: Import) -> None:
    outcomes = Counter([each.outcome async for each in all_lines(world, record.id)])
    assert outcomes == Counter(EXPECTED) == Counter(record.counts)


async def test_a_long_list_is_worked_on_in_the_background(
    world: World, ann: Actor, pumps: Product
) -> None:
    told: list[str] = []
    world.bus.listen(
        f"product/{pumps.id}/events", lambda each: told.append(each.event.name)
    )
    begun = await begin_long(world, ann)
    assert await members_of(world, pumps) == 0
    assert await work_on_next(world)
    assert not await work_on_next(world)
    done = await finished(world, begun)
    assert (done.state, joined_by(done), done.reserved) == (ImportState.DONE, MANY, 0)
    assert done.effect == {
        "plan": "free",
        "count": 0,
        "adds": MANY,
        "limit": 10_000,
    }
    await require_all_lines(world, done)
    assert set(told) == {"cyan/import"}
    only = [
        each.text
        async for each in all_lines(world, begun.id, [LineOutcome.ALREADY_THERE])
    ]
    assert only == [a_device_id(1)]
    await require_counts(world, [ann.account_id], [pumps.id])


async def test_a_long_dry_run_changes_nothing_and_tells_all(
    world: World, ann: Actor, pumps: Product
) -> None:
    begun = await begin_long(world, ann, dry_run=True)
    await work_on_next(world)
    done = await finished(world, begun)
    assert done.state is ImportState.DONE
    await require_all_lines(world, done)
    assert await members_of(world, pumps) == 0
    no = await refusal_of(undo_import(world, ann, "pumps", begun.id))
    assert no.code is RefusalCode.IMPORT_UNUSABLE


async def test_a_long_list_over_the_limit_is_refused_as_a_whole(
    world: World, ann: Actor, pumps: Product
) -> None:
    block = ProductChanges(plan=Plan.BLOCK, device_limit=MANY - 1)
    await change_product(world, OPERATOR, "pumps", block)
    begun = await begin_long(world, ann)
    await work_on_next(world)
    done = await finished(world, begun)
    assert done.state is ImportState.REFUSED
    assert done.refusal is not None
    assert done.refusal["rule"] == "LIM-5"
    assert await members_of(world, pumps) == 0
    await require_counts(world, [ann.account_id], [pumps.id])


async def half_done(world: World, begun: Import, product: Product) -> Import:
    """An import that a process left in the middle of adding; its lease runs on."""

    async def body(tx: Tx) -> Import:
        record = await tx.imports.find(begun.id)
        assert record is not None
        while part := await tx.imports.part(record.id, record.part):
            record = await count_part(tx, world, record, product, part)
        record = await finish_counting(tx, world, record, product)
        part = await tx.imports.part(record.id, 0)
        assert part is not None
        record, _ = await add_part(tx, world, record, product, part)
        until = world.clock.now() + LEASE
        record = replace(record, lease="somebody", leased_until=until)
        await tx.imports.update(record)
        return record

    return await world.store.transact(body)


async def test_after_a_crash_it_goes_on_where_it_was(
    world: World, ann: Actor, pumps: Product
) -> None:
    begun = await begin_long(world, ann)
    left = await half_done(world, begun, pumps)
    assert (left.state, left.done) == (ImportState.ADDING, PART)
    assert await members_of(world, pumps) < MANY
    assert not await work_on_next(world), "somebody has it still"
    await remove_member(world, ann, "pumps", a_device_id(5), deny_it=False)
    world.clock.advance(LEASE)
    assert await work_on_next(world)
    done = await finished(world, begun)
    assert done.state is ImportState.DONE
    await require_all_lines(world, done)
    assert await members_of(world, pumps) == MANY - 1, "no line was done twice"
    await require_counts(world, [ann.account_id], [pumps.id])


async def test_what_an_import_keeps_free_is_taken(
    world: World, ann: Actor, pumps: Product
) -> None:
    block = ProductChanges(plan=Plan.BLOCK, device_limit=MANY)
    await change_product(world, OPERATOR, "pumps", block)
    begun = await begin_long(world, ann)
    await half_done(world, begun, pumps)
    no = await refusal_of(
        begin_import(world, ann, "pumps", ImportWish([a_device_id(9_999)]))
    )
    assert no.details == {"count": MANY, "limit": MANY}  # LIM-5
    no = await refusal_of(remove_product(world, ann, "pumps"))
    assert no.code is RefusalCode.PRODUCT_NOT_EMPTY
    world.clock.advance(LEASE)
    await work_on_next(world)
    assert await members_of(world, pumps) == MANY


async def test_a_product_goes_while_its_import_is_counted(
    world: World, ann: Actor, bob: Actor, pumps: Product
) -> None:
    await begin_long(world, ann)
    await remove_product(world, ann, "pumps")
    fans = await a_product(world, bob, "Fans")
    texts = [a_device_id(number) for number in range(1, MANY + 1)]
    await begin_import(world, bob, "fans", ImportWish(texts))
    while await work_on_next(world):
        pass
    assert await members_of(world, fans) == MANY, "others' imports go on"


async def test_an_upload_that_breaks_off_is_forgotten(
    world: World, ann: Actor, pumps: Product
) -> None:
    def broken():
        for number in range(1, MANY):
            yield a_device_id(number)
        raise ConnectionResetError("the sender went away")

    with pytest.raises(ConnectionResetError):
        await begin_import(world, ann, "pumps", ImportWish(broken()))
    assert not await work_on_next(world)
    world.clock.advance(RECEIVING_FOR)
    assert await work_on_next(world)
    assert await list_imports(world, ann, "pumps") == []
    assert await members_of(world, pumps) == 0


async def test_a_long_import_is_undone_in_parts(
    world: World, ann: Actor, pumps: Product
) -> None:
    begun = await begin_long(world, ann, claim_user=ann.username)
    await work_on_next(world)
    owned = await world.store.read(lambda tx: tx.devices.count_owned(ann.account_id))
    assert owned == MANY
    world.clock.advance_seconds(1)
    await undo_import(world, ann, "pumps", begun.id)
    await work_on_next(world)
    assert (await get_import(world, ann, "pumps", begun.id)).state is ImportState.UNDONE
    assert await members_of(world, pumps) == 0
    assert (await get_product(world, ann, "pumps")).count.members == 0
    assert position(await find(world, a_device_id(7))) == NOWHERE
    await require_counts(world, [ann.account_id], [pumps.id])
    lines = await lines_of(world, begun.id, limit=1)
    assert lines[0].outcome is LineOutcome.ADDED, "what came of it stays on record"
