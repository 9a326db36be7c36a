"""Identifiers: parsed once, in either case (IDN-1, IDN-2)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cyan.model.identifiers import (
    DeviceID,
    MalformedIdentifier,
    SerialNumber,
    looks_like_device_id,
)

DEVICE_ID = "0123456789abcdef01234567"


@given(st.binary(min_size=12, max_size=12))
def test_a_device_id_is_the_same_in_either_case_and_in_bytes(raw: bytes) -> None:
    device_id = DeviceID.of_bytes(raw)
    assert device_id.raw == raw
    assert DeviceID.parse(f" {device_id.upper()}\n") == device_id == raw.hex()
    assert looks_like_device_id(device_id.upper())


@pytest.mark.parametrize(
    "text",
    [
        "",
        DEVICE_ID[:-1],
        f"{DEVICE_ID}0",
        f"{DEVICE_ID[:-1]}g",
        f"{DEVICE_ID[:12]} {DEVICE_ID[12:]}",
        "０" * 24,  # noqa: RUF001 - digits, but not the hexadecimal ones
    ],
)
def test_what_is_no_device_id_is_told(text: str) -> None:
    with pytest.raises(MalformedIdentifier, match="24 hexadecimal"):
        DeviceID.parse(text)
    assert not looks_like_device_id(text)


def test_a_device_id_is_never_made_from_too_few_bytes() -> None:
    with pytest.raises(MalformedIdentifier):
        DeviceID.of_bytes(b"short")


@pytest.mark.parametrize("text", ["P046AB123456789", "e310kit0001", " E26abc "])
def test_a_serial_number_is_read_in_either_case(text: str) -> None:
    assert SerialNumber.parse(text) == text.strip().upper()


@pytest.mark.parametrize("text", ["", "P0461", "P046 AB123", "P046-AB123", "A" * 33])
def test_what_is_no_serial_number_is_told(text: str) -> None:
    with pytest.raises(MalformedIdentifier, match="serial number"):
        SerialNumber.parse(text)
