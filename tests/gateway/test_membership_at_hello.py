"""Where a device belongs after its hello, over real sockets: docs/rules/membership.md.

One test for each line of the table of `decide_membership`.
"""

from typing import Any

import pytest
from tests.gateway.conftest import Field, identity
from tests.support.products import (
    NOWHERE,
    Position,
    a_product,
    import_lines,
    member,
    position,
    require_counts,
    waits,
)

from cyan.model.devices import QuarantineReason, Standing
from cyan.services.members import remove_member
from cyan.services.products import ProductChanges, change_product
from cyan.simulator.makes import BORON, NEW, OLD, PHOTON, WILDCARD

UNKNOWN = 64_000
GENERATIONS = pytest.mark.parametrize("system_version", [None, OLD, WILDCARD])


async def put_on_list(fleet: Field, number: int = 1) -> None:
    device_id = identity(number).device_id
    await import_lines(fleet.world, fleet.ann, fleet.product, device_id)


async def open_up(fleet: Field) -> None:
    changes = ProductChanges(quarantine=False)
    await change_product(fleet.world, fleet.ann, fleet.product.slug, changes)


async def remove(fleet: Field, number: int = 1, *, deny_it: bool = False) -> None:
    device_id = identity(number).device_id
    await remove_member(
        fleet.world, fleet.ann, fleet.product.slug, device_id, deny_it=deny_it
    )


async def arrive(fleet: Field, wanted: Position, **firmware: Any) -> None:
    """A device comes online, belongs where it should, and has features or not."""
    device = await fleet.online(**firmware)
    assert position(await fleet.stored(device)) == wanted
    assert await fleet.hears_of(device) is (wanted == member(fleet.product))
    await require_counts(fleet.world, [fleet.ann.account_id], [fleet.product.id])


@pytest.mark.parametrize("system_version", [OLD, WILDCARD, NEW])
async def test_listed_but_of_another_platform(fleet, system_version) -> None:
    await put_on_list(fleet)
    wanted = Position(fleet.product.id, Standing.WRONG_PLATFORM)  # MEM-13.4
    await arrive(fleet, wanted, platform_id=BORON, system_version=system_version)


@pytest.mark.parametrize("names", ["it", "its platform", 0, 65535, UNKNOWN, "another"])
async def test_listed(fleet, names) -> None:
    other = await a_product(fleet.world, fleet.ann, "Fans")
    named = {"it": fleet.product.id, "its platform": None, "another": other.id}
    product_id, wanted = named.get(names, names), member(fleet.product)  # MEM-10.1
    for number, system_version in enumerate([OLD, WILDCARD, NEW], 1):
        await put_on_list(fleet, number)
        firmware = {"product_id": product_id, "system_version": system_version}
        await arrive(fleet, wanted, number=number, **firmware)


async def test_listed_and_in_safe_mode(fleet) -> None:
    await put_on_list(fleet)
    await arrive(fleet, member(fleet.product), safe_mode=True)  # MEM-12.1


async def test_from_device_os_4_the_list_alone_decides(fleet) -> None:
    await open_up(fleet)
    await arrive(fleet, NOWHERE, system_version=4000)  # MEM-5.2


@GENERATIONS
async def test_firmware_of_another_platforms_product(fleet, system_version) -> None:
    await open_up(fleet)
    await arrive(
        fleet, NOWHERE, platform_id=BORON, system_version=system_version
    )  # MEM-13.5


@GENERATIONS
async def test_firmware_of_no_product(fleet, system_version) -> None:
    await open_up(fleet)
    for number, product_id in enumerate([None, 0, 65535, UNKNOWN], 1):
        firmware = {"system_version": system_version, "product_id": product_id}
        await arrive(fleet, NOWHERE, number=number, **firmware)  # MEM-6.5


@GENERATIONS
async def test_denied(fleet, system_version) -> None:
    device = await fleet.online(system_version=system_version)
    await remove(fleet, deny_it=True)
    await open_up(fleet)
    await device.stop()
    wanted = waits(fleet.product, QuarantineReason.DENIED)  # MEM-9.1
    await arrive(fleet, wanted, system_version=system_version)


@GENERATIONS
async def test_removed(fleet, system_version) -> None:
    await put_on_list(fleet)
    await remove(fleet)
    await open_up(fleet)
    wanted = waits(fleet.product, QuarantineReason.REMOVED)  # UNC-4.1
    await arrive(fleet, wanted, system_version=system_version)


@GENERATIONS
async def test_unlisted(fleet, system_version) -> None:
    wanted = waits(fleet.product, QuarantineReason.UNLISTED)  # MEM-7.2
    await arrive(fleet, wanted, system_version=system_version)


@GENERATIONS
async def test_approved_by_the_product_itself_beyond_the_limit(
    fleet, system_version
) -> None:
    for number in (2, 3, 4):  # the limit is three
        await put_on_list(fleet, number)
    await open_up(fleet)
    wanted = waits(fleet.product, QuarantineReason.NO_ROOM)  # LIM-5.3
    await arrive(fleet, wanted, system_version=system_version)


@GENERATIONS
async def test_approved_by_the_product_itself(fleet, system_version) -> None:
    await open_up(fleet)
    wanted = member(fleet.product)  # MEM-7.3
    await arrive(fleet, wanted, system_version=system_version)


@pytest.mark.parametrize("quarantine", [True, False])
@pytest.mark.parametrize("deny_it", [None, True])
async def test_in_safe_mode_it_waits_as_before(fleet, quarantine, deny_it) -> None:
    device = await fleet.online()
    if deny_it:
        await remove(fleet, deny_it=True)
    before = await fleet.stored(device)
    if not quarantine:
        await open_up(fleet)
    fleet.world.clock.advance_seconds(60)
    await fleet.again(device, safe_mode=True)
    after = await fleet.stored(device)
    assert after.safe_mode
    assert position(after) == position(before)  # MEM-12.2
    assert after.standing_since == before.standing_since
    assert not await fleet.hears_of(device)
    await require_counts(fleet.world, [fleet.ann.account_id], [fleet.product.id])


async def test_safe_mode_forgets_no_removal(fleet) -> None:
    await put_on_list(fleet)
    await remove(fleet)
    await open_up(fleet)
    device = await fleet.online(safe_mode=True)
    assert position(await fleet.stored(device)) == NOWHERE  # MEM-12.2
    await fleet.again(device, safe_mode=False)
    wanted = waits(fleet.product, QuarantineReason.REMOVED)  # UNC-4
    assert position(await fleet.stored(device)) == wanted


async def test_other_firmware_ends_the_wait_but_no_denial(fleet) -> None:
    device = await fleet.online()
    await remove(fleet, deny_it=True)
    await fleet.again(device, product_id=PHOTON)
    assert position(await fleet.stored(device)) == NOWHERE  # MEM-8
    await open_up(fleet)
    await fleet.again(device, product_id=fleet.product.id)
    wanted = waits(fleet.product, QuarantineReason.DENIED)  # MEM-9
    assert position(await fleet.stored(device)) == wanted
    await put_on_list(fleet)
    assert position(await fleet.stored(device)) == member(fleet.product)


async def test_auto_approve_moves_nobody_until_the_next_hello(fleet) -> None:
    device = await fleet.online()
    await open_up(fleet)
    wanted = waits(fleet.product, QuarantineReason.UNLISTED)
    assert position(await fleet.stored(device)) == wanted  # MEM-7
    await fleet.again(device)
    assert position(await fleet.stored(device)) == member(fleet.product)
