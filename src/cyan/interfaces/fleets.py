"""What services need from a store for products: fleets, counts and groups."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

from cyan.model.devices import Device, QuarantineReason, Standing
from cyan.model.identifiers import DeviceID
from cyan.model.products import Exclusion, Group, Product


@dataclass(frozen=True, slots=True)
class ProductCount:
    """How many devices a product has; `reserved` is kept free for running imports."""

    members: int
    quarantined: int
    reserved: int


class Counts(Protocol):
    """Exact numbers of devices, kept as they change (LIM-2, LIM-4)."""

    async def toward_sandbox(self, payer_id: str) -> int:
        """What counts toward the sandbox of an account or organization (LIM-2)."""

    async def of_product(self, product_id: int) -> ProductCount:
        """How many devices a product has."""

    async def add_to_sandbox(self, account_id: str, more: int) -> None:
        """An account owns so many more devices that are in no product."""

    async def add_to_product(
        self, product_id: int, *, members: int = 0, quarantined: int = 0
    ) -> None:
        """A product has so many more members and quarantined devices."""

    async def reserve(self, product_id: int, more: int) -> None:
        """Keep so much more room for a running import; it counts as taken."""


class Products(Protocol):
    """Products by id and by slug."""

    async def used_ids(self) -> Sequence[int]:
        """All ids that a product has or had (MEM-14)."""

    async def add(self, product: Product) -> None:
        """Keep a new product; `Conflict` if its id, name or slug is taken."""

    async def find(self, product_id: int) -> Product | None:
        """The product of this id."""

    async def find_by_slug(self, slug: str) -> Product | None:
        """The product of this slug."""

    async def is_name_used(self, name: str, slug: str, but: int | None) -> bool:
        """Whether another product than `but` has this name or slug."""

    async def update(self, product: Product) -> None:
        """Replace what may change; `Conflict` if its name or slug is taken."""

    async def remove(self, product_id: int) -> None:
        """Forget the product with its groups and exclusions; its id stays used."""

    async def list_of_account(self, account_id: str) -> Sequence[Product]:
        """Products in whose team, or organization's team, an account is; by id."""

    async def list_of_team(self, team_id: str) -> Sequence[Product]:
        """Products of a team: one product's own, or all of an organization."""


class Groups(Protocol):
    """A product's groups, and which members are in them."""

    async def add(self, group: Group) -> None:
        """Keep a new group; `Conflict` if there is one of that name."""

    async def find(self, product_id: int, name: str) -> Group | None:
        """The group of this name."""

    async def list_of(self, product_id: int) -> Sequence[Group]:
        """A product's groups, by name."""

    async def update(self, former_name: str, group: Group) -> None:
        """Replace name, description and color; `Conflict` if the name is taken."""

    async def remove(self, product_id: int, name: str) -> None:
        """Forget a group; its devices leave it."""

    async def count(self, product_id: int, name: str) -> int:
        """How many devices are in a group."""

    async def of_devices(
        self, product_id: int, device_ids: Sequence[DeviceID]
    ) -> Mapping[DeviceID, list[str]]:
        """The groups of some devices, by name."""

    async def most(self, product_id: int, device_ids: Sequence[DeviceID]) -> int:
        """In how many groups that device is which is in the most."""

    async def put(
        self, product_id: int, name: str, device_ids: Sequence[DeviceID]
    ) -> None:
        """Devices are in a group from now on."""

    async def take(
        self, product_id: int, name: str, device_ids: Sequence[DeviceID]
    ) -> None:
        """Devices leave a group."""

    async def leave(self, product_id: int, device_ids: Sequence[DeviceID]) -> None:
        """Devices leave all groups of a product."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a device belongs: what is written when that changes.

    `product_id` and `standing` are None in no product.
    """

    product_id: int | None
    standing: Standing | None
    reason: QuarantineReason | None
    since: datetime | None


class SortKey(StrEnum):
    """What a product's devices are sorted by (REST contract §2.2)."""

    LAST_CONNECTION = "lastConnection"
    DEVICE_ID = "deviceId"
    DEVICE_NAME = "deviceName"
    FIRMWARE_VERSION = "firmwareVersion"


@dataclass(frozen=True, slots=True)
class Listing:
    """Which devices of a product, in which order; texts are parts, in any case.

    `quarantined` True keeps to quarantined and denied devices, False to members.
    """

    product_id: int
    sort: SortKey = SortKey.LAST_CONNECTION
    ascending: bool = False
    device_id: str | None = None
    name: str | None = None
    serial_number: str | None = None
    groups: tuple[str, ...] = ()
    quarantined: bool | None = None

    @property
    def looks_into_rows(self) -> bool:
        """Whether it chooses by what no index of a fleet is sorted by."""
        texts = self.device_id or self.name or self.serial_number
        return bool(texts or self.groups)


SortValue = tuple[Any, ...]
"""What the order of a list compares of one device; its last part is the Device ID."""


class Fleets(Protocol):
    """The devices of products: where they belong, and lists of them."""

    async def move(self, device_id: DeviceID, place: Place) -> None:
        """A device belongs there from now on; its development mark ends."""

    async def note_standing(
        self,
        device_id: DeviceID,
        standing: Standing,
        reason: QuarantineReason | None,
        since: datetime,
    ) -> None:
        """A device stands otherwise to its product; its mark stays."""

    async def set_development(self, device_id: DeviceID, development: bool) -> None:
        """Mark a device as a development device, or lift the mark."""

    async def dismiss_all(self, product_id: int) -> Sequence[Device]:
        """No device is quarantined in a product any more; who is online of them."""

    async def find_many(self, device_ids: Sequence[DeviceID]) -> Sequence[Device]:
        """The devices of these ids, in their order; unknown ones are left out."""

    async def named(self, listing: Listing) -> Sequence[Device]:
        """The one device of a list that names a whole Device ID, if it is there."""

    async def page(
        self, listing: Listing, after: SortValue | None, skip: int, limit: int
    ) -> Sequence[Device]:
        """Devices that come after another in a list, `skip` of them left out."""

    async def value_after(
        self, listing: Listing, after: SortValue | None, places: int
    ) -> SortValue | None:
        """What is compared of the device so many places after another."""

    async def count(self, listing: Listing) -> int:
        """How many devices a list has."""

    async def owned_in(self, product_id: int, owner_id: str) -> Sequence[Device]:
        """The members of a product that an account owns."""


class Exclusions(Protocol):
    """What products remember of devices that they denied or removed."""

    async def find(self, product_id: int, device_id: DeviceID) -> Exclusion | None:
        """What a product remembers of a device."""

    async def list_of(self, device_id: DeviceID) -> Sequence[Exclusion]:
        """What all products remember of a device."""

    async def set(self, exclusion: Exclusion) -> None:
        """Remember it, instead of what was remembered."""

    async def set_removed(
        self, product_id: int, device_ids: Sequence[DeviceID], at: datetime
    ) -> None:
        """Remember that members were removed (UNC-4)."""

    async def forget(self, product_id: int, device_ids: Sequence[DeviceID]) -> None:
        """Remember nothing of some devices any more."""
