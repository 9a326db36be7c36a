"""Imports, their lines, and what many devices need at once."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Integer,
    bindparam,
    delete,
    exists,
    false,
    or_,
    select,
    true,
    type_coerce,
    update,
)
from sqlalchemy.dialects.postgresql import insert as insert_or

from cyan.interfaces import Candidate, Page, Part
from cyan.model.devices import Standing
from cyan.model.identifiers import DeviceID
from cyan.model.products import Import, LineOutcome
from cyan.storage.columns import Document, Instant
from cyan.storage.lists import among, values_in
from cyan.storage.product_tables import (
    import_pages,
    import_parts,
    imports,
    products,
)
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
from cyan.storage.tables import devices

_CHANGES = (
    "state",
    "lines",
    "done",
    "part",
    "reached",
    "counts",
    "reserved",
    "refusal",
    "effect",
    "lease",
    "leased_until",
    "finished_at",
)

_OUTCOMES = {each.value: each for each in LineOutcome}

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
REMOVE_PAGES = Statement[None](delete_where(import_pages, "import_id"), None)
REMOVE_PARTS = Statement[None](delete_where(import_parts, "import_id"), None)
ORPHANED = Statement[Import](
    choose(imports, Import)
    .where(~exists().where(products.c.id == imports.c.product_id))
    .limit(1),
    Import,
)
LAST_NUMBERS = tuple(
    Statement[int](
        select(table.c.number)
        .where(table.c.import_id == bindparam("import_id"))
        .order_by(table.c.number.desc())
        .limit(bindparam("at_most")),
        int,
    )
    for table in (import_parts, import_pages)
)
REMOVE_FROM = tuple(
    Statement[None](
        delete(table)
        .where(table.c.import_id == bindparam("import_id"))
        .where(table.c.number >= bindparam("first")),
        None,
    )
    for table in (import_parts, import_pages)
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


def _truth(condition: Any) -> Any:
    """As the database tells it: of a million lines none is converted."""
    return type_coerce(condition, Integer())


def _told(outcomes: Sequence[str] | None) -> Any:
    return None if outcomes is None else [_OUTCOMES.get(each) for each in outcomes]


ADD_PAGE = Statement[None](
    into(import_pages, "import_id", "number", *Page._fields), None
)
PAGES = Statement[Page](
    select(import_pages.c.texts, import_pages.c.device_ids, import_pages.c.outcomes)
    .where(import_pages.c.import_id == bindparam("import_id"))
    .where(import_pages.c.number >= bindparam("first"))
    .order_by(import_pages.c.number)
    .limit(bindparam("at_most")),
    lambda texts, device_ids, outcomes: Page(
        [text or named for text, named in zip(texts, device_ids, strict=True)],
        device_ids,
        _told(outcomes),
    ),
)
ADD_PART = Statement[None](
    into(import_parts, "import_id", "number", *Part._fields), None
)
FIND_PART = Statement[Part](
    select(import_parts.c.device_ids, import_parts.c.lines, import_parts.c.outcomes)
    .where(import_parts.c.import_id == bindparam("import_id"))
    .where(import_parts.c.number == bindparam("wanted")),
    lambda device_ids, lines, outcomes: Part(device_ids, lines, _told(outcomes)),
)
TELL_PAGE, TELL_PART = (
    Statement[None](
        update(table)
        .where(table.c.import_id == bindparam("wanted_id"))
        .where(table.c.number == bindparam("wanted"))
        .values(outcomes=bindparam("told", type_=Document())),
        None,
    )
    for table in (import_pages, import_parts)
)
CANDIDATES = Statement[Candidate](
    select(
        devices.c.id,
        _truth(
            or_(devices.c.public_key.is_not(None), devices.c.serial_number.is_not(None))
        ),
        devices.c.platform_id,
        devices.c.product_id,
        devices.c.standing,
        devices.c.owner_id,
        _truth(devices.c.session_id.is_not(None)),
        _truth(devices.c.protected),
    ).where(among(devices.c.id, "device_ids")),
    Candidate,
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
        await self._run(REMOVE_PARTS, import_id=import_id)
        await self._run(REMOVE_PAGES, import_id=import_id)
        await self._run(REMOVE_IMPORT, id=import_id)

    async def remove_orphaned(self, limit: int) -> int:
        """Forget the lines of deleted products' imports, then those; how many rows."""
        orphan = first(await self._run(ORPHANED))
        if orphan is None:
            return 0
        for last_numbers, remove_from in zip(LAST_NUMBERS, REMOVE_FROM, strict=True):
            last = await self._run(last_numbers, import_id=orphan.id, at_most=limit)
            if last:
                await self._run(remove_from, import_id=orphan.id, first=last[-1])
                return len(last)
        await self._run(REMOVE_IMPORT, id=orphan.id)
        return 1

    async def next_due(self, now: datetime) -> Import | None:
        """The oldest import that is not finished, and that nobody works on."""
        return first(await self._run(NEXT_DUE, now=now))

    async def add_page(self, import_id: str, number: int, page: Page) -> None:
        """Keep lines as they came."""
        texts = [
            None if text == named else text
            for text, named in zip(page.texts, page.device_ids, strict=True)
        ]
        await self._run(
            ADD_PAGE,
            import_id=import_id,
            number=number,
            texts=texts,
            device_ids=page.device_ids,
            outcomes=page.outcomes,
        )

    async def pages(self, import_id: str, first: int, limit: int) -> Sequence[Page]:
        """Pages from a number on."""
        return await self._run(PAGES, import_id=import_id, first=first, at_most=limit)

    async def tell_page(
        self, import_id: str, number: int, outcomes: Sequence[LineOutcome]
    ) -> None:
        """Note what came of the lines of a page."""
        await self._run(TELL_PAGE, wanted_id=import_id, wanted=number, told=outcomes)

    async def add_part(self, import_id: str, number: int, part: Part) -> None:
        """Keep lines as they will be worked on."""
        await self._run(ADD_PART, import_id=import_id, number=number, **part._asdict())

    async def part(self, import_id: str, number: int) -> Part | None:
        """The part of this number."""
        return first(await self._run(FIND_PART, import_id=import_id, wanted=number))

    async def tell_part(
        self, import_id: str, number: int, outcomes: Sequence[LineOutcome]
    ) -> None:
        """Note what came of the lines of a part."""
        await self._run(TELL_PART, wanted_id=import_id, wanted=number, told=outcomes)

    async def candidates(self, device_ids: Sequence[str]) -> Sequence[Candidate]:
        """Those of these devices that this cloud knows."""
        return await self._run(CANDIDATES, device_ids=device_ids)

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
