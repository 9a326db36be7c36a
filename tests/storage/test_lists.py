"""Lists of values in one statement, long and odd ones, on both databases."""

from datetime import UTC, datetime

import pytest
from tests.support.people import a_device_id

from cyan.interfaces import Store, Tx
from cyan.model.identifiers import DeviceID
from cyan.model.products import ExclusionKind

NOW = datetime(2026, 11, 23, 20, 0, 0, 123457, tzinfo=UTC)
PRODUCT = 1001


async def keep(store: Store, *numbers: int) -> list[DeviceID]:
    ids = [a_device_id(number) for number in numbers]

    async def body(tx: Tx) -> None:
        await tx.imports.put_in(PRODUCT, ids, [], NOW)

    await store.transact(body)
    return ids


async def test_devices_come_in_the_order_of_the_list(store: Store) -> None:
    await keep(store, 1, 2, 3)
    wanted = [a_device_id(number) for number in (3, 99, 1, 2)]
    found = await store.read(lambda tx: tx.fleets.find_many(wanted))
    assert [int(each.id, 16) for each in found] == [3, 1, 2]
    assert list(await store.read(lambda tx: tx.fleets.find_many([]))) == []


async def test_a_list_may_be_long(store: Store) -> None:
    ids = await keep(store, *range(1, 20_001))
    assert len(await store.read(lambda tx: tx.fleets.find_many(ids))) == 20_000

    async def take_all_but_one(tx: Tx) -> None:
        await tx.exclusions.set_removed(PRODUCT, ids, NOW)
        await tx.imports.take_out(ids[1:])
        await tx.exclusions.forget(PRODUCT, ids[1:])

    await store.transact(take_all_but_one)
    found = await store.read(lambda tx: tx.fleets.find_many(ids[:3]))
    assert [each.member_of for each in found] == [PRODUCT, None, None]
    kept = [
        await store.read(lambda tx, each=each: tx.exclusions.find(PRODUCT, each))
        for each in ids[:2]
    ]
    assert kept[0] is not None
    assert (kept[0].kind, kept[1]) == (ExclusionKind.REMOVED, None)


async def test_those_never_met_and_those_known_join_alike(store: Store) -> None:
    known = a_device_id(7)
    await store.transact(lambda tx: tx.devices.add(known, NOW))
    both = [known, a_device_id(8)]
    await store.transact(lambda tx: tx.imports.put_in(PRODUCT, both, [known], NOW))
    found = await store.read(lambda tx: tx.fleets.find_many(both))
    assert [(each.member_of, each.standing_since) for each in found] == [
        (PRODUCT, NOW)
    ] * 2


@pytest.mark.parametrize(
    "text", ["", "'", '"', "{}", "{a,b}", "\\", "☃", "a'; --", "NULL"]
)
async def test_odd_texts_are_texts(store: Store, text: str) -> None:
    async def look(tx: Tx) -> object:
        return (
            await tx.imports.resolve([text, "x"]),
            await tx.teams.account_ids([text]),
            await tx.accounts.usernames([text]),
        )

    resolved, accounts, names = await store.read(look)
    assert (dict(resolved), list(accounts), dict(names)) == ({}, [], {})
