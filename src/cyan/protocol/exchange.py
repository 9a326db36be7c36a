"""Who waits for what: message ids, repeated messages, tokens (device wire §1.2, §3).

A confirmable message that comes twice within 45 s gets the stored answer again and
is not acted on twice; own ids rest for as long. Requests that wait for an answer
carry a token of one byte, which is all that the firmware can parse.
"""

from enum import Enum, auto

from cyan.protocol.coap import Message, Type

REMEMBERED_SECONDS = 45.0
MAX_REMEMBERED = 512
MAX_OUTSTANDING = 255
_SECTOR_BITS = 12


class TooManyRequests(Exception):
    """No token, or no message id, is free for another request."""


class Purpose(Enum):
    """What a request asked for, and so what its answer means."""

    FUNCTION = auto()
    VARIABLE = auto()
    SIGNAL = auto()
    PING = auto()
    DESCRIBE = auto()
    TIME = auto()
    PUBLISH = auto()


class Request:
    """A request of ours that waits for its answer until `deadline` (Unix time)."""

    __slots__ = ("deadline", "mid", "purpose", "token")

    def __init__(self, token: int, mid: int, purpose: Purpose, deadline: float) -> None:
        self.token = token
        self.mid = mid
        self.purpose = purpose
        self.deadline = deadline


class Taken:
    """A confirmable message of theirs; `ack` is None until it is answered."""

    __slots__ = ("ack", "token", "until")

    def __init__(self, token: bytes, until: float) -> None:
        self.token = token
        self.until = until
        self.ack: bytes | None = None


class Exchange:
    """The bookkeeping of one connection; `seed` is the message id before the first."""

    __slots__ = ("_mid", "_next_token", "_outstanding", "_sectors", "_taken")

    def __init__(self, seed: int) -> None:
        self._mid = seed
        self._next_token = 0
        self._outstanding: dict[int, Request] | None = None
        self._sectors: dict[int, float] | None = None
        self._taken: dict[int, Taken] | None = None

    def next_mid(self, now: float) -> int:
        """An id that was not used for 45 s; `TooManyRequests` if there is none.

        Times are kept for each 4,096 ids, so that an idle connection keeps none.
        """
        mid = (self._mid + 1) & 0xFFFF
        sector, before = mid >> _SECTOR_BITS, self._mid >> _SECTOR_BITS
        if sector != before:
            sectors = self._sectors or {}
            if sectors.get(sector, -REMEMBERED_SECONDS) + REMEMBERED_SECONDS > now:
                raise TooManyRequests
            sectors[before] = now
            self._sectors = sectors
        self._mid = mid
        return mid

    # Messages of the other side

    def take(self, message: Message, now: float) -> Taken | None:
        """What is known of a confirmable message that came before; else note it."""
        if message.type != Type.CON:
            return None
        taken = self._taken
        if taken is None:
            taken = self._taken = {}
        known = taken.get(message.mid)
        if known is not None and known.until > now:
            return known
        taken.pop(message.mid, None)  # to the end: the oldest stands first
        taken[message.mid] = Taken(message.token, now + REMEMBERED_SECONDS)
        self._forget_taken(taken, now)
        return None

    @staticmethod
    def _forget_taken(taken: dict[int, Taken], now: float) -> None:
        while taken:
            oldest = next(iter(taken))
            if taken[oldest].until > now and len(taken) <= MAX_REMEMBERED:
                return
            del taken[oldest]

    def unanswered(self, mid: int) -> Taken | None:
        """The message of theirs with this id, if it still waits for its answer."""
        known = self._taken.get(mid) if self._taken else None
        return known if known is not None and known.ack is None else None

    # Requests of ours

    def open_request(self, purpose: Purpose, deadline: float, now: float) -> Request:
        """A token and a message id for a request; `TooManyRequests` if none is free."""
        outstanding = self._outstanding or {}
        if len(outstanding) >= MAX_OUTSTANDING:
            raise TooManyRequests
        token = self._next_token
        while token in outstanding:
            token = (token + 1) & 0xFF
        request = Request(token, self.next_mid(now), purpose, deadline)
        self._next_token = (token + 1) & 0xFF
        outstanding[token] = request
        self._outstanding = outstanding
        return request

    def request_of(self, message: Message) -> Request | None:
        """The request that a message answers: an ACK or RST by id, others by token."""
        if not self._outstanding:
            return None
        if message.type in {Type.ACK, Type.RST}:
            for request in self._outstanding.values():
                if request.mid == message.mid:
                    return request
            return None
        if len(message.token) != 1:
            return None
        request = self._outstanding.get(message.token[0])
        return None if request is None or request.purpose is Purpose.PING else request

    def end_request(self, request: Request) -> None:
        """A request has its answer, or waits no longer."""
        if self._outstanding and self._outstanding.pop(request.token, None):
            self._outstanding = self._outstanding or None

    def next_deadline(self) -> float | None:
        """When the first of the requests has waited too long."""
        if not self._outstanding:
            return None
        return min(request.deadline for request in self._outstanding.values())

    def end_overdue(self, now: float) -> list[Request]:
        """The requests that have waited too long; they wait no longer."""
        overdue = [
            request
            for request in (self._outstanding or {}).values()
            if request.deadline <= now
        ]
        for request in overdue:
            self.end_request(request)
        return overdue
