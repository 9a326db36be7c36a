"""The hello of a device: what it is and what it can (device wire §4.1)."""

from dataclasses import dataclass
from enum import IntFlag
from struct import Struct

from cyan.protocol.coap import MalformedMessage

NO_VERSION = 0xFFFF
_HEAD = Struct(">HHHH")
_TAIL = Struct(">HHIH")


class HelloFlag(IntFlag):
    """What the device can, and what has just happened to it."""

    OTA_SUCCEEDED = 0x01
    DIAGNOSTICS = 0x02
    IMMEDIATE_UPDATES = 0x04
    GOODBYE = 0x10
    DESCRIBES_ITSELF = 0x20
    COMPRESSED_OTA = 0x40
    OTA_V3 = 0x80


@dataclass(frozen=True, slots=True)
class Hello:
    """What a hello says; None is what older firmware leaves out.

    `max_message` and `max_binary` count bytes. `device_id` (12 bytes) is only sent
    over UDP.
    """

    product_id: int
    product_version: int | None
    flags: HelloFlag
    platform_id: int
    device_id: bytes = b""
    system_version: int | None = None
    max_message: int | None = None
    max_binary: int | None = None
    ota_chunk: int | None = None


def read_hello(payload: bytes) -> Hello:
    """A hello by what is left of it; old firmware stops early."""
    if len(payload) < _HEAD.size:
        raise MalformedMessage("a hello has at least 8 bytes")
    product_id, version, flags, platform_id = _HEAD.unpack_from(payload)
    length = payload[9] if len(payload) > 9 else 0
    identity = payload[10 : 10 + length]
    if len(identity) != length or length not in (0, 12):
        raise MalformedMessage("a hello with half a Device ID")
    tail = payload[10 + length :]
    system = _TAIL.unpack_from(tail) if len(tail) >= _TAIL.size else (None,) * 4
    return Hello(
        product_id,
        None if version == NO_VERSION else version,
        HelloFlag(flags),
        platform_id,
        identity,
        *system,
    )


def write_hello(hello: Hello) -> bytes:
    """The payload of a hello; without a system version, the old short form."""
    version = NO_VERSION if hello.product_version is None else hello.product_version
    head = _HEAD.pack(hello.product_id, version, hello.flags, hello.platform_id)
    if hello.system_version is None:
        return head + (bytes((0, 12)) + hello.device_id if hello.device_id else b"")
    return (
        head
        + bytes((0, len(hello.device_id)))
        + hello.device_id
        + _TAIL.pack(
            hello.system_version,
            hello.max_message or 0,
            hello.max_binary or 0,
            hello.ota_chunk or 0,
        )
    )
