"""Explaining a device to whom it concerns: where it stands, what it may do, why not.

The rules that would decide are asked with today's facts, or with those after a
removal (`cyan.rules.explaining`), so an explanation cannot differ from what would
happen. See docs/rules/explaining.md.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from cyan.interfaces import Tx, World
from cyan.model.accounts import Actor
from cyan.model.decisions import RefusalCode, refused
from cyan.model.devices import Device, OwnershipChange
from cyan.model.platforms import is_cellular
from cyan.model.products import Product
from cyan.rules.authority import Action, may
from cyan.rules.explaining import ExplainFacts, Explanation, explain_device
from cyan.rules.limits import CountFacts, Counting, count_toward
from cyan.services.claims import membership_of
from cyan.services.devices import as_shown, find_device, ownership_of
from cyan.services.membership import after_removal
from cyan.services.ownership import count_toward_limit
from cyan.services.products import team_facts


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
    """What `explain` answers; `owned_since` is when its owner got it.

    `product` is where it belongs, if the actor may see that; `counting` on whose
    limit it is.
    """

    device: Device
    explanation: Explanation
    owned_since: datetime | None
    history: Sequence[PastChange]
    product: Product | None
    counting: Counting


async def explain(
    world: World,
    actor: Actor,
    wanted: str,
    within: str | None = None,
    *,
    removed: bool = False,
) -> DeviceExplanation:
    """Explain a device to its owner, its product's team or the operator.

    `removed` tells how it would be after it was removed from its product; nothing is
    changed. To others the device is unknown (UNC-5).
    """

    async def body(tx: Tx) -> DeviceExplanation:
        device = await find_device(tx, actor, wanted, Action.DEVICES_EXPLAIN, within)
        if removed:
            device = await _removed(tx, world, device)
        product = await tx.products.find(device.product_id or 0)
        counting = _counting(device, product)
        seen = await _is_seen(tx, actor, product)
        facts = await _facts(tx, world, actor, device, product if seen else None)
        changes = await tx.histories.ownership_of(device.id)
        return DeviceExplanation(
            device=device,
            explanation=explain_device(facts),
            owned_since=changes[-1].at if changes and device.owner_id else None,
            history=[await _readable(tx, change, actor) for change in changes],
            product=product if seen else None,
            counting=counting,
        )

    return await world.store.read(body)


async def _facts(
    tx: Tx, world: World, actor: Actor, device: Device, product: Product | None
) -> ExplainFacts:
    limit = world.settings.sandbox_devices
    team = await team_facts(tx, actor, product.team_ids if product else ())
    [shown] = await as_shown(tx, [device])
    return ExplainFacts(
        ownership=ownership_of(device, actor),
        owned=device.owner_id is not None,
        operator=actor.operator,
        online=device.online,
        safe_mode=device.safe_mode,
        cellular=is_cellular(shown.platform_id),
        count=await count_toward_limit(tx, actor.account_id, limit),
        limit=limit,
        place=device.standing,
        reason=device.standing_reason,
        product=product.name if product else None,
        membership=await membership_of(tx, actor, device),
        manager=product is not None and may(team, Action.DEVICES_REMOVE),
    )


async def _is_seen(tx: Tx, actor: Actor, product: Product | None) -> bool:
    """Whether the actor may see the product that a device is connected with."""
    if product is None:
        return False
    facts = await team_facts(tx, actor, product.team_ids, product.id)
    return may(facts, Action.PRODUCTS_GET)


async def _removed(tx: Tx, world: World, device: Device) -> Device:
    """The device as it would be after its removal (UNC-3, UNC-4)."""
    if device.member_of is None:
        raise refused(
            RefusalCode.NOT_IN_PRODUCT,
            "Device not found for this product",
            rule="UNC-3",
            remedy="Only a member can be removed: leave out if=remove.",
        )
    return await after_removal(tx, world, device, world.clock.now())


def _counting(device: Device, product: Product | None) -> Counting:
    member = device.member_of is not None and product is not None
    return count_toward(
        CountFacts(
            claimed=device.owner_id is not None,
            plan=product.plan if product and member else None,
            owners_product=product is not None and product.payer_id == device.owner_id,
        )
    )


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
