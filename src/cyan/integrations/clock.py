"""The machine's clock."""

from datetime import UTC, datetime


class SystemClock:
    """The `Clock` of a running server."""

    def now(self) -> datetime:
        """This moment, aware, UTC."""
        return datetime.now(UTC)
