"""Keeping count of tries in memory, by the limits of `cyan.rules.throttling`."""

import ipaddress
import math
import time
from collections.abc import Callable
from datetime import timedelta

from cyan.interfaces import World
from cyan.model.decisions import RefusalCode, refused
from cyan.rules.throttling import LIMITS, Wait, Window, decide_admission

ROOM = 50_000
"""Windows that are remembered for each limit; a stranger cannot fill the memory."""


class MemoryThrottle:
    """The `Throttle` of one process.

    `factor` makes all limits laxer (2 allows twice as many tries); 0 takes them
    away. `now` counts seconds and never goes back. Keys that are IPv6 addresses
    count by their network of 64 bits, which one household has to itself.
    """

    def __init__(
        self,
        factor: float = 1.0,
        now: Callable[[], float] = time.monotonic,
        room: int = ROOM,
    ) -> None:
        self._limits = {
            name: limit.scaled(factor) for name, limit in LIMITS.items() if factor
        }
        self._windows: dict[str, dict[str, Window]] = {name: {} for name in LIMITS}
        self._now = now
        self._room = room

    def take(self, name: str, key: str, *, cost: int = 1) -> timedelta | None:
        """Count a try; how long to wait if there were too many, else None."""
        return self._decide(name, key, cost, keep=True)

    def peek(self, name: str, key: str) -> timedelta | None:
        """How long to wait, counting nothing."""
        return self._decide(name, key, 1, keep=False)

    def forget(self, name: str, key: str) -> None:
        """Start again from nothing, as after a success."""
        self._windows[name].pop(_key(key), None)

    def _decide(
        self, name: str, key: str, cost: int, *, keep: bool
    ) -> timedelta | None:
        windows = self._windows[name]
        limit = self._limits.get(name)
        if limit is None:
            return None
        key = _key(key)
        now = self._now()
        decision, window = decide_admission(windows.get(key), limit, now, cost)
        if keep:
            windows[key] = window
            if len(windows) > self._room:
                self._make_room(windows, now)
        if isinstance(decision, Wait):
            return timedelta(seconds=decision.seconds)
        return None

    def _make_room(self, windows: dict[str, Window], now: float) -> None:
        """Drop what is over, then the windows that end first, down to nine tenths."""
        by_end = sorted(windows, key=lambda key: windows[key].ends_at)
        surplus = len(windows) - self._room * 9 // 10
        for number, key in enumerate(by_end):
            if number >= surplus and windows[key].ends_at > now:
                break
            del windows[key]


def _key(key: str) -> str:
    if ":" not in key:
        return key
    try:
        address = ipaddress.IPv6Address(key)
    except ValueError:
        return key
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(ipaddress.IPv6Network((int(address) >> 64 << 64, 64)))


def hold_back(
    world: World, name: str, key: str, reason: str = "Too many requests."
) -> None:
    """Count a try, and refuse it if there were too many (REST contract §0.4)."""
    refuse_if_waiting(world.throttle.take(name, key), reason)


def refuse_if_waiting(wait: timedelta | None, reason: str) -> None:
    """Refuse while there is something to wait for; seconds are rounded up."""
    if wait is not None:
        raise refused(
            RefusalCode.RATE_LIMITED,
            reason,
            remedy="Wait for as long as Retry-After says, then try again.",
            retry_after=math.ceil(wait.total_seconds()),
        )
