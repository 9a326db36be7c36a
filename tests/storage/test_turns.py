"""Transactions that name their turn: none in vain, and right without it too."""

import asyncio
import contextvars
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import asyncpg
import pytest

from cyan.interfaces import Conflict, Store, StoreError, Tx
from cyan.model.accounts import Account
from cyan.storage import open_store

PRODUCT, OTHER = 1001, 1002
NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


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


def an_account(number: int) -> Account:
    return Account(
        f"{number:024x}", f"{number}@example.com", "", False, {}, None, None, NOW
    )


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


async def test_each_has_its_own_outcome(store: Store) -> None:
    """Some of them share a transaction: what one of them did wrong is its own."""
    who: contextvars.ContextVar[int] = contextvars.ContextVar("who")

    async def ask(number: int) -> int:
        who.set(number)

        async def body(tx: Tx) -> int:
            await tx.counts.add_to_product(PRODUCT, members=1)
            if number % 3 == 1:
                await tx.accounts.add(an_account(1))  # there is one
            if number % 3 == 2:
                raise ZeroDivisionError
            return who.get()

        return await store.transact(body, turn="product")

    await store.transact(lambda tx: tx.accounts.add(an_account(1)))
    ends = await asyncio.gather(*(ask(n) for n in range(30)), return_exceptions=True)
    assert ends[::3] == list(range(0, 30, 3))
    assert {type(end) for end in ends[1::3]} == {Conflict}
    assert {type(end) for end in ends[2::3]} == {ZeroDivisionError}
    assert await members(store) == 10


async def test_whoever_waits_is_answered_before_a_store_closes(
    database_url: str,
) -> None:
    store = await open_store(database_url)
    waiting = [
        asyncio.create_task(store.transact(OneMore(), turn="product"))
        for _ in range(80)  # more than share one transaction
    ]
    await asyncio.sleep(0)
    await store.close()
    assert sorted(await asyncio.gather(*waiting)) == list(range(80))


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


async def blocked(somebody: Any) -> int:
    """The process of PostgreSQL that waits for what somebody holds."""
    async with asyncio.timeout(60):
        while True:  # nothing else tells; each look takes its time
            await somebody.execute("SELECT pg_stat_clear_snapshot()")
            found = await somebody.fetchval(
                "SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock' "
                "AND datname = current_database()"
            )
            if found is not None:
                return int(found)


@pytest.fixture
async def held(postgres_url: str) -> AsyncIterator[Any]:
    """Somebody's connection that holds what counts the members of `PRODUCT`."""
    store = await open_store(postgres_url)
    await asyncio.gather(*(store.transact(OneMore(each)) for each in (PRODUCT, OTHER)))
    await store.close()
    somebody = await asyncpg.connect(postgres_url)
    await somebody.execute(
        f"BEGIN; SELECT * FROM product_counts WHERE product_id = {PRODUCT} FOR UPDATE"
    )
    yield somebody
    await somebody.close()


async def test_other_turns_do_not_wait(postgres_url: str, held: Any) -> None:
    store = await open_store(postgres_url)
    waiting = [
        asyncio.create_task(store.transact(OneMore(), turn="product"))
        for _ in range(20)  # more than there are connections
    ]
    async with asyncio.timeout(60):  # else it would wait for ever
        for _ in range(10):
            await store.transact(OneMore(OTHER), turn="other product")
    assert not any(task.done() for task in waiting)
    await held.execute("ROLLBACK")
    await asyncio.gather(*waiting)
    assert (await members(store), await members(store, OTHER)) == (21, 11)
    await store.close()


async def test_whoever_shared_a_lost_connection_hears_it(
    postgres_url: str, held: Any
) -> None:
    store = await open_store(postgres_url)
    waiting = [
        asyncio.create_task(store.transact(OneMore(), turn="product"))
        for _ in range(10)
    ]
    await held.execute(f"SELECT pg_terminate_backend({await blocked(held)})")
    await asyncio.wait(waiting)
    for task in waiting:
        assert isinstance(task.exception(), StoreError)
    await held.execute("ROLLBACK")
    assert await store.transact(OneMore(), turn="product") == 1, "nothing remains"
    await store.close()
