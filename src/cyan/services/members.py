"""The devices of a product: list them, get one, remove, deny, retire.

`within` is the product's id or slug. See docs/rules/membership.md.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from cyan.interfaces import Listing, Tx, World
from cyan.interfaces.subjects import DeviceChanged
from cyan.model.accounts import Actor
from cyan.model.decisions import RefusalCode, Refuse, Refused, refused
from cyan.model.devices import Device
from cyan.model.identifiers import DeviceID
from cyan.rules.authority import Action
from cyan.rules.departures import (
    Deny,
    DepartureFacts,
    Dismiss,
    Remove,
    decide_departure,
)
from cyan.services.claims import release
from cyan.services.devices import as_shown, find_device, find_in_products
from cyan.services.fleet_pages import FleetPages
from cyan.services.membership import deny, dismiss, leave
from cyan.services.organizations import find_organization
from cyan.services.ownership import announce, position_of
from cyan.services.products import find_product

DEFAULT_PAGE, LARGEST_PAGE = 25, 1000


@dataclass(frozen=True, slots=True)
class DeviceView:
    """A device as it is shown; `owner` is its owner's username."""

    device: Device
    owner: str | None
    groups: Sequence[str]


@dataclass(frozen=True, slots=True)
class MemberPage:
    """One page of a product's devices; `total` counts those of all pages."""

    members: Sequence[DeviceView]
    page: int
    per_page: int
    total: int

    @property
    def total_pages(self) -> int:
        """How many pages there are; at least one."""
        return max(1, -(-self.total // self.per_page))


async def list_members(  # noqa: PLR0913 - a list is described by as much
    world: World,
    actor: Actor,
    within: str,
    wanted: Listing,
    *,
    page: int,
    per_page: int,
) -> MemberPage:
    """A page of a product's members and quarantined devices (REST contract §2.2)."""
    if not 1 <= per_page <= LARGEST_PAGE or page < 1:
        raise refused(
            RefusalCode.REQUEST_INCOMPLETE,
            f"Pages begin with 1, and have 1 to {LARGEST_PAGE:,} devices.",
            remedy="Correct page or perPage.",
        )

    async def find(tx: Tx) -> int:
        product = await find_product(tx, actor, within, Action.DEVICES_LIST)
        return product.id

    product_id = await world.store.read(find)
    listing = replace(wanted, product_id=product_id)
    devices, total = await FleetPages.of(world).page(listing, page, per_page)
    members = await world.store.read(lambda tx: views_of(tx, product_id, devices))
    return MemberPage(members, page, per_page, total)


async def views_of(
    tx: Tx, product_id: int | None, devices: Sequence[Device]
) -> list[DeviceView]:
    """Devices as they are shown, with their owners' names and their groups."""
    groups: Mapping[DeviceID, Sequence[str]] = {}
    if product_id is not None:
        ids = [each.id for each in devices]
        groups = await tx.groups.of_devices(product_id, ids)
    owner_ids = {each.owner_id for each in devices if each.owner_id is not None}
    names = await tx.accounts.usernames(sorted(owner_ids))
    return [
        DeviceView(
            each,
            names.get(each.owner_id or ""),
            groups.get(each.id, []),
        )
        for each in await as_shown(tx, devices)
    ]


async def show_device(world: World, actor: Actor, wanted: str) -> DeviceView:
    """One's own device by id or name, or a device of a product that one may see."""

    async def body(tx: Tx) -> DeviceView:
        device = await find_device(tx, actor, wanted, Action.DEVICES_GET)
        return (await views_of(tx, device.member_of, [device]))[0]

    return await world.store.read(body)


async def get_member(
    world: World, actor: Actor, within: str, wanted: str
) -> DeviceView:
    """One device of a product, quarantined ones too."""

    async def body(tx: Tx) -> DeviceView:
        device = await find_device(tx, actor, wanted, Action.DEVICES_GET, within)
        assert device.product_id is not None  # it was found in a product
        return (await views_of(tx, device.product_id, [device]))[0]

    return await world.store.read(body)


async def get_organizations_device(
    world: World, actor: Actor, organization: str, wanted: str
) -> DeviceView:
    """One device of any of an organization's products, quarantined ones too."""
    action = Action.DEVICES_GET

    async def body(tx: Tx) -> DeviceView:
        found = await find_organization(tx, actor, organization, action)
        products = await tx.products.list_of_team(found.id)
        ids = [each.id for each in products]
        device = await find_in_products(tx, wanted, ids, action)
        assert device.product_id is not None  # it was found in a product
        return (await views_of(tx, device.product_id, [device]))[0]

    return await world.store.read(body)


async def remove_member(
    world: World, actor: Actor, within: str, wanted: str, *, deny_it: bool
) -> Remove | Dismiss | Deny:
    """Remove a member; dismiss or deny a quarantined device (UNC-3, MEM-8, MEM-9).

    What was decided is returned: whether an owner goes on owning it is to be told.
    """
    at = world.clock.now()

    async def body(tx: Tx) -> tuple[Remove | Dismiss | Deny, DeviceChanged]:
        device = await find_device(tx, actor, wanted, Action.DEVICES_REMOVE, within)
        decision = decide_departure(
            DepartureFacts(device.standing, deny_it, device.owner_id is not None)
        )
        match decision:
            case Refuse():
                raise Refused(decision)
            case Remove():
                assert device.product_id is not None  # it was found in a product
                await leave(tx, world, device.product_id, [device], at)
            case Dismiss():
                await dismiss(tx, device)
            case Deny():
                await deny(tx, device, at)
        return decision, await position_of(tx, device.id)

    decision, changed = await world.store.transact(body, turn=within)
    announce(world, changed)
    return decision


async def retire_member(world: World, actor: Actor, within: str, wanted: str) -> None:
    """Unclaim a member, then remove it, in one act (UNC-3)."""
    at = world.clock.now()

    async def body(tx: Tx) -> DeviceChanged:
        await find_product(tx, actor, within, Action.DEVICES_REMOVE)
        device = await find_device(tx, actor, wanted, Action.DEVICES_RELEASE, within)
        assert device.member_of is not None  # one that only waits is refused (MEM-8)
        await release(tx, actor, device, at, manager=True)
        unclaimed = await tx.devices.find(device.id)
        assert unclaimed is not None  # a device is never forgotten
        await leave(tx, world, device.member_of, [unclaimed], at)
        return await position_of(tx, device.id)

    announce(world, await world.store.transact(body, turn=within))
