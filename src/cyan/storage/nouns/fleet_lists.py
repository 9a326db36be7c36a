"""Lists of a product's devices: what they look at, and the statements of each shape.

A list is read by the key of its order: what comes after a device is found in the
index, however far down the list it is. Devices that have nothing where a list looks,
no name or no version, are a part of their own: in an index they lie together.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from functools import cache
from typing import Any

from sqlalchemy import (
    Text,
    bindparam,
    func,
    literal,
    literal_column,
    select,
    tuple_,
)

from cyan.interfaces import Listing, SortKey, SortValue
from cyan.model.devices import Device
from cyan.model.identifiers import looks_like_device_id
from cyan.rules.naming import name_key
from cyan.storage.lists import among_few
from cyan.storage.product_tables import group_members
from cyan.storage.statements import Statement, columns_of
from cyan.storage.tables import devices

_OUTSIDE = ("quarantined", "denied")
_IN_GROUPS = among_few(group_members.c.group_name, "groups")


@dataclass(frozen=True)
class Sort:
    """What a list compares before the Device ID: a column, None for nothing.

    `empty` stands for a device that has nothing there; it comes before all others.
    """

    column: Any = None
    empty: str | int | None = None

    @property
    def compared(self) -> Any:
        """What is compared where all of a list is read at once."""
        if self.empty is None:
            return self.column
        return func.coalesce(self.column, self.empty)


_SORTS: dict[SortKey, Sort] = {
    SortKey.LAST_CONNECTION: Sort(devices.c.connected_us),
    SortKey.DEVICE_ID: Sort(),
    SortKey.DEVICE_NAME: Sort(devices.c.name_key, ""),
    SortKey.FIRMWARE_VERSION: Sort(devices.c.firmware_version, -1),
}


class Part(Enum):
    """A list by what not every device has is read in two parts, each in an index."""

    EMPTY = "nothing there"
    FILLED = "something there"


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


def _outside(rows: Any) -> Any:
    """Whether devices wait: with the words in the statement, as indexes have them."""
    return rows.c.standing.in_([literal_column(f"'{each}'") for each in _OUTSIDE])


@dataclass(frozen=True)
class Shape:
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
    def of(cls, listing: Listing) -> "Shape":
        """The shape of a list."""
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

    def parts_after(
        self, after: SortValue | None
    ) -> Iterator[tuple[Part | None, SortValue | None]]:
        """The parts that a list is read in, and after what the first of them.

        Devices that are looked for, or that wait, are few: they are read at once and
        sorted. Of all others either part is in the order of an index.
        """
        sort = _SORTS[self.sort]
        if sort.empty is None or self.narrow:
            yield None, after
            return
        parts = [Part.EMPTY, Part.FILLED]
        if not self.ascending:
            parts.reverse()
        if after is not None and (after[0] == sort.empty) == (parts[1] is Part.EMPTY):
            del parts[0]
        yield parts[0], after
        for part in parts[1:]:
            yield part, None

    @property
    def narrow(self) -> bool:
        """Whether it chooses few devices of a fleet."""
        texts = self.by_id or self.by_name or self.by_serial
        return bool(texts or self.by_groups or self.quarantined)

    def conditions(self, *, values: bool = False) -> Iterator[Any]:
        """Which devices it has; `values` where an index alone shall tell it."""
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
        yield from self._standing(values=values)

    def _standing(self, *, values: bool) -> Iterator[Any]:
        if self.quarantined:
            yield _outside(devices)
        elif self.quarantined is False and not values:
            yield ~_outside(devices)
        elif self.quarantined is False:  # of all others the rows need not be read
            yield devices.c.id.not_in(
                select(_looked_into.c.id)
                .where(_looked_into.c.product_id == bindparam("in_product"))
                .where(_outside(_looked_into))
            )


def values_in(listing: Listing) -> dict[str, Any]:
    """The values of a list that its statements take."""
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


def key_of(after: SortValue | None, part: Part | None) -> dict[str, Any]:
    """The values by which a part of a list goes on after a device."""
    if after is None:
        return {}
    if len(after) == 1 or part is Part.EMPTY:
        return {"last_id": after[-1]}
    return {"last_value": after[0], "last_id": after[1]}


@cache
def listed(
    shape: Shape, part: Part | None, *, after: bool, values: bool
) -> Statement[Any]:
    """The statement of a list or of a part of it, or of what is compared there."""
    sort = _SORTS[shape.sort]
    column = sort.compared if part is None else sort.column
    order = [devices.c.id] if column is None else [column, devices.c.id]
    told = [literal(sort.empty), devices.c.id] if part is Part.EMPTY else order
    statement = select(*(told if values else columns_of(devices, Device)))
    for condition in (*shape.conditions(values=values), *_of_part(sort, part)):
        statement = statement.where(condition)
    if after:
        alone = column is None or part is Part.EMPTY
        here = devices.c.id if alone else tuple_(*order)
        last: Any = bindparam("last_id", type_=Text())
        if not alone:
            last = tuple_(bindparam("last_value", type_=sort.column.type), last)
        statement = statement.where(here > last if shape.ascending else here < last)
    statement = (
        statement.order_by(*(c if shape.ascending else c.desc() for c in order))
        .limit(bindparam("at_most"))
        .offset(bindparam("skipped"))
    )
    return Statement(statement, (lambda *value: value) if values else Device)


def _of_part(sort: Sort, part: Part | None) -> Iterator[Any]:
    if part is Part.EMPTY:
        yield sort.column.is_(None)
    elif part is Part.FILLED:
        yield sort.column.is_not(None)


@cache
def counted(shape: Shape) -> Statement[int]:
    """The statement that counts a list."""
    statement = select(func.count()).select_from(devices)
    for condition in shape.conditions():
        statement = statement.where(condition)
    return Statement(statement, int)
