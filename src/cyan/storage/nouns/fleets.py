"""The devices of products: where they belong, and lists of them.

`fleet_lists` has the statements of lists; `services/fleet_pages` keeps keys for deep
pages.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, false, literal_column, select, update

from cyan.interfaces import Listing, Place, SortValue
from cyan.model.devices import Device, QuarantineReason, Standing
from cyan.model.identifiers import DeviceID
from cyan.storage.lists import pairs_in
from cyan.storage.nouns.fleet_lists import Shape, counted, key_of, listed, values_in
from cyan.storage.statements import Runner, Statement, choose, columns_of, first
from cyan.storage.tables import devices

MOVE = Statement[None](
    update(devices)
    .where(devices.c.id == bindparam("device_id"))
    .values(
        product_id=bindparam("new_product_id"),
        standing=bindparam("new_standing"),
        standing_reason=bindparam("new_reason"),
        standing_since=bindparam("new_since"),
        development=bindparam("new_development"),
    ),
    None,
)
NOTE_STANDING = Statement[None](
    update(devices)
    .where(devices.c.id == bindparam("device_id"))
    .values(
        standing=bindparam("new_standing"),
        standing_reason=bindparam("new_reason"),
        standing_since=bindparam("new_since"),
    ),
    None,
)
ONLINE_IN = Statement[Device](
    choose(devices, Device)
    .where(devices.c.product_id == bindparam("in_product"))
    .where(devices.c.session_id.is_not(None)),
    Device,
)
DISMISS_ALL = Statement[None](
    update(devices)
    .where(devices.c.product_id == bindparam("in_product"))
    .values(
        product_id=None,
        standing=None,
        standing_reason=None,
        standing_since=None,
        development=false(),
    ),
    None,
)
SET_DEVELOPMENT = Statement[None](
    update(devices)
    .where(devices.c.id == bindparam("device_id"))
    .values(development=bindparam("new_development")),
    None,
)
OWNED_IN = Statement[Device](
    choose(devices, Device)
    # Not by the index of the fleet: what one account owns is less.
    .where(devices.c.product_id + literal_column("0") == bindparam("in_product"))
    .where(devices.c.owner_id == bindparam("owner_id")),
    Device,
)
_wanted = pairs_in("wanted")
FIND_MANY = Statement[Device](
    select(*columns_of(devices, Device))
    .select_from(_wanted)
    .join(devices, devices.c.id == _wanted.c.first)
    .order_by(_wanted.c.place),
    Device,
)


class Fleets:
    """See `cyan.interfaces.Fleets`."""

    __slots__ = ("_run",)

    def __init__(self, run: Runner) -> None:
        self._run = run

    async def move(self, device_id: DeviceID, place: Place) -> None:
        """A device belongs there from now on; its development mark ends."""
        await self._run(
            MOVE,
            device_id=device_id,
            new_product_id=place.product_id,
            new_standing=place.standing,
            new_reason=place.reason,
            new_since=place.since,
            new_development=False,
        )

    async def note_standing(
        self,
        device_id: DeviceID,
        standing: Standing,
        reason: QuarantineReason | None,
        since: datetime,
    ) -> None:
        """A device stands otherwise to its product; its mark stays."""
        await self._run(
            NOTE_STANDING,
            device_id=device_id,
            new_standing=standing,
            new_reason=reason,
            new_since=since,
        )

    async def set_development(self, device_id: DeviceID, development: bool) -> None:
        """Mark a device as a development device, or lift the mark."""
        await self._run(
            SET_DEVELOPMENT, device_id=device_id, new_development=development
        )

    async def dismiss_all(self, product_id: int) -> Sequence[Device]:
        """No device is quarantined in a product any more; who is online of them."""
        online = await self._run(ONLINE_IN, in_product=product_id)
        await self._run(DISMISS_ALL, in_product=product_id)
        return online

    async def find_many(self, device_ids: Sequence[DeviceID]) -> Sequence[Device]:
        """The devices of these ids, in their order; unknown ones are left out."""
        pairs = [(device_id, None) for device_id in device_ids]
        return await self._run(FIND_MANY, wanted=pairs)

    async def named(self, listing: Listing) -> Sequence[Device]:
        """The one device of a list that names a whole Device ID, if it is there."""
        return await self.page(listing, None, 0, 1)

    async def page(
        self, listing: Listing, after: SortValue | None, skip: int, limit: int
    ) -> Sequence[Device]:
        """Devices that come after another in a list, `skip` of them left out."""
        wanted = (skip, limit)
        found: list[Device] = await self._read(listing, after, wanted, values=False)
        return found

    async def value_after(
        self, listing: Listing, after: SortValue | None, places: int
    ) -> SortValue | None:
        """What is compared of the device so many places after another."""
        wanted = (places - 1, 1)
        found: list[SortValue] = await self._read(listing, after, wanted, values=True)
        return first(found)

    async def _read(
        self,
        listing: Listing,
        after: SortValue | None,
        wanted: tuple[int, int],
        *,
        values: bool,
    ) -> list[Any]:
        """Devices of a list, or what is compared of them, from part to part.

        `wanted` is how many are left out, and how many follow at most.
        """
        shape, given = Shape.of(listing), values_in(listing)
        skip, limit = wanted
        found: list[Any] = []
        for part, last in shape.parts_after(after):
            given_here = {**given, **key_of(last, part)}
            beyond = last is not None
            found += await self._run(
                listed(shape, part, after=beyond, values=values),
                **given_here,
                at_most=limit - len(found),
                skipped=skip,
            )
            if len(found) == limit:
                break
            if found:
                skip = 0
            elif skip:  # so many fewer are left out of the next part
                passed = await self._run(
                    listed(shape, part, after=beyond, values=True),
                    **given_here,
                    at_most=skip,
                    skipped=0,
                )
                skip -= len(passed)
        return found

    async def count(self, listing: Listing) -> int:
        """How many devices a list has."""
        found = await self._run(counted(Shape.of(listing)), **values_in(listing))
        return found[0]

    async def owned_in(self, product_id: int, owner_id: str) -> Sequence[Device]:
        """The members of a product that an account owns."""
        return await self._run(OWNED_IN, in_product=product_id, owner_id=owner_id)
