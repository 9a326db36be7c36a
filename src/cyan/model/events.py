"""Events: what a device or a person publishes, and who may hear it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

MAX_NAME_BYTES = 64
MAX_DATA_BYTES = 1024
DEFAULT_TTL = 60
DEVICE_OS_PREFIXES = ("spark", "particle")
RESERVED_PREFIXES = (*DEVICE_OS_PREFIXES, "cyan/")


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


class Hearers(StrEnum):
    """Which devices of a product hear an event (EVT-5)."""

    NOBODY = "none"
    UNOWNED_MEMBERS = "unowned members"
    MEMBERS = "all members"


@dataclass(frozen=True, slots=True)
class Audience:
    """Who hears an event (EVT-1, EVT-5).

    The streams and devices of an account, the streams of a product's team, and the
    product's devices that `hearers` names.
    """

    account_id: str | None
    product_id: int | None
    hearers: Hearers


@dataclass(frozen=True, slots=True)
class ProductEvent:
    """An event as a product's stream tells it.

    `owner_id` is the source's owner, "" for none; `version` the firmware that it
    reported.
    """

    event: Event
    product_id: int
    owner_id: str
    version: int | None
