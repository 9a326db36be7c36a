"""A device's attributes on the wire (REST contract §2.1)."""

from typing import Any, Literal

from msgspec import UNSET, Struct, UnsetType
from msgspec.structs import asdict

from cyan.api.wire.moments import moment
from cyan.model.devices import Device, Standing
from cyan.model.platforms import is_cellular, version_text
from cyan.services.members import DeviceView


class DeviceSummary(Struct):
    """One device of a list: what `GET /v1/devices` says of each.

    Members that do not apply (no serial number, no SIM) are left out.
    """

    id: str
    name: str | None
    last_app: None
    last_ip_address: str | None
    last_heard: str | None
    last_handshake_at: str | None
    product_id: int | None
    platform_id: int | None
    online: bool
    connected: bool
    cellular: bool
    notes: str | None
    functions: list[str] | None
    variables: dict[str, str] | None
    status: Literal["normal", "safe_mode"]
    system_firmware_version: str | None
    current_build_target: str | None
    default_build_target: str | None
    serial_number: str | UnsetType = UNSET
    iccid: str | UnsetType = UNSET
    last_iccid: str | UnsetType = UNSET
    imei: str | UnsetType = UNSET


class Protection(Struct):
    """Whether the device takes commands over USB from strangers."""

    status: Literal["disabled", "active"]


class DeviceDetail(DeviceSummary, kw_only=True):
    """One device alone: what `GET /v1/devices/:d` adds, of a member a little more."""

    owner: str | None
    firmware_product_id: int | UnsetType | None = UNSET
    firmware_version: int | UnsetType | None = UNSET
    desired_firmware_version: int | UnsetType | None = UNSET
    groups: list[str] | UnsetType = UNSET
    pinned_build_target: str | None = None
    firmware_updates_enabled: bool
    firmware_updates_forced: bool
    device_protection: Protection
    mobile_secret: str | UnsetType = UNSET


def product_id_of(device: Device) -> int | None:
    """Its product's id, or its platform's: by that clients tell it from a member."""
    return device.platform_id if device.member_of is None else device.member_of


def summary_of(device: Device) -> DeviceSummary:
    """What a list says of a device."""
    online = device.session_id is not None
    version = device.system_version
    system = version_text(version) if version is not None else None
    return DeviceSummary(
        device.id,
        device.name,
        None,
        device.last_address,
        moment(device.last_heard),
        moment(device.last_handshake_at),
        product_id_of(device),
        device.platform_id,
        online,
        online,
        is_cellular(device.platform_id),
        device.notes,
        device.functions,
        device.variables,
        "safe_mode" if device.safe_mode else "normal",
        system,
        system,
        system,
        device.serial_number or UNSET,
        device.iccid or UNSET,
        device.iccid or UNSET,
        device.imei or UNSET,
    )


def detail_of(view: DeviceView) -> DeviceDetail:
    """What is said of one device alone."""
    device = view.device
    member = device.member_of is not None
    return DeviceDetail(
        **asdict(summary_of(device)),
        owner=view.owner,
        firmware_product_id=device.firmware_product_id if member else UNSET,
        firmware_version=device.firmware_version if member else UNSET,
        desired_firmware_version=None if member else UNSET,
        groups=list(view.groups) if member else UNSET,
        firmware_updates_enabled=device.updates_enabled,
        firmware_updates_forced=device.updates_forced,
        device_protection=protection_of(device),
        mobile_secret=device.mobile_secret or UNSET,
    )


def protection_of(device: Device) -> Protection:
    """What the device said of its protection when it described itself."""
    return Protection("active" if device.protected else "disabled")


class MemberSummary(DeviceSummary, kw_only=True):
    """One device of a product's list; a quarantined one tells why and since when."""

    owner: str | None
    groups: list[str]
    development: bool
    quarantined: bool
    denied: bool
    firmware_product_id: int | None
    firmware_version: int | None
    desired_firmware_version: int | None = None
    targeted_firmware_release_version: int | None = None
    wrong_platform: bool | UnsetType = UNSET
    quarantine_reason: str | UnsetType = UNSET
    quarantined_since: str | UnsetType = UNSET
    mobile_secret: str | UnsetType = UNSET


class MemberDetail(MemberSummary, kw_only=True):
    """One device of a product alone."""

    pinned_build_target: str | None = None
    firmware_updates_enabled: bool
    firmware_updates_forced: bool
    device_protection: Protection


def member_of(view: DeviceView) -> MemberSummary:
    """What a product's list says of a device."""
    return MemberSummary(**asdict(summary_of(view.device)), **_standing_of(view))


def member_detail_of(view: DeviceView) -> MemberDetail:
    """What is said of one device of a product alone."""
    device = view.device
    return MemberDetail(
        **asdict(summary_of(device)),
        **_standing_of(view),
        firmware_updates_enabled=device.updates_enabled,
        firmware_updates_forced=device.updates_forced,
        device_protection=protection_of(device),
    )


def _standing_of(view: DeviceView) -> dict[str, Any]:
    device = view.device
    outside = device.quarantined_in is not None
    since = moment(device.standing_since)
    return {
        "owner": view.owner,
        "groups": list(view.groups),
        "development": device.development,
        "quarantined": outside,
        "denied": device.standing is Standing.DENIED,
        "firmware_product_id": device.firmware_product_id,
        "firmware_version": device.firmware_version,
        "wrong_platform": device.standing is Standing.WRONG_PLATFORM or UNSET,
        "quarantine_reason": (outside and device.standing_reason) or UNSET,
        "quarantined_since": (outside and since) or UNSET,
        "mobile_secret": device.mobile_secret or UNSET,
    }
