"""Telling others: the bus within one process, and queues for slow listeners."""

from cyan.bus.local import LocalBus
from cyan.bus.queues import BoundedQueue

__all__ = ["BoundedQueue", "LocalBus"]
