"""Builders of products, their teams and their members, and the recount of all."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from tests.support.people import PHOTON, a_device_id, an_online_device, find

from cyan.interfaces import Listing, Tx, World
from cyan.model.accounts import Actor
from cyan.model.devices import Device, QuarantineReason, Standing
from cyan.model.events import Event, ProductEvent
from cyan.model.identifiers import DeviceID
from cyan.model.products import LineOutcome, Plan, Product, TeamMember, TeamRole
from cyan.services.imports import ImportWish, begin_import, lines_of
from cyan.services.products import (
    ProductChanges,
    ProductWish,
    change_product,
    create_product,
)

OPERATOR = Actor("f" * 24, "root@example.com", operator=True, address="127.0.0.1")


async def a_product(
    world: World,
    actor: Actor,
    name: str = "Pumps",
    *,
    platform_id: int = PHOTON,
    organization: str | None = None,
    **settings: Any,
) -> Product:
    """A product of somebody's, or of an organization; `settings` are changes."""
    wish = ProductWish(platform_id, name, organization=organization)
    view = await create_product(world, actor, wish)
    plan = {
        key: settings.pop(key) for key in ("plan", "device_limit") & settings.keys()
    }
    slug = view.product.slug
    if plan:
        view = await change_product(world, OPERATOR, slug, ProductChanges(**plan))
    if settings:
        view = await change_product(world, actor, slug, ProductChanges(**settings))
    return view.product


async def a_teammate(
    world: World, product: Product, actor: Actor, role: TeamRole
) -> Actor:
    """Somebody of a product's own team from now on."""
    member = TeamMember(product.team_id, actor.account_id, role, world.clock.now())
    await world.store.transact(lambda tx: tx.teams.set(member))
    return actor


async def import_lines(
    world: World, actor: Actor, product: Product, *texts: str, **wish: Any
) -> list[LineOutcome | None]:
    """What came of each line of a short import."""
    wanted = ImportWish(texts, **wish)
    record = await begin_import(world, actor, product.slug, wanted)
    return [each.outcome for each in await lines_of(world, record.id)]


async def a_member(
    world: World, actor: Actor, product: Product, number: int = 1, **hello: Any
) -> Device:
    """An online device that was put on a product's list; `hello` as it is said."""
    device = await an_online_device(world, number, **hello)
    await import_lines(world, actor, product, device.id)
    return await find(world, device.id)


async def listed(
    world: World, actor: Actor, product: Product, *numbers: int
) -> list[DeviceID]:
    """Devices on a product's list that this cloud has never met."""
    ids = [a_device_id(number) for number in numbers]
    await import_lines(world, actor, product, *ids)
    return ids


async def members_of(world: World, product: Product) -> int:
    """How many rows are members of a product."""
    return await world.store.read(
        lambda tx: tx.fleets.count(Listing(product.id, quarantined=False))
    )


@dataclass(frozen=True)
class Position:
    """Where a device belongs, in one value."""

    product_id: int | None
    standing: Standing | None
    reason: QuarantineReason | None = None


def position(device: Device) -> Position:
    """Where a device belongs."""
    return Position(device.product_id, device.standing, device.standing_reason)


NOWHERE = Position(None, None)


def member(product: Product) -> Position:
    """A member of a product."""
    return Position(product.id, Standing.MEMBER)


def waits(product: Product, reason: QuarantineReason) -> Position:
    """Quarantined or denied in a product."""
    denied = reason is QuarantineReason.DENIED
    standing = Standing.DENIED if denied else Standing.QUARANTINED
    return Position(product.id, standing, reason)


async def denial_of(world: World, product: Product, device_id: DeviceID) -> object:
    """Why a product keeps a device out, if it does."""
    found = await world.store.read(lambda tx: tx.exclusions.find(product.id, device_id))
    return found.kind if found else None


async def require_counts(
    world: World, accounts: Sequence[str], product_ids: Sequence[int]
) -> None:
    """Each number that is kept is what counting gives (LIM-2, LIM-4)."""

    async def body(tx: Tx) -> None:
        products = [await tx.products.find(each) for each in product_ids]
        living = [each for each in products if each is not None]
        members = {each.id: await _recount(tx, each) for each in living}
        for account in accounts:
            owned = await tx.devices.list_owned(account)
            alone = sum(each.member_of is None for each in owned)
            paid = sum(
                members[each.id]
                for each in living
                if (each.payer_id, each.plan) == (account, Plan.FREE)
            )
            assert await tx.counts.toward_sandbox(account) == alone + paid

    await world.store.read(body)


async def _recount(tx: Tx, product: Product) -> int:
    kept = await tx.counts.of_product(product.id)
    everybody = Listing(product.id)
    members = await tx.fleets.count(replace(everybody, quarantined=False))
    waiting = await tx.fleets.count(replace(everybody, quarantined=True))
    assert (kept.members, kept.quarantined, kept.reserved) == (members, waiting, 0)
    return members


class Ear:
    """A listener that remembers what it heard and whether it was told to end."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        self.ended = False

    def hear(self, event: Event | ProductEvent) -> None:
        """An event of one's own, or of a product."""
        told = event.event if isinstance(event, ProductEvent) else event
        self.heard.append(told.name)

    def end(self) -> None:
        """The stream is over."""
        self.ended = True
