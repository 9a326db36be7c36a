"""Metering: what counts as a data operation.

One for a function call or a variable read that reaches the device, and one for each
started 1,024 bytes of an event that a device publishes or is delivered; what the
system says for itself costs nothing (EVT-3). A member's are on the count of its
product, another device's on that of its owner. See docs/rules/events.md.
"""

from enum import StrEnum

from cyan.rules.routing import is_reserved

BYTES_PER_OPERATION = 1024
CALL_COST = 1  # EVT-3
READ_COST = 1  # EVT-3


class OperationKind(StrEnum):
    """What a data operation was."""

    PUBLISHED = "published"
    DELIVERED = "delivered"
    CALLED = "called"
    READ = "read"


def holder_of(owner_id: str | None, member_of: int | None) -> str | None:
    """On whose count a device's operations are, as the count is kept (EVT-3).

    None for a device of nobody in no product, which has no operations (CLM-6).
    """
    return owner_id if member_of is None else product_holder(member_of)


def product_holder(product_id: int) -> str:
    """The holder that stands for a product: no account's id looks like it."""
    return f"product/{product_id}"


def cost_of_event(name: str, data_bytes: int) -> int:
    """Data operations for one event, published by or delivered to one device.

    `data_bytes` is the size of its data; an event without data costs one.
    """
    if is_reserved(name):  # EVT-3
        return 0
    return max(1, -(-data_bytes // BYTES_PER_OPERATION))  # EVT-3
