"""What changes one account's or one product's counts at once is not done twice."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from tests.support.people import a_device_id, an_online_device, find
from tests.support.products import listed, members_of
from tests.support.work import Work

from cyan.interfaces import World
from cyan.model.accounts import Actor
from cyan.model.decisions import Refused
from cyan.model.products import Product
from cyan.services.changes import change_device
from cyan.services.claims import ClaimOutcome, claim_device, unclaim_device
from cyan.services.members import remove_member
from cyan.services.quarantine import SetStanding

pytestmark = [
    pytest.mark.usefixtures("recounted"),
    pytest.mark.settings(sandbox_devices=0),
]
AT_ONCE = 24


async def require_once_each(
    work: Work, act: Callable[[int], Awaitable[object]], numbers: range
) -> None:
    """All at once take as many statements as one after the other: none ran again."""
    work.clear()
    await act(numbers[0])
    of_one = len(work)
    work.clear()
    await asyncio.gather(*(act(number) for number in numbers[1:]))
    assert len(work) == of_one * (len(numbers) - 1)


async def test_claims_of_one_account(world: World, ann: Actor, work: Work) -> None:
    numbers = range(1, AT_ONCE + 1)
    devices = {n: await an_online_device(world, n) for n in numbers}
    await require_once_each(
        work, lambda number: claim_device(world, ann, devices[number].id), numbers
    )
    await require_once_each(
        work, lambda number: unclaim_device(world, ann, devices[number].id), numbers
    )


async def test_two_accounts_meet_at_the_same_devices(
    world: World, ann: Actor, bob: Actor
) -> None:
    """Each shares a transaction with itself: of what both hold, one lets go."""
    ids = [(await an_online_device(world, n)).id for n in range(1, AT_ONCE + 1)]
    claims = [claim_device(world, ann, each) for each in ids]
    claims += [claim_device(world, bob, each) for each in reversed(ids)]
    ends = await asyncio.gather(*claims, return_exceptions=True)
    refused = [end for end in ends if isinstance(end, Refused)]
    done = [end for end in ends if isinstance(end, ClaimOutcome)]
    assert len(refused) == len(done) == AT_ONCE  # CLM-1
    owners = {(await find(world, each)).owner_id for each in ids}
    assert owners <= {ann.account_id, bob.account_id}


async def test_approvals_in_one_product(
    world: World, ann: Actor, pumps: Product, work: Work
) -> None:
    numbers = range(1, AT_ONCE + 1)
    for number in numbers:
        await an_online_device(world, number, firmware_of=pumps.id)
    approval = SetStanding(quarantined=False, denied=None)

    async def approve(number: int) -> None:
        await change_device(world, ann, a_device_id(number), [approval], pumps.slug)

    await require_once_each(work, approve, numbers)
    assert await members_of(world, pumps) == AT_ONCE


async def test_removals_from_one_product(
    world: World, ann: Actor, pumps: Product, work: Work
) -> None:
    numbers = range(1, AT_ONCE + 1)
    ids = dict(zip(numbers, await listed(world, ann, pumps, *numbers), strict=True))

    async def remove(number: int) -> None:
        await remove_member(world, ann, pumps.slug, ids[number], deny_it=False)

    await require_once_each(work, remove, numbers)
    assert await members_of(world, pumps) == 0
