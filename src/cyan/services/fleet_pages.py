"""Pages of a fleet: fast however deep, by keeping milestones.

Clients ask for page numbers, and a database finds a place by number only by walking
to it. So each list keeps a milestone every few thousand devices: what its order
compares there. A deep page is found from the nearest milestone, in the index.
Milestones hold while the fleet has the same number of devices, and for some seconds;
between, a device that connects may shift a deep page by a place, as it would shift
the next page of a client that turns pages.
"""

import weakref
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import ClassVar

from cyan.interfaces import Listing, SortValue, Tx, World
from cyan.model.devices import Device
from cyan.model.identifiers import looks_like_device_id

STEP = 2_000
"""Devices between two milestones: walking over so many takes half a millisecond.

Finding the milestones of half a million takes a tenth of a second, in a thread.
"""

FRESH_FOR = timedelta(seconds=10)
ROOM = 64
"""Lists whose milestones are kept."""


@dataclass
class _Milestones:
    """`values[n]` is what is compared of the device at place (n + 1) * STEP."""

    total: int
    until: datetime
    values: list[SortValue] = field(default_factory=list)


class FleetPages:
    """The milestones of one process."""

    _by_store: ClassVar["weakref.WeakKeyDictionary[object, FleetPages]"] = (
        weakref.WeakKeyDictionary()
    )

    def __init__(self, world: World) -> None:
        self._world = world
        self._kept: OrderedDict[Listing, _Milestones] = OrderedDict()

    @classmethod
    def of(cls, world: World) -> "FleetPages":
        """Those of a world, by its store."""
        pages = cls._by_store.get(world.store)
        if pages is None:
            pages = cls._by_store[world.store] = cls(world)
        return pages

    async def page(
        self, listing: Listing, number: int, size: int
    ) -> tuple[Sequence[Device], int]:
        """A page of a list, from 1, and how many devices the list has."""
        if listing.device_id and looks_like_device_id(listing.device_id):
            return await self._exact(listing, number)
        offset = (number - 1) * size
        if listing.looks_into_rows:
            return await self._search(listing, offset, size)
        total = await self._world.store.read(lambda tx: _total(tx, listing))
        if offset >= total:
            return (), total
        after = await self._milestone(listing, offset // STEP, total)
        skip = offset % STEP if after is not None else offset
        found = await self._world.store.read(
            lambda tx: tx.fleets.page(listing, after, skip, size)
        )
        return found, total

    async def _exact(
        self, listing: Listing, number: int
    ) -> tuple[Sequence[Device], int]:
        """A whole Device ID names one device at most; the other filters stay."""
        narrowed = replace(listing, device_id=(listing.device_id or "").lower())

        async def body(tx: Tx) -> Sequence[Device]:
            return await tx.fleets.named(narrowed)

        found = await self._world.store.read(body)
        return (found if number == 1 else ()), len(found)

    async def _search(
        self, listing: Listing, offset: int, size: int
    ) -> tuple[Sequence[Device], int]:
        async def body(tx: Tx) -> tuple[Sequence[Device], int]:
            found = await tx.fleets.page(listing, None, offset, size)
            return found, await tx.fleets.count(listing)

        return await self._world.store.search(body)

    async def _milestone(
        self, listing: Listing, number: int, total: int
    ) -> SortValue | None:
        """What is compared at a milestone; None for the beginning."""
        if number == 0:
            return None
        kept = self._fresh(listing, total)
        known = len(kept.values)
        if known < number:
            last = kept.values[-1] if kept.values else None
            more = await self._values_after(listing, last, number - known)
            if len(kept.values) == known:  # or another request was quicker
                kept.values.extend(more)
        # Without so many values the fleet shrank meanwhile.
        return kept.values[number - 1] if number <= len(kept.values) else None

    async def _values_after(
        self, listing: Listing, last: SortValue | None, wanted: int
    ) -> list[SortValue]:
        async def body(tx: Tx) -> list[SortValue]:
            values: list[SortValue] = []
            value = last
            while len(values) < wanted:
                value = await tx.fleets.value_after(listing, value, STEP)
                if value is None:
                    break
                values.append(value)
            return values

        return await self._world.store.search(body)

    def _fresh(self, listing: Listing, total: int) -> _Milestones:
        now = self._world.clock.now()
        kept = self._kept.pop(listing, None)
        if kept is None or kept.total != total or kept.until <= now:
            kept = _Milestones(total, now + FRESH_FOR)
        self._kept[listing] = kept
        while len(self._kept) > ROOM:
            self._kept.popitem(last=False)
        return kept


async def _total(tx: Tx, listing: Listing) -> int:
    """How many devices a list has, from the counts that are kept."""
    count = await tx.counts.of_product(listing.product_id)
    if listing.quarantined is None:
        return count.members + count.quarantined
    return count.quarantined if listing.quarantined else count.members
