"""What was used in a month, and room for devices: of accounts, products, companies."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from cyan.interfaces import Tx, World
from cyan.model.accounts import Actor
from cyan.model.decisions import RefusalCode, refused
from cyan.model.products import Organization
from cyan.rules.authority import Action
from cyan.rules.limits import has_room
from cyan.rules.metering import OperationKind, product_holder
from cyan.services.organizations import find_organization
from cyan.services.products import find_product, room_for

_MONTH = re.compile(r"(\d{4})-(0[1-9]|1[0-2])", re.ASCII)


@dataclass(frozen=True, slots=True)
class Usage:
    """One month of an account; `month` as 2026-11, times of UTC.

    `operations` are data operations by kind (EVT-3), at most some seconds old;
    `owned` are the devices of an account; `count` what counts toward `limit`, of
    which 0 is none (LIM-1, LIM-2, LIM-4).
    """

    month: str
    begins: datetime
    ends: datetime
    operations: Mapping[OperationKind, int]
    owned: int
    count: int
    limit: int

    @property
    def total(self) -> int:
        """Data operations of all kinds."""
        return sum(self.operations.values())

    @property
    def full(self) -> bool:
        """Whether another device would be refused (LIM-5)."""
        return not has_room(self.count, self.limit)


async def usage_of(world: World, actor: Actor, month: str | None = None) -> Usage:
    """What the actor's account used in a month, by default the present one."""
    wanted = month or f"{world.clock.now():%Y-%m}"
    begins, ends = _bounds(wanted)

    async def body(tx: Tx) -> Usage:
        return Usage(
            wanted,
            begins,
            ends,
            await _operations(tx, [actor.account_id], wanted),
            await tx.devices.count_owned(actor.account_id),
            await tx.counts.toward_sandbox(actor.account_id),
            world.settings.sandbox_devices,
        )

    return await world.store.read(body)


async def usage_of_product(
    world: World, actor: Actor, within: str, month: str | None = None
) -> Usage:
    """What a product's members used in a month; `owned` are its members."""
    wanted = month or f"{world.clock.now():%Y-%m}"
    begins, ends = _bounds(wanted)

    async def body(tx: Tx) -> Usage:
        product = await find_product(tx, actor, within, Action.USAGE_GET)
        members = await tx.counts.of_product(product.id)
        count, limit = await room_for(tx, world, product)
        operations = await _operations(tx, [product_holder(product.id)], wanted)
        return Usage(wanted, begins, ends, operations, members.members, count, limit)

    return await world.store.read(body)


async def usage_of_organization(
    world: World, actor: Actor, wanted: str, month: str | None = None
) -> Usage:
    """What all products of an organization used in a month; `owned` their members."""
    action = Action.USAGE_GET
    return (await _of_organization(world, actor, wanted, action, month))[1]


async def agreement_of_organization(
    world: World, actor: Actor, wanted: str
) -> tuple[Organization, Usage]:
    """An organization and what it used in the present month, for who manages it."""
    return await _of_organization(world, actor, wanted, Action.AGREEMENTS_LIST)


async def _of_organization(
    world: World, actor: Actor, wanted: str, action: Action, month: str | None = None
) -> tuple[Organization, Usage]:
    chosen = month or f"{world.clock.now():%Y-%m}"
    begins, ends = _bounds(chosen)

    async def body(tx: Tx) -> tuple[Organization, Usage]:
        found = await find_organization(tx, actor, wanted, action)
        products = await tx.products.list_of_team(found.id)
        members = [(await tx.counts.of_product(each.id)).members for each in products]
        holders = [product_holder(each.id) for each in products]
        count = await tx.counts.toward_sandbox(found.id)
        return found, Usage(
            chosen,
            begins,
            ends,
            await _operations(tx, holders, chosen),
            sum(members),
            count,
            world.settings.sandbox_devices,
        )

    return await world.store.read(body)


async def _operations(
    tx: Tx, holders: Iterable[str], month: str
) -> Mapping[OperationKind, int]:
    """Data operations of some holders in a month, by kind."""
    counted: Counter[str] = Counter()
    for holder in holders:
        counted.update(await tx.usage.of_holder(holder, month))
    return {kind: counted[kind.value] for kind in OperationKind}


def _bounds(month: str) -> tuple[datetime, datetime]:
    """When a month begins, and when the next one does."""
    match = _MONTH.fullmatch(month)
    if match is None or not 1 < int(match[1]) < 9999:
        raise refused(
            RefusalCode.REQUEST_INCOMPLETE,
            f"{month[:40]!r} is no month.",
            remedy="Write a month as 2026-11, or leave it out for the present one.",
        )
    year, number = int(match[1]), int(match[2])
    following = (year + 1, 1) if number == 12 else (year, number + 1)
    return datetime(year, number, 1, tzinfo=UTC), datetime(*following, 1, tzinfo=UTC)
