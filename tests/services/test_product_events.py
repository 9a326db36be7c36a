"""Events of products: who hears a member, and whose count it is on (EVT-1 to EVT-5)."""

import pytest
from tests.support.people import an_account, an_online_device, find
from tests.support.products import Ear, a_member, a_product, a_teammate, listed
from tests.support.sign_ins import refusal_of

from cyan.interfaces import World, subjects
from cyan.interfaces.requests import CallFunction, FunctionResult
from cyan.model.accounts import Actor
from cyan.model.decisions import RefusalCode, Refuse
from cyan.model.devices import Device
from cyan.model.events import Event
from cyan.model.products import Product, TeamRole
from cyan.rules.metering import product_holder
from cyan.services.calls import Target, call_function
from cyan.services.claims import claim_device, unclaim_device
from cyan.services.connections import end_connection
from cyan.services.events import (
    ProductPublication,
    Tuning,
    heard_by,
    listen,
    publish_as_device,
    publish_in_organization,
    publish_in_product,
    source_of,
    tune,
    tune_to_organization,
    tune_to_product,
)
from cyan.services.members import remove_member
from cyan.services.organizations import create_organization
from cyan.services.ownership import is_outsider
from cyan.services.teams import TeamKind, TeamOf, change_role

pytestmark = pytest.mark.settings(sandbox_devices=10)


def hear(world: World, tuning: Tuning) -> Ear:
    ear = Ear()
    listen(world, tuning, ear.hear, ear.end)
    return ear


async def publish(world: World, device: Device, name: str = "temp") -> object:
    """As its session would: with where the device is now."""
    now = await find(world, device.id)
    outsider = await world.store.read(lambda tx: is_outsider(tx, now))
    event = Event(name, "21", 60, world.clock.now(), device.id)
    return publish_as_device(world, source_of(now, outsider=outsider), event, 2)


async def ears_of(world: World, device: Device) -> list[str]:
    """What the subscriptions of a device hear, by event name."""
    now = await find(world, device.id)
    heard: list[str] = []
    for subject in heard_by(source_of(now, outsider=False).facts):
        world.bus.listen(subject, lambda event: heard.append(event.name))
    return heard


async def test_a_member_is_heard_by_its_owner_and_the_team(
    world: World, ann: Actor, bob: Actor, pumps: Product
) -> None:
    carol = await an_account(world, "carol@example.com")
    await a_teammate(world, pumps, bob, TeamRole.VIEW_ONLY)
    device = await a_member(world, ann, pumps)
    of_team = hear(world, await tune_to_product(world, bob, "pumps"))
    of_device = hear(world, await tune_to_product(world, bob, "pumps", "t", device.id))
    others = hear(world, await tune_to_product(world, bob, "pumps", "x"))
    owners, strangers = (
        hear(world, await tune(world, bob)),
        hear(world, await tune(world, carol)),
    )
    await publish(world, device)
    assert (of_team.heard, of_device.heard, owners.heard) == (["temp"], ["temp"], [])
    await claim_device(world, bob, device.id)
    await publish(world, device, "door")
    assert (of_team.heard, owners.heard) == (["temp", "door"], ["door"])
    assert (strangers.heard, others.heard) == ([], [])
    no = await refusal_of(tune_to_product(world, carol, "pumps"))
    assert no.code is RefusalCode.PRODUCT_UNKNOWN  # EVT-1


async def test_a_stream_of_a_member_ends_when_it_leaves(
    world: World, ann: Actor, pumps: Product
) -> None:
    device = await a_member(world, ann, pumps)
    of_device = hear(world, await tune_to_product(world, ann, "pumps", "", device.id))
    of_team = hear(world, await tune_to_product(world, ann, "pumps"))
    await claim_device(world, ann, device.id)
    assert not of_device.ended, "an owner changes nothing for the team"
    await remove_member(world, ann, "pumps", device.id, deny_it=False)
    assert (of_device.ended, of_team.ended) == (True, False)  # MEM-11
    await publish(world, device)
    assert of_team.heard == []


async def test_a_stream_of_a_member_ends_when_it_is_quarantined_at_once(
    world: World, ann: Actor, pumps: Product
) -> None:
    device = await an_online_device(world, 8, firmware_of=pumps.id)
    await listed(world, ann, pumps, 8)
    of_device = hear(world, await tune_to_product(world, ann, "pumps", "", device.id))
    await remove_member(world, ann, "pumps", device.id, deny_it=False)  # UNC-4
    assert of_device.ended


async def test_what_is_ones_own_is_heard_on_whatever_becomes_of_its_membership(
    world: World, ann: Actor, bob: Actor, pumps: Product
) -> None:
    await a_teammate(world, pumps, bob, TeamRole.DEVELOPER)
    device = await a_member(world, ann, pumps)
    await claim_device(world, bob, device.id)
    own = hear(world, await tune(world, bob, "", device.id))
    team = TeamOf(TeamKind.PRODUCT, "pumps")
    await change_role(world, ann, team, bob.username, None)
    await publish(world, device)
    await remove_member(world, ann, "pumps", device.id, deny_it=False)
    await publish(world, device)
    assert (own.heard, own.ended) == (["temp", "temp"], False)
    await unclaim_device(world, bob, device.id)
    assert own.ended  # UNC-6


async def test_what_waits_in_quarantine_is_heard_by_nobody(
    world: World, ann: Actor, pumps: Product
) -> None:
    of_team = hear(world, await tune_to_product(world, ann, "pumps"))
    own = hear(world, await tune(world, ann))
    device = await an_online_device(world, firmware_of=pumps.id)
    await claim_device(world, ann, device.id)
    refusal = await publish(world, device)
    assert isinstance(refusal, Refuse)
    assert refusal.rule == "EVT-4"
    assert await publish(world, device, "spark/device/safemode") == "cloud"
    await end_connection(world, device.id, "session-1")
    assert (of_team.heard, own.heard) == ([], [])  # MEM-8
    assert await ears_of(world, device) == []
    no = await refusal_of(tune_to_product(world, ann, "pumps", "", device.id))
    assert no.code is RefusalCode.DEVICE_QUARANTINED


async def test_what_the_product_publishes_reaches_all_members(
    world: World, ann: Actor, bob: Actor, pumps: Product
) -> None:
    owned = await a_member(world, ann, pumps, 1)
    await claim_device(world, ann, owned.id)
    free = await a_member(world, ann, pumps, 2)
    waiting = await an_online_device(world, 3, firmware_of=pumps.id)
    ears = [await ears_of(world, each) for each in (owned, free, waiting)]
    of_team = hear(world, await tune_to_product(world, ann, "pumps"))
    await publish_in_product(world, ann, ProductPublication("pumps", "go"))
    assert ears == [["go"], ["go"], []]  # EVT-5
    assert of_team.heard == ["go"]
    await a_teammate(world, pumps, bob, TeamRole.SUPPORT)
    no = await refusal_of(
        publish_in_product(world, bob, ProductPublication("pumps", "go"))
    )
    assert no.code is RefusalCode.ROLE_MISSING
    no = await refusal_of(
        publish_in_product(world, ann, ProductPublication("pumps", "spark/x"))
    )
    assert no.code is RefusalCode.EVENT_RESERVED


async def test_in_the_name_of_a_member(
    world: World, ann: Actor, pumps: Product
) -> None:
    device = await a_member(world, ann, pumps)
    of_device = hear(world, await tune_to_product(world, ann, "pumps", "", device.id))
    said = ProductPublication("pumps", "temp", "20", 60, device.id)
    await publish_in_product(world, ann, said)
    assert of_device.heard == ["temp"]


async def test_unowned_members_hear_members_but_not_those_of_outsiders(
    world: World, ann: Actor, bob: Actor, pumps: Product
) -> None:
    listener = await a_member(world, ann, pumps, 1)
    free = await a_member(world, ann, pumps, 2)
    teams = await a_member(world, ann, pumps, 3)
    await claim_device(world, ann, teams.id)
    outside = await an_online_device(world, 4)
    await claim_device(world, bob, outside.id)
    outside = await an_online_device(world, 4, firmware_of=pumps.id)
    await a_member(world, ann, pumps, 4, firmware_of=pumps.id)
    heard = await ears_of(world, listener)
    owned_hears = await ears_of(world, teams)
    of_team = hear(world, await tune_to_product(world, ann, "pumps"))
    for device, name in ((free, "free"), (teams, "teams"), (outside, "outside")):
        await publish(world, device, name)
    assert heard == ["free", "teams"]  # EVT-5
    assert owned_hears == ["teams"]
    assert of_team.heard == ["free", "teams", "outside"]
    await unclaim_device(world, ann, outside.id, "pumps")
    await publish(world, outside, "free again")
    assert heard[-1] == "free again"


async def test_an_organization_hears_and_speaks_to_all_its_products(
    world: World, ann: Actor, bob: Actor
) -> None:
    await create_organization(world, ann, "Acme")
    pumps = await a_product(world, ann, organization="acme")
    fans = await a_product(world, ann, "Fans", organization="acme")
    device, other = [
        await a_member(world, ann, each, n) for n, each in ((1, pumps), (2, fans))
    ]
    everything = hear(world, await tune_to_organization(world, ann, "acme"))
    of_device = hear(
        world, await tune_to_organization(world, ann, "acme", "", device.id)
    )
    heard = [await ears_of(world, each) for each in (device, other)]
    await publish(world, device)
    await publish(world, other, "door")
    assert (everything.heard, of_device.heard) == (["temp", "door"], ["temp"])
    await publish_in_organization(world, ann, ProductPublication("acme", "go"))
    assert [each[-1] for each in heard] == ["go", "go"]
    for attempt in (
        tune_to_organization(world, bob, "acme"),
        publish_in_organization(world, bob, ProductPublication("acme", "go")),
    ):
        assert (await refusal_of(attempt)).code is RefusalCode.PRODUCT_UNKNOWN
    await a_product(world, ann, "Third", organization="acme")
    assert everything.ended, "it has to begin again, with all products"


async def test_operations_of_members_are_on_the_products_count(
    world: World, ann: Actor, pumps: Product
) -> None:
    device = await a_member(world, ann, pumps)
    await claim_device(world, ann, device.id)
    await publish(world, device)

    async def answer(message: object) -> object:
        assert isinstance(message, CallFunction)
        return FunctionResult(1)

    world.bus.answer(device.id, answer)
    for within in ("pumps", None):
        await call_function(world, ann, Target(device.id, "f", within), "")
    await publish_in_product(world, ann, ProductPublication("pumps", "go"))
    await remove_member(world, ann, "pumps", device.id, deny_it=False)
    await publish(world, device)
    await world.meter.flush()
    month = f"{world.clock.now():%Y-%m}"

    async def used(holder: str) -> dict[str, int]:
        return dict(
            await world.store.read(lambda tx: tx.usage.of_holder(holder, month))
        )

    assert await used(product_holder(pumps.id)) == {
        "published": 1,
        "called": 2,
    }  # EVT-3
    assert await used(ann.account_id) == {"published": 1}


def test_a_products_subjects_are_its_own() -> None:
    told = {
        make(number)
        for make in (
            subjects.product_events,
            subjects.product_publications,
            subjects.member_events,
        )
        for number in (1, 2)
    }
    assert len(told) == 6
