"""Imports: adding devices to a product, and approving them (contract §3.2)."""

import codecs
import io
from collections.abc import AsyncIterator, Iterable, Iterator
from itertools import chain
from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType
from starlette.responses import Response, StreamingResponse

from cyan.api.bodies import Upload
from cyan.api.errors import Family
from cyan.api.routing import Routes
from cyan.api.wire.imports import (
    ARRAYS,
    ImportAttributes,
    LineAttributes,
    import_of,
    line_of,
)
from cyan.interfaces import World
from cyan.model.accounts import Actor
from cyan.model.decisions import RefusalCode as Code
from cyan.model.decisions import refused
from cyan.model.products import Import
from cyan.services import imports
from cyan.services.import_lines import MAX_TEXT, identifiers
from cyan.services.imports import ImportWish

routes = Routes()

NOT_TEXT = {
    b"PK\3\4": "a spreadsheet or an archive",
    b"\xd0\xcf\x11\xe0": "a spreadsheet",
    b"%PDF": "a PDF",
}
"""What people choose by mistake, by the first bytes."""

LARGEST_FILE = 256 << 20
PAGE = 2_000
PIECE = 64 << 10
JSON = "application/json; charset=utf-8"
SEEN = (Code.PRODUCT_UNKNOWN, Code.IMPORT_UNKNOWN)
MANAGED = (Code.PRODUCT_UNKNOWN, Code.ROLE_MISSING)
Text = Annotated[str, Meta(max_length=200)]
_encode = msgspec.json.Encoder(enc_hook=str).encode


class ImportBody(Struct):
    """One `id`, some `ids`, or a `file` with an identifier a line."""

    id: Text | None = None
    ids: list[str] | None = None
    file: Upload | None = None
    claim_user: Text | None = None
    import_sims: bool | None = None
    dry_run: bool | None = None
    background: bool | None = None
    lines: bool | None = None


class ImportQuery(Struct):
    """The same switches in the address."""

    claim_user: Text | None = None
    dry_run: bool | None = None
    background: bool | None = None
    lines: bool | None = None


class ImportReply(Struct, kw_only=True):
    """What came of an import: each identifier as it was sent, in one of the lists."""

    ok: bool
    updated: int
    updatedDeviceIds: list[str]  # noqa: N815 - a wire field
    existingDeviceIds: list[str]  # noqa: N815 - a wire field
    nonmemberDeviceIds: list[str]  # noqa: N815 - a wire field
    invalidDeviceIds: list[str]  # noqa: N815 - a wire field
    protectedDeviceIds: list[str]  # noqa: N815 - a wire field
    record: ImportAttributes = msgspec.field(name="import")
    lines: list[LineAttributes] | UnsetType = UNSET


class RecordReply(Struct):
    """One import."""

    record: ImportAttributes = msgspec.field(name="import")
    ok: bool = True


class ImportList(Struct):
    """A product's imports, newest first."""

    imports: list[ImportAttributes]


class LineQuery(Struct):
    """Lines after a number, so many at most."""

    after: Annotated[int, Meta(ge=-1, le=(1 << 31) - 1)] = -1
    limit: Annotated[int, Meta(ge=1, le=PAGE)] = 1_000


class LineList(Struct):
    """Lines of an import, in their order."""

    lines: list[LineAttributes]


@routes(
    "POST /v1/products/{product}/devices",
    scope="devices:import",
    family=Family.SINGLE,
    refusals=(*MANAGED, Code.DEVICE_LIMIT, Code.IMPORT_UNUSABLE),
    max_body=LARGEST_FILE,
)
async def import_devices(
    world: World, actor: Actor, product: str, body: ImportBody, query: ImportQuery
) -> ImportReply | Response:
    """Add devices to a product, or approve quarantined ones; each line is told."""
    wish = ImportWish(
        identifiers=_identifiers_in(body),
        claim_user=body.claim_user or query.claim_user,
        dry_run=bool(body.dry_run or query.dry_run),
    )
    background = bool(body.background or query.background)
    record = await imports.begin_import(world, actor, product, wish)
    if background and record.finished_at is None:
        told = _encode(RecordReply(import_of(record)))
        return Response(told, 202, media_type=JSON)
    done = await imports.finished(world, record)
    imports.require_not_refused(done)
    with_lines = bool(body.lines or query.lines)
    answer = _told(world, done, with_lines=with_lines)
    if done.lines <= imports.SMALL:
        return Response(b"".join([each async for each in answer]), media_type=JSON)
    return StreamingResponse(_in_pieces(answer), media_type=JSON)


def _identifiers_in(body: ImportBody) -> Iterator[str]:
    given = [body.id] if body.id is not None else []
    listed: Iterable[str] = chain(given, body.ids or ())
    texts = (text.strip()[:MAX_TEXT] or "?" for text in listed)
    return chain(texts, identifiers(_lines_of(body.file)))


def _lines_of(file: Upload | None) -> Iterable[str]:
    """The lines of a file; what is no text in it is no identifier either."""
    if file is None:
        return ()
    head = file.file.read(4)
    file.file.seek(0)
    if head in NOT_TEXT:
        raise refused(
            Code.IMPORT_UNUSABLE,
            f"This file is {NOT_TEXT[head]}.",
            rule="MEM-4",
            remedy="Save it as CSV or as text, and send that.",
        )
    unicode_text = head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    encoding = "utf-16" if unicode_text else "utf-8"
    return io.TextIOWrapper(file.file, encoding=encoding, errors="replace")


async def _told(
    world: World, done: Import, *, with_lines: bool
) -> AsyncIterator[bytes]:
    """The answer, list by list: it may tell of millions of lines."""
    yield b'{"ok":true,"updated":%d' % imports.joined_by(done)
    for name, outcomes in ARRAYS.items():
        yield b',"%b":[' % name.encode()
        if any(done.counts.get(each) for each in outcomes):
            comma = b""
            async for line in imports.all_lines(world, done.id, outcomes):
                yield comma + _encode(line.text)
                comma = b","
        yield b"]"
    yield b',"import":%b' % _encode(import_of(done))
    if with_lines:
        comma = b',"lines":['
        async for line in imports.all_lines(world, done.id):
            yield comma + _encode(line_of(done, line))
            comma = b","
        yield b"]" if comma == b"," else b',"lines":[]'
    yield b"}"


async def _in_pieces(told: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """What goes out at once: a million lines are not as many packets."""
    piece = bytearray()
    async for each in told:
        piece += each
        if len(piece) >= PIECE:
            yield bytes(piece)
            piece.clear()
    yield bytes(piece)


@routes(
    "GET /v1/products/{product}/imports",
    scope="devices:list",
    family=Family.SINGLE,
    refusals=(Code.PRODUCT_UNKNOWN,),
)
async def list_imports(world: World, actor: Actor, product: str) -> ImportList:
    """List a product's imports, newest first."""
    found = await imports.list_imports(world, actor, product)
    return ImportList([import_of(each) for each in found])


@routes(
    "GET /v1/products/{product}/imports/{number}",
    scope="devices:list",
    family=Family.SINGLE,
    refusals=SEEN,
)
async def get_import(
    world: World, actor: Actor, product: str, number: str
) -> RecordReply:
    """Tell how far an import is, and what came of it."""
    found = await imports.get_import(world, actor, product, number)
    return RecordReply(import_of(found))


@routes(
    "GET /v1/products/{product}/imports/{number}/lines",
    scope="devices:list",
    family=Family.SINGLE,
    refusals=SEEN,
)
async def list_import_lines(
    world: World, actor: Actor, product: str, number: str, query: LineQuery
) -> LineList:
    """Tell what came of each line of an import."""
    record = await imports.get_import(world, actor, product, number)
    found = await imports.lines_of(world, record.id, query.after, query.limit)
    return LineList([line_of(record, each) for each in found])


@routes(
    "POST /v1/products/{product}/imports/{number}/undo",
    scope="devices:remove",
    family=Family.SINGLE,
    refusals=(*SEEN, Code.ROLE_MISSING, Code.IMPORT_UNUSABLE),
    status=202,
)
async def undo_import(
    world: World, actor: Actor, product: str, number: str
) -> RecordReply:
    """Remove what an import added, and nothing else."""
    undoing = await imports.undo_import(world, actor, product, number)
    return RecordReply(import_of(undoing))
