"""Counting data operations in memory, and writing the counts now and then (EVT-3).

A count that a crash loses is at most as old as the last flush: data operations are
what is billed, not what was promised to anybody, so they do not wait for the disk.
"""

from collections import Counter

from cyan.interfaces import Clock, Store


class Tally:
    """The `Meter` of one process."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._counts: Counter[tuple[str, str, str]] = Counter()

    def count(self, holder: str, kind: str, operations: int) -> None:
        """Count operations of a kind for a holder, in the present month."""
        if operations:
            month = f"{self._clock.now():%Y-%m}"
            self._counts[holder, month, kind] += operations

    async def flush(self) -> None:
        """Write what was counted since; if that fails it is counted again."""
        if not self._counts:
            return
        counts, self._counts = self._counts, Counter()
        try:
            await self._store.transact(lambda tx: tx.usage.add(counts))
        except BaseException:
            self._counts.update(counts)
            raise
