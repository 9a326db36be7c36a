"""What the state machines share: each life has a world and a loop of its own."""

import asyncio
import tempfile
from collections.abc import Coroutine
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, TypeVar

from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine
from tests.support.worlds import a_world

from cyan.interfaces import World
from cyan.model.decisions import Refuse, Refused

T = TypeVar("T")


def a_lot(lives: int) -> settings:
    """So many lives of 40 steps, however long they take."""
    return settings(
        max_examples=lives,
        stateful_step_count=40,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )


class Life(RuleBasedStateMachine):
    """A machine whose steps are use cases over a real store."""

    world: World

    def begin_life(self, **settings: Any) -> None:
        """Open the world; before that there is nothing to hold."""
        self.loop = asyncio.new_event_loop()
        self.stack = AsyncExitStack()
        self.folder = tempfile.TemporaryDirectory()
        world = a_world(Path(self.folder.name), rate_limits=0.0, **settings)
        self.world = self.run(self.stack.enter_async_context(world))

    @property
    def begun(self) -> bool:
        return hasattr(self, "world")

    def teardown(self) -> None:
        if self.begun:
            self.run(self.stack.aclose())
            self.run(self.loop.shutdown_default_executor())
            self.loop.close()
            self.folder.cleanup()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """What comes of a use case that is not refused."""
        return self.loop.run_until_complete(work)

    def do(self, work: Coroutine[Any, Any, T]) -> T | Refuse:
        """What comes of a use case: its answer, or its refusal."""
        try:
            return self.run(work)
        except Refused as no:
            return no.refusal
