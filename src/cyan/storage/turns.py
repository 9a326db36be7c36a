"""Turns: what changes the same row waits for each other, and goes together.

Of transactions that change one row at the same time, all but one run in vain. So
bodies that name the same turn do not run side by side: those that come while one of
them runs share the next transaction, as all bodies do on SQLite, and its commit.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from cyan.interfaces import Body
from cyan.storage.calls import Call

T = TypeVar("T")
GROUP = 32
"""Bodies in one transaction; PostgreSQL remembers 64 savepoints at little cost."""

Share = Callable[[Sequence[Call]], Awaitable[None]]
"""Runs some bodies in one transaction, and notes with each call what came of it."""


class Turns:
    """Who waits for which turn, in one process."""

    def __init__(self, share: Share) -> None:
        self._share = share
        self._waiting: dict[str, list[Call]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self, turn: str, body: Body[T]) -> T:
        """Run a body when it is its turn; back when it is on disk."""
        call = Call(body)
        if turn in self._waiting:
            self._waiting[turn].append(call)
        else:
            self._waiting[turn] = [call]
            task = asyncio.create_task(self._serve(turn), name=f"turn of {turn}")
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        result: T = await call.answer
        return result

    async def _serve(self, turn: str) -> None:
        waiting = self._waiting[turn]
        try:
            while waiting:
                calls = [call for call in waiting[:GROUP] if not call.answer.done()]
                del waiting[:GROUP]
                await self._serve_group(calls)
        finally:
            del self._waiting[turn]

    async def _serve_group(self, calls: Sequence[Call]) -> None:
        if not calls:
            return
        try:
            await self._share(calls)
        except BaseException as error:  # the database, not a body: all of it is undone
            for call in calls:
                call.error = error
        for call in calls:
            call.tell()

    async def close(self) -> None:
        """Wait until nobody waits."""
        await asyncio.gather(*self._tasks)
