"""CoAP messages as bytes: the subset of RFC 7252 that the device wire uses.

A message has a type (confirmable or not), a code (method or answer), a 16-bit
message id, a token that ties an answer to its request, options and a payload.
Written by hand since it runs for every message of every device. Device wire §3.
"""

from enum import IntEnum
from typing import Final

VERSION_BITS: Final = 0x40
PAYLOAD_MARKER: Final = 0xFF


class MalformedMessage(ValueError):
    """The bytes are not a CoAP message (RFC 7252 §3)."""


class Type(IntEnum):
    """How a message wants to be treated (RFC 7252 §4.2, §4.3)."""

    CON = 0
    NON = 1
    ACK = 2
    RST = 3


class Code(IntEnum):
    """Methods and answers of the device wire (§3); other codes stay plain numbers."""

    EMPTY = 0x00
    GET = 0x01
    POST = 0x02
    PUT = 0x03
    CREATED = 0x41
    CHANGED = 0x44
    CONTENT = 0x45
    CONTINUE = 0x5F
    BAD_REQUEST = 0x80
    UNAUTHORIZED = 0x81
    FORBIDDEN = 0x83
    NOT_FOUND = 0x84
    METHOD_NOT_ALLOWED = 0x85
    ENTITY_INCOMPLETE = 0x88
    ENTITY_TOO_LARGE = 0x8D
    TOO_MANY_REQUESTS = 0x9D
    INTERNAL_ERROR = 0xA0
    NOT_IMPLEMENTED = 0xA1
    UNAVAILABLE = 0xA3


class Option(IntEnum):
    """Option numbers of the device wire (§3, §4)."""

    ETAG = 4
    URI_PATH = 11
    CONTENT_FORMAT = 12
    MAX_AGE = 14
    URI_QUERY = 15
    BLOCK2 = 23
    BLOCK1 = 27
    GOODBYE = 258


class Message:
    """One CoAP message; options are `(number, value)` in rising order of number."""

    __slots__ = ("code", "mid", "options", "payload", "token", "type")

    def __init__(  # noqa: PLR0913, PLR0917 - a message has these six fields
        self,
        type: int,
        code: int,
        mid: int,
        token: bytes = b"",
        options: tuple[tuple[int, bytes], ...] = (),
        payload: bytes = b"",
    ) -> None:
        self.type = type
        self.code = code
        self.mid = mid
        self.token = token
        self.options = options
        self.payload = payload

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Message):
            return NotImplemented
        return all(getattr(self, n) == getattr(other, n) for n in self.__slots__)

    __hash__ = None  # type: ignore[assignment]  # compared by value, never a key

    def __repr__(self) -> str:
        return (
            f"Message({self.type}, {self.code:#04x}, {self.mid:#06x}, "
            f"{self.token!r}, {self.options!r}, {self.payload!r})"
        )

    @property
    def confirmable(self) -> bool:
        """Whether the sender waits for an acknowledgement."""
        return self.type == Type.CON

    @property
    def is_request(self) -> bool:
        """Whether the code is a method (class 0, not empty)."""
        return 0 < self.code < 0x20

    @property
    def is_answer(self) -> bool:
        """Whether the code is a success, a refusal or a failure (class 2, 4, 5)."""
        return self.code >= 0x40

    @property
    def path(self) -> tuple[bytes, ...]:
        """The Uri-Path segments."""
        return self.all_of(Option.URI_PATH)

    def first_of(self, number: int) -> bytes | None:
        """The first value of an option, or None."""
        for key, value in self.options:
            if key == number:
                return value
        return None

    def all_of(self, number: int) -> tuple[bytes, ...]:
        """Every value of an option, in order."""
        return tuple(value for key, value in self.options if key == number)

    def encode(self) -> bytes:
        """The bytes of the message (RFC 7252 §3)."""
        token = self.token
        out = bytearray(
            (
                VERSION_BITS | self.type << 4 | len(token),
                self.code,
                self.mid >> 8,
                self.mid & 0xFF,
            )
        )
        out += token
        before = 0
        for number, value in self.options:
            _append_option(out, number - before, value)
            before = number
        if self.payload:
            out.append(PAYLOAD_MARKER)
            out += self.payload
        return bytes(out)

    @classmethod
    def decode(cls, data: bytes) -> "Message":
        """Read a message; `MalformedMessage` whatever is wrong with the bytes."""
        if len(data) < 4 or data[0] & 0xC0 != VERSION_BITS:
            raise MalformedMessage("A message begins with four bytes of version 1.")
        start = 4 + (data[0] & 0x0F)
        if start > 12 or start > len(data):
            raise MalformedMessage("A token has at most 8 bytes, all of them there.")
        if not data[1] and len(data) > 4:
            raise MalformedMessage("An empty message has four bytes.")
        if data[1] >> 5 in {1, 6, 7}:
            raise MalformedMessage("Code classes 1, 6 and 7 are reserved.")
        options, at = _read_options(data, start)
        return cls(
            data[0] >> 4 & 3,
            data[1],
            data[2] << 8 | data[3],
            data[4:start],
            options,
            data[at:],
        )


def _append_option(out: bytearray, delta: int, value: bytes) -> None:
    length = len(value)
    if 0 <= delta < 13 and length < 13:
        out.append(delta << 4 | length)
    else:
        delta_nibble, delta_tail = _split(delta)
        length_nibble, length_tail = _split(length)
        out.append(delta_nibble << 4 | length_nibble)
        out += delta_tail
        out += length_tail
    out += value


def _split(number: int) -> tuple[int, bytes]:
    if number < 0:
        raise ValueError("Options are written in rising order.")
    if number < 13:
        return number, b""
    if number < 269:
        return 13, bytes((number - 13,))
    return 14, (number - 269).to_bytes(2, "big")


def _read_options(data: bytes, at: int) -> tuple[tuple[tuple[int, bytes], ...], int]:
    end = len(data)
    number = 0
    options: list[tuple[int, bytes]] = []
    while at < end:
        head = data[at]
        at += 1
        if head == PAYLOAD_MARKER:
            if at == end:
                raise MalformedMessage("A payload marker is followed by a payload.")
            break
        delta, length = head >> 4, head & 0x0F
        if delta > 12:
            delta, at = _join(data, delta, at)
        if length > 12:
            length, at = _join(data, length, at)
        number += delta
        stop = at + length
        if stop > end or number > 0xFFFF:
            raise MalformedMessage("An option runs past its limits.")
        options.append((number, data[at:stop]))
        at = stop
    return tuple(options), at


def _join(data: bytes, nibble: int, at: int) -> tuple[int, int]:
    width = nibble - 12
    if width > 2 or at + width > len(data):
        raise MalformedMessage("An option is cut short or uses a reserved length.")
    tail = int.from_bytes(data[at : at + width], "big")
    return tail + (13 if width == 1 else 269), at + width


def uint_bytes(number: int) -> bytes:
    """An option's unsigned number in as few bytes as possible (RFC 7252 §3.2)."""
    return number.to_bytes((number.bit_length() + 7) // 8, "big")


def uint(value: bytes) -> int:
    """An option's value as an unsigned number, of any length."""
    return int.from_bytes(value, "big")
