"""The devices of products: where they belong, and lists of them.

A list is read by the key of its order: what comes after a device is found in the
index, however far down the list it is. `services/fleets` keeps keys for deep pages.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    Text,
    bindparam,
    false,
    func,
    literal_column,
    select,
    tuple_,
    update,
)

from cyan.interfaces import Listing, Place, SortKey, SortValue
from cyan.model.devices import Device, QuarantineReason, Standing
from cyan.model.identifiers import DeviceID, looks_like_device_id
from cyan.rules.naming import name_key
from cyan.storage.lists import among, pairs_in
from cyan.storage.product_tables import group_members
from cyan.storage.statements import Runner, Statement, choose, columns_of, first
from cyan.storage.tables import devices

_OUTSIDE = ("quarantined", "denied")

MOVE = Statement[None](
    update(devices)
    .where(devices.c.id == bindparam("device_id"))
    .values(
        product_id=bindparam("new_product_id"),
        standing=bindparam("new_standing"),
        standing_reason=bindparam("new_reason"),
        standing_since=bindparam("new_since"),
        development=bindparam("new_development"),
    ),
    None,
)
NOTE_STANDING = Statement[None](
    update(devices)
    .where(devices.c.id == bindparam("device_id"))
    .values(
        standing=bindparam("new_standing"),
        standing_reason=bindparam("new_reason"),
        standing_since=bindparam("new_since"),
    ),
    None,
)
ONLINE_IN = Statement[Device](
    choose(devices, Device)
    .where(devices.c.product_id == bindparam("in_product"))
    .where(devices.c.session_id.is_not(None)),
    Device,
)
DISMISS_ALL = Statement[None](
    update(devices)
    .where(devices.c.product_id == bindparam("in_product"))
    .values(
        product_id=None,
        standing=None,
        standing_reason=None,
        standing_since=None,
        development=false(),
    ),
    None,
)
SET_DEVELOPMENT = Statement[None](
    update(devices)
    .where(devices.c.id == bindparam("device_id"))
    .values(development=bindparam("new_development")),
    None,
)
OWNED_IN = Statement[Device](
    choose(devices, Device)
    # Not by the index of the fleet: what one account owns is less.
    .where(devices.c.product_id + literal_column("0") == bindparam("in_product"))
    .where(devices.c.owner_id == bindparam("owner_id")),
    Device,
)
_wanted = pairs_in("wanted")
FIND_MANY = Statement[Device](
    select(*columns_of(devices, Device))
    .select_from(_wanted)
    .join(devices, devices.c.id == _wanted.c.first)
    .order_by(_wanted.c.place),
    Device,
)
_IN_GROUPS = among(group_members.c.group_name, "groups")

_SORTS: dict[SortKey, tuple[Any, Any]] = {
    # What is compared, and the type of a key's first part.
    SortKey.LAST_CONNECTION: (devices.c.connected_us, BigInteger()),
    SortKey.DEVICE_ID: (None, None),
    SortKey.DEVICE_NAME: (func.coalesce(devices.c.name_key, ""), Text()),
    SortKey.FIRMWARE_VERSION: (
        func.coalesce(devices.c.firmware_version, -1),
        BigInteger(),
    ),
}


_looked_into = devices.alias("looked_into")


def _holds(column: Any, compared: Any, name: str) -> Any:
    """Whether a column of a device holds a text somewhere.

    Such devices are found in an index of all that have something there: a fleet has
    more rows, and larger ones.
    """
    escaped = bindparam(name, type_=Text())
    return devices.c.id.in_(
        select(_looked_into.c.id)
        .where(_looked_into.c.product_id == bindparam("in_product"))
        .where(column.is_not(None))
        .where(compared.like(escaped, escape="\\"))
    )


def _like(text: str) -> str:
    for sign in ("\\", "%", "_"):
        text = text.replace(sign, f"\\{sign}")
    return f"%{text}%"


def _constant(text: str) -> Any:
    """A text of ours in the statement itself, where an index's condition has it."""
    return literal_column(f"'{text}'")


@dataclass(frozen=True)
class _Shape:
    """What a list looks at: lists of one shape share a statement."""

    sort: SortKey
    ascending: bool
    by_id: bool
    by_whole_id: bool
    by_name: bool
    by_serial: bool
    by_groups: bool
    quarantined: bool | None

    @classmethod
    def of(cls, listing: Listing) -> "_Shape":
        return cls(
            listing.sort,
            listing.ascending,
            bool(listing.device_id),
            looks_like_device_id(listing.device_id or ""),
            bool(listing.name),
            bool(listing.serial_number),
            bool(listing.groups),
            listing.quarantined,
        )

    def conditions(self) -> Iterator[Any]:
        yield devices.c.product_id == bindparam("in_product")
        if self.by_whole_id:
            yield devices.c.id == bindparam("whole_id")
        elif self.by_id:
            yield devices.c.id.like(bindparam("id_part"), escape="\\")
        if self.by_name:
            key = _looked_into.c.name_key
            yield _holds(key, key, "name_part")
        if self.by_serial:
            serial = _looked_into.c.serial_number
            yield _holds(serial, func.lower(serial), "serial_part")
        if self.by_groups:
            yield devices.c.id.in_(
                select(group_members.c.device_id)
                .where(group_members.c.product_id == bindparam("in_product"))
                .where(_IN_GROUPS)
            )
        if self.quarantined is not None:
            outside = devices.c.standing.in_([_constant(each) for each in _OUTSIDE])
            yield outside if self.quarantined else ~outside


def _values(listing: Listing) -> dict[str, Any]:
    values: dict[str, Any] = {"in_product": listing.product_id}
    if listing.device_id:
        values["id_part"] = _like(listing.device_id.lower())
        values["whole_id"] = listing.device_id.strip().lower()
    if listing.name:
        values["name_part"] = _like(name_key(listing.name))
    if listing.serial_number:
        values["serial_part"] = _like(listing.serial_number.lower())
    if listing.groups:
        values["groups"] = listing.groups
    return values


def _after(after: SortValue | None) -> dict[str, Any]:
    if after is None:
        return {}
    names = ("last_id",) if len(after) == 1 else ("last_value", "last_id")
    return dict(zip(names, after, strict=True))


@cache
def _listed(shape: _Shape, *, after: bool, values: bool) -> Statement[Any]:
    """The statement of a list; `values` reads what is compared of one device."""
    compared, kind = _SORTS[shape.sort]
    order = [devices.c.id] if compared is None else [compared, devices.c.id]
    statement = select(*(order if values else columns_of(devices, Device)))
    for condition in shape.conditions():
        statement = statement.where(condition)
    if after:
        last: Any = bindparam("last_id", type_=Text())
        here: Any = devices.c.id
        if compared is not None:
            last = tuple_(bindparam("last_value", type_=kind), last)
            here = tuple_(*order)
        statement = statement.where(here > last if shape.ascending else here < last)
    statement = (
        statement.order_by(*(c if shape.ascending else c.desc() for c in order))
        .limit(bindparam("at_most"))
        .offset(bindparam("skipped"))
    )
    return Statement(statement, (lambda *value: value) if values else Device)


@cache
def _counted(shape: _Shape) -> Statement[int]:
    statement = select(func.count()).select_from(devices)
    for condition in shape.conditions():
        statement = statement.where(condition)
    return Statement(statement, int)


class Fleets:
    """See `cyan.interfaces.Fleets`."""

    __slots__ = ("_run",)

    def __init__(self, run: Runner) -> None:
        self._run = run

    async def move(self, device_id: DeviceID, place: Place) -> None:
        """A device belongs there from now on; its development mark ends."""
        await self._run(
            MOVE,
            device_id=device_id,
            new_product_id=place.product_id,
            new_standing=place.standing,
            new_reason=place.reason,
            new_since=place.since,
            new_development=False,
        )

    async def note_standing(
        self,
        device_id: DeviceID,
        standing: Standing,
        reason: QuarantineReason | None,
        since: datetime,
    ) -> None:
        """A device stands otherwise to its product; its mark stays."""
        await self._run(
            NOTE_STANDING,
            device_id=device_id,
            new_standing=standing,
            new_reason=reason,
            new_since=since,
        )

    async def set_development(self, device_id: DeviceID, development: bool) -> None:
        """Mark a device as a development device, or lift the mark."""
        await self._run(
            SET_DEVELOPMENT, device_id=device_id, new_development=development
        )

    async def dismiss_all(self, product_id: int) -> Sequence[Device]:
        """No device is quarantined in a product any more; who is online of them."""
        online = await self._run(ONLINE_IN, in_product=product_id)
        await self._run(DISMISS_ALL, in_product=product_id)
        return online

    async def find_many(self, device_ids: Sequence[DeviceID]) -> Sequence[Device]:
        """The devices of these ids, in their order; unknown ones are left out."""
        pairs = [(device_id, None) for device_id in device_ids]
        return await self._run(FIND_MANY, wanted=pairs)

    async def named(self, listing: Listing) -> Sequence[Device]:
        """The one device of a list that names a whole Device ID, if it is there."""
        return await self.page(listing, None, 0, 1)

    async def page(
        self, listing: Listing, after: SortValue | None, skip: int, limit: int
    ) -> Sequence[Device]:
        """Devices that come after another in a list, `skip` of them left out."""
        shape = _Shape.of(listing)
        found: list[Device] = await self._run(
            _listed(shape, after=after is not None, values=False),
            **_values(listing),
            **_after(after),
            at_most=limit,
            skipped=skip,
        )
        return found

    async def value_after(
        self, listing: Listing, after: SortValue | None, places: int
    ) -> SortValue | None:
        """What is compared of the device so many places after another."""
        shape = _Shape.of(listing)
        found: list[SortValue] = await self._run(
            _listed(shape, after=after is not None, values=True),
            **_values(listing),
            **_after(after),
            at_most=1,
            skipped=places - 1,
        )
        return first(found)

    async def count(self, listing: Listing) -> int:
        """How many devices a list has."""
        found = await self._run(_counted(_Shape.of(listing)), **_values(listing))
        return found[0]

    async def owned_in(self, product_id: int, owner_id: str) -> Sequence[Device]:
        """The members of a product that an account owns."""
        return await self._run(OWNED_IN, in_product=product_id, owner_id=owner_id)
