"""Explaining a device to whom it concerns: where it stands, what it may do, why not.

The rules that would decide are asked with today's facts (`cyan.rules.explaining`),
so an explanation cannot differ from what would happen. See docs/rules/authority.md.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from cyan.interfaces import Tx, World
from cyan.model.accounts import Actor
from cyan.model.devices import Device, OwnershipChange
from cyan.model.platforms import is_cellular
from cyan.rules.authority import Action
from cyan.rules.explaining import ExplainFacts, Explanation, explain_device
from cyan.services.devices import find_device, ownership_of
from cyan.services.ownership import count_toward_limit


@dataclass(frozen=True, slots=True)
class PastChange:
    """A line of the ownership history, as far as the actor may read it.

    Usernames of other accounts are None: who owned a device before is not told to
    its owner of today, only that somebody did.
    """

    change: OwnershipChange
    former_owner: str | None
    new_owner: str | None
    actor: str | None


@dataclass(frozen=True, slots=True)
class DeviceExplanation:
    """What `explain` answers; `owned_since` is when its owner got it."""

    device: Device
    explanation: Explanation
    owned_since: datetime | None
    history: Sequence[PastChange]


async def explain(world: World, actor: Actor, wanted: str) -> DeviceExplanation:
    """Explain a device to its owner or to the operator; to others it is unknown."""
    limit = world.settings.sandbox_devices

    async def body(tx: Tx) -> DeviceExplanation:
        device = await find_device(tx, actor, wanted, Action.EXPLAIN)
        facts = ExplainFacts(
            ownership=ownership_of(device, actor),
            operator=actor.operator,
            online=device.online,
            safe_mode=device.safe_mode,
            cellular=is_cellular(device.platform_id),
            owned=await count_toward_limit(tx, actor.account_id, limit),
            limit=limit,
        )
        changes = await tx.histories.ownership_of(device.id)
        return DeviceExplanation(
            device=device,
            explanation=explain_device(facts),
            owned_since=changes[-1].at if changes and device.owner_id else None,
            history=[await _readable(tx, change, actor) for change in changes],
        )

    return await world.store.read(body)


async def _readable(tx: Tx, change: OwnershipChange, actor: Actor) -> PastChange:
    return PastChange(
        change,
        former_owner=await _name(tx, change.former_owner_id, actor),
        new_owner=await _name(tx, change.new_owner_id, actor),
        actor=await _name(tx, change.actor_id, actor),
    )


async def _name(tx: Tx, account_id: str | None, actor: Actor) -> str | None:
    if account_id is None or not (actor.operator or account_id == actor.account_id):
        return None
    account = await tx.accounts.find(account_id)
    return account.username if account else None
