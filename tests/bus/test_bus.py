"""One suite for every bus."""

import asyncio

import pytest

from cyan.bus import LocalBus
from cyan.interfaces import Bus, DeviceAbsent, DeviceSilent
from cyan.model.identifiers import DeviceID

DEVICE = DeviceID("0123456789abcdef01234567")
OTHER = DeviceID("fedcba987654321001234567")


@pytest.fixture(params=["local"])
def bus(request: pytest.FixtureRequest) -> Bus:
    """Each kind of bus; another kind joins by its name here."""
    return {"local": LocalBus}[request.param]()


def test_all_listeners_of_a_subject_hear_a_message_in_order(bus: Bus) -> None:
    heard = []
    bus.listen("a", lambda message: heard.append(("first", message)))
    bus.listen("a", lambda message: heard.append(("second", message)))
    bus.listen("b", lambda message: heard.append(("other", message)))
    bus.publish("a", 1)
    bus.publish("a", 2)
    assert heard == [("first", 1), ("second", 1), ("first", 2), ("second", 2)]


def test_publishing_where_nobody_listens_is_fine(bus: Bus) -> None:
    bus.publish("nobody", None)


def test_the_same_listener_twice_hears_twice_and_stops_once(bus: Bus) -> None:
    heard = []
    stop = bus.listen("a", heard.append)
    bus.listen("a", heard.append)
    bus.publish("a", 1)
    stop()
    stop()
    bus.publish("a", 2)
    assert heard == [1, 1, 2]


def test_a_listener_that_raises_harms_nobody(bus: Bus) -> None:
    heard = []

    def broken(_: object) -> None:
        raise RuntimeError("a bug")

    bus.listen("a", broken)
    bus.listen("a", heard.append)
    bus.publish("a", 1)
    bus.publish("a", 2)
    assert heard == [1, 2]


def test_a_listener_may_stop_itself_and_others_while_it_hears(bus: Bus) -> None:
    heard = []

    def once(message: object) -> None:
        heard.append(("once", message))
        stop_once()
        stop_later()

    stop_once = bus.listen("a", once)
    stop_later = bus.listen("a", lambda message: heard.append(("later", message)))
    bus.publish("a", 1)
    bus.publish("a", 2)
    assert heard == [("once", 1)]


def test_a_listener_that_comes_during_a_message_hears_the_next(bus: Bus) -> None:
    heard = []
    bus.listen("a", lambda _: bus.listen("a", heard.append))
    bus.publish("a", 1)
    assert heard == []
    bus.publish("a", 2)
    assert heard == [2]


async def test_a_device_answers_what_it_is_asked(bus: Bus) -> None:
    async def answer(message: int) -> int:
        await asyncio.sleep(0)
        return message + 1

    bus.answer(DEVICE, answer)
    assert await bus.ask(DEVICE, 41, 1.0) == 42
    with pytest.raises(DeviceAbsent):
        await bus.ask(OTHER, 41, 1.0)


async def test_the_latest_session_answers_and_the_older_may_leave(bus: Bus) -> None:
    async def old(_: object) -> str:
        return "old"

    async def new(_: object) -> str:
        return "new"

    stop_old = bus.answer(DEVICE, old)
    stop_new = bus.answer(DEVICE, new)
    stop_old()
    assert await bus.ask(DEVICE, None, 1.0) == "new"
    stop_new()
    with pytest.raises(DeviceAbsent):
        await bus.ask(DEVICE, None, 1.0)


async def test_a_device_that_does_not_answer_is_silent(bus: Bus) -> None:
    async def never(_: object) -> None:
        await asyncio.Event().wait()

    bus.answer(DEVICE, never)
    with pytest.raises(DeviceSilent):
        await bus.ask(DEVICE, None, 0.0)


async def test_what_the_session_raises_reaches_who_asked(bus: Bus) -> None:
    async def gone(_: object) -> None:
        raise DeviceAbsent(DEVICE)

    async def slow(_: object) -> None:
        raise TimeoutError("its own")

    bus.answer(DEVICE, gone)
    with pytest.raises(DeviceAbsent):
        await bus.ask(DEVICE, None, 1.0)
    bus.answer(DEVICE, slow)
    with pytest.raises(TimeoutError, match="its own"):
        await bus.ask(DEVICE, None, 1.0)
