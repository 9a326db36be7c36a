"""As much of protobuf's encoding as the device wire needs: tags, numbers, bytes."""

from cyan.protocol.coap import MalformedMessage
from cyan.protocol.varint import read_varint, write_varint

_VARINT, _BYTES = 0, 2


def read_fields(data: bytes) -> list[tuple[int, int | bytes]]:
    """All fields of a message, in order: (number, value)."""
    found: list[tuple[int, int | bytes]] = []
    at = 0
    while at < len(data):
        tag, at = read_varint(data, at)
        value: int | bytes
        match tag & 7:
            case 0:
                value, at = read_varint(data, at)
            case 2:
                length, at = read_varint(data, at)
                value, at = _take(data, at, length)
            case 5:
                value, at = _take(data, at, 4)
            case 1:
                value, at = _take(data, at, 8)
            case _:
                raise MalformedMessage("a field of no known kind")
        found.append((tag >> 3, value))
    return found


def _take(data: bytes, at: int, length: int) -> tuple[bytes, int]:
    end = at + length
    if end > len(data):
        raise MalformedMessage("a field passes the end")
    return data[at:end], end


def write_field(number: int, value: int | bytes) -> bytes:
    """One field; protobuf leaves zeros out, and so does this."""
    if not value:
        return b""
    if isinstance(value, int):
        return write_varint(number << 3 | _VARINT) + write_varint(value)
    return write_varint(number << 3 | _BYTES) + write_varint(len(value)) + value
