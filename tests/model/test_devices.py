"""Devices: online is an open session, whoever owns the device (CLM-5)."""

from dataclasses import fields, replace
from datetime import UTC, datetime
from typing import Any

from cyan.model.devices import Device
from cyan.model.identifiers import DeviceID


def a_device() -> Device:
    values: dict[str, Any] = dict.fromkeys(field.name for field in fields(Device))
    values["id"] = DeviceID("0123456789abcdef01234567")
    values["created_at"] = datetime(2026, 11, 1, tzinfo=UTC)
    return Device(**values)


def test_a_device_with_an_open_session_is_online_also_without_an_owner() -> None:
    device = a_device()
    assert not device.online
    assert replace(device, session_id="session").online
    assert device.owner_id is None
