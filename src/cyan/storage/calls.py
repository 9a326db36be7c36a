"""Bodies that share a transaction: each has its caller, who waits for the commit."""

import asyncio
import contextvars
from typing import Any

from cyan.interfaces import Body


class Call:
    """One body, who waits for it, and what came of it."""

    __slots__ = ("answer", "body", "context", "error", "loop", "result")

    def __init__(self, body: Body[Any]) -> None:
        self.body = body
        self.context = contextvars.copy_context()
        self.loop = asyncio.get_running_loop()
        self.answer: asyncio.Future[Any] = self.loop.create_future()
        self.result: Any = None
        self.error: BaseException | None = None

    def tell(self) -> None:
        """On the caller's loop: hand over the outcome, unless nobody waits."""
        if self.answer.done():
            return
        if self.error is not None:
            self.answer.set_exception(self.error)
        else:
            self.answer.set_result(self.result)
