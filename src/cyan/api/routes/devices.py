"""An account's own devices: list, get, claim, unclaim, change, ping.

REST contract §2.1 to §2.7 for devices outside products.
"""

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from cyan.api.errors import Family
from cyan.api.routing import Routes
from cyan.api.wire.devices import DeviceDetail, DeviceSummary, detail_of, summary_of
from cyan.api.wire.moments import moment
from cyan.api.wire.replies import Okay
from cyan.interfaces import World
from cyan.model.accounts import Actor
from cyan.model.decisions import RefusalCode as Code
from cyan.model.decisions import refused
from cyan.model.devices import Device, Standing
from cyan.services import changes, claims, devices, members
from cyan.services.changes import (
    Change,
    ForceUpdates,
    MarkDevelopment,
    Note,
    Rename,
    SetGroups,
)
from cyan.services.quarantine import SetStanding

routes = Routes()

CLAIM_REFUSALS = (
    Code.DEVICE_UNKNOWN,
    Code.OWNED_BY_ANOTHER,
    Code.DEVICE_LIMIT,
    Code.RATE_LIMITED,
)
OWN = (Code.DEVICE_UNKNOWN,)


class ClaimRequest(Struct):
    """What a claim says: which device, and whether to ask an owner for it."""

    id: Annotated[str, Meta(max_length=128)] | None = None
    request_transfer: bool | None = None


class ClaimQuery(Struct):
    """The error text of an owned device tells people to add this to the URL."""

    request_transfer: bool = False


class ClaimReply(Struct, omit_defaults=True):
    """The union of what clients of all ages look for (REST contract §2.4)."""

    ok: bool
    id: str | UnsetType = UNSET
    deviceID: str | UnsetType = UNSET  # noqa: N815 - a wire field
    user_id: str | UnsetType = UNSET
    connected: bool | UnsetType = UNSET
    claimed: bool | UnsetType = UNSET
    transfer_id: str | UnsetType = UNSET


class Changes(Struct):
    """What may be changed of a device; several at once are merged."""

    name: str | UnsetType | None = UNSET
    notes: str | UnsetType | None = UNSET
    signal: Literal["1", "0", "true", "false", 1, 0] | bool | UnsetType = UNSET
    firmware_updates_forced: bool | UnsetType = UNSET


class PingReply(Struct):
    """Whether the device answered."""

    online: bool
    ok: bool = True


@routes("GET /v1/devices", scope="devices:list", family=Family.LIST)
async def list_devices(world: World, actor: Actor) -> list[DeviceSummary]:
    """List all devices that you own."""
    return [summary_of(each) for each in await devices.list_devices(world, actor)]


@routes(
    "POST /v1/devices",
    scope="devices:claim",
    family=Family.LIST,
    refusals=CLAIM_REFUSALS,
)
async def claim_device(
    world: World, actor: Actor, body: ClaimRequest, query: ClaimQuery
) -> ClaimReply:
    """Claim a device, or ask its owner for it."""
    if not body.id:
        raise refused(
            Code.DEVICE_UNKNOWN,
            "data.deviceID is empty",
            remedy="Send the Device ID as `id`.",
        )
    outcome = await claims.claim_device(
        world,
        actor,
        body.id,
        request_transfer=bool(body.request_transfer) or query.request_transfer,
    )
    if outcome.transfer_id is not None:
        return ClaimReply(ok=True, transfer_id=outcome.transfer_id)
    return ClaimReply(
        ok=True,
        id=outcome.device_id,
        deviceID=outcome.device_id,
        user_id=actor.account_id,
        connected=outcome.online,
        claimed=True,
    )


@routes(
    "GET /v1/devices/{device}",
    scope="devices:get",
    family=Family.PERMISSION,
    refusals=OWN,
)
async def get_device(world: World, actor: Actor, device: str) -> DeviceDetail:
    """Get one of your devices by Device ID or name, or one of a product of yours."""
    return detail_of(await members.show_device(world, actor, device))


@routes(
    "DELETE /v1/devices/{device}",
    scope="devices:release",
    family=Family.PERMISSION,
    refusals=OWN,
)
async def unclaim_device(world: World, actor: Actor, device: str) -> Okay:
    """Unclaim a device, online or offline; its SIM stays as it is."""
    await claims.unclaim_device(world, actor, device)
    return Okay()


@routes(
    "PUT /v1/devices/{device}",
    scope="devices:update",
    family=Family.PERMISSION,
    refusals=(
        *OWN,
        Code.NAME_TAKEN,
        Code.NAME_UNUSABLE,
        Code.NOTES_UNUSABLE,
        Code.NOTHING_TO_DO,
        Code.DEVICE_OFFLINE,
        Code.DEVICE_SILENT,
    ),
)
async def change_device(
    world: World, actor: Actor, device: str, body: Changes
) -> dict[str, Any]:
    """Rename a device, note something, let it signal, or force its updates."""
    return await carry_out(world, actor, device, body, wishes_in(body))


def wishes_in(body: Changes) -> list[Change]:
    """The changes that a request asks for, besides signalling."""
    wanted: list[Change] = []
    if body.name is not UNSET:
        wanted.append(Rename(body.name))
    if body.notes is not UNSET:
        wanted.append(Note(body.notes))
    if body.firmware_updates_forced is not UNSET:
        wanted.append(ForceUpdates(body.firmware_updates_forced))
    return wanted


async def carry_out(
    world: World,
    actor: Actor,
    device: str,
    body: Changes,
    wanted: Sequence[Change],
    within: str | None = None,
) -> dict[str, Any]:
    """Make the changes, let the device signal, and tell what became of it."""
    if not wanted and body.signal is UNSET:
        raise refused(
            Code.NOTHING_TO_DO,
            "Nothing to do?",
            remedy="Send name, notes, signal or firmware_updates_forced; for a "
            "product's device also development, groups, quarantined or denied.",
        )
    reply: dict[str, Any] = {}
    if wanted:
        changed = await changes.change_device(world, actor, device, wanted, within)
        reply, device = changed_of(changed, wanted), changed.id
    if body.signal is not UNSET:
        on = str(body.signal) in ("1", "True", "true")
        found = await devices.signal_device(world, actor, device, on, within)
        reply |= {"id": found.id, "connected": True, "signaling": on}
    return {**reply, "updated_at": moment(world.clock.now())}


def changed_of(device: Device, wanted: Sequence[Change]) -> dict[str, Any]:
    """The id and what was changed, as it is kept."""
    reply: dict[str, Any] = {"id": device.id}
    for change in wanted:
        match change:
            case Rename():
                reply["name"] = device.name
            case Note():
                reply["notes"] = device.notes
            case ForceUpdates():
                reply["firmware_updates_forced"] = device.updates_forced
            case MarkDevelopment():
                reply["development"] = device.development
            case SetGroups(groups=groups):
                reply["groups"] = sorted(set(groups))
            case SetStanding():
                reply["quarantined"] = device.quarantined_in is not None
                reply["denied"] = device.standing is Standing.DENIED
    return reply


@routes(
    "PUT /v1/devices/{device}/ping",
    scope="devices:ping",
    family=Family.PERMISSION,
    refusals=OWN,
)
async def ping_device(world: World, actor: Actor, device: str) -> PingReply:
    """Ask whether a device is there."""
    return PingReply(await devices.ping_device(world, actor, device))
