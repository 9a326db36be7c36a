"""Which event streams are open: how many an address has, and ending them all."""

from collections import Counter
from collections.abc import Callable
from typing import Protocol

from cyan.interfaces import World
from cyan.model.decisions import RefusalCode, refused
from cyan.rules.throttling import AT_ONCE
from cyan.services.throttle import hold_back


class Closable(Protocol):
    """What a stream reads from."""

    def close(self) -> None:
        """Take nothing more; the stream ends once it sent what is there."""


class OpenStreams:
    """The open streams of one process."""

    def __init__(self) -> None:
        self._by_address: Counter[str] = Counter()
        self._open: set[Closable] = set()

    def __len__(self) -> int:
        """How many streams are open."""
        return len(self._open)

    def enter(self, world: World, address: str, source: Closable) -> Callable[[], None]:
        """Count a stream; call what this returns once it ended.

        Refuses `rate_limited` past the documented numbers (REST contract §0.4).
        """
        hold_back(world, "streams", address, "You open too many streams.")
        if world.settings.rate_limits and (
            self._by_address[address] >= AT_ONCE["streams_open"]
        ):
            raise refused(
                RefusalCode.RATE_LIMITED,
                f"{AT_ONCE['streams_open']} streams are open from your address.",
                remedy="Close one, or hear several devices by one stream.",
                retry_after=60,
            )
        self._by_address[address] += 1
        self._open.add(source)

        def leave() -> None:
            self._open.discard(source)
            self._by_address[address] -= 1
            if not self._by_address[address]:
                del self._by_address[address]

        return leave

    def end_all(self) -> None:
        """The server stops: every stream ends after what it has to say."""
        for source in tuple(self._open):
            source.close()
