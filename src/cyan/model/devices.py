"""Devices, their owners, their sessions and the transfers between accounts."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from cyan.model.identifiers import DeviceID


class Standing(StrEnum):
    """How a device stands to the product that it is connected with."""

    MEMBER = "member"
    WRONG_PLATFORM = "wrong platform"
    """A member that turned out to be of another platform (MEM-13)."""

    QUARANTINED = "quarantined"
    DENIED = "denied"


class QuarantineReason(StrEnum):
    """Why a device is quarantined or denied."""

    UNLISTED = "unlisted"
    DENIED = "denied"
    REMOVED = "removed"
    NO_ROOM = "no room"


@dataclass(frozen=True, slots=True)
class Device:
    """All that the cloud remembers of one device.

    `ownership` counts the changes of owner: the version that compare-and-set tests.
    `product_id` and `standing` say where it belongs: it is a member of that product,
    or quarantined there since `standing_since`; both are None in no product.
    `session_id` is the open session with the device service, None while offline.
    `functions` and `variables` (name to type) are None until the device described
    itself, `protected` what it then said of its device protection.
    `firmware_product_id` and `firmware_version` are what its firmware reported.
    """

    id: DeviceID
    owner_id: str | None
    ownership: int
    product_id: int | None
    standing: Standing | None
    standing_reason: QuarantineReason | None
    standing_since: datetime | None
    development: bool
    name: str | None
    notes: str | None
    platform_id: int | None
    session_id: str | None
    functions: list[str] | None
    variables: dict[str, str] | None
    system_version: int | None
    firmware_product_id: int | None
    firmware_version: int | None
    app_hash: str | None
    safe_mode: bool
    updates_enabled: bool
    updates_forced: bool
    protected: bool
    serial_number: str | None
    imei: str | None
    iccid: str | None
    mobile_secret: str | None
    last_address: str | None
    last_heard: datetime | None
    last_handshake_at: datetime | None
    public_key: bytes | None
    created_at: datetime

    @property
    def online(self) -> bool:
        """Whether it has an open, authenticated session ("breathing cyan")."""
        return self.session_id is not None

    @property
    def member_of(self) -> int | None:
        """The product that it is a member of: quarantine is no membership (MEM-8)."""
        if self.standing in (Standing.MEMBER, Standing.WRONG_PLATFORM):
            return self.product_id
        return None

    @property
    def quarantined_in(self) -> int | None:
        """The product under whose denied devices it shows (MEM-8)."""
        return self.product_id if self.member_of is None else None


@dataclass(frozen=True, slots=True)
class OwnershipChange:
    """One line of a device's ownership history.

    `actor_id` is the account that acted, None for the system; `rule` the number of
    the rule that allowed it, `door` where the actor came in.
    """

    device_id: DeviceID
    ownership: int
    former_owner_id: str | None
    new_owner_id: str | None
    actor_id: str | None
    rule: str
    door: str
    at: datetime


@dataclass(frozen=True, slots=True)
class KeyChange:
    """One line of the history of a device's key (IDN-8). `key` is SPKI DER."""

    device_id: DeviceID
    key: bytes
    actor_id: str | None
    door: str
    at: datetime


class TransferState(StrEnum):
    """Where a request for somebody else's device stands (TRF-2, TRF-3)."""

    PENDING = "pending"
    APPROVED = "approved"
    DENIED = "denied"
    EXPIRED = "expired"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Transfer:
    """An account's request for a device that somebody else owns."""

    id: str
    device_id: DeviceID
    owner_id: str
    requester_id: str
    state: TransferState
    requested_at: datetime
    expires_at: datetime
    answered_at: datetime | None


@dataclass(frozen=True, slots=True)
class Description:
    """What a device told of itself in one describe; None was not told."""

    functions: list[str] | None = None
    variables: dict[str, str] | None = None
    imei: str | None = None
    iccid: str | None = None
    app_hash: str | None = None
    modules: list[dict[str, Any]] | None = None
    protected: bool | None = None
