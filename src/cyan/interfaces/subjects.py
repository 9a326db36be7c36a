"""The subjects of the bus, and what is said on each: nowhere else are they made."""

from dataclasses import dataclass

from cyan.model.identifiers import DeviceID

OUTBOX = "outbox"
"""A notice was put into the outbox; the message is None."""


@dataclass(frozen=True, slots=True)
class OwnerChanged:
    """A device has another owner, or none; said after it is durable (CLM-12)."""

    device_id: DeviceID
    owner_id: str | None


def account_events(account_id: str) -> str:
    """Events that an account's streams and devices may hear; messages are `Event`."""
    return f"account/{account_id}/events"


def device_changes(device_id: DeviceID) -> str:
    """Changes of one device's owner; messages are `OwnerChanged`."""
    return f"device/{device_id}/changes"


def token_ends(token_hash: str) -> str:
    """The end of one token, by its hash; the message is None."""
    return f"token/{token_hash}/ends"


def account_changes(account_id: str) -> str:
    """Changes of an account's name or rights; the message is None."""
    return f"account/{account_id}/changes"
