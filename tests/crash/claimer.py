"""A process that claims, renames and unclaims until it is killed.

It tells each step on a pipe, before and after, so that whoever kills it knows what
was acknowledged. Each worker has devices of its own; for every third one, two
accounts race.
"""

import asyncio
import itertools
import os
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.support.people import a_device_id
from tests.support.worlds import a_world

from cyan.interfaces import SessionStart, Tx, World
from cyan.model.accounts import Account, Actor
from cyan.model.decisions import Refused
from cyan.model.identifiers import DeviceID
from cyan.services.changes import Rename, change_device
from cyan.services.claims import claim_device, unclaim_device

ANN = Actor("a" * 24, "ann@example.com")
BOB = Actor("b" * 24, "bob@example.com")
WORKERS = 16
Tell = Callable[[DeviceID, str, str], None]


def run(url: str, folder: str, begin: int, pipe: int) -> None:
    """Work until killed; devices are numbered from `begin`."""
    asyncio.run(_work(url, Path(folder), begin, pipe))


async def _work(url: str, folder: Path, begin: int, pipe: int) -> None:
    def tell(device_id: DeviceID, step: str, owner: str) -> None:
        os.write(pipe, f"{device_id} {step} {owner}\n".encode())

    numbers = itertools.count(begin)
    off = {"sandbox_devices": 0, "rate_limits": 0.0}
    async with a_world(folder, database_url=url, **off) as world:
        await make_accounts(world)
        await asyncio.gather(*(_worker(world, numbers, tell) for _ in range(WORKERS)))


async def make_accounts(world: World) -> None:
    """Ann and Bob, unless they are there."""
    for who in (ANN, BOB):
        account = Account(
            who.account_id,
            who.username,
            password_hash="",
            operator=False,
            info={},
            mfa_secret=None,
            mfa_used_step=None,
            created_at=world.clock.now(),
        )

        async def body(tx: Tx, account: Account = account) -> None:
            if await tx.accounts.find(account.id) is None:
                await tx.accounts.add(account)

        await world.store.transact(body)


async def _worker(world: World, numbers: Iterator[int], tell: Tell) -> None:
    for number in numbers:
        device_id = await _online(world, number)
        if number % 3 == 0:
            await _race(world, device_id, tell)
            continue
        tell(device_id, "begin", "ann")
        await claim_device(world, ANN, device_id)
        tell(device_id, "done", "ann")
        if number % 3 == 1:
            await change_device(world, ANN, device_id, [Rename(f"d{number}")])
            tell(device_id, "begin", "nobody")
            await unclaim_device(world, ANN, device_id)
            tell(device_id, "done", "nobody")


async def _race(world: World, device_id: DeviceID, tell: Tell) -> None:
    """Both claim at once; exactly one may be told that it is theirs."""

    async def claim(who: Actor, name: str) -> None:
        try:
            await claim_device(world, who, device_id)
        except Refused:
            return
        tell(device_id, "done", name)

    tell(device_id, "begin", "ann or bob")
    await asyncio.gather(claim(ANN, "ann"), claim(BOB, "bob"))


async def _online(world: World, number: int) -> DeviceID:
    device_id = a_device_id(number)
    now = world.clock.now()
    start = SessionStart(f"s{number}", now, "127.0.0.1", 6, 6, None, 3003)

    async def body(tx: Tx) -> None:
        await tx.devices.add(device_id, now)
        await tx.devices.start_session(device_id, start)

    await world.store.transact(body)
    return device_id
