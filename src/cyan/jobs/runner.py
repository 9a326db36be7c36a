"""Running jobs again and again until the server stops."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta

import structlog

from cyan.interfaces import Bus

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Job:
    """Something to do now, after each pause, and when its subject is published.

    Woken, it waits for `gather`: what is published meanwhile is for the same run.
    """

    name: str
    run: Callable[[], Awaitable[object]]
    pause: timedelta
    wake_on: str | None = None
    gather: timedelta = timedelta()


class Runner:
    """Runs jobs side by side, each of them one run at a time.

    A run that fails is logged; the job goes on after its pause.
    """

    def __init__(self, bus: Bus, jobs: Iterable[Job]) -> None:
        self._bus = bus
        self._jobs = tuple(jobs)
        self._wakes = [asyncio.Event() for _ in self._jobs]
        self._tasks: list[asyncio.Task[None]] = []
        self._stopping = False

    def start(self) -> None:
        """Start all jobs; each runs at once for the first time."""
        for job, wake in zip(self._jobs, self._wakes, strict=True):
            task = asyncio.create_task(self._repeat(job, wake), name=f"job {job.name}")
            self._tasks.append(task)

    async def stop(self, grace: float = 10.0) -> None:
        """Let present runs finish, for at most `grace` seconds, and start no more."""
        self._stopping = True
        for wake in self._wakes:
            wake.set()
        if not self._tasks:
            return
        _, late = await asyncio.wait(self._tasks, timeout=grace)
        for task in late:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _repeat(self, job: Job, wake: asyncio.Event) -> None:
        def on_message(_: object) -> None:
            wake.set()

        stop = self._bus.listen(job.wake_on, on_message) if job.wake_on else None
        try:
            while not self._stopping:
                wake.clear()  # what is published during a run causes another one
                await self._run(job)
                await self._rest(job, wake)
        finally:
            if stop is not None:
                stop()

    async def _run(self, job: Job) -> None:
        try:
            await job.run()
        except Exception:
            _log.exception("job_failed", job=job.name)

    async def _rest(self, job: Job, wake: asyncio.Event) -> None:
        if self._stopping:
            return
        try:
            async with asyncio.timeout(job.pause.total_seconds()):
                await wake.wait()
        except TimeoutError:
            return
        if not self._stopping:
            await asyncio.sleep(job.gather.total_seconds())
