"""What a device tells of itself: modules, functions, variables (device wire §4.4).

The application part is JSON; the system part is JSON from older firmware and a
protobuf message from Device OS 5.5 on.
"""

import json
from dataclasses import dataclass
from enum import IntFlag
from typing import Any

from cyan.protocol.coap import MalformedMessage
from cyan.protocol.protobuf import read_fields, write_field
from cyan.protocol.values import ValueType

MAX_MODULES = 64
MAX_NAME = 64
_USER_PART = 5
_FUNCTION_LETTERS = {
    2: "b", 3: "m", 4: "s", 5: "u", 7: "c", 8: "a",
}  # fmt: skip

_PROTECTED = 6
"""The field of a system describe that tells of device protection (wire §4.4)."""


class DescribeFlag(IntFlag):
    """Which parts a describe carries or asks for."""

    SYSTEM = 0x01
    APPLICATION = 0x02
    METRICS = 0x04


@dataclass(frozen=True, slots=True)
class Module:
    """One firmware module; `function` is the letter of the JSON form (`u`: user)."""

    function: str
    index: int
    version: int
    hash: str | None


@dataclass(frozen=True, slots=True)
class Described:
    """What a describe told; None was not in it. Variables map name to type."""

    functions: list[str] | None = None
    variables: dict[str, str] | None = None
    modules: tuple[Module, ...] | None = None
    imei: str | None = None
    iccid: str | None = None
    protected: bool | None = None

    @property
    def app_hash(self) -> str | None:
        """The hash of the user's firmware, as 64 hex digits in lower case."""
        for module in self.modules or ():
            if module.function == "u" and module.hash:
                return module.hash.lower()
        return None


def read_describe(flags: DescribeFlag, payload: bytes, *, binary: bool) -> Described:
    """A whole describe; raises `MalformedMessage`.

    `binary` is what its Content-Format says: the system part is protobuf.
    """
    if DescribeFlag.METRICS in flags:
        return Described()
    if binary:
        return _read_system(payload)
    try:
        told = json.loads(payload)
    except (ValueError, RecursionError):
        raise MalformedMessage("a describe that is no JSON") from None
    if not isinstance(told, dict):
        raise MalformedMessage("a describe that is no object")
    try:
        return _read_json(told)
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
        raise MalformedMessage("a describe of another form") from None


def _read_json(told: dict[str, Any]) -> Described:
    functions = told.get("f")
    variables = told.get("v")
    modules = told.get("m")
    return Described(
        functions=[each for each in functions if _is_name(each)]
        if functions is not None
        else None,
        variables={
            name: _word(kind) for name, kind in variables.items() if _is_name(name)
        }
        if variables is not None
        else None,
        modules=tuple(_json_module(each) for each in modules[:MAX_MODULES])
        if modules is not None
        else None,
        imei=_digits(told.get("imei")),
        iccid=_digits(told.get("iccid")),
    )


def _is_name(name: Any) -> bool:
    """Whether a function or variable can be called so; others are left out."""
    return isinstance(name, str) and 0 < len(name) <= MAX_NAME and name.isprintable()


def _word(kind: Any) -> str:
    """A variable's type; what newer firmware may add can still be read as text."""
    try:
        return ValueType(kind).word
    except ValueError:
        return ValueType.STRING.word


def _digits(text: Any) -> str | None:
    """An IMEI or ICCID, None if the modem did not know it yet."""
    known = isinstance(text, str) and text.isascii() and text.isalnum()
    return text if known and len(text) <= 24 else None


def _json_module(told: dict[str, Any]) -> Module:
    return Module(
        function=str(told["f"])[:1],
        index=int(told.get("n", 0)),
        version=int(told.get("v", 0)),
        hash=_hash(told.get("u")),
    )


def _hash(text: Any) -> str | None:
    if not isinstance(text, str) or len(text) != 64:
        return None
    return text if all(digit in "0123456789abcdefABCDEF" for digit in text) else None


def _read_system(payload: bytes) -> Described:
    modules: list[Module] = []
    texts: dict[int, str] = {}
    protected = False  # as zero values are left out
    for number, value in read_fields(payload):
        if number == 1 and isinstance(value, bytes) and len(modules) < MAX_MODULES:
            modules.append(_read_module(value))
        elif number in (2, 3) and isinstance(value, bytes):
            texts[number] = value.decode(errors="replace")
        elif number == _PROTECTED:
            protected = bool(value)
    return Described(
        modules=tuple(modules),
        imei=_digits(texts.get(2)),
        iccid=_digits(texts.get(3)),
        protected=protected,
    )


def _read_module(data: bytes) -> Module:
    told = dict(read_fields(data))
    kind, found = told.get(1, 0), told.get(8)
    return Module(
        function=_FUNCTION_LETTERS.get(kind, "n") if isinstance(kind, int) else "n",
        index=_number(told.get(2)),
        version=_number(told.get(3)),
        hash=found.hex() if isinstance(found, bytes) and len(found) == 32 else None,
    )


def _number(value: int | bytes | None) -> int:
    return value if isinstance(value, int) else 0


def write_application(functions: list[str], variables: dict[str, str]) -> bytes:
    """The application part, as the device's side sends it."""
    kinds = {name: ValueType[kind.upper()].value for name, kind in variables.items()}
    return json.dumps({"f": functions, "v": kinds}, separators=(",", ":")).encode()


def write_system(
    system_version: int, app_hash: bytes, imei: str | None, iccid: str | None
) -> bytes:
    """The system part as protobuf: one system part, one user part (32-byte hash)."""
    system = write_field(1, 4) + write_field(2, 1) + write_field(3, system_version)
    user = write_field(1, _USER_PART) + write_field(2, 1) + write_field(8, app_hash)
    out = write_field(1, system) + write_field(1, user)
    if imei is not None:
        out += write_field(2, imei.encode())
    if iccid is not None:
        out += write_field(3, iccid.encode())
    return out
