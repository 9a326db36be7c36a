"""Publishing events, and listening to them.

Who hears an event is decided once, when it is published (docs/rules/events.md);
the bus carries it to streams and devices, each with a bounded queue of its own.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from cyan.interfaces import Stop, Tx, World, subjects
from cyan.interfaces.subjects import DeviceChanged, TeamChanged
from cyan.model.accounts import Actor
from cyan.model.decisions import RefusalCode, Refuse, Refused, refused
from cyan.model.devices import Device
from cyan.model.events import DEFAULT_TTL, Audience, Event, Hearers, ProductEvent
from cyan.model.identifiers import DeviceID
from cyan.model.products import Product
from cyan.rules.authority import Action
from cyan.rules.features import FeatureFacts
from cyan.rules.metering import OperationKind, cost_of_event, holder_of
from cyan.rules.products import unknown_product
from cyan.rules.publishing import (
    DevicePublishFacts,
    PublishFacts,
    decide_device_publish,
    decide_publish,
)
from cyan.rules.routing import (
    Destination,
    SourceFacts,
    audience_of,
    audience_of_account,
    audience_of_product,
    ears_of,
    hears,
)
from cyan.services.devices import find_device, find_in_products, get_device
from cyan.services.organizations import find_organization
from cyan.services.ownership import is_outsider
from cyan.services.products import find_product

API_SOURCE = "api"


@dataclass(frozen=True, slots=True)
class Source:
    """The device that an event comes from, as far as its audience depends on it."""

    facts: SourceFacts
    version: int | None


def source_of(device: Device, *, outsider: bool) -> Source:
    """A device as a source; `outsider` as in `SourceFacts`."""
    facts = SourceFacts(device.owner_id, device.product_id, device.standing, outsider)
    return Source(facts, device.firmware_version)


def _event(
    world: World, name: str, data: str | None, ttl: int | None, source: str
) -> Event:
    """An event that a person may publish now, or `Refused` (REST contract §3.10)."""
    decision = decide_publish(PublishFacts(name, len((data or "").encode())))
    if isinstance(decision, Refuse):
        raise Refused(decision)
    lifetime = DEFAULT_TTL if ttl is None else ttl
    return Event(name, data, lifetime, world.clock.now(), source)


def publish_as_person(
    world: World, actor: Actor, name: str, data: str | None, ttl: int | None
) -> None:
    """Publish to one's own streams and devices; costs nothing (EVT-3)."""
    event = _event(world, name, data, ttl, API_SOURCE)
    _send(world, audience_of_account(actor.account_id), event, "", None)


@dataclass(frozen=True, slots=True)
class ProductPublication:
    """What somebody publishes in a product; `as_device` in the name of a member."""

    product: str
    name: str
    data: str | None = None
    ttl: int | None = None
    as_device: str | None = None


async def publish_in_product(
    world: World, actor: Actor, publication: ProductPublication
) -> None:
    """Publish to a product's team and to all its members, or as one of them.

    Costs nothing (EVT-3); what is delivered to devices does.
    """
    wanted = publication.as_device

    async def body(tx: Tx) -> tuple[Product, Device | None, bool]:
        action, within = Action.EVENTS_SEND, publication.product
        product = await find_product(tx, actor, within, action)
        if wanted is None:
            return product, None, False
        device = await find_device(tx, actor, wanted, action, within)
        return product, device, await is_outsider(tx, device)

    product, device, outsider = await world.store.read(body)
    event = _event(
        world,
        publication.name,
        publication.data,
        publication.ttl,
        API_SOURCE if device is None else device.id,
    )
    if device is None:
        _send(world, audience_of_product(product.id), event, "", None)
    else:
        send_of_device(world, source_of(device, outsider=outsider), event)


def publish_as_device(
    world: World, source: Source, event: Event, data_bytes: int
) -> Destination | Refuse:
    """Publish what a device sent; where it goes, or the refusal (EVT-4).

    An ordinary event and news for streams are on their way when this returns;
    what is for the cloud, or a question of the device, is the caller's to answer.
    """
    facts = source.facts
    features = FeatureFacts(facts.owner_id is not None, facts.standing)
    decision = decide_device_publish(
        DevicePublishFacts(event.name, data_bytes, features)
    )
    if isinstance(decision, Refuse):
        return decision
    if decision.destination in (Destination.AUDIENCE, Destination.STREAMS):
        holder = holder_of(facts.owner_id, facts.product_id)
        assert holder is not None  # CLM-6: a device of nobody was refused
        cost = cost_of_event(event.name, data_bytes)
        world.meter.count(holder, OperationKind.PUBLISHED, cost)
        send_of_device(world, source, event)
    return decision.destination


def send_of_device(world: World, source: Source, event: Event) -> None:
    """Hand a device's event to everybody who may hear it (EVT-1, EVT-5)."""
    audience = audience_of(source.facts)
    _send(world, audience, event, source.facts.owner_id or "", source.version)


def _send(
    world: World, audience: Audience, event: Event, owner_id: str, version: int | None
) -> None:
    publish = world.bus.publish
    if audience.account_id is not None:
        publish(subjects.account_events(audience.account_id), event)
    product_id = audience.product_id
    if product_id is None:
        return
    told = ProductEvent(event, product_id, owner_id, version)
    publish(subjects.product_events(product_id), told)
    if audience.hearers is Hearers.MEMBERS:
        publish(subjects.product_publications(product_id), event)
    elif audience.hearers is Hearers.UNOWNED_MEMBERS:
        publish(subjects.member_events(product_id), event)


def heard_by(facts: SourceFacts) -> list[str]:
    """The subjects on which a device hears what it subscribed to (EVT-5)."""
    ears = ears_of(facts)
    heard = []
    if ears.owner_id is not None:
        heard.append(subjects.account_events(ears.owner_id))
    if ears.publications_of is not None:
        heard.append(subjects.product_publications(ears.publications_of))
    if ears.members_of is not None:
        heard.append(subjects.member_events(ears.members_of))
    return heard


@dataclass(frozen=True, slots=True)
class Tuning:
    """What a stream listens to.

    `device_id` keeps to one device, None to all; `prefix` to names that begin so.
    `products` are those whose members are heard, None for the actor's own devices;
    `organization_id` whose products they are all.
    """

    actor: Actor
    prefix: str
    device_id: DeviceID | None
    products: Sequence[Product] | None = None
    organization_id: str | None = None


@dataclass(frozen=True, slots=True)
class ProductPlace:
    """A product by its id or slug; `organization` is the one that it must be of."""

    product: str
    organization: str | None = None


async def tune(
    world: World, actor: Actor, prefix: str = "", wanted: str | None = None
) -> Tuning:
    """Decide what a stream may hear: all own devices, or one of them (EVT-1)."""
    if wanted is None:
        return Tuning(actor, prefix, None)
    device = await get_device(world, actor, wanted, Action.EVENTS_GET)
    return Tuning(actor, prefix, device.id)


async def tune_to_product(
    world: World, actor: Actor, within: str, prefix: str = "", wanted: str | None = None
) -> Tuning:
    """Decide what a product's stream may hear: all members, or one (EVT-1)."""
    place = ProductPlace(within)
    return await tune_to_place(world, actor, place, prefix, wanted)


async def tune_to_place(
    world: World,
    actor: Actor,
    place: ProductPlace,
    prefix: str = "",
    wanted: str | None = None,
) -> Tuning:
    """As `tune_to_product`, of a product that is named with its organization."""
    action = Action.EVENTS_GET

    async def body(tx: Tx) -> Tuning:
        product = await find_product(tx, actor, place.product, action)
        if place.organization is not None:
            organization = await tx.organizations.find(place.organization)
            if organization is None or organization.id != product.organization_id:
                raise Refused(unknown_product())  # MEM-1
        device_id = None
        if wanted is not None:
            device = await find_in_products(tx, wanted, [product.id], action)
            device_id = device.id
        return Tuning(actor, prefix, device_id, (product,))

    return await world.store.read(body)


async def tune_to_organization(
    world: World, actor: Actor, wanted: str, prefix: str = "", device: str | None = None
) -> Tuning:
    """Decide what an organization's stream may hear: members of all its products."""
    action = Action.EVENTS_GET

    async def body(tx: Tx) -> Tuning:
        found = await find_organization(tx, actor, wanted, action)
        products = await tx.products.list_of_team(found.id)
        device_id = None
        if device is not None:
            ids = [each.id for each in products]
            device_id = (await find_in_products(tx, device, ids, action)).id
        return Tuning(actor, prefix, device_id, products, found.id)

    return await world.store.read(body)


async def publish_in_organization(
    world: World, actor: Actor, publication: ProductPublication
) -> None:
    """Publish in all products of an organization; `product` names that."""

    async def body(tx: Tx) -> Sequence[Product]:
        action = Action.EVENTS_SEND
        found = await find_organization(tx, actor, publication.product, action)
        return await tx.products.list_of_team(found.id)

    products = await world.store.read(body)
    told = publication
    event = _event(world, told.name, told.data, told.ttl, API_SOURCE)
    for product in products:
        _send(world, audience_of_product(product.id), event, "", None)


def require_prefix(prefix: str) -> str:
    """The wide stream of old wants a prefix (REST contract §3.10)."""
    if not prefix:
        raise refused(
            RefusalCode.PREFIX_MISSING,
            "event prefix filter is required",
            remedy="Put the beginning of an event name behind the address.",
        )
    return prefix


def listen(
    world: World,
    tuning: Tuning,
    hear: Callable[[Event | ProductEvent], None],
    end: Callable[[], None],
) -> Stop:
    """Call `hear` for each event of a stream, and `end` once it has to stop.

    A stream stops when its token ends, when its listener leaves the team that it is
    for (MEM-11) and, if it follows one device, when that changes its owner or leaves
    the product (CLM-12). The returned function stops it from here.
    """
    stops = [
        *_hear_all(world, tuning, hear),
        *_end_with_rights(world, tuning, end),
    ]

    def stop() -> None:
        for each in stops:
            each()

    return stop


def _hear_all(
    world: World, tuning: Tuning, hear: Callable[[Event | ProductEvent], None]
) -> list[Stop]:
    def on_event(event: Event) -> None:
        if hears(tuning.prefix, tuning.device_id, event):
            hear(event)

    def on_product_event(told: ProductEvent) -> None:
        if hears(tuning.prefix, tuning.device_id, told.event):
            hear(told)

    bus = world.bus
    if tuning.products is None:
        own = subjects.account_events(tuning.actor.account_id)
        return [bus.listen(own, on_event)]
    return [
        bus.listen(subjects.product_events(each.id), on_product_event)
        for each in tuning.products
    ]


def _end_with_rights(
    world: World, tuning: Tuning, end: Callable[[], None]
) -> list[Stop]:
    actor, bus = tuning.actor, world.bus

    def on_end(_: object) -> None:
        end()

    def on_team(change: TeamChanged) -> None:
        if change.account_id == actor.account_id and change.role is None:
            end()

    def on_device(change: DeviceChanged) -> None:
        if tuning.products is None:
            stays = change.owner_id == actor.account_id
        else:
            stays = change.member_of in {each.id for each in tuning.products}
        if not stays:
            end()

    stops = [
        bus.listen(subjects.team_changes(team), on_team) for team in _teams(tuning)
    ]
    stops += [bus.listen(subject, on_end) for subject in _grounds(tuning)]
    if tuning.device_id is not None:
        device = subjects.device_changes(tuning.device_id)
        stops.append(bus.listen(device, on_device))
    return stops


def _grounds(tuning: Tuning) -> Iterator[str]:
    """On what a stream rests: it stops when that ends or changes."""
    if tuning.actor.token_hash is not None:
        yield subjects.token_ends(tuning.actor.token_hash)
    if tuning.organization_id is not None:  # its products become more or fewer
        yield subjects.product_changes(tuning.organization_id)


def _teams(tuning: Tuning) -> set[str]:
    """The teams to which a stream is owed."""
    teams = {team for each in tuning.products or () for team in each.team_ids}
    return teams if tuning.organization_id is None else teams | {tuning.organization_id}
