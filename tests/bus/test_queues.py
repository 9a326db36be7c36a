"""The queue of a slow listener."""

import asyncio

from cyan.bus import BoundedQueue


async def test_all_that_waits_is_taken_at_once_in_order() -> None:
    queue = BoundedQueue()
    assert queue.put(b"one")
    assert queue.put(b"two")
    assert await queue.take() == [b"one", b"two"]
    taking = asyncio.ensure_future(queue.take())
    await asyncio.sleep(0)
    assert not taking.done()
    queue.put(b"three")
    assert await taking == [b"three"]


async def test_a_closed_queue_gives_the_rest_and_then_nothing() -> None:
    queue = BoundedQueue()
    queue.put(b"last")
    queue.close()
    assert not queue.put(b"too late")
    assert await queue.take() == [b"last"]
    assert await queue.take() == []
    assert await queue.take() == []
    assert not queue.overrun


async def test_closing_wakes_a_reader_who_waits() -> None:
    queue = BoundedQueue()
    taking = asyncio.ensure_future(queue.take())
    await asyncio.sleep(0)
    queue.close()
    assert await taking == []


async def test_a_reader_who_is_too_slow_is_cut_off_and_told() -> None:
    queue = BoundedQueue(room=1000)
    taken = 0
    while queue.put(b"x" * 100):
        taken += 1
    assert queue.overrun
    assert not queue.put(b"y")
    assert await queue.take() == [b"x" * 100] * taken
    assert await queue.take() == []
    assert 5 <= taken <= 10


async def test_reading_makes_room() -> None:
    queue = BoundedQueue(room=1000)
    for _ in range(100):
        assert queue.put(b"x" * 500)
        await queue.take()
    assert not queue.overrun
