"""The store on PostgreSQL, on raw asyncpg.

Transactions are serializable: a compare-and-set guards one row, but a limit is a
count, and only serializable transactions see a count change under them. A collision
runs the body again, after a random pause that grows, and of a process one such body
at a time; the last try runs alone, so that nobody loses for ever. For that every
transaction shares a lock on one table that it does not use, and a last try holds it
exclusively. The lock is taken with BEGIN, in one round trip: `LOCK TABLE` takes no
snapshot, so a last try sees all that it waited for (PostgreSQL, LOCK, notes on
SERIALIZABLE).

A caller that knows which row others change too names its turn (`storage/turns`): of
one process, those of one turn do not collide. Several that share a transaction have a
savepoint each.
"""

import asyncio
import contextlib
import json
import random
import types
from collections.abc import (
    AsyncIterator,
    Awaitable,
    Callable,
    Coroutine,
    Generator,
    Sequence,
)
from functools import partial
from typing import Any, TypeVar

import asyncpg
from sqlalchemy.dialects.postgresql import asyncpg as dialect

from cyan.interfaces import Body, BodySuspended, Conflict, StoreError, TransactionOver
from cyan.storage.calls import Call
from cyan.storage.nouns import Transaction
from cyan.storage.prepared import Preparer
from cyan.storage.statements import Statement
from cyan.storage.turns import Turns

N = TypeVar("N")
T = TypeVar("T")
Work = Callable[[Any], Awaitable[T]]
"""What runs in a transaction of a connection."""

SHARED_TRIES = 6
LONGEST_PAUSE = 0.05
READ = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
SHARED = """BEGIN ISOLATION LEVEL SERIALIZABLE;
LOCK TABLE alembic_version IN ROW SHARE MODE"""
ALONE = """BEGIN ISOLATION LEVEL SERIALIZABLE;
LOCK TABLE alembic_version IN EXCLUSIVE MODE"""
PLANS = """SET enable_seqscan = off; SET enable_bitmapscan = off; SET jit = off"""
"""A plan is kept for as long as its connection lives, and may have been made when the
table was empty: then a scan of it was the best way, and a million rows later it is
the worst. All that we ask has an index. (`jit` takes a scan that is avoided at any
cost, and still the only way, for one that is worth compiling.)
"""
CONNECTIONS = 8
AGAIN = (asyncpg.SerializationError, asyncpg.DeadlockDetectedError)
# SQLAlchemy declares no types for making a dialect.
prepare = Preparer(dialect.dialect())  # type: ignore[no-untyped-call]


class _Runner:
    """Runs statements until one fails or the body is over."""

    __slots__ = ("_connection", "busy", "failure", "over")

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self.busy = self.over = False
        self.failure: BaseException | None = None

    async def __call__(self, statement: Statement[N], /, **values: Any) -> list[N]:
        if self.over:
            raise TransactionOver
        prepared = prepare(statement)
        self.busy = True
        try:
            rows = await self._connection.fetch(prepared.text, *prepared.values(values))
        except BaseException as error:
            self.over = True
            self.failure = _translate(error)
            raise self.failure from error
        finally:
            self.busy = False
        return prepared.nouns(rows)


def _translate(error: BaseException) -> BaseException:
    if isinstance(error, asyncpg.IntegrityConstraintViolationError):
        return Conflict(str(error))
    return error


@types.coroutine
def _drive(body: Coroutine[Any, Any, T], runner: _Runner) -> Generator[Any, Any, T]:
    """Await a body, and refuse what it awaits besides its statements."""
    resume: Callable[[], Any] = partial(body.send, None)
    while True:
        try:
            waiting = resume()
        except StopIteration as end:
            result: T = end.value
            break
        if not runner.busy:
            body.close()
            raise BodySuspended(getattr(body, "__qualname__", ""))
        try:
            yield waiting
            resume = partial(body.send, None)
        except BaseException as error:
            resume = partial(body.throw, error)
    if runner.failure is not None:  # a COMMIT would say yes and roll back
        raise runner.failure
    return result


class PostgresStore:
    """See `cyan.interfaces.Store`."""

    def __init__(self, pool: Any) -> None:
        self._pool = pool
        self._again = asyncio.Lock()
        self._turns = Turns(lambda calls: self._transact(partial(_run_all, calls)))

    @classmethod
    async def open(cls, url: str, size: int = CONNECTIONS) -> "PostgresStore":
        """Connect, with at most `size` connections; `StoreError` if nobody answers."""
        with _told():
            pool = await asyncpg.create_pool(
                url,
                min_size=1,
                max_size=size,
                init=_prepare,
                reset=_leave_as_is,
                statement_cache_size=512,
                max_cached_statement_lifetime=0,
            )
        return cls(pool)

    async def transact(self, body: Body[T], turn: str | None = None) -> T:
        """Run a body, again if it collided; back when it is on disk."""
        if turn is None:
            return await self._transact(partial(_run, body))
        return await self._turns.run(turn, body)

    async def _transact(self, work: Work[T]) -> T:
        with contextlib.suppress(*AGAIN):
            return await self._within(work, SHARED)
        async with self._again:  # those that collided do not collide with each other
            return await self._work_again(work)

    async def _work_again(self, work: Work[T]) -> T:
        for attempt in range(1, SHARED_TRIES):
            longest = min(0.001 * 2**attempt, LONGEST_PAUSE)
            await asyncio.sleep(random.random() * longest)
            with contextlib.suppress(*AGAIN):
                return await self._within(work, SHARED)
        try:
            return await self._within(work, ALONE)
        except AGAIN as error:
            raise StoreError("the transaction collided with itself") from error

    async def read(self, body: Body[T]) -> T:
        """Run a body that only reads, on one snapshot."""
        return await self._within(partial(_run, body), READ)

    async def search(self, body: Body[T]) -> T:
        """Run a body that reads much: here as any other that reads."""
        return await self.read(body)

    async def _within(self, work: Work[T], begin: str) -> T:
        with _told():
            async with (
                self._pool.acquire() as connection,
                _transaction(connection, begin),
            ):
                return await work(connection)

    async def close(self) -> None:
        """Finish what runs, then stop."""
        await self._turns.close()
        await self._pool.close()


async def _run(body: Body[T], connection: Any) -> T:
    runner = _Runner(connection)
    running: Coroutine[Any, Any, T] = body(Transaction(runner))
    try:
        return await _drive(running, runner)
    finally:
        runner.over = True
        running.close()


async def _run_all(calls: Sequence[Call], connection: Any) -> None:
    """Run bodies one after the other; one that fails leaves nothing behind."""
    if len(calls) == 1:  # it has the transaction for itself
        await _run_call(calls[0], connection)
        return
    for call in calls:
        call.error = None  # of a run before
        await connection.execute("SAVEPOINT body")
        try:
            with _told():
                await _run_call(call, connection)
        except AGAIN:
            raise
        except Exception as error:
            call.error = error
            await connection.execute("ROLLBACK TO body")


async def _run_call(call: Call, connection: Any) -> None:
    running = _run(call.body, connection)
    call.result = await asyncio.create_task(running, context=call.context)


@contextlib.asynccontextmanager
async def _transaction(connection: Any, begin: str) -> AsyncIterator[None]:
    """As `asyncpg.Connection.transaction`, with a lock in the same round trip.

    Whatever ends it early, a cancelled COMMIT too, leaves the connection without a
    transaction: the next body must not inherit one.
    """
    try:
        await connection.execute(begin)
        yield
        await connection.execute("COMMIT")
    except BaseException:
        if not connection.is_closed():
            await connection.execute("ROLLBACK")
        raise


@contextlib.contextmanager
def _told() -> Generator[None, None, None]:
    """Whatever the driver raises is a `StoreError`, but for a collision."""
    try:
        yield
    except AGAIN:
        raise
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
        raise StoreError(str(error)) from error


async def _prepare(connection: Any) -> None:
    """Speak JSON, and plan by indexes alone."""
    await connection.set_type_codec(
        "jsonb", encoder=json.dumps, decoder=json.loads, schema="pg_catalog"
    )
    await connection.execute(PLANS)


async def _leave_as_is(connection: Any) -> None:
    """Our bodies leave nothing behind that a reset would have to clear."""
