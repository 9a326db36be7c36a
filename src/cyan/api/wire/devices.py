"""A device's attributes on the wire (REST contract §2.1)."""

from typing import Literal

from msgspec import UNSET, Struct, UnsetType
from msgspec.structs import asdict

from cyan.api.wire.moments import moment
from cyan.model.devices import Device
from cyan.model.platforms import is_cellular, version_text


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


class DeviceDetail(DeviceSummary, kw_only=True):
    """One device alone: what `GET /v1/devices/:d` adds."""

    owner: str | None
    pinned_build_target: str | None = None
    firmware_updates_enabled: bool
    firmware_updates_forced: bool
    mobile_secret: str | UnsetType = UNSET


def summary_of(device: Device) -> DeviceSummary:
    """What a list says of a device of no product.

    Its `product_id` is its platform's id: by that clients tell it from a member.
    """
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
        device.platform_id,
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


def detail_of(device: Device, owner: str | None) -> DeviceDetail:
    """What is said of one device alone; `owner` is the owner's username."""
    return DeviceDetail(
        **asdict(summary_of(device)),
        owner=owner,
        firmware_updates_enabled=device.updates_enabled,
        firmware_updates_forced=device.updates_forced,
        mobile_secret=device.mobile_secret or UNSET,
    )
