"""Values of variables and results of functions (device wire §4.5, §4.6).

The types are those that the application describes: bool, int32, string, double.
"""

import struct
from enum import IntEnum

from cyan.protocol.coap import MalformedMessage

Value = bool | int | float | str

_SIZES = {"bool": 1, "int32": 4, "double": 8}


class ValueType(IntEnum):
    """The numbers by which an application describes its variables' types."""

    BOOL = 1
    INT32 = 2
    STRING = 4
    DOUBLE = 9

    @property
    def word(self) -> str:
        """The type's name for people and for the REST contract."""
        return self.name.lower()


def read_value(kind: str, payload: bytes) -> Value:
    """A variable's value of a type (by its word); integers are big-endian, doubles
    little-endian, as the firmware has them.
    """
    size = _SIZES.get(kind)
    if size is not None and len(payload) != size:
        raise MalformedMessage(f"a {kind} of {len(payload)} bytes")
    match kind:
        case "bool":
            return payload != b"\0"
        case "int32":
            return int.from_bytes(payload, "big", signed=True)
        case "double":
            value: float = struct.unpack("<d", payload)[0]
            return value
        case _:
            return payload.decode(errors="replace")


def write_value(kind: str, value: Value) -> bytes:
    """A variable's value as the device sends it."""
    match kind:
        case "bool":
            return bytes((bool(value),))
        case "int32":
            return int(value).to_bytes(4, "big", signed=True)
        case "double":
            return struct.pack("<d", float(value))
        case _:
            return str(value).encode()


def read_result(payload: bytes) -> int:
    """What a function returned: 32 bits, signed."""
    if len(payload) != 4:
        raise MalformedMessage("a function's result has 4 bytes")
    return int.from_bytes(payload, "big", signed=True)


def write_result(value: int) -> bytes:
    """What a function returns."""
    return value.to_bytes(4, "big", signed=True)
