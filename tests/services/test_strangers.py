"""A stranger learns nothing about devices of others: neither words nor work differ.

For a device that exists and for one that does not, every use case says the same,
runs the same statements and computes the same hashes (UNC-5).
"""

from collections.abc import Awaitable, Callable

import pytest
from tests.support.people import (
    a_device_id,
    a_device_of,
    an_account,
    an_offline_device,
    an_online_device,
)
from tests.support.work import Work, trace

from cyan.interfaces import World
from cyan.model.accounts import Actor
from cyan.services.calls import Target, call_function, read_variable
from cyan.services.changes import ForceUpdates, Note, Rename, change_device
from cyan.services.claims import claim_device, unclaim_device
from cyan.services.devices import get_device, ping_device, signal_device
from cyan.services.events import tune
from cyan.services.explain import explain
from cyan.services.keys import record_key
from cyan.services.transfers import answer_transfer

UNKNOWN = a_device_id(999)
UseCase = Callable[[World, Actor, str], Awaitable[object]]

USE_CASES: dict[str, UseCase] = {
    "get": get_device,
    "explain": explain,
    "unclaim": unclaim_device,
    "ping": ping_device,
    "rename": lambda w, a, d: change_device(w, a, d, [Rename("mine")]),
    "note": lambda w, a, d: change_device(w, a, d, [Note("mine")]),
    "force": lambda w, a, d: change_device(w, a, d, [ForceUpdates(True)]),
    "signal": lambda w, a, d: signal_device(w, a, d, True),
    "call": lambda w, a, d: call_function(w, a, Target(d, "f"), ""),
    "read": lambda w, a, d: read_variable(w, a, Target(d, "v")),
    "hear": lambda w, a, d: tune(w, a, "", d),
}


@pytest.mark.parametrize("name", USE_CASES)
async def test_a_device_of_another_is_as_one_that_does_not_exist(
    world: World, work: Work, name: str
) -> None:
    use = USE_CASES[name]
    ann = await an_account(world)
    eve = await an_account(world, "eve@example.com")
    online = await a_device_of(world, ann, 1)
    offline = await an_offline_device(world, 2)
    told = [
        await trace(work, use(world, eve, wanted))
        for wanted in (online.id, offline.id, UNKNOWN)
    ]
    assert told[0] == told[1] == told[2]
    assert told[0][1], "something was looked up"
    by_name = [
        await trace(work, use(world, eve, wanted)) for wanted in ("hall", "nowhere")
    ]
    assert by_name[0] == by_name[1]
    assert by_name[0][0] == told[0][0]


async def test_a_claim_tells_nothing_of_devices_that_are_offline(
    world: World, work: Work
) -> None:
    eve = await an_account(world, "eve@example.com")
    offline = await an_offline_device(world, 2)
    told = [
        await trace(work, claim_device(world, eve, wanted))
        for wanted in (offline.id, UNKNOWN)
    ]
    assert told[0] == told[1], "CLM-3"


async def test_a_key_is_refused_for_a_device_of_another_as_for_one_that_is_online(
    world: World, work: Work
) -> None:
    ann = await an_account(world)
    eve = await an_account(world, "eve@example.com")
    owned = await a_device_of(world, ann, 1)
    online = await an_online_device(world, 2)
    told = [
        await trace(work, record_key(world, eve, wanted, b"key"))
        for wanted in (owned.id, online.id)
    ]
    assert told[0] == told[1], "IDN-8"


async def test_a_request_of_others_is_answered_as_one_that_does_not_exist(
    world: World, work: Work
) -> None:
    ann = await an_account(world)
    bob = await an_account(world, "bob@example.com")
    eve = await an_account(world, "eve@example.com")
    device = await a_device_of(world, ann, 1)
    asked = await claim_device(world, bob, device.id, request_transfer=True)
    told = [
        await trace(work, answer_transfer(world, eve, wanted, approve=True))
        for wanted in (str(asked.transfer_id), "f" * 24)
    ]
    assert told[0] == told[1], "TRF-3"
