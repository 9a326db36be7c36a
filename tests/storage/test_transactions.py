"""What a transaction promises, on SQLite and PostgreSQL alike."""

import asyncio
import contextlib
import contextvars
import functools
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta, timezone

import pytest
from tests.support.people import a_device_id

from cyan.interfaces import (
    BodySuspended,
    Conflict,
    Store,
    StoreError,
    TransactionOver,
    Tx,
)
from cyan.model.accounts import Account
from cyan.model.devices import Device
from cyan.model.identifiers import DeviceID
from cyan.model.notices import NoticeKind

NOW = datetime(2026, 11, 23, 20, 0, 0, 123457, tzinfo=UTC)
A, B, C = a_device_id(1), a_device_id(2), a_device_id(3)


def make_known(device_id: DeviceID) -> Callable[[Tx], Awaitable[bool]]:
    return lambda tx: tx.devices.add(device_id, NOW)


def find(device_id: DeviceID) -> Callable[[Tx], Awaitable[Device | None]]:
    return lambda tx: tx.devices.find(device_id)


def an_account(number: int) -> Account:
    return Account(
        f"{number:024x}", f"{number}@example.com", "", False, {}, None, None, NOW
    )


def keep_account(number: int) -> Callable[[Tx], Awaitable[None]]:
    return lambda tx: tx.accounts.add(an_account(number))


async def test_what_is_written_is_read_as_nouns(store: Store) -> None:
    assert await store.transact(make_known(A)) is True
    assert await store.transact(make_known(A)) is False
    device = await store.read(find(A))
    assert isinstance(device, Device)
    assert isinstance(device.id, DeviceID)
    assert (device.id, device.owner_id, device.ownership) == (A, None, 0)
    assert (device.safe_mode, device.updates_enabled) == (False, True)
    assert await store.read(find(B)) is None


async def test_moments_json_truths_and_bytes_survive(store: Store) -> None:
    east = NOW.astimezone(timezone(timedelta(hours=2)))
    document = {"a": [1, 2.5, None, True, "é\u2028"], "b": {}}

    async def write(tx: Tx) -> None:
        await tx.devices.add(A, east)
        await tx.devices.set_key(A, b"\x00\xff key")
        await tx.devices.set_safe_mode(A, True)
        kind = NoticeKind.TRANSFER_ENDED
        await tx.outbox.put(kind, "ann@example.com", document, east)

    await store.transact(write)
    device = await store.read(find(A))
    assert device is not None
    assert (device.created_at, device.created_at.utcoffset()) == (NOW, timedelta(0))
    assert (device.public_key, device.safe_mode) == (b"\x00\xff key", True)
    (notice,) = await store.read(lambda tx: tx.outbox.due(NOW, 5))
    assert (notice.kind, notice.body) == (NoticeKind.TRANSFER_ENDED, document)


async def test_compare_and_set_of_an_owner_happens_once(store: Store) -> None:
    await store.transact(make_known(A))
    for number in range(20):
        await store.transact(keep_account(number))

    async def claim(number: int, tx: Tx) -> bool:
        device = await tx.devices.find(A)
        assert device is not None
        if device.owner_id is not None:
            return False
        owner = an_account(number).id
        return await tx.devices.set_owner(A, owner, device.ownership, f"d{number}")

    won = await asyncio.gather(
        *(store.transact(functools.partial(claim, number)) for number in range(20))
    )
    assert sum(won) == 1
    device = await store.read(find(A))
    assert device is not None
    assert device.owner_id == an_account(won.index(True)).id
    assert device.ownership == 1


async def test_a_limit_holds_under_collision(store: Store) -> None:
    """Compare-and-set guards one row; this is why PostgreSQL runs serializable."""
    owner = an_account(1)
    await store.transact(keep_account(1))
    for number in range(30):
        await store.transact(make_known(a_device_id(number)))

    async def claim(number: int, tx: Tx) -> bool:
        if await tx.devices.count_owned(owner.id) >= 10:
            return False
        device_id = a_device_id(number)
        return await tx.devices.set_owner(device_id, owner.id, 0, f"d{number}")

    won = await asyncio.gather(
        *(store.transact(functools.partial(claim, number)) for number in range(30))
    )
    assert sum(won) == 10
    assert await store.read(lambda tx: tx.devices.count_owned(owner.id)) == 10


async def test_an_error_undoes_its_own_body_only(store: Store) -> None:
    async def broken(tx: Tx) -> None:
        await tx.devices.add(B, NOW)
        raise ZeroDivisionError

    results = await asyncio.gather(
        store.transact(make_known(A)),
        store.transact(broken),
        store.transact(keep_account(1)),
        store.transact(make_known(C)),
        return_exceptions=True,
    )
    assert (results[0], results[2], results[3]) == (True, None, True)
    assert isinstance(results[1], ZeroDivisionError)
    assert await store.read(find(B)) is None
    with pytest.raises(Conflict):
        await store.transact(keep_account(1))


async def test_a_missing_reference_is_a_conflict(store: Store) -> None:
    await store.transact(make_known(A))
    with pytest.raises(Conflict):
        await store.transact(lambda tx: tx.devices.set_owner(A, "nobody", 0, None))


async def test_nothing_runs_after_a_swallowed_conflict(store: Store) -> None:
    async def swallow(tx: Tx) -> None:
        await tx.devices.add(B, NOW)
        with contextlib.suppress(Conflict):
            await tx.accounts.add(an_account(1))
        await tx.devices.add(C, NOW)

    await store.transact(keep_account(1))
    with pytest.raises(TransactionOver):
        await store.transact(swallow)
    assert await store.read(find(B)) is None


async def test_a_swallowed_conflict_at_the_end_is_no_success(store: Store) -> None:
    async def swallow(tx: Tx) -> str:
        await tx.devices.add(B, NOW)
        try:
            await tx.accounts.add(an_account(1))
        except Conflict:
            return "fine"
        return "finer"

    await store.transact(keep_account(1))
    with pytest.raises(Conflict):
        await store.transact(swallow)
    assert await store.read(find(B)) is None


async def test_a_transaction_is_over_when_its_body_is(store: Store) -> None:
    async def leak(tx: Tx) -> Tx:
        return tx

    tx = await store.transact(leak)
    with pytest.raises(TransactionOver):
        await tx.devices.find(A)


async def test_a_body_that_awaits_the_world_is_refused(store: Store) -> None:
    async def slow(tx: Tx) -> None:
        await tx.devices.add(A, NOW)
        await asyncio.sleep(0)

    with pytest.raises(BodySuspended):
        await store.transact(slow)
    assert await store.read(find(A)) is None
    assert await store.transact(make_known(A)) is True


async def make_both(number: int, tx: Tx) -> None:
    await tx.devices.add(a_device_id(number), NOW)
    await tx.devices.add(a_device_id(1000 + number), NOW)


async def test_a_cancelled_caller_leaves_all_or_nothing(store: Store) -> None:
    tasks = [
        asyncio.create_task(store.transact(functools.partial(make_both, number)))
        for number in range(40)
    ]
    for _ in range(5):
        await asyncio.sleep(0)
    for task in tasks[::2]:
        task.cancel()
    done = await asyncio.gather(*tasks, return_exceptions=True)
    assert all(each is None for each in done[1::2])
    for number in range(40):
        one = await store.read(find(a_device_id(number)))
        other = await store.read(find(a_device_id(1000 + number)))
        assert (one is None) == (other is None)
        assert one is not None or number % 2 == 0
    assert await store.transact(make_known(a_device_id(5000)))


async def test_a_cancelled_caller_leaves_nothing_for_the_next_one(
    store: Store,
) -> None:
    """Whenever it was cancelled, in its COMMIT too: no transaction stays open."""

    async def fail(number: int, tx: Tx) -> None:
        await tx.devices.add(a_device_id(9000 + number), NOW)
        raise RuntimeError("on purpose")

    for number in range(80):
        body = functools.partial(make_both, number)
        task = asyncio.create_task(store.transact(body))
        for _ in range(number * 3):  # a different moment each time
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        with pytest.raises(RuntimeError):
            await store.transact(functools.partial(fail, number))
        one = await store.read(find(a_device_id(number)))
        other = await store.read(find(a_device_id(1000 + number)))
        assert (one is None) == (other is None)
        assert await store.read(find(a_device_id(9000 + number))) is None
        assert await store.transact(make_known(a_device_id(5000 + number)))


async def test_reads_do_not_write(store: Store) -> None:
    with pytest.raises(StoreError):
        await store.read(make_known(A))
    assert await store.read(find(A)) is None


async def test_the_callers_context_reaches_the_body(store: Store) -> None:
    who: contextvars.ContextVar[str] = contextvars.ContextVar("who")
    who.set("request 7")

    async def ask(tx: Tx) -> str:
        return who.get()

    assert await store.transact(ask) == "request 7"


async def test_a_reader_sees_what_was_acknowledged(store: Store) -> None:
    for number in range(50):
        await store.transact(make_known(a_device_id(number)))
        assert await store.read(find(a_device_id(number))) is not None
