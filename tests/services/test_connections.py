"""Devices that say hello, tell of themselves, and go."""

from datetime import timedelta

import pytest
from tests.support.people import (
    a_device_id,
    a_device_of,
    an_account,
    an_offline_device,
    an_online_device,
    find,
)

from cyan.interfaces import Conflict, SessionStart, World, subjects
from cyan.model.decisions import Refused
from cyan.model.devices import Description
from cyan.model.events import Event
from cyan.model.settings import FirstContact
from cyan.services.claims import claim_device
from cyan.services.connections import (
    TrustedKey,
    choose_key,
    end_connection,
    greet_device,
    note_description,
    note_heard,
)
from cyan.services.events import publish_as_device, source_of
from cyan.services.keys import record_key

ID = a_device_id(1)


def hear(world: World, account_id: str) -> list[Event]:
    heard: list[Event] = []
    world.bus.listen(subjects.account_events(account_id), heard.append)
    return heard


async def test_the_first_key_is_recorded_and_never_replaced_by_an_offered_one(
    world: World,
) -> None:
    assert await choose_key(world, ID, b"key of 1") == TrustedKey(b"key of 1", new=True)
    await an_online_device(world)
    assert await choose_key(world, ID, b"evil") == TrustedKey(b"key of 1", new=False)
    (change,) = await world.store.read(lambda tx: tx.histories.keys_of(ID))
    assert (change.key, change.actor_id, change.door) == (b"key of 1", None, "device")


async def test_a_handshake_that_fails_leaves_nothing_behind(world: World) -> None:
    await choose_key(world, ID, b"whatever")
    assert await world.store.read(lambda tx: tx.devices.find(ID)) is None


@pytest.mark.settings(first_contact=FirstContact.REGISTERED)
async def test_a_registered_cloud_turns_unknown_devices_away(world: World) -> None:
    with pytest.raises(Refused) as caught:
        await choose_key(world, ID, b"key")
    assert caught.value.refusal.rule == "IDN-8"


async def test_a_key_that_was_replaced_during_the_handshake_does_not_get_in(
    world: World,
) -> None:
    ann = await an_account(world)
    trusted = await choose_key(world, ID, b"key")
    await record_key(world, ann, ID, b"another")
    start = SessionStart("s", world.clock.now(), "127.0.0.1", 6, 6, None, 3003)
    with pytest.raises(Conflict):
        await greet_device(world, ID, trusted, start)
    assert not (await find(world, ID)).online


async def test_coming_and_going_are_told_to_the_owner(world: World) -> None:
    ann = await an_account(world)
    device = await a_device_of(world, ann)
    heard = hear(world, ann.account_id)
    await end_connection(world, device.id, "session-1")
    await an_online_device(world)
    assert [(each.name, each.data) for each in heard] == [
        ("spark/status", "offline"),
        ("spark/status", "online"),
    ]


async def test_an_unnoticed_end_is_told_before_the_new_beginning(world: World) -> None:
    ann = await an_account(world)
    await a_device_of(world, ann)
    heard = hear(world, ann.account_id)
    await an_online_device(world)
    assert [each.data for each in heard] == ["offline", "online"]


async def test_the_end_of_an_older_session_leaves_the_newer_one_online(world) -> None:
    device = await an_online_device(world)
    await end_connection(world, device.id, "an older session")
    assert (await find(world, device.id)).online


async def test_a_new_firmware_is_told_once(world: World) -> None:
    ann = await an_account(world)
    device = await a_device_of(world, ann)
    heard = hear(world, ann.account_id)
    told = Description(functions=["f"], app_hash="ab" * 32)
    for _ in range(2):
        await note_description(world, device.id, told)
    assert [(each.name, each.data) for each in heard] == [
        ("spark/device/app-hash", "ab" * 32)
    ]
    after = await find(world, device.id)
    assert (after.functions, after.variables) == (["f"], {"temperature": "double"})


async def test_last_heard_is_written_in_one_go(world: World) -> None:
    devices = [await an_online_device(world, number) for number in (1, 2)]
    at = world.clock.now() + timedelta(seconds=5)
    await note_heard(world, [(each.id, at) for each in devices])
    for device in devices:
        assert (await find(world, device.id)).last_heard == at


async def test_an_unclaimed_devices_events_are_refused_until_it_is_claimed(
    world: World,
) -> None:
    ann = await an_account(world)
    device = await an_online_device(world)
    heard = hear(world, ann.account_id)
    event = Event("temp", "21", 60, world.clock.now(), device.id)
    refusal = publish_as_device(world, source_of(device, outsider=False), event, 2)
    assert refusal.rule == "EVT-4"
    await claim_device(world, ann, device.id)
    claimed = source_of(await find(world, device.id), outsider=False)
    publish_as_device(world, claimed, event, 2)
    assert heard == [event]  # CLM-6: without a reconnect


async def test_a_device_of_a_crashed_server_is_offline(world: World) -> None:
    device = await an_online_device(world)
    await an_offline_device(world, 2)
    ended = await world.store.transact(lambda tx: tx.devices.end_all_sessions())
    assert ended == 1
    assert not (await find(world, device.id)).online
