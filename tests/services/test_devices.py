"""An owner's devices: find, rename, note, signal, ping, call, read."""

import asyncio

import pytest
from tests.support.people import (
    a_device_id,
    a_device_of,
    an_account,
    an_offline_device,
    an_online_device,
    find,
)

from cyan.interfaces import World
from cyan.interfaces.requests import (
    CallFunction,
    Done,
    FunctionResult,
    NotThere,
    Ping,
    ReadVariable,
    Signal,
    TooLong,
    VariableValue,
)
from cyan.model.decisions import RefusalCode, Refuse, Refused
from cyan.model.devices import Device
from cyan.services.calls import Target, call_function, read_variable
from cyan.services.changes import Note, Rename, change_device
from cyan.services.devices import (
    get_device,
    list_devices,
    look_up_serial,
    ping_device,
    signal_device,
)
from cyan.services.explain import explain
from cyan.services.keys import record_key


async def refusal_of(awaitable) -> Refuse:
    with pytest.raises(Refused) as caught:
        await awaitable
    return caught.value.refusal


def answering(replies: dict[type, object]):
    async def answer(message: object) -> object:
        return replies[type(message)]

    return answer


async def test_a_device_is_found_by_id_and_by_name_in_any_case(world: World) -> None:
    ann = await an_account(world)
    device = await a_device_of(world, ann)
    await change_device(world, ann, device.id, [Rename("Kitchen")])
    for wanted in (device.id, device.id.upper(), "kitchen", "KITCHEN"):
        assert (await get_device(world, ann, wanted)).id == device.id


async def test_what_is_not_yours_and_what_does_not_exist_answer_alike(world) -> None:
    ann, bob = await an_account(world), await an_account(world, "bob@example.com")
    device = await a_device_of(world, ann)
    await change_device(world, ann, device.id, [Rename("kitchen")])
    no = {
        repr(await refusal_of(call(bob, wanted)))
        for wanted in (device.id, "kitchen", a_device_id(99), "nothing")
        for call in (
            lambda who, what: get_device(world, who, what),
            lambda who, what: change_device(world, who, what, [Note("mine")]),
            lambda who, what: signal_device(world, who, what, True),
            lambda who, what: call_function(world, who, Target(what, "f"), ""),
            lambda who, what: read_variable(world, who, Target(what, "v")),
            lambda who, what: explain(world, who, what),
        )
    }
    assert len(no) == 1  # UNC-5


async def test_two_devices_of_one_owner_never_share_a_name(world: World) -> None:
    ann, bob = await an_account(world), await an_account(world, "bob@example.com")
    first, second = [await a_device_of(world, ann, number) for number in (1, 2)]
    others = await a_device_of(world, bob, 3)
    await change_device(world, ann, first.id, [Rename("kitchen")])
    await change_device(world, bob, others.id, [Rename("kitchen")])
    no = await refusal_of(change_device(world, ann, second.id, [Rename("KITCHEN")]))
    assert (no.code, no.rule) == (RefusalCode.NAME_TAKEN, "IDN-6")
    await change_device(
        world, ann, first.id, [Rename("KITCHEN")]
    )  # its own, in other letters
    assert (await find(world, first.id)).name == "KITCHEN"


async def test_of_two_renames_at_once_one_gets_the_name(world: World) -> None:
    ann = await an_account(world)
    devices = [await a_device_of(world, ann, number) for number in (1, 2, 3)]
    outcomes = await asyncio.gather(
        *(change_device(world, ann, each.id, [Rename("hall")]) for each in devices),
        return_exceptions=True,
    )
    assert [each.name for each in outcomes if isinstance(each, Device)] == ["hall"]
    lost = [each.refusal.code for each in outcomes if isinstance(each, Refused)]
    assert lost == [RefusalCode.NAME_TAKEN] * 2


async def test_the_list_begins_with_the_last_handshake(world: World) -> None:
    ann = await an_account(world)
    for number in (1, 2, 3):
        await a_device_of(world, ann, number)
        world.clock.advance_seconds(1)
    listed = [each.id for each in await list_devices(world, ann)]
    assert listed == [a_device_id(number) for number in (3, 2, 1)]


async def test_calls_and_reads_reach_the_device_and_are_counted(world: World) -> None:
    ann = await an_account(world)
    device = await a_device_of(world, ann, functions=("blink",))
    replies = {CallFunction: FunctionResult(7), ReadVariable: VariableValue(21.5)}
    world.bus.answer(device.id, answering(replies))
    assert (await call_function(world, ann, Target(device.id, "blink"), "3")).value == 7
    assert (
        await read_variable(world, ann, Target(device.id, "temperature"))
    ).value == 21.5
    await world.meter.flush()
    month = f"{world.clock.now():%Y-%m}"
    used = await world.store.read(lambda tx: tx.usage.of_holder(ann.account_id, month))
    assert used == {"called": 1, "read": 1}  # EVT-3


async def test_unknown_functions_and_variables_are_told_with_what_there_is(
    world: World,
) -> None:
    ann = await an_account(world)
    device = await a_device_of(world, ann, functions=("blink",))
    no = await refusal_of(call_function(world, ann, Target(device.id, "explode"), ""))
    assert (no.code, no.reason) == (
        RefusalCode.FUNCTION_UNKNOWN,
        "Function explode not found",
    )
    assert "blink" in (no.remedy or "")
    no = await refusal_of(read_variable(world, ann, Target(device.id, "mood")))
    assert no.reason == "Unknown Variable: mood"
    assert "temperature" in (no.remedy or "")


async def test_a_device_may_itself_not_know_a_variable_or_take_an_argument(
    world: World,
) -> None:
    ann = await an_account(world)
    device = await a_device_of(world, ann, functions=("blink",))
    replies = {CallFunction: TooLong(63), ReadVariable: NotThere()}
    world.bus.answer(device.id, answering(replies))
    no = await refusal_of(
        call_function(world, ann, Target(device.id, "blink"), "x" * 64)
    )
    assert no.code is RefusalCode.ARGUMENT_TOO_LONG
    assert "63" in no.reason
    no = await refusal_of(read_variable(world, ann, Target(device.id, "temperature")))
    assert no.code is RefusalCode.VARIABLE_UNKNOWN


async def test_an_offline_device_times_out_and_pings_as_offline(world: World) -> None:
    ann = await an_account(world)
    device = await a_device_of(world, ann, functions=("blink",))
    no = await refusal_of(call_function(world, ann, Target(device.id, "blink"), ""))
    assert (no.code, no.reason) == (RefusalCode.DEVICE_OFFLINE, "Timed out.")
    assert await ping_device(world, ann, device.id) is False
    world.bus.answer(device.id, answering({Ping: Done(), Signal: Done()}))
    assert await ping_device(world, ann, device.id) is True
    await signal_device(world, ann, device.id, True)


async def test_notes_have_a_limit(world: World) -> None:
    ann = await an_account(world)
    device = await a_device_of(world, ann)
    await change_device(world, ann, device.id, [Note("in the hall")])
    assert (await find(world, device.id)).notes == "in the hall"
    no = await refusal_of(change_device(world, ann, device.id, [Note("x" * 5000)]))
    assert no.code is RefusalCode.NOTES_UNUSABLE
    await change_device(world, ann, device.id, [Note(None)])
    assert (await find(world, device.id)).notes is None


async def test_any_account_looks_up_a_serial_number_fifty_times_an_hour(world) -> None:
    bob = await an_account(world, "bob@example.com")
    device = await an_offline_device(world)
    await world.store.transact(
        lambda tx: tx.devices.set_serial(device.id, "P046AB123456789", None)
    )
    for _ in range(25):
        found = await look_up_serial(world, bob, "p046ab123456789")
        assert found.id == device.id
        no = await refusal_of(look_up_serial(world, bob, "P046AB000000000"))
        assert (no.code, no.rule) == (RefusalCode.SERIAL_UNKNOWN, "IDN-2")
    no = await refusal_of(look_up_serial(world, bob, "P046AB123456789"))
    assert no.code is RefusalCode.RATE_LIMITED


async def test_the_owner_and_for_a_free_offline_device_anybody_sends_a_key(
    world: World,
) -> None:
    ann, bob = await an_account(world), await an_account(world, "bob@example.com")
    own, free = await a_device_of(world, ann), await an_offline_device(world, 2)
    online = await an_online_device(world, 3)
    await record_key(world, ann, own.id, b"new")
    await record_key(world, bob, free.id, b"his")
    await record_key(world, bob, a_device_id(77), b"unseen")
    assert (await find(world, a_device_id(77))).public_key == b"unseen"
    answers = {
        repr(await refusal_of(record_key(world, bob, device_id, b"evil")))
        for device_id in (own.id, online.id)
    }
    assert len(answers) == 1
    changes = await world.store.read(lambda tx: tx.histories.keys_of(own.id))
    assert [each.key for each in changes] == [b"key of 1", b"new"]  # IDN-8
    assert changes[-1].actor_id == ann.account_id


async def test_explain_tells_the_owner_everything_and_names_nobody_else(world) -> None:
    ann, bob = await an_account(world), await an_account(world, "bob@example.com")
    device = await a_device_of(world, ann)
    await world.store.transact(lambda tx: tx.devices.end_all_sessions())
    told = await explain(world, ann, device.id)
    assert told.explanation.owner.status == "yours"
    assert told.explanation.connection.status == "offline"
    assert [each.change.rule for each in told.history] == ["CLM-3"]
    root = await an_account(world, "root@example.com", operator=True)
    assert (await explain(world, root, device.id)).history[0].new_owner == ann.username
    assert (await refusal_of(explain(world, bob, device.id))).rule == "UNC-5"


async def test_of_several_changes_all_hold_or_none(world: World) -> None:
    ann = await an_account(world)
    device = await a_device_of(world, ann)
    wanted = [Rename("hall"), Note("x" * 5000)]
    no = await refusal_of(change_device(world, ann, device.id, wanted))
    assert no.code is RefusalCode.NOTES_UNUSABLE
    assert (await find(world, device.id)).name is None
