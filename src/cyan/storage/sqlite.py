"""The store on SQLite: one thread writes, quick reads run where they are asked for.

A body is a coroutine that awaits nothing but its transaction, and a statement
here never waits; so one ``send(None)`` runs a whole body. The writer runs up to
64 waiting bodies in one transaction, each under a savepoint, and answers their
callers once that transaction is on disk.
"""

import asyncio
import sqlite3
import threading
from collections.abc import Coroutine
from pathlib import Path
from queue import SimpleQueue
from typing import Any, TypeVar

from sqlalchemy.dialects import sqlite

from cyan.interfaces import (
    Body,
    BodySuspended,
    Conflict,
    StoreError,
    TransactionOver,
)
from cyan.storage.calls import Call
from cyan.storage.nouns import Transaction
from cyan.storage.prepared import Preparer
from cyan.storage.statements import Statement

N = TypeVar("N")
T = TypeVar("T")
GROUP = 64
PRAGMAS = """
PRAGMA journal_mode = wal; PRAGMA synchronous = full; PRAGMA foreign_keys = on;
PRAGMA busy_timeout = 5000; PRAGMA cache_size = -65536;
"""
SEARCHER_PRAGMAS = "PRAGMA query_only = on; PRAGMA cache_size = -8192;"
prepare = Preparer(sqlite.dialect(paramstyle="qmark"))


class _Runner:
    """Runs statements until one fails or the body is over."""

    __slots__ = ("_connection", "failure", "over")

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self.over = False
        self.failure: BaseException | None = None

    async def __call__(self, statement: Statement[N], /, **values: Any) -> list[N]:
        if self.over:
            raise TransactionOver
        prepared = prepare(statement)
        try:
            rows = self._connection.execute(prepared.text, prepared.values(values))
            return prepared.nouns(rows)
        except BaseException as error:
            self.over = True  # as PostgreSQL: nothing runs after an error
            self.failure = _translate(error)
            raise self.failure from error


def _translate(error: BaseException) -> BaseException:
    if isinstance(error, sqlite3.IntegrityError):
        return Conflict(str(error))
    return StoreError(str(error)) if isinstance(error, sqlite3.Error) else error


def _drive(body: Body[T], connection: sqlite3.Connection) -> T:
    """Run a whole body at once; raises what it, or a statement of it, raised."""
    runner = _Runner(connection)
    running: Coroutine[Any, Any, T] = body(Transaction(runner))
    try:
        running.send(None)
    except StopIteration as end:
        if runner.failure is not None:  # swallowed, but the transaction is over
            raise runner.failure from None
        result: T = end.value
        return result
    finally:
        runner.over = True
    running.close()
    raise BodySuspended(getattr(body, "__qualname__", ""))


def _run(call: Call, connection: sqlite3.Connection) -> None:
    """Drive a body to its end; its outcome stays with the call until it is told."""
    try:
        call.result = call.context.run(_drive, call.body, connection)
    except BaseException as error:
        call.error = error


def connect(path: Path) -> sqlite3.Connection:
    """Open the database as this store wants it; transactions are explicit."""
    connection = sqlite3.connect(
        path, isolation_level=None, check_same_thread=False, cached_statements=512
    )
    connection.executescript(PRAGMAS)
    return connection


class _Writer(threading.Thread):
    """The thread that writes, with a connection of its own and a queue of calls."""

    def __init__(self, path: Path) -> None:
        super().__init__(name="store-writer", daemon=True)
        self.calls: SimpleQueue[Call | None] = SimpleQueue()
        self._connection = connect(path)

    def run(self) -> None:
        """Serve groups of calls until told to stop."""
        while (call := self.calls.get()) is not None:
            group = [call]
            while len(group) < GROUP and not self.calls.empty():
                following = self.calls.get()
                if following is None:
                    self.calls.put(None)
                    break
                group.append(following)
            self._serve([call for call in group if not call.answer.cancelled()])
        self._connection.close()

    def _serve(self, group: list[Call]) -> None:
        if not group:
            return
        try:
            self._write(group)
        except BaseException as error:  # the disk, not a body: all of it is undone
            if self._connection.in_transaction:
                self._connection.rollback()
            for call in group:
                call.error = call.error or StoreError(str(error))
        by_loop: dict[asyncio.AbstractEventLoop, list[Call]] = {}
        for call in group:
            by_loop.setdefault(call.loop, []).append(call)
        for loop, calls in by_loop.items():
            if not loop.is_closed():
                loop.call_soon_threadsafe(_tell_all, calls)

    def _write(self, group: list[Call]) -> None:
        execute = self._connection.execute
        execute("BEGIN IMMEDIATE")
        for call in group:
            execute("SAVEPOINT body")
            _run(call, self._connection)
            if call.error is not None:
                execute("ROLLBACK TO body")  # fails if SQLite undid everything
            execute("RELEASE body")
        execute("COMMIT")


def _tell_all(calls: list[Call]) -> None:
    for call in calls:
        call.tell()


class SqliteStore:
    """See `cyan.interfaces.Store`."""

    def __init__(self, path: Path) -> None:
        self._writer = _Writer(path)
        self._reader = connect(path)
        self._searcher = connect(path)
        self._searching = asyncio.Lock()
        self._reader.execute("PRAGMA query_only = on")
        self._searcher.executescript(SEARCHER_PRAGMAS)
        self._writer.start()

    async def transact(self, body: Body[T], turn: str | None = None) -> T:
        """Run a body; back when it is on disk. All of them have one turn here."""
        call = Call(body)
        self._writer.calls.put(call)
        result: T = await call.answer
        return result

    async def read(self, body: Body[T]) -> T:
        """Run a body that only reads, at once, on this thread.

        A look-up takes some 20 microseconds; handing it to a thread and back would
        take five times as long.
        """
        self._reader.execute("BEGIN")
        try:
            return _drive(body, self._reader)
        finally:
            self._reader.execute("ROLLBACK")

    async def search(self, body: Body[T]) -> T:
        """Run a body that reads much in a thread, on a connection of its own."""
        async with self._searching:
            return await asyncio.to_thread(self._search, body)

    def _search(self, body: Body[T]) -> T:
        self._searcher.execute("BEGIN")
        try:
            return _drive(body, self._searcher)
        finally:
            self._searcher.execute("ROLLBACK")

    async def close(self) -> None:
        """Finish what was handed over, then stop."""
        self._writer.calls.put(None)
        await asyncio.to_thread(self._writer.join)
        self._reader.close()
        async with self._searching:
            self._searcher.close()
