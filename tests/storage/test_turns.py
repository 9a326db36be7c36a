"""Transactions that name their turn: one after the other, and right without it too."""

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest

from cyan.interfaces import Store, Tx
from cyan.storage import open_store

PRODUCT, OTHER = 1001, 1002


class OneMore:
    """Reads how many members a product has, adds one, and tells how often it ran."""

    def __init__(self, product_id: int = PRODUCT) -> None:
        self.product_id = product_id
        self.runs = 0

    async def __call__(self, tx: Tx) -> int:
        self.runs += 1
        before = await tx.counts.of_product(self.product_id)
        await tx.counts.add_to_product(self.product_id, members=1)
        return before.members


async def members(store: Store, product_id: int = PRODUCT) -> int:
    return (await store.read(lambda tx: tx.counts.of_product(product_id))).members


async def test_those_of_one_turn_run_once_each(store: Store) -> None:
    body = OneMore()
    seen = await asyncio.gather(
        *(store.transact(body, turn="product") for _ in range(40))
    )
    assert sorted(seen) == list(range(40))
    assert body.runs == 40, "none of them collided"
    assert await members(store) == 40


@pytest.fixture
async def other_store(database_url: str) -> AsyncIterator[Store]:
    """The same database, as another process has it open."""
    store = await open_store(database_url)
    yield store
    await store.close()


async def test_a_turn_is_only_a_hint(store: Store, other_store: Store) -> None:
    """Another process, and who names no turn, may collide: the count stays exact."""
    body = OneMore()
    seen = await asyncio.gather(
        *(store.transact(body, turn="product") for _ in range(15)),
        *(other_store.transact(body, turn="product") for _ in range(15)),
        *(store.transact(body) for _ in range(15)),
    )
    assert sorted(seen) == list(range(45))
    assert await members(store) == 45


async def test_an_error_or_a_cancellation_gives_the_turn_on(store: Store) -> None:
    async def fail(tx: Tx) -> None:
        await tx.counts.add_to_product(PRODUCT, members=100)
        raise ZeroDivisionError

    failing = [
        asyncio.create_task(store.transact(fail, turn="product")) for _ in range(5)
    ]
    waiting = [
        asyncio.create_task(store.transact(OneMore(), turn="product"))
        for _ in range(20)
    ]
    await asyncio.sleep(0)
    for task in waiting[::2]:
        task.cancel()
    ends = await asyncio.gather(*failing, return_exceptions=True)
    assert {type(end) for end in ends} == {ZeroDivisionError}
    done = await asyncio.gather(*waiting, return_exceptions=True)
    assert not any(isinstance(end, BaseException) for end in done[1::2])
    assert 10 <= await members(store) <= 20
    assert await store.transact(OneMore(), turn="product") >= 10


async def test_other_turns_do_not_wait(postgres_url: str) -> None:
    """Somebody holds a product's count: what changes another one goes on."""
    store = await open_store(postgres_url)
    somebody = await asyncpg.connect(postgres_url)
    await asyncio.gather(*(store.transact(OneMore(each)) for each in (PRODUCT, OTHER)))
    hold = somebody.transaction()
    await hold.start()
    await somebody.execute(
        "SELECT * FROM product_counts WHERE product_id = $1 FOR UPDATE", PRODUCT
    )
    held = [
        asyncio.create_task(store.transact(OneMore(), turn="product"))
        for _ in range(20)  # more than there are connections
    ]
    async with asyncio.timeout(60):  # else it would wait for ever
        for _ in range(10):
            await store.transact(OneMore(OTHER), turn="other product")
    assert not any(task.done() for task in held)
    await hold.rollback()
    await asyncio.gather(*held)
    assert (await members(store), await members(store, OTHER)) == (21, 11)
    await somebody.close()
    await store.close()
