"""The goodbye of a device: why it goes, and for how long (device wire §4.3)."""

from dataclasses import dataclass, fields
from enum import IntEnum

from cyan.protocol.coap import MalformedMessage
from cyan.protocol.varint import read_varint, write_varint


class DisconnectReason(IntEnum):
    """Why the device left the cloud."""

    ERROR = 1
    USER = 2
    NETWORK = 3
    LISTENING = 4
    RESET = 5
    SLEEP = 6
    UNKNOWN = 7
    SERVER_MOVED = 8


@dataclass(frozen=True, slots=True)
class Goodbye:
    """What a goodbye says, in the order of the wire; None was not said.

    Numbers are those of the wire; `sleep_seconds` is how long it will sleep.
    """

    cloud_reason: int | None = None
    reset_reason: int | None = None
    sleep_seconds: int | None = None
    network_reason: int | None = None


_FIELDS = tuple(field.name for field in fields(Goodbye))


def read_goodbye(payload: bytes) -> Goodbye:
    """A goodbye; one without a payload says nothing."""
    if not payload:
        return Goodbye()
    flags, at = read_varint(payload, 0)
    if flags >> len(_FIELDS):
        raise MalformedMessage("a goodbye with unknown reasons")
    told = {}
    for bit, name in enumerate(_FIELDS):
        if flags >> bit & 1:
            told[name], at = read_varint(payload, at)
    return Goodbye(**told)


def write_goodbye(goodbye: Goodbye) -> bytes:
    """The payload of a goodbye."""
    flags = 0
    out = b""
    for bit, name in enumerate(_FIELDS):
        value = getattr(goodbye, name)
        if value is not None:
            flags |= 1 << bit
            out += write_varint(value)
    return write_varint(flags) + out
