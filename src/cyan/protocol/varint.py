"""Variable-length numbers: seven bits a byte, the low ones first (LEB128)."""

from cyan.protocol.coap import MalformedMessage

_LONGEST = 10


def read_varint(data: bytes, at: int) -> tuple[int, int]:
    """The number at a place, and the place behind it."""
    number = 0
    for shift in range(_LONGEST):
        if at >= len(data):
            raise MalformedMessage("a number that does not end")
        byte = data[at]
        at += 1
        number |= (byte & 0x7F) << 7 * shift
        if byte < 0x80:
            return number, at
    raise MalformedMessage("a number that is too long")


def write_varint(number: int) -> bytes:
    """A number from 0 up, as bytes."""
    out = bytearray()
    while number >= 0x80:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)
