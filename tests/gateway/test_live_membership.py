"""A change of membership reaches a device that is online, without a reconnect."""

import pytest
from tests.gateway.conftest import Field, identity
from tests.support.people import PHOTON, an_account
from tests.support.products import (
    NOWHERE,
    OPERATOR,
    a_teammate,
    import_lines,
    member,
    position,
    waits,
)

from cyan.interfaces import Body
from cyan.jobs import work_on_imports
from cyan.model.accounts import Actor
from cyan.model.decisions import RefusalCode, Refused
from cyan.model.devices import QuarantineReason
from cyan.model.products import Plan, TeamRole
from cyan.rules.metering import OperationKind
from cyan.services.calls import Target, call_function, read_variable
from cyan.services.claims import claim_device
from cyan.services.events import (
    ProductPublication,
    publish_as_person,
    publish_in_product,
)
from cyan.services.imports import ImportWish, begin_import, undo_import
from cyan.services.members import remove_member, retire_member
from cyan.services.products import ProductChanges, change_product
from cyan.services.teams import TeamKind, TeamOf, change_role
from cyan.services.usage import usage_of_product
from cyan.simulator import SimulatedDevice
from cyan.simulator.makes import BORON, NEW


async def approve(fleet: Field, *numbers: int) -> None:
    ids = [identity(number).device_id for number in numbers]
    await import_lines(fleet.world, fleet.ann, fleet.product, *ids)


async def say(fleet: Field, name: str) -> None:
    """The product publishes, to all its members."""
    told = ProductPublication(fleet.product.slug, name)
    await publish_in_product(fleet.world, fleet.ann, told)


async def heard_by(
    fleet: Field, device: SimulatedDevice, speaker: SimulatedDevice
) -> bool:
    """Whether a device hears what another one publishes now."""
    device.heard.clear()
    speaker.publish("cmd/x", "1")
    await fleet.served(speaker)
    await fleet.served(device)  # by then an event that it heard has arrived
    return ("cmd/x", b"1") in device.heard


async def test_an_approval_a_removal_and_a_denial_act_at_once(fleet: Field) -> None:
    device = await fleet.online()
    session_id = (await fleet.stored(device)).session_id
    assert not await fleet.hears_of(device)  # MEM-8
    await approve(fleet, 1)
    assert await fleet.hears_of(device)  # CLM-7
    target = Target(device.id, "blink", within=fleet.product.slug)
    assert (await call_function(fleet.world, fleet.ann, target, "abc")).value == 3
    removal = (fleet.world, fleet.ann, fleet.product.slug, device.id)
    await remove_member(*removal, deny_it=False)
    assert position(await fleet.stored(device)) == waits(
        fleet.product, QuarantineReason.REMOVED
    )  # UNC-4
    assert not await fleet.hears_of(device)
    with pytest.raises(Refused) as no:
        await call_function(fleet.world, fleet.ann, target, "abc")
    assert no.value.refusal.rule == "MEM-8"
    await remove_member(*removal, deny_it=True)
    assert not await fleet.hears_of(device)
    await approve(fleet, 1)  # MEM-9: only an approval lifts it
    assert await fleet.hears_of(device)
    await retire_member(*removal)
    assert not await fleet.hears_of(device)
    assert (await fleet.stored(device)).session_id == session_id


async def test_an_approval_in_the_middle_of_a_hello_is_not_missed(
    fleet: Field, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, waiting = fleet.world.store, True
    transact = store.transact

    async def approve_after(body: Body[object], turn: str | None = None) -> object:
        """The first transaction, the hello, comes back after somebody's approval."""
        nonlocal waiting
        first, waiting = waiting, False
        result = await transact(body, turn=turn)
        if first:
            await approve(fleet, 1)
        return result

    monkeypatch.setattr(store, "transact", approve_after)
    device = await fleet.online()
    assert position(await fleet.stored(device)) == member(fleet.product)
    assert await fleet.hears_of(device)


async def test_a_listed_device_of_device_os_4_is_nowhere_once_removed(
    fleet: Field,
) -> None:
    await approve(fleet, 1)
    device = await fleet.online(system_version=NEW)
    assert await fleet.hears_of(device)
    await remove_member(
        fleet.world, fleet.ann, fleet.product.slug, device.id, deny_it=False
    )
    assert position(await fleet.stored(device)) == NOWHERE  # MEM-5
    assert not await fleet.hears_of(device)


async def test_an_import_that_is_undone_takes_the_features_back(fleet: Field) -> None:
    device = await fleet.online(product_id=PHOTON)
    wish = ImportWish([device.id])
    record = await begin_import(fleet.world, fleet.ann, fleet.product.slug, wish)
    assert await fleet.hears_of(device)
    await undo_import(fleet.world, fleet.ann, fleet.product.slug, record.id)
    await work_on_imports(fleet.world)
    assert position(await fleet.stored(device)) == NOWHERE
    assert not await fleet.hears_of(device)


async def test_a_device_hears_its_product_from_its_approval_on(fleet: Field) -> None:
    device = await fleet.online()
    await say(fleet, "cmd/before")
    await approve(fleet, 1)
    await say(fleet, "cmd/during")
    await device.until_heard("cmd/during")
    await remove_member(
        fleet.world, fleet.ann, fleet.product.slug, device.id, deny_it=False
    )
    await say(fleet, "cmd/after")
    await approve(fleet, 1)
    await say(fleet, "cmd/again")
    await device.until_heard("cmd/again")
    assert [name for name, _ in device.heard] == ["cmd/during", "cmd/again"]


async def test_an_unowned_member_publishes_subscribes_and_all_of_it_counts(
    fleet: Field,
) -> None:
    await approve(fleet, 1, 2)
    speaker, listener = await fleet.online(1), await fleet.online(2)
    assert (await fleet.stored(listener)).owner_id is None
    speaker.publish("cmd/long", "x" * 800)  # CLM-7: one operation, heard by both
    await listener.until_heard("cmd/long")  # CLM-8
    await speaker.until_heard("cmd/long")
    await say(fleet, "cmd/all")
    for device in (speaker, listener):
        await device.until_heard("cmd/all")
    target = Target(listener.id, "count", within=fleet.product.slug)
    assert (await read_variable(fleet.world, fleet.ann, target)).value == -5
    await fleet.world.meter.flush()
    used = await usage_of_product(fleet.world, fleet.ann, fleet.product.slug)
    assert used.operations[OperationKind.PUBLISHED] == 1
    assert used.operations[OperationKind.DELIVERED] == 4
    assert used.operations[OperationKind.READ] == 1


Everybody = dict[str, SimulatedDevice]


@pytest.fixture
async def everybody(fleet: Field) -> Everybody:
    """One device of each kind: of members, who waits, and who is in no product."""
    block = ProductChanges(plan=Plan.BLOCK, device_limit=10)
    await change_product(fleet.world, OPERATOR, fleet.product.slug, block)
    everybody = {
        "unowned": await fleet.online(1),
        "hers": await fleet.online(2),
        "his": await fleet.online(3),
        "waiting": await fleet.online(4),
        "her own": await fleet.online(5, product_id=PHOTON),
        "his own": await fleet.online(6, product_id=PHOTON),
    }
    bob = await an_account(fleet.world, "bob@example.com")
    for owner, names in ((fleet.ann, ("hers", "her own")), (bob, ("his", "his own"))):
        for name in names:
            await claim_device(fleet.world, owner, everybody[name].id)
    await approve(fleet, 1, 2, 3)  # MEM-3: his waited here, so whoever owns it
    return everybody


@pytest.mark.parametrize(
    ("speaker", "hearers"),
    [
        ("unowned", {"unowned"}),
        ("hers", {"unowned", "hers", "her own"}),
        ("his", {"his", "his own"}),  # an outsider's
        ("waiting", set()),
        ("her own", {"hers", "her own"}),
        ("his own", {"his", "his own"}),
    ],
)
async def test_who_hears_whom_follows_from_who_owns_whom(
    fleet: Field, everybody: Everybody, speaker: str, hearers: set[str]
) -> None:
    found = set()
    for name, device in everybody.items():
        if await heard_by(fleet, device, everybody[speaker]):
            found.add(name)
    assert found == hearers  # EVT-5


async def test_what_a_product_publishes_is_for_its_members_only(
    fleet: Field, everybody: Everybody
) -> None:
    await say(fleet, "cmd/product")
    members = {"unowned", "hers", "his"}
    for name in members:
        await everybody[name].until_heard("cmd/product")
    for name in everybody.keys() - members:
        await fleet.served(everybody[name])
        assert everybody[name].heard == []  # EVT-5


async def test_an_owner_who_joins_or_leaves_the_team_changes_who_hears(
    fleet: Field,
) -> None:
    bob = await an_account(fleet.world, "bob@example.com")
    listener, his = await fleet.online(1), await fleet.online(2)
    await claim_device(fleet.world, bob, his.id)
    await approve(fleet, 1, 2)
    assert not await heard_by(fleet, listener, his)  # he is an outsider
    await a_teammate(fleet.world, fleet.product, bob, TeamRole.VIEW_ONLY)
    await change(fleet, bob, TeamRole.DEVELOPER)
    assert await heard_by(fleet, listener, his)  # MEM-11
    await change(fleet, bob, None)
    assert not await heard_by(fleet, listener, his)


async def change(fleet: Field, who: Actor, role: TeamRole | None) -> None:
    team = TeamOf(TeamKind.PRODUCT, fleet.product.slug)
    await change_role(fleet.world, fleet.ann, team, who.username, role)


async def test_a_member_that_is_claimed_hears_its_owner_instead_of_members(
    fleet: Field,
) -> None:
    await approve(fleet, 1, 2)
    speaker, device = await fleet.online(1), await fleet.online(2)
    assert await heard_by(fleet, device, speaker)
    await claim_device(fleet.world, fleet.ann, device.id)
    assert not await heard_by(fleet, device, speaker)
    publish_as_person(fleet.world, fleet.ann, "cmd/ann", None, None)
    await device.until_heard("cmd/ann")


async def test_a_member_in_safe_mode_goes_on_with_its_features(fleet: Field) -> None:
    await approve(fleet, 1)
    device = await fleet.online()
    await fleet.again(device, safe_mode=True)
    stored = await fleet.stored(device)
    assert stored.safe_mode
    assert position(stored) == member(fleet.product)  # MEM-12
    assert await fleet.hears_of(device)
    await fleet.again(device, safe_mode=False)
    assert not (await fleet.stored(device)).safe_mode


async def test_a_wrong_platform_has_no_features_until_it_is_removed_and_claimed(
    fleet: Field,
) -> None:
    await approve(fleet, 1)
    device = await fleet.online(platform_id=BORON)
    assert not await fleet.hears_of(device)  # MEM-13
    target = Target(device.id, "blink", within=fleet.product.slug)
    with pytest.raises(Refused) as no:
        await call_function(fleet.world, fleet.ann, target, "abc")
    assert no.value.refusal.code is RefusalCode.WRONG_PLATFORM
    await remove_member(
        fleet.world, fleet.ann, fleet.product.slug, device.id, deny_it=False
    )
    assert position(await fleet.stored(device)) == NOWHERE
    await claim_device(fleet.world, fleet.ann, device.id)
    owned = Target(device.id, "blink")
    assert (await call_function(fleet.world, fleet.ann, owned, "abc")).value == 3
