"""Imports, their lines, and what many devices need at once."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Integer,
    Text,
    and_,
    bindparam,
    delete,
    exists,
    false,
    func,
    insert,
    literal_column,
    or_,
    select,
    true,
    tuple_,
    type_coerce,
    update,
)
from sqlalchemy.dialects.postgresql import insert as insert_or

from cyan.interfaces import LineFacts
from cyan.model.devices import Standing
from cyan.model.identifiers import DeviceID
from cyan.model.products import Import, ImportLine, LineKey, LineOutcome
from cyan.storage.columns import Instant
from cyan.storage.lists import NumberList, among, pairs_in, values_in
from cyan.storage.product_tables import import_lines, imports, products
from cyan.storage.statements import (
    Runner,
    Statement,
    choose,
    delete_where,
    first,
    insert_noun,
    values_of,
)
from cyan.storage.tables import devices

_CHANGES = (
    "state",
    "lines",
    "position",
    "reached_id",
    "reached_number",
    "counts",
    "reserved",
    "refusal",
    "effect",
    "lease",
    "leased_until",
    "finished_at",
)

ADD_IMPORT = insert_noun(imports, Import)
FIND_IMPORT = Statement[Import](
    choose(imports, Import).where(imports.c.id == bindparam("wanted")), Import
)
LIST_IMPORTS = Statement[Import](
    choose(imports, Import)
    .where(imports.c.product_id == bindparam("product_id"))
    .order_by(imports.c.created_at.desc(), imports.c.id)
    .limit(bindparam("at_most")),
    Import,
)
UPDATE_IMPORT = Statement[None](
    update(imports)
    .where(imports.c.id == bindparam("wanted"))
    .values({name: bindparam(f"new_{name}") for name in _CHANGES}),
    None,
)
REMOVE_IMPORT = Statement[None](delete_where(imports, "id"), None)
REMOVE_LINES = Statement[None](delete_where(import_lines, "import_id"), None)
ORPHANED = Statement[Import](
    choose(imports, Import)
    .where(~exists().where(products.c.id == imports.c.product_id))
    .limit(1),
    Import,
)
LAST_NUMBERS = Statement[int](
    select(import_lines.c.number)
    .where(import_lines.c.import_id == bindparam("import_id"))
    .order_by(import_lines.c.number.desc())
    .limit(bindparam("at_most")),
    int,
)
REMOVE_LINES_FROM = Statement[None](
    delete(import_lines)
    .where(import_lines.c.import_id == bindparam("import_id"))
    .where(import_lines.c.number >= bindparam("number")),
    None,
)
NEXT_DUE = Statement[Import](
    choose(imports, Import)
    .where(imports.c.finished_at.is_(None))
    .where(
        or_(
            imports.c.leased_until.is_(None), imports.c.leased_until <= bindparam("now")
        )
    )
    .order_by(imports.c.created_at, imports.c.id)
    .limit(1),
    Import,
)
_new_lines = pairs_in("pairs")
ADD_LINES = Statement[None](
    insert(import_lines).from_select(
        ["import_id", "number", "text", "device_id"],
        select(
            bindparam("import_id", type_=import_lines.c.import_id.type),
            _new_lines.c.place + bindparam("first_number", type_=Integer()),
            _new_lines.c.first,
            _new_lines.c.second,
        ).order_by(_new_lines.c.second),
    ),
    None,
)
_of_import = import_lines.c.import_id == bindparam("import_id")
_key = tuple_(import_lines.c.device_id, import_lines.c.number)
_named = func.nullif(
    import_lines.c.device_id, literal_column("''"), type_=import_lines.c.device_id.type
)


def _key_of(name: str) -> Any:
    return tuple_(
        bindparam(f"{name}_id", type_=Text()),
        bindparam(f"{name}_number", type_=Integer()),
    )


def _truth(condition: Any) -> Any:
    """As the database tells it: of a million lines none is converted."""
    return type_coerce(condition, Integer())


FACTS = Statement[LineFacts](
    select(
        import_lines.c.number,
        _named,
        import_lines.c.outcome,
        _truth(devices.c.id.is_not(None)),
        _truth(
            or_(devices.c.public_key.is_not(None), devices.c.serial_number.is_not(None))
        ),
        devices.c.platform_id,
        devices.c.product_id,
        devices.c.standing,
        devices.c.owner_id,
        _truth(devices.c.session_id.is_not(None)),
        _truth(devices.c.protected),
    )
    .select_from(
        import_lines.outerjoin(
            devices,
            and_(
                devices.c.id == import_lines.c.device_id,
                devices.c.id >= bindparam("after_id"),  # a merge need not begin at 0
            ),
        )
    )
    .where(_of_import)
    .where(_key > _key_of("after"))
    .order_by(import_lines.c.device_id, import_lines.c.number)
    .limit(bindparam("at_most")),
    LineFacts,
)
SET_OUTCOME_OF_ALL = Statement[None](
    update(import_lines)
    .where(import_lines.c.import_id == bindparam("wanted"))
    .where(_key > _key_of("after"))
    .where(_key <= _key_of("until"))
    .where(import_lines.c.device_id >= bindparam("after_id"))  # for who plans by it,
    .where(import_lines.c.device_id <= bindparam("until_id"))  # that it is few of all
    .values(outcome=bindparam("new_outcome")),
    None,
)
SET_OUTCOMES = Statement[None](
    update(import_lines)
    .where(import_lines.c.import_id == bindparam("wanted"))
    .where(among(import_lines.c.number, "numbers", NumberList))
    .values(outcome=bindparam("new_outcome")),
    None,
)
LINES = Statement[ImportLine](
    select(
        import_lines.c.import_id,
        import_lines.c.number,
        func.coalesce(import_lines.c.text, import_lines.c.device_id),
        _named,
        import_lines.c.outcome,
    )
    .where(_of_import)
    .where(import_lines.c.number > bindparam("after"))
    .order_by(import_lines.c.number)
    .limit(bindparam("at_most")),
    ImportLine,
)
_RESOLVE = tuple(
    Statement[tuple[str, DeviceID]](
        select(column, devices.c.id)
        .where(among(column, "numbers"))
        .order_by(devices.c.connected_us, devices.c.id),
        lambda number, device_id: (number, device_id),
    )
    for column in (devices.c.serial_number, devices.c.imei, devices.c.iccid)
)
_new_ids = values_in("device_ids")
_members = {
    "product_id": bindparam("new_product_id", type_=Integer()),
    "standing": bindparam("new_standing", type_=devices.c.standing.type),
    "standing_since": bindparam("new_since", type_=Instant()),
}
ADD_UNKNOWN = Statement[None](
    insert_or(devices)
    .from_select(
        ["id", "created_at", *_members],
        select(
            _new_ids,
            bindparam("created_at", type_=Instant()),
            *_members.values(),
        ).where(true()),  # without it SQLite takes ON CONFLICT for a join
    )
    .on_conflict_do_nothing(),
    None,
)
MOVE_KNOWN = Statement[None](
    update(devices)
    .where(among(devices.c.id, "device_ids"))
    .values(**_members, standing_reason=None, development=false()),
    None,
)
TAKE_OUT = Statement[None](
    update(devices)
    .where(among(devices.c.id, "device_ids"))
    .values(
        product_id=None,
        standing=None,
        standing_reason=None,
        standing_since=None,
        development=false(),
    ),
    None,
)


class Imports:
    """See `cyan.interfaces.Imports`."""

    __slots__ = ("_run",)

    def __init__(self, run: Runner) -> None:
        self._run = run

    async def add(self, record: Import) -> None:
        """Keep a new import."""
        await self._run(ADD_IMPORT, **values_of(record))

    async def find(self, import_id: str) -> Import | None:
        """The import of this id."""
        return first(await self._run(FIND_IMPORT, wanted=import_id))

    async def list_of(self, product_id: int, limit: int) -> Sequence[Import]:
        """A product's imports, newest first."""
        return await self._run(LIST_IMPORTS, product_id=product_id, at_most=limit)

    async def update(self, record: Import) -> None:
        """Replace all that changes in an import."""
        changed = {f"new_{name}": getattr(record, name) for name in _CHANGES}
        await self._run(UPDATE_IMPORT, wanted=record.id, **changed)

    async def remove(self, import_id: str) -> None:
        """Forget an import and its lines."""
        await self._run(REMOVE_LINES, import_id=import_id)
        await self._run(REMOVE_IMPORT, id=import_id)

    async def remove_orphaned(self, limit: int) -> int:
        """Forget lines of imports of deleted products, then those; how many rows."""
        orphan = first(await self._run(ORPHANED))
        if orphan is None:
            return 0
        last = await self._run(LAST_NUMBERS, import_id=orphan.id, at_most=limit)
        if not last:
            await self._run(REMOVE_IMPORT, id=orphan.id)
            return 1
        await self._run(REMOVE_LINES_FROM, import_id=orphan.id, number=last[-1])
        return len(last)

    async def next_due(self, now: datetime) -> Import | None:
        """The oldest import that is not finished, and that nobody works on."""
        return first(await self._run(NEXT_DUE, now=now))

    async def add_lines(
        self, import_id: str, first_number: int, lines: Sequence[tuple[str, str | None]]
    ) -> None:
        """Keep lines, numbered from a number on."""
        pairs = [
            (None if text == device_id else text, device_id or "")
            for text, device_id in lines
        ]
        await self._run(
            ADD_LINES, import_id=import_id, first_number=first_number, pairs=pairs
        )

    async def facts(
        self, import_id: str, after: LineKey, limit: int
    ) -> Sequence[LineFacts]:
        """Lines after another in the order of Device IDs, with what decides them."""
        after_id, after_number = after
        return await self._run(
            FACTS,
            import_id=import_id,
            after_id=after_id,
            after_number=after_number,
            at_most=limit,
        )

    async def set_outcome_of_all(
        self, import_id: str, outcome: LineOutcome, after: LineKey, until: LineKey
    ) -> None:
        """Note what came of all lines after one, until another and with it."""
        await self._run(
            SET_OUTCOME_OF_ALL,
            wanted=import_id,
            new_outcome=outcome,
            after_id=after[0],
            after_number=after[1],
            until_id=until[0],
            until_number=until[1],
        )

    async def set_outcomes(
        self, import_id: str, outcome: LineOutcome, numbers: Sequence[int]
    ) -> None:
        """Note what came of some lines."""
        await self._run(
            SET_OUTCOMES, wanted=import_id, new_outcome=outcome, numbers=numbers
        )

    async def lines(
        self, import_id: str, after: int, limit: int
    ) -> Sequence[ImportLine]:
        """Lines after a number, in their order."""
        return await self._run(LINES, import_id=import_id, after=after, at_most=limit)

    async def resolve(self, numbers: Sequence[str]) -> Mapping[str, DeviceID]:
        """Devices by serial number, IMEI or ICCID; of several, the last connected."""
        found: dict[str, DeviceID] = {}
        for statement in reversed(_RESOLVE):
            found |= dict(await self._run(statement, numbers=numbers))
        return found

    async def put_in(
        self,
        product_id: int,
        unknown: Sequence[DeviceID],
        known: Sequence[DeviceID],
        at: datetime,
    ) -> None:
        """Make devices members: those never met, and those known already."""
        place = {
            "new_product_id": product_id,
            "new_standing": Standing.MEMBER,
            "new_since": at,
        }
        if unknown:
            await self._run(ADD_UNKNOWN, device_ids=unknown, created_at=at, **place)
        if known:
            await self._run(MOVE_KNOWN, device_ids=known, **place)

    async def take_out(self, device_ids: Sequence[DeviceID]) -> None:
        """Members are in no product from now on."""
        await self._run(TAKE_OUT, device_ids=device_ids)
