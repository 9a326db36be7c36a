"""Throttling: how often something may be tried.

A window begins with the first try and holds a number of them; what comes after
waits for its end. A limit with a lock starts anew with the last try that it allows,
so that its end is the end of the lock. State and time are arguments: who keeps them
is no matter. The numbers are those of REST contract §0.4.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Limit:
    """`times` tries in `seconds`; the last of them locks for `lock_seconds`, if any."""

    times: int
    seconds: float
    lock_seconds: float = 0

    def scaled(self, factor: float) -> "Limit":
        """The same limit with `factor` times as many tries, at least one."""
        return replace(self, times=max(1, round(self.times * factor)))


@dataclass(frozen=True, slots=True)
class Window:
    """How many tries were counted, and when all is forgotten (seconds)."""

    tries: int
    ends_at: float


@dataclass(frozen=True, slots=True)
class Admit:
    """Go on."""


@dataclass(frozen=True, slots=True)
class Wait:
    """Not now; in `seconds`, which is more than 0."""

    seconds: float


def decide_admission(
    window: Window | None, limit: Limit, now: float, cost: int = 1
) -> tuple[Admit | Wait, Window]:
    """Decide on one try, and what to remember of it.

    `window` is what was remembered, None at first; `now` counts seconds by any clock
    that never goes back. Keep the window that is answered; to look without
    counting, drop it.
    """
    if window is None or now >= window.ends_at:
        window = Window(0, now + limit.seconds)
    tries = window.tries + cost
    if tries > limit.times:
        return Wait(window.ends_at - now), window
    if limit.lock_seconds and tries == limit.times:
        return Admit(), Window(tries, now + limit.lock_seconds)
    return Admit(), Window(tries, window.ends_at)


_FIVE_MINUTES = 300

LIMITS: Mapping[str, Limit] = {
    # Per address
    "requests": Limit(10_000, _FIVE_MINUTES),
    "token": Limit(100, _FIVE_MINUTES),
    "token_failures": Limit(10, 24 * 3600, lock_seconds=1800),
    "tokens_admin": Limit(100, _FIVE_MINUTES),
    "users": Limit(100, _FIVE_MINUTES),
    "password_reset": Limit(100, _FIVE_MINUTES),
    "streams": Limit(100, _FIVE_MINUTES),
    # A thousand devices behind one address come back together after a power cut.
    "device_handshakes": Limit(1_000, 10),
    # Per account
    "serial_numbers": Limit(50, 3600),  # IDN-2
    # Products and organizations: 65,000 ids are for all, and none is given twice.
    "products": Limit(100, 24 * 3600),  # MEM-14
    # Per account and per address
    "claim_refusals": Limit(30, _FIVE_MINUTES),  # CLM-12
    # Per account: of a million one-time codes three are right at any moment.
    "one_time_codes": Limit(10, _FIVE_MINUTES, lock_seconds=1800),
    # Per username, so that nobody can fill somebody's mailbox.
    "password_reset_mails": Limit(5, 3600),
    # Per who invites and who is invited: nobody is kept from inviting them, too.
    "invitation_mails": Limit(5, 3600),
}
"""How often, by name; the key (an address, an account) is the caller's."""

AT_ONCE: Mapping[str, int] = {
    "streams_open": 100,
    "handshakes_open": 300,
}
"""How many at the same time, per address."""
