"""What services need from a store for imports."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple, Protocol

from cyan.model.devices import Standing
from cyan.model.identifiers import DeviceID
from cyan.model.products import Import, LineOutcome


class Page(NamedTuple):
    """Lines of an import in the order of its file.

    `texts` as they came; the devices that they name, "" for none; what came of them,
    once all is done.
    """

    texts: Sequence[str]
    device_ids: Sequence[str]
    outcomes: Sequence[LineOutcome] | None = None


class Part(NamedTuple):
    """Lines of an import that are worked on at once, in the order of Device IDs.

    The devices that they name, "" for none, whose lines come first; their `lines` in
    the file, from 0; what came of them, once they are done.
    """

    device_ids: Sequence[str]
    lines: Sequence[int]
    outcomes: Sequence[LineOutcome] | None = None


class Candidate(NamedTuple):
    """What the store knows of a device that a line names.

    `recorded` is whether its key or its serial number is. Truths are 0 or 1, as the
    database tells them: of a million lines none is converted.
    """

    id: DeviceID
    recorded: int
    platform_id: int | None
    product_id: int | None
    standing: Standing | None
    owner_id: str | None
    online: int
    protected: int


class Imports(Protocol):
    """Imports and their lines."""

    async def add(self, record: Import) -> None:
        """Keep a new import."""

    async def find(self, import_id: str) -> Import | None:
        """The import of this id."""

    async def list_of(self, product_id: int, limit: int) -> Sequence[Import]:
        """A product's imports, newest first."""

    async def update(self, record: Import) -> None:
        """Replace all that changes in an import."""

    async def remove(self, import_id: str) -> None:
        """Forget an import and its lines."""

    async def remove_orphaned(self, limit: int) -> int:
        """Forget the lines of deleted products' imports, then those; how many rows."""

    async def next_due(self, now: datetime) -> Import | None:
        """The oldest import that is not finished, and that nobody works on."""

    async def add_page(self, import_id: str, number: int, page: Page) -> None:
        """Keep lines as they came."""

    async def pages(self, import_id: str, first: int, limit: int) -> Sequence[Page]:
        """Pages from a number on."""

    async def tell_page(
        self, import_id: str, number: int, outcomes: Sequence[LineOutcome]
    ) -> None:
        """Note what came of the lines of a page."""

    async def add_part(self, import_id: str, number: int, part: Part) -> None:
        """Keep lines as they will be worked on."""

    async def part(self, import_id: str, number: int) -> Part | None:
        """The part of this number."""

    async def tell_part(
        self, import_id: str, number: int, outcomes: Sequence[LineOutcome]
    ) -> None:
        """Note what came of the lines of a part."""

    async def candidates(self, device_ids: Sequence[str]) -> Sequence[Candidate]:
        """Those of these devices that this cloud knows."""

    async def resolve(self, numbers: Sequence[str]) -> Mapping[str, DeviceID]:
        """Devices by serial number, IMEI or ICCID; what names none is left out."""

    async def put_in(
        self,
        product_id: int,
        unknown: Sequence[DeviceID],
        known: Sequence[DeviceID],
        at: datetime,
    ) -> None:
        """Make devices members: those never met, and those known already."""

    async def take_out(self, device_ids: Sequence[DeviceID]) -> None:
        """Members are in no product from now on."""
