"""What services need from a store for imports."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple, Protocol

from cyan.model.devices import Standing
from cyan.model.identifiers import DeviceID
from cyan.model.products import Import, ImportLine, LineKey, LineOutcome


class LineFacts(NamedTuple):
    """A line of an import, and what the store knows of the device that it names.

    What follows `known` is None for a device that this cloud has never met.
    """

    number: int
    device_id: DeviceID | None
    outcome: LineOutcome | None
    known: bool
    recorded: bool | None
    platform_id: int | None
    product_id: int | None
    standing: Standing | None
    owner_id: str | None
    online: bool | None
    protected: bool | None

    @property
    def key(self) -> LineKey:
        """Where it is in the order in which lines are worked on."""
        return self.device_id or "", self.number


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
        """Forget lines of imports of deleted products, then those; how many rows."""

    async def next_due(self, now: datetime) -> Import | None:
        """The oldest import that is not finished, and that nobody works on."""

    async def add_lines(
        self, import_id: str, first_number: int, lines: Sequence[tuple[str, str | None]]
    ) -> None:
        """Keep lines, numbered from a number on: text, and the device that it names."""

    async def facts(
        self, import_id: str, after: LineKey, limit: int
    ) -> Sequence[LineFacts]:
        """Lines after another in the order of Device IDs, with what decides them."""

    async def set_outcome_of_all(
        self, import_id: str, outcome: LineOutcome, after: LineKey, until: LineKey
    ) -> None:
        """Note what came of all lines after one, until another and with it."""

    async def set_outcomes(
        self, import_id: str, outcome: LineOutcome, numbers: Sequence[int]
    ) -> None:
        """Note what came of some lines."""

    async def lines(
        self, import_id: str, after: int, limit: int
    ) -> Sequence[ImportLine]:
        """Lines after a number, in their order."""

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
