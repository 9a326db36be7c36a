"""Jobs that run again and again."""

import asyncio
from datetime import timedelta

from cyan.bus import LocalBus
from cyan.jobs import Job, Runner

NEVER = timedelta(days=1)
AT_ONCE = timedelta(0)


async def test_a_job_runs_at_once_and_whenever_it_is_woken() -> None:
    bus = LocalBus()
    runs: asyncio.Queue[int] = asyncio.Queue()

    async def run() -> None:
        runs.put_nowait(runs.qsize())

    runner = Runner(bus, [Job("count", run, NEVER, wake_on="go")])
    runner.start()
    await runs.get()
    bus.publish("go", None)
    await runs.get()
    await runner.stop()
    bus.publish("go", None)
    await asyncio.sleep(0)
    assert runs.empty()


async def test_a_job_that_is_woken_while_it_runs_runs_again() -> None:
    bus = LocalBus()
    runs = []
    second = asyncio.Event()

    async def run() -> None:
        runs.append(len(runs))
        if len(runs) == 1:
            bus.publish("go", None)
        else:
            second.set()

    runner = Runner(bus, [Job("count", run, NEVER, wake_on="go")])
    runner.start()
    await second.wait()
    await runner.stop()
    assert runs == [0, 1]


async def test_a_job_that_gathers_runs_once_for_many_wakes() -> None:
    bus = LocalBus()
    told: list[int] = []
    runs: asyncio.Queue[list[int]] = asyncio.Queue()

    async def run() -> None:
        runs.put_nowait(told[:])

    gather = timedelta(seconds=0.5)
    runner = Runner(bus, [Job("mails", run, NEVER, wake_on="go", gather=gather)])
    runner.start()
    assert await runs.get() == []
    for number in range(100):
        told.append(number)
        bus.publish("go", None)
        await asyncio.sleep(0)
    assert await runs.get() == told
    await runner.stop()
    assert runs.empty()


async def test_a_job_runs_after_each_pause_even_if_it_failed() -> None:
    third = asyncio.Event()
    runs = []

    async def run() -> None:
        runs.append(len(runs))
        if len(runs) == 3:
            third.set()
        raise RuntimeError("a bug")

    runner = Runner(LocalBus(), [Job("broken", run, AT_ONCE)])
    runner.start()
    await third.wait()
    await runner.stop()


async def test_stopping_lets_a_run_finish() -> None:
    running, go_on = asyncio.Event(), asyncio.Event()
    done = []

    async def run() -> None:
        running.set()
        await go_on.wait()
        done.append(True)

    runner = Runner(LocalBus(), [Job("slow", run, AT_ONCE)])
    runner.start()
    await running.wait()
    stopping = asyncio.ensure_future(runner.stop())
    await asyncio.sleep(0)
    go_on.set()
    await stopping
    assert done == [True]


async def test_a_run_that_never_ends_is_cancelled_after_its_grace() -> None:
    cancelled = []
    running = asyncio.Event()

    async def run() -> None:
        running.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled.append(True)
            raise

    runner = Runner(LocalBus(), [Job("stuck", run, AT_ONCE)])
    runner.start()
    await running.wait()
    await runner.stop(grace=0)
    assert cancelled == [True]


async def test_stopping_what_never_started_is_fine() -> None:
    await Runner(LocalBus(), []).stop()
