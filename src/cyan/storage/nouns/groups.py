"""Groups of a product's members, and what products remember of other devices."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, func, select, true, update
from sqlalchemy.dialects.postgresql import insert as insert_or

from cyan.model.identifiers import DeviceID
from cyan.model.products import Exclusion, ExclusionKind, Group
from cyan.storage.lists import among, values_in
from cyan.storage.product_tables import exclusions, group_members, groups
from cyan.storage.statements import (
    Runner,
    Statement,
    choose,
    delete_where,
    first,
    insert_noun,
    values_of,
)


def _group(statement: Any) -> Any:
    return statement.where(groups.c.product_id == bindparam("product_id")).where(
        groups.c.name == bindparam("wanted")
    )


ADD_GROUP = insert_noun(groups, Group)
FIND_GROUP = Statement[Group](_group(choose(groups, Group)), Group)
LIST_GROUPS = Statement[Group](
    choose(groups, Group)
    .where(groups.c.product_id == bindparam("product_id"))
    .order_by(groups.c.name),
    Group,
)
UPDATE_GROUP = Statement[None](
    _group(update(groups)).values(
        {n: bindparam(f"new_{n}") for n in ("name", "description", "color")}
    ),
    None,
)
RENAME_MEMBERS = Statement[None](
    update(group_members)
    .where(group_members.c.product_id == bindparam("in_product"))
    .where(group_members.c.group_name == bindparam("wanted"))
    .values(group_name=bindparam("new_name")),
    None,
)
REMOVE_GROUP = Statement[None](delete_where(groups, "product_id", "name"), None)
EMPTY_GROUP = Statement[None](
    delete_where(group_members, "product_id", "group_name"), None
)
COUNT_GROUP = Statement[int](
    select(func.count())
    .select_from(group_members)
    .where(group_members.c.product_id == bindparam("product_id"))
    .where(group_members.c.group_name == bindparam("wanted")),
    int,
)
GROUPS_OF = Statement[tuple[DeviceID, str]](
    select(group_members.c.device_id, group_members.c.group_name)
    .where(group_members.c.product_id == bindparam("product_id"))
    # Without an order: for the sake of one SQLite reads all groups of a product.
    .where(among(group_members.c.device_id, "device_ids")),
    lambda device_id, name: (device_id, name),
)
PUT_IN_GROUP = Statement[None](
    insert_or(group_members)
    .from_select(
        ["product_id", "group_name", "device_id"],
        select(
            bindparam("product_id", type_=group_members.c.product_id.type),
            bindparam("group_name", type_=group_members.c.group_name.type),
            values_in("device_ids"),
        ).where(true()),  # without it SQLite takes ON CONFLICT for a join
    )
    .on_conflict_do_nothing(),
    None,
)
TAKE_FROM_GROUP = Statement[None](
    delete_where(group_members, "product_id", "group_name").where(
        among(group_members.c.device_id, "device_ids")
    ),
    None,
)
_number = func.count().label("number")
MOST_GROUPS = Statement[int](
    select(_number)
    .select_from(group_members)
    .where(group_members.c.product_id == bindparam("product_id"))
    .where(among(group_members.c.device_id, "device_ids"))
    .group_by(group_members.c.device_id)
    .order_by(_number.desc())
    .limit(1),
    int,
)
LEAVE_GROUPS = Statement[None](
    delete_where(group_members, "product_id").where(
        among(group_members.c.device_id, "device_ids")
    ),
    None,
)


class Groups:
    """See `cyan.interfaces.Groups`."""

    __slots__ = ("_run",)

    def __init__(self, run: Runner) -> None:
        self._run = run

    async def add(self, group: Group) -> None:
        """Keep a new group."""
        await self._run(ADD_GROUP, **values_of(group))

    async def find(self, product_id: int, name: str) -> Group | None:
        """The group of this name."""
        return first(await self._run(FIND_GROUP, product_id=product_id, wanted=name))

    async def list_of(self, product_id: int) -> Sequence[Group]:
        """A product's groups, by name."""
        return await self._run(LIST_GROUPS, product_id=product_id)

    async def update(self, former_name: str, group: Group) -> None:
        """Replace name, description and color."""
        await self._run(
            UPDATE_GROUP,
            product_id=group.product_id,
            wanted=former_name,
            new_name=group.name,
            new_description=group.description,
            new_color=group.color,
        )
        await self._run(
            RENAME_MEMBERS,
            in_product=group.product_id,
            wanted=former_name,
            new_name=group.name,
        )

    async def remove(self, product_id: int, name: str) -> None:
        """Forget a group; its devices leave it."""
        await self._run(EMPTY_GROUP, product_id=product_id, group_name=name)
        await self._run(REMOVE_GROUP, product_id=product_id, name=name)

    async def count(self, product_id: int, name: str) -> int:
        """How many devices are in a group."""
        return (await self._run(COUNT_GROUP, product_id=product_id, wanted=name))[0]

    async def of_devices(
        self, product_id: int, device_ids: Sequence[DeviceID]
    ) -> Mapping[DeviceID, list[str]]:
        """The groups of some devices, by name."""
        found: dict[DeviceID, list[str]] = {}
        pairs = await self._run(GROUPS_OF, product_id=product_id, device_ids=device_ids)
        for device_id, name in sorted(pairs):
            found.setdefault(device_id, []).append(name)
        return found

    async def most(self, product_id: int, device_ids: Sequence[DeviceID]) -> int:
        """In how many groups that device is which is in the most."""
        found = await self._run(
            MOST_GROUPS, product_id=product_id, device_ids=device_ids
        )
        return first(found) or 0

    async def put(
        self, product_id: int, name: str, device_ids: Sequence[DeviceID]
    ) -> None:
        """Devices are in a group from now on."""
        await self._run(
            PUT_IN_GROUP, product_id=product_id, group_name=name, device_ids=device_ids
        )

    async def take(
        self, product_id: int, name: str, device_ids: Sequence[DeviceID]
    ) -> None:
        """Devices leave a group."""
        await self._run(
            TAKE_FROM_GROUP,
            product_id=product_id,
            group_name=name,
            device_ids=device_ids,
        )

    async def leave(self, product_id: int, device_ids: Sequence[DeviceID]) -> None:
        """Devices leave all groups of a product."""
        await self._run(LEAVE_GROUPS, product_id=product_id, device_ids=device_ids)


FIND_EXCLUSION = Statement[Exclusion](
    choose(exclusions, Exclusion)
    .where(exclusions.c.product_id == bindparam("product_id"))
    .where(exclusions.c.device_id == bindparam("device_id")),
    Exclusion,
)
LIST_EXCLUSIONS = Statement[Exclusion](
    choose(exclusions, Exclusion)
    .where(exclusions.c.device_id == bindparam("device_id"))
    .order_by(exclusions.c.product_id),
    Exclusion,
)
_excluded = insert_or(exclusions).values(
    {c.name: bindparam(c.name) for c in exclusions.columns}
)
SET_EXCLUSION = Statement[None](
    _excluded.on_conflict_do_update(
        index_elements=["product_id", "device_id"],
        set_={name: _excluded.excluded[name] for name in ("kind", "at")},
    ),
    None,
)
_removed = insert_or(exclusions).from_select(
    ["product_id", "device_id", "kind", "at"],
    select(
        bindparam("product_id", type_=exclusions.c.product_id.type),
        values_in("device_ids"),
        bindparam("kind", type_=exclusions.c.kind.type),
        bindparam("at", type_=exclusions.c.at.type),
    ).where(true()),  # without it SQLite takes ON CONFLICT for a join
)
SET_REMOVED = Statement[None](
    _removed.on_conflict_do_update(
        index_elements=["product_id", "device_id"],
        set_={name: _removed.excluded[name] for name in ("kind", "at")},
    ),
    None,
)
FORGET_EXCLUSIONS = Statement[None](
    delete_where(exclusions, "product_id").where(
        among(exclusions.c.device_id, "device_ids")
    ),
    None,
)


class Exclusions:
    """See `cyan.interfaces.Exclusions`."""

    __slots__ = ("_run",)

    def __init__(self, run: Runner) -> None:
        self._run = run

    async def find(self, product_id: int, device_id: DeviceID) -> Exclusion | None:
        """What a product remembers of a device."""
        found = await self._run(
            FIND_EXCLUSION, product_id=product_id, device_id=device_id
        )
        return first(found)

    async def list_of(self, device_id: DeviceID) -> Sequence[Exclusion]:
        """What all products remember of a device."""
        return await self._run(LIST_EXCLUSIONS, device_id=device_id)

    async def set(self, exclusion: Exclusion) -> None:
        """Remember it, instead of what was remembered."""
        await self._run(SET_EXCLUSION, **values_of(exclusion))

    async def set_removed(
        self, product_id: int, device_ids: Sequence[DeviceID], at: datetime
    ) -> None:
        """Remember that members were removed."""
        await self._run(
            SET_REMOVED,
            product_id=product_id,
            device_ids=device_ids,
            kind=ExclusionKind.REMOVED,
            at=at,
        )

    async def forget(self, product_id: int, device_ids: Sequence[DeviceID]) -> None:
        """Remember nothing of some devices any more."""
        await self._run(FORGET_EXCLUSIONS, product_id=product_id, device_ids=device_ids)
