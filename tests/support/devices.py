"""A device as the model has it, for tests that need no store."""

from dataclasses import fields
from datetime import UTC, datetime
from typing import Any

from cyan.model.devices import Device
from cyan.model.identifiers import DeviceID


def a_device(**values: Any) -> Device:
    """A device of nobody and of no product, offline; `values` are what differs."""
    device: dict[str, Any] = dict.fromkeys(field.name for field in fields(Device))
    device["id"] = DeviceID("0123456789abcdef01234567")
    device["created_at"] = datetime(2026, 11, 1, tzinfo=UTC)
    return Device(**{**device, **values})
