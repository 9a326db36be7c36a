"""Groups of a product's members (REST contract §3.4)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from cyan.interfaces import Body, Conflict, Tx, World
from cyan.model.accounts import Actor
from cyan.model.decisions import RefusalCode, Refuse, Refused, refused
from cyan.model.identifiers import DeviceID, MalformedIdentifier
from cyan.model.products import Group
from cyan.rules.authority import Action
from cyan.rules.departures import not_in_product
from cyan.rules.groups import (
    DEFAULT_COLOR,
    MAX_GROUPS,
    MAX_OF_DEVICE,
    decide_group,
    tidy_color,
)
from cyan.services.products import find_product

MAX_DEVICES = 10_000
"""Devices whose groups one request may change."""

MAX_MOVES = 50_000
"""Devices times groups of one request: the store does nothing else meanwhile."""


@dataclass(frozen=True, slots=True)
class GroupView:
    """A group, and how many devices are in it."""

    group: Group
    devices: int


@dataclass(frozen=True, slots=True)
class GroupWish:
    """What a group shall be; None stays as it is, or is left to us."""

    name: str | None = None
    color: str | None = None
    description: str | None = None


async def list_groups(
    world: World, actor: Actor, within: str, part: str = ""
) -> Sequence[Group]:
    """A product's groups whose names have a part, by name."""

    async def body(tx: Tx) -> list[Group]:
        product = await find_product(tx, actor, within, Action.GROUPS_LIST)
        found = await tx.groups.list_of(product.id)
        return [each for each in found if part.lower() in each.name]

    return await world.store.read(body)


async def get_group(world: World, actor: Actor, within: str, name: str) -> GroupView:
    """One group, and how many devices are in it."""

    async def body(tx: Tx) -> GroupView:
        product = await find_product(tx, actor, within, Action.GROUPS_GET)
        group = await _find(tx, product.id, name)
        return GroupView(group, await tx.groups.count(product.id, name))

    return await world.store.read(body)


async def _find(tx: Tx, product_id: int, name: str) -> Group:
    group = await tx.groups.find(product_id, name)
    if group is None:
        raise refused(
            RefusalCode.GROUP_UNKNOWN,
            f"Group {name[:64]} not found",
            rule="MEM-1",
            remedy="See the list of the product's groups.",
        )
    return group


async def create_group(
    world: World, actor: Actor, within: str, wish: GroupWish
) -> Group:
    """Make a group."""
    at = world.clock.now()

    async def body(tx: Tx) -> Group:
        product = await find_product(tx, actor, within, Action.GROUPS_CREATE)
        empty = Group(product.id, "", "", DEFAULT_COLOR, at)
        group = _fitting(empty, wish)
        await _add(tx, group)
        return group

    return await _transact(world, body)


async def change_group(
    world: World, actor: Actor, within: str, name: str, wish: GroupWish
) -> Group:
    """Rename, colour or describe a group; its devices stay in it."""

    async def body(tx: Tx) -> Group:
        product = await find_product(tx, actor, within, Action.GROUPS_UPDATE)
        if wish == GroupWish():
            raise refused(
                RefusalCode.NOTHING_TO_DO,
                "Nothing to do?",
                remedy="Send a name, color or description.",
            )
        group = _fitting(await _find(tx, product.id, name), wish)
        await tx.groups.update(name, group)
        return group

    return await _transact(world, body)


async def remove_group(world: World, actor: Actor, within: str, name: str) -> None:
    """Remove a group; its devices leave it, and stay members."""

    async def body(tx: Tx) -> None:
        product = await find_product(tx, actor, within, Action.GROUPS_REMOVE)
        await _find(tx, product.id, name)
        await tx.groups.remove(product.id, name)

    await world.store.transact(body)


async def edit_groups(  # noqa: PLR0913 - a wire request of as many members
    world: World,
    actor: Actor,
    within: str,
    devices: Sequence[str],
    *,
    add: Sequence[str],
    remove: Sequence[str],
) -> None:
    """Put members into groups, which are made if they lack, and take them out."""
    add, remove = list(dict.fromkeys(add)), list(dict.fromkeys(remove))
    at = world.clock.now()

    async def body(tx: Tx) -> None:
        product = await find_product(tx, actor, within, Action.DEVICES_UPDATE)
        _require_moderate(len(devices), len(add), len(remove))
        members = await _members(tx, product.id, devices)
        for name in remove:
            await tx.groups.take(product.id, name, members)
        for name in add:
            await _ensure(tx, product.id, name, at)
            await tx.groups.put(product.id, name, members)
        if add and await tx.groups.most(product.id, members) > MAX_OF_DEVICE:
            raise _too_many_groups()

    await world.store.transact(body)


def _require_moderate(devices: int, add: int, remove: int) -> None:
    if devices > MAX_DEVICES:
        raise _unusable(
            f"One request changes at most {MAX_DEVICES:,} devices.",
            "Send several requests.",
        )
    if add > MAX_OF_DEVICE:
        raise _too_many_groups()
    if devices * (add + remove) > MAX_MOVES:
        raise _unusable(
            f"Devices times groups of one request are at most {MAX_MOVES:,}.",
            "Send several requests.",
        )


async def _members(tx: Tx, product_id: int, wanted: Sequence[str]) -> list[DeviceID]:
    """The Device IDs, all of them members; refused as a whole if one is not."""
    try:
        ids = [DeviceID.parse(each) for each in dict.fromkeys(wanted)]
    except MalformedIdentifier:
        raise Refused(not_in_product()) from None
    found = await tx.fleets.find_many(ids)
    if len(found) < len(set(ids)) or any(d.member_of != product_id for d in found):
        raise Refused(not_in_product())
    return ids


async def set_groups(
    tx: Tx, product_id: int, device_id: DeviceID, names: Sequence[str], at: datetime
) -> None:
    """Put a member into these groups and no others; those that lack are made."""
    if len(names) > MAX_OF_DEVICE:
        raise _too_many_groups()
    await tx.groups.leave(product_id, [device_id])
    for name in dict.fromkeys(names):
        await _ensure(tx, product_id, name, at)
        await tx.groups.put(product_id, name, [device_id])


async def _ensure(tx: Tx, product_id: int, name: str, at: datetime) -> None:
    if await tx.groups.find(product_id, name) is None:
        empty = Group(product_id, "", "", DEFAULT_COLOR, at)
        await _add(tx, _fitting(empty, GroupWish(name)))


async def _add(tx: Tx, group: Group) -> None:
    if len(await tx.groups.list_of(group.product_id)) >= MAX_GROUPS:
        raise _unusable(
            f"A product has at most {MAX_GROUPS:,} groups.",
            "Remove groups that nobody needs.",
        )
    await tx.groups.add(group)


def _fitting(group: Group, wish: GroupWish) -> Group:
    given = {
        name: value
        for name in GroupWish.__slots__
        if (value := getattr(wish, name)) is not None
    }
    changed = replace(group, **given)
    decision = decide_group(changed.name, changed.color, changed.description)
    if isinstance(decision, Refuse):
        raise Refused(decision)
    return replace(changed, color=tidy_color(changed.color))


def _too_many_groups() -> Refused:
    return _unusable(
        f"A device is in at most {MAX_OF_DEVICE} groups.",
        "Take it out of others first.",
    )


def _unusable(reason: str, remedy: str) -> Refused:
    return refused(RefusalCode.GROUP_UNUSABLE, reason, rule="MEM-1", remedy=remedy)


async def _transact(world: World, body: Body[Group]) -> Group:
    try:
        return await world.store.transact(body)
    except Conflict:
        raise refused(
            RefusalCode.GROUP_UNUSABLE,
            "The product has a group of this name.",
            rule="MEM-1",
            remedy="Choose another name.",
        ) from None
