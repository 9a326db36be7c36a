"""Moments on the wire: ISO 8601, UTC, milliseconds, `Z` (REST contract §0.1)."""

from datetime import datetime


def moment(at: datetime | None) -> str | None:
    """Write a moment; None stays None."""
    if at is None:
        return None
    return f"{at.isoformat(timespec='milliseconds')[:-6]}Z"
