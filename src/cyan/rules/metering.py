"""Metering: what counts as a data operation.

One for a function call or a variable read that reaches the device, and one for each
started 1,024 bytes of an event that a device publishes or is delivered; what the
system says for itself costs nothing (EVT-3). Whoever owns the device has it on
their count. See docs/rules/events.md.
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


def cost_of_event(name: str, data_bytes: int) -> int:
    """Data operations for one event, published by or delivered to one device.

    `data_bytes` is the size of its data; an event without data costs one.
    """
    if is_reserved(name):  # EVT-3
        return 0
    return max(1, -(-data_bytes // BYTES_PER_OPERATION))  # EVT-3
