"""A request's body, whichever of the three encodings it came in.

JSON, `application/x-www-form-urlencoded` (the `qs` dialect: `a[b]=c`, `a[]=1`,
`a[0]=1`, or the name repeated; a list of one empty text is empty) and
`multipart/form-data` all become the same msgspec Struct; a part that is a file becomes
an `Upload`. JSON is strict about types, forms are lax: there every value is a text. In
forms the text `null` is None (REST contract §0.1).
"""

import re
from collections.abc import AsyncGenerator, Iterable
from typing import Any, TypeVar, get_args, get_origin
from urllib.parse import parse_qsl

import msgspec
from starlette.datastructures import UploadFile as Upload
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException
from starlette.requests import Request

from cyan.model.decisions import RefusalCode, Refused, refused

B = TypeVar("B")
MAX_BODY = 1 << 20
MAX_IN_MEMORY = 16 << 20
"""Bytes of a body that is kept in memory, where a file may be larger."""

MAX_FIELD = 1 << 16
"""Bytes of a field of multipart/form-data that is no file."""

MAX_FIELDS = 1000
MAX_DEPTH = 3
FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data"
_NAME = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\])*)")
_PART = re.compile(r"\[([^\[\]]*)\]")


def unreadable(why: str) -> Refused:
    """The refusal of a body or query that cannot be what the endpoint takes."""
    return refused(
        RefusalCode.INVALID_BODY, why, remedy="See /openapi.json for what is taken."
    )


class LimitedRequest(Request):
    """A request whose body is refused once it passes `max_body` bytes.

    Only files are kept on disk: another body has `MAX_IN_MEMORY` bytes at most.
    """

    max_body = MAX_BODY

    async def stream(self) -> AsyncGenerator[bytes, None]:
        """The body as it comes in."""
        size, most = 0, self.max_body
        if media_type(self) != MULTIPART:
            most = min(most, MAX_IN_MEMORY)
        async for chunk in super().stream():
            size += len(chunk)
            if size > most:
                file = " A file may be larger." if most < self.max_body else ""
                raise refused(
                    RefusalCode.BODY_TOO_LARGE,
                    f"A body here has at most {most:,} bytes.{file}",
                    remedy="Send less at a time.",
                )
            yield chunk


def media_type(request: Request) -> str:
    """What the body says that it is, without parameters."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


async def token_in_form(request: Request) -> str | None:
    """The `access_token` of a url-encoded body, as old clients send it (§0.2)."""
    if media_type(request) != FORM:
        return None
    given = dict(_pairs(await request.body()))
    return given.get("access_token") or None


async def read_body(request: Request, shape: type[B]) -> B:
    """The body as `shape`. Unknown fields are ignored.

    Raises `Refused`: `invalid_body`, `body_too_large` (bytes), `media_type`.
    """
    kind = media_type(request)
    if kind == MULTIPART:
        return from_pairs(await _parts(request), shape)
    data = await request.body()
    if kind == FORM:
        return from_pairs(_pairs(data), shape)
    if kind and kind != "application/json" and not kind.endswith("+json"):
        raise refused(
            RefusalCode.MEDIA_TYPE,
            f"This cannot be read as {kind[:100]!r}.",
            remedy="Send JSON, a form or multipart/form-data.",
        )
    if b"\\u0000" in data:  # the one character that PostgreSQL cannot keep
        raise unreadable("Texts have no NUL characters.")
    try:
        body: B = _decoder(shape).decode(data or b"{}")
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise unreadable(_sentence(error)) from None
    return body


_DECODERS: dict[Any, Any] = {}


def _decoder(shape: Any) -> Any:
    decoder = _DECODERS.get(shape)
    if decoder is None:
        decoder = _DECODERS[shape] = msgspec.json.Decoder(shape)
    return decoder


def _sentence(error: Exception) -> str:
    if isinstance(error, UnicodeDecodeError):
        return "JSON is UTF-8, and this is not."
    if isinstance(error, RecursionError):
        return "This is nested too deep."
    text = str(error).replace("`", "'").replace("UploadFile", "one file")
    return text if text.endswith(".") else f"{text}."


def _pairs(data: bytes) -> list[tuple[str, str]]:
    try:
        return parse_qsl(
            data.decode(),
            keep_blank_values=True,
            max_num_fields=MAX_FIELDS,
            errors="strict",
        )
    except ValueError as error:
        raise unreadable(f"This form cannot be read: {error}.") from None


async def _parts(request: Request) -> list[tuple[str, Any]]:
    try:
        form = await request.form(
            max_files=16, max_fields=MAX_FIELDS, max_part_size=MAX_FIELD
        )
    except HTTPException as error:
        why = error.detail.rstrip(".")
        raise unreadable(f"This form cannot be read: {why}.") from None
    except MultiPartException as error:
        why = error.message.rstrip(".")
        raise unreadable(f"This form cannot be read: {why}.") from None
    except (UnicodeDecodeError, KeyError, AssertionError):
        raise unreadable("This form is malformed.") from None
    return form.multi_items()


def from_pairs(pairs: Iterable[tuple[str, Any]], shape: type[B]) -> B:
    """Make `shape` of the fields of a form or a query."""
    tree: dict[str, Any] = {}
    for name, value in pairs:
        if isinstance(value, str) and "\0" in value:
            raise unreadable("Texts have no NUL characters.")
        _plant(tree, name, None if value == "null" else value)
    for name in _list_fields(shape):
        value = tree.get(name)
        if value in ("", [""]):  # a form has no other way to say that it is empty
            tree[name] = []
        elif value is not None and not isinstance(value, list):
            tree[name] = [value]
    try:
        return msgspec.convert(tree, shape, strict=False)
    except (msgspec.ValidationError, RecursionError) as error:
        raise unreadable(_sentence(error)) from None


def _plant(tree: dict[str, Any], name: str, value: Any) -> None:
    """Put one pair where its name says: `a[b][]` is a list `b` in `a`."""
    match = _NAME.fullmatch(name)
    if match is None:
        raise unreadable(f"{name[:100]!r} is not the name of a field.")
    path = [match[1], *_PART.findall(match[2])]
    if len(path) > MAX_DEPTH + 1 or "" in path[:-1]:
        raise unreadable(f"{name[:100]!r} is nested too deep.")
    if len(path) > 1 and (path[-1] == "" or path[-1].isdecimal()):
        del path[-1]
        value = [value]
    for step in path[:-1]:
        tree = tree.setdefault(step, {})
        if not isinstance(tree, dict):
            raise unreadable(f"{name[:100]!r} contradicts an earlier field.")
    known = tree.get(path[-1])
    if path[-1] in tree:
        tree[path[-1]] = [*_as_list(known), *_as_list(value)]
    else:
        tree[path[-1]] = value


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


_LIST_FIELDS: dict[Any, tuple[str, ...]] = {}


def _list_fields(shape: Any) -> tuple[str, ...]:
    """The fields for which one lone value means a list of one."""
    known = _LIST_FIELDS.get(shape)
    if known is not None:
        return known
    _LIST_FIELDS[shape] = tuple(
        field.encode_name
        for field in msgspec.structs.fields(shape)
        if _wants_list(field.type)
    )
    return _LIST_FIELDS[shape]


def _wants_list(kind: Any) -> bool:
    if get_origin(kind) is list:
        return True
    return any(_wants_list(member) for member in get_args(kind))


__all__ = [
    "FORM",
    "MAX_BODY",
    "MULTIPART",
    "LimitedRequest",
    "Upload",
    "from_pairs",
    "read_body",
    "token_in_form",
]
