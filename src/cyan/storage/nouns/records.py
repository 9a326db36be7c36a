"""What happened and what is pending: histories, transfers, outbox, usage."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, literal_column, or_, select, update
from sqlalchemy.dialects.postgresql import insert as insert_or

from cyan.model.devices import (
    KeyChange,
    OwnershipChange,
    Transfer,
    TransferState,
)
from cyan.model.identifiers import DeviceID
from cyan.model.notices import Notice, NoticeKind
from cyan.storage.statements import (
    Runner,
    Statement,
    choose,
    delete_where,
    first,
    insert_noun,
    into,
    values_of,
)
from cyan.storage.tables import (
    key_history,
    outbox,
    ownership_history,
    transfers,
    usage,
)

ADD_OWNERSHIP = insert_noun(ownership_history, OwnershipChange)
LIST_OWNERSHIP = Statement[OwnershipChange](
    choose(ownership_history, OwnershipChange)
    .where(ownership_history.c.device_id == bindparam("device_id"))
    .order_by(ownership_history.c.ownership),
    OwnershipChange,
)
ADD_KEY = insert_noun(key_history, KeyChange)
LIST_KEYS = Statement[KeyChange](
    choose(key_history, KeyChange)
    .where(key_history.c.device_id == bindparam("device_id"))
    .order_by(key_history.c.number),
    KeyChange,
)


class Histories:
    """See `cyan.interfaces.Histories`."""

    __slots__ = ("_run",)

    def __init__(self, run: Runner) -> None:
        self._run = run

    async def add_ownership(self, change: OwnershipChange) -> None:
        """Append a change of owner."""
        await self._run(ADD_OWNERSHIP, **values_of(change))

    async def ownership_of(self, device_id: DeviceID) -> Sequence[OwnershipChange]:
        """A device's changes of owner, oldest first."""
        return await self._run(LIST_OWNERSHIP, device_id=device_id)

    async def add_key(self, change: KeyChange) -> None:
        """Append a change of key."""
        await self._run(ADD_KEY, **values_of(change))

    async def keys_of(self, device_id: DeviceID) -> Sequence[KeyChange]:
        """A device's changes of key, oldest first."""
        return await self._run(LIST_KEYS, device_id=device_id)


# In the statement itself, as the condition of an index has it.
_pending = transfers.c.state == literal_column(f"'{TransferState.PENDING}'")

ADD_TRANSFER = insert_noun(transfers, Transfer)
FIND_TRANSFER = Statement[Transfer](
    choose(transfers, Transfer).where(transfers.c.id == bindparam("id")), Transfer
)
FIND_PENDING = Statement[Transfer](
    choose(transfers, Transfer)
    .where(transfers.c.device_id == bindparam("device_id"))
    .where(transfers.c.requester_id == bindparam("requester_id"))
    .where(_pending),
    Transfer,
)
LIST_PENDING = Statement[Transfer](
    choose(transfers, Transfer)
    .where(transfers.c.device_id == bindparam("device_id"))
    .where(_pending)
    .order_by(transfers.c.requested_at, transfers.c.id),
    Transfer,
)
LIST_TRANSFERS = Statement[Transfer](
    choose(transfers, Transfer)
    .where(
        or_(
            transfers.c.owner_id == bindparam("account_id"),
            transfers.c.requester_id == bindparam("account_id"),
        )
    )
    .order_by(transfers.c.requested_at.desc(), transfers.c.id),
    Transfer,
)
LIST_EXPIRED = Statement[Transfer](
    choose(transfers, Transfer)
    .where(_pending)
    .where(transfers.c.expires_at <= bindparam("now"))
    .order_by(transfers.c.expires_at)
    .limit(bindparam("limit")),
    Transfer,
)
ANSWER_TRANSFER = Statement[str](
    update(transfers)
    .where(transfers.c.id == bindparam("transfer_id"))
    .where(_pending)
    .values(state=bindparam("new_state"), answered_at=bindparam("at"))
    .returning(transfers.c.id),
    str,
)


class Transfers:
    """See `cyan.interfaces.Transfers`."""

    __slots__ = ("_run",)

    def __init__(self, run: Runner) -> None:
        self._run = run

    async def add(self, transfer: Transfer) -> None:
        """Keep a request."""
        await self._run(ADD_TRANSFER, **values_of(transfer))

    async def find(self, transfer_id: str) -> Transfer | None:
        """The request of this id."""
        return first(await self._run(FIND_TRANSFER, id=transfer_id))

    async def find_pending(
        self, device_id: DeviceID, requester_id: str
    ) -> Transfer | None:
        """An account's pending request for a device."""
        found = await self._run(
            FIND_PENDING, device_id=device_id, requester_id=requester_id
        )
        return first(found)

    async def list_pending(self, device_id: DeviceID) -> Sequence[Transfer]:
        """All pending requests for a device, oldest first."""
        return await self._run(LIST_PENDING, device_id=device_id)

    async def list_of(self, account_id: str) -> Sequence[Transfer]:
        """Requests to and by an account, newest first."""
        return await self._run(LIST_TRANSFERS, account_id=account_id)

    async def list_expired(self, now: datetime, limit: int) -> Sequence[Transfer]:
        """Pending requests whose time is over."""
        return await self._run(LIST_EXPIRED, now=now, limit=limit)

    async def answer(
        self, transfer_id: str, state: TransferState, at: datetime
    ) -> bool:
        """End a pending request; False if it is over already."""
        answered = await self._run(
            ANSWER_TRANSFER, transfer_id=transfer_id, new_state=state, at=at
        )
        return bool(answered)


PUT_NOTICE = Statement[None](
    into(outbox, "kind", "recipient", "body", "created_at", "due_at"), None
)
DUE_NOTICES = Statement[Notice](
    choose(outbox, Notice)
    .where(outbox.c.due_at <= bindparam("now"))
    .order_by(outbox.c.due_at, outbox.c.number)
    .limit(bindparam("limit")),
    Notice,
)
REMOVE_NOTICE = Statement[None](delete_where(outbox, "number"), None)
POSTPONE_NOTICE = Statement[None](
    update(outbox)
    .where(outbox.c.number == bindparam("wanted"))
    .values(due_at=bindparam("new_due_at"), attempts=outbox.c.attempts + 1),
    None,
)


class Outbox:
    """See `cyan.interfaces.Outbox`."""

    __slots__ = ("_run",)

    def __init__(self, run: Runner) -> None:
        self._run = run

    async def put(
        self, kind: NoticeKind, recipient: str, body: Mapping[str, Any], at: datetime
    ) -> None:
        """Promise a mail; it is sent if this transaction commits."""
        await self._run(
            PUT_NOTICE,
            kind=kind,
            recipient=recipient,
            body=dict(body),
            created_at=at,
            due_at=at,
        )

    async def due(self, now: datetime, limit: int) -> Sequence[Notice]:
        """Notices to send now, oldest first."""
        return await self._run(DUE_NOTICES, now=now, limit=limit)

    async def remove(self, number: int) -> None:
        """It was sent."""
        await self._run(REMOVE_NOTICE, number=number)

    async def postpone(self, number: int, due_at: datetime) -> None:
        """It could not be sent; try again at `due_at`."""
        await self._run(POSTPONE_NOTICE, wanted=number, new_due_at=due_at)


_counted = insert_or(usage).values(
    holder=bindparam("holder"),
    month=bindparam("month"),
    kind=bindparam("kind"),
    operations=bindparam("operations"),
)
COUNT_USAGE = Statement[None](
    _counted.on_conflict_do_update(
        index_elements=["holder", "month", "kind"],
        set_={"operations": usage.c.operations + _counted.excluded.operations},
    ),
    None,
)
USAGE_OF = Statement[tuple[str, int]](
    select(usage.c.kind, usage.c.operations)
    .where(usage.c.holder == bindparam("holder"))
    .where(usage.c.month == bindparam("month")),
    lambda kind, operations: (kind, operations),
)


class Usage:
    """See `cyan.interfaces.Usage`."""

    __slots__ = ("_run",)

    def __init__(self, run: Runner) -> None:
        self._run = run

    async def add(self, counts: Mapping[tuple[str, str, str], int]) -> None:
        """Add counts, keyed by (holder, month as 2026-11, kind)."""
        for (holder, month, kind), operations in sorted(counts.items()):
            await self._run(
                COUNT_USAGE,
                holder=holder,
                month=month,
                kind=kind,
                operations=operations,
            )

    async def of_holder(self, holder: str, month: str) -> Mapping[str, int]:
        """A month's counts of a holder, by kind."""
        return dict(await self._run(USAGE_OF, holder=holder, month=month))
