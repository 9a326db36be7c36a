"""Events: what a device or a person publishes, and who may hear it."""

from dataclasses import dataclass
from datetime import datetime

MAX_NAME_BYTES = 64
MAX_DATA_BYTES = 1024
DEFAULT_TTL = 60
RESERVED_PREFIXES = ("spark", "particle")


@dataclass(frozen=True, slots=True)
class Event:
    """One event. `source` is the Device ID, or "api" / "particle-internal".

    `data` is None when nothing was sent; binary data that is no UTF-8 arrives here
    as its text with replacement characters. `ttl` counts seconds.
    """

    name: str
    data: str | None
    ttl: int
    published_at: datetime
    source: str


@dataclass(frozen=True, slots=True)
class Audience:
    """Who hears an event (EVT-1): the accounts' streams and their devices."""

    account_ids: tuple[str, ...]
    device_id: str | None
