"""Identifiers of devices, SIMs and modems, parsed once at the door.

Each one is a `str` with a form of its own: inside the system a bare `str` that
should have been parsed does not exist. See docs/rules/identifiers.md.
"""

import re
from typing import Self

_DEVICE_ID = re.compile(r"[0-9a-f]{24}")
_SERIAL_NUMBER = re.compile(r"[A-Z0-9]{6,32}")


class MalformedIdentifier(ValueError):
    """The text does not have the form that this identifier has."""


class DeviceID(str):
    """The 96 bits that name a device for life: 24 lower-case hex digits (IDN-1)."""

    __slots__ = ()

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a Device ID in either case; `MalformedIdentifier` if it is none."""
        lower = text.strip().lower()
        if not _DEVICE_ID.fullmatch(lower):
            raise MalformedIdentifier("A Device ID has 24 hexadecimal characters.")
        return cls(lower)

    @classmethod
    def of_bytes(cls, raw: bytes) -> Self:
        """Read the 12 bytes by which the device wire names a device."""
        return cls.parse(raw.hex())

    @property
    def raw(self) -> bytes:
        """The 12 bytes of the device wire."""
        return bytes.fromhex(self)


class SerialNumber(str):
    """What is printed under the Data Matrix; unique, fixed for life (IDN-2)."""

    __slots__ = ()

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a serial number in either case; `MalformedIdentifier` if it is none."""
        upper = text.strip().upper()
        if not _SERIAL_NUMBER.fullmatch(upper):
            raise MalformedIdentifier("A serial number has 6 to 32 letters and digits.")
        return cls(upper)


def looks_like_device_id(text: str) -> bool:
    """Whether a text has the shape of a Device ID, which no name may have (IDN-6)."""
    return _DEVICE_ID.fullmatch(text.strip().lower()) is not None
