"""The store on PostgreSQL, on raw asyncpg."""

import asyncio
import functools
import json
import random
import types
from collections.abc import Callable, Coroutine, Generator
from typing import Any, TypeVar

import asyncpg
from sqlalchemy.dialects.postgresql import asyncpg as dialect

from cyan.interfaces import Body, BodySuspended, Conflict, StoreError, TransactionOver
from cyan.storage.nouns import Transaction
from cyan.storage.prepared import Preparer
from cyan.storage.statements import Statement

N = TypeVar("N")
T = TypeVar("T")
TRIES = 10
AGAIN = (asyncpg.SerializationError, asyncpg.DeadlockDetectedError)
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
        return [prepared.noun(row) for row in rows]


def _translate(error: BaseException) -> BaseException:
    if isinstance(error, asyncpg.IntegrityConstraintViolationError):
        return Conflict(str(error))
    return error


@types.coroutine
def _drive(body: Coroutine[Any, Any, T], runner: _Runner) -> Generator[Any, Any, T]:
    """Await a body, and refuse what it awaits besides its statements."""
    resume: Callable[[], Any] = functools.partial(body.send, None)
    while True:
        try:
            waiting = resume()
        except StopIteration as end:
            result: T = end.value
            break
        if not runner.busy:
            body.close()
            raise BodySuspended
        try:
            yield waiting
            resume = functools.partial(body.send, None)
        except BaseException as error:
            resume = functools.partial(body.throw, error)
    if runner.failure is not None:  # a COMMIT would say yes and roll back
        raise runner.failure
    return result


class PostgresStore:
    """See interfaces.Store."""

    def __init__(self, pool: Any, isolation: str) -> None:
        self._pool = pool
        self._isolation = isolation

    @classmethod
    async def open(
        cls, url: str, *, size: int = 8, isolation: str = "serializable", **kw: Any
    ) -> "PostgresStore":
        """Connect, with at most ``size`` connections."""
        kw.setdefault("reset", _leave_as_is)
        pool = await asyncpg.create_pool(
            url,
            min_size=1,
            max_size=size,
            init=_speak_json,
            statement_cache_size=512,
            max_cached_statement_lifetime=0,
            **kw,
        )
        return cls(pool, isolation)

    async def transact(self, body: Body[T]) -> T:
        """Run a body, again if it collided; back when it is on disk."""
        for attempt in range(TRIES):
            try:
                return await self._once(body, self._isolation, readonly=False)
            except AGAIN:
                await asyncio.sleep(random.random() * 0.001 * 2**attempt)
            except asyncpg.PostgresError as error:
                raise StoreError(str(error)) from error
        raise StoreError("too many collisions")

    async def read(self, body: Body[T]) -> T:
        """Run a body that only reads, on one snapshot."""
        try:
            return await self._once(body, "repeatable_read", readonly=True)
        except asyncpg.PostgresError as error:
            raise StoreError(str(error)) from error

    async def _once(self, body: Body[T], isolation: str, *, readonly: bool) -> T:
        async with self._pool.acquire() as connection:
            runner = _Runner(connection)
            try:
                async with connection.transaction(
                    isolation=isolation, readonly=readonly
                ):
                    return await _drive(body(Transaction(runner)), runner)  # type: ignore[arg-type]
            finally:
                runner.over = True

    async def close(self) -> None:
        """Finish what runs, then stop."""
        await self._pool.close()


async def _speak_json(connection: Any) -> None:
    await connection.set_type_codec(
        "jsonb", encoder=json.dumps, decoder=json.loads, schema="pg_catalog"
    )


async def _leave_as_is(connection: Any) -> None:
    """Our bodies leave nothing behind that a reset would have to clear."""
