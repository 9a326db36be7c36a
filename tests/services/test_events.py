"""Who hears what, and for how long (EVT-1)."""

from dataclasses import replace

import pytest
from tests.support.people import a_device_of, an_account

from cyan.interfaces import World, subjects
from cyan.model.decisions import RefusalCode, Refused
from cyan.model.events import Event
from cyan.services.claims import unclaim_device
from cyan.services.events import (
    listen,
    publish_as_device,
    publish_as_person,
    require_prefix,
    source_of,
    tune,
)


class Ear:
    """A listener that remembers what it heard and whether it was told to end."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        self.ended = False

    def hear(self, event: Event) -> None:
        self.heard.append(event.name)

    def end(self) -> None:
        self.ended = True


async def test_events_are_private_to_their_owner(world: World) -> None:
    ann, bob = await an_account(world), await an_account(world, "bob@example.com")
    device = await a_device_of(world, ann)
    hers, his = Ear(), Ear()
    listen(world, await tune(world, ann), hers.hear, hers.end)
    listen(world, await tune(world, bob), his.hear, his.end)
    event = Event("temp", "21", 60, world.clock.now(), device.id)
    publish_as_device(world, source_of(device, outsider=False), event, 2)
    publish_as_person(world, ann, "door", "open", None)
    assert (hers.heard, his.heard) == (["temp", "door"], [])


async def test_a_prefix_and_a_device_narrow_a_stream(world: World) -> None:
    ann = await an_account(world)
    first, second = [await a_device_of(world, ann, number) for number in (1, 2)]
    by_prefix, by_device = Ear(), Ear()
    listen(world, await tune(world, ann, "te"), by_prefix.hear, by_prefix.end)
    tuning = await tune(world, ann, "", first.id)
    listen(world, tuning, by_device.hear, by_device.end)
    for name, device in (("temp", first), ("door", first), ("temp", second)):
        event = Event(name, "", 60, world.clock.now(), device.id)
        publish_as_device(world, source_of(device, outsider=False), event, 0)
    assert by_prefix.heard == ["temp", "temp"]
    assert by_device.heard == ["temp", "door"]


async def test_a_stream_of_a_device_ends_with_the_ownership(world: World) -> None:
    ann = await an_account(world)
    device = await a_device_of(world, ann)
    ear = Ear()
    listen(world, await tune(world, ann, "", device.id), ear.hear, ear.end)
    await unclaim_device(world, ann, device.id)
    assert ear.ended  # CLM-12


async def test_a_stream_ends_with_its_token(world: World) -> None:
    ann = replace(await an_account(world), token_hash="h")
    ear = Ear()
    stop = listen(world, await tune(world, ann), ear.hear, ear.end)
    world.bus.publish(subjects.token_ends("h"), None)
    assert ear.ended
    stop()
    publish_as_person(world, ann, "x", None, None)
    assert ear.heard == []


@pytest.mark.parametrize(
    ("name", "data", "code"),
    [
        ("spark/status", "online", RefusalCode.EVENT_RESERVED),
        ("particle/x", None, RefusalCode.EVENT_RESERVED),
        ("", None, RefusalCode.EVENT_UNUSABLE),
        ("x" * 65, None, RefusalCode.EVENT_UNUSABLE),
        ("x", "é" * 600, RefusalCode.EVENT_UNUSABLE),
    ],
)
async def test_what_a_person_cannot_publish(world, name, data, code) -> None:
    ann = await an_account(world)
    with pytest.raises(Refused) as caught:
        publish_as_person(world, ann, name, data, None)
    assert caught.value.refusal.code is code


def test_the_wide_stream_wants_a_prefix() -> None:
    assert require_prefix("te") == "te"
    with pytest.raises(Refused) as caught:
        require_prefix("")
    assert caught.value.refusal.reason == "event prefix filter is required"


async def test_publishing_is_counted_by_started_kilobytes(world: World) -> None:
    ann = await an_account(world)
    device = await a_device_of(world, ann)
    source = source_of(device, outsider=False)
    for size in (0, 1, 1024):
        event = Event("temp", "x" * size, 60, world.clock.now(), device.id)
        publish_as_device(world, source, event, size)
    status = Event("spark/device/last_reset", "user", 60, world.clock.now(), device.id)
    publish_as_device(world, source, status, 4)
    await world.meter.flush()
    month = f"{world.clock.now():%Y-%m}"
    used = await world.store.read(lambda tx: tx.usage.of_holder(ann.account_id, month))
    assert used == {"published": 3}  # EVT-3
