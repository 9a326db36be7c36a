"""Why a device may or may not (`GET /v1/devices/:d/explain`): Cyan's own route."""

from typing import Literal

from msgspec import Struct

from cyan.api.errors import Family
from cyan.api.routing import Routes
from cyan.api.wire.moments import moment
from cyan.interfaces import World
from cyan.model.accounts import Actor
from cyan.model.decisions import RefusalCode as Code
from cyan.rules.explaining import Capability, Standing
from cyan.services import explain
from cyan.services.explain import DeviceExplanation, PastChange

routes = Routes()


class Named(Struct):
    """Which device."""

    id: str
    name: str | None


class StateAttributes(Struct):
    """Where the device stands in one state, which the others do not depend on."""

    state: str
    stands: str
    meaning: str
    rule: str
    since: str | None


class CapabilityAttributes(Struct):
    """One thing that can be done or not, by which rule, why, and what to do."""

    capability: str
    allowed: bool
    rule: str
    reason: str
    remedy: str | None
    by: list[str]


class PastAttributes(Struct, rename={"former": "from", "new": "to"}):
    """A change of owner; people other than you are not named.

    `had_owner` and `has_owner` tell whether somebody owned it before and after.
    """

    at: str | None
    former: str | None
    new: str | None
    had_owner: bool
    has_owner: bool
    by: str | None
    rule: str
    door: str


class ProductAttributes(Struct):
    """The product that the device is connected with, for whom may see it."""

    id: int
    name: str
    standing: str | None
    reason: str | None
    since: str | None


class CountAttributes(Struct):
    """On whose limit the device is (LIM-2 to LIM-4)."""

    toward: str
    rule: str


class ExplanationReply(Struct):
    """The whole answer; `history` begins with the oldest change."""

    device: Named
    states: list[StateAttributes]
    capabilities: list[CapabilityAttributes]
    history: list[PastAttributes]
    product: ProductAttributes | None
    counts: CountAttributes


class If(Struct, rename={"condition": "if"}):
    """`if=remove` explains the device as it would be after its removal."""

    condition: Literal["remove"] | None = None


@routes(
    "GET /v1/devices/{device}/explain",
    scope="devices:explain",
    family=Family.PERMISSION,
    refusals=(Code.DEVICE_UNKNOWN, Code.NOT_IN_PRODUCT),
)
async def explain_device(
    world: World, actor: Actor, device: str, query: If
) -> ExplanationReply:
    """Explain where a device stands, what it may do, and why not."""
    removed = query.condition is not None
    return _told(await explain.explain(world, actor, device, removed=removed))


@routes(
    "GET /v1/products/{product}/devices/{device}/explain",
    scope="devices:explain",
    family=Family.SINGLE,
    refusals=(Code.PRODUCT_UNKNOWN, Code.NOT_IN_PRODUCT),
)
async def explain_member(
    world: World, actor: Actor, product: str, device: str, query: If
) -> ExplanationReply:
    """Explain a product's device to its team."""
    removed = query.condition is not None
    return _told(await explain.explain(world, actor, device, product, removed=removed))


def _told(told: DeviceExplanation) -> ExplanationReply:
    found, why = told.device, told.explanation
    heard = found.last_handshake_at if found.online else found.last_heard
    return ExplanationReply(
        Named(found.id, found.name),
        [
            _state("owner", why.owner, moment(told.owned_since)),
            _state("membership", why.membership, moment(found.standing_since)),
            _state("sim", why.sim),
            _state("connection", why.connection, moment(heard)),
        ],
        [_capability(each) for each in why.capabilities],
        [_past(each) for each in told.history],
        _product(told),
        CountAttributes(told.counting.holder, told.counting.rule),
    )


def _product(told: DeviceExplanation) -> ProductAttributes | None:
    product, device = told.product, told.device
    if product is None:
        return None
    return ProductAttributes(
        product.id,
        product.name,
        device.standing,
        device.standing_reason,
        moment(device.standing_since),
    )


def _state(name: str, standing: Standing, since: str | None = None) -> StateAttributes:
    return StateAttributes(
        name, standing.status, standing.meaning, standing.rule, since
    )


def _capability(told: Capability) -> CapabilityAttributes:
    return CapabilityAttributes(
        told.name.value,
        told.allowed,
        told.rule,
        told.reason,
        told.remedy,
        [role.value for role in told.by],
    )


def _past(past: PastChange) -> PastAttributes:
    change = past.change
    return PastAttributes(
        at=moment(change.at),
        former=past.former_owner,
        new=past.new_owner,
        had_owner=change.former_owner_id is not None,
        has_owner=change.new_owner_id is not None,
        by=past.actor,
        rule=change.rule,
        door=change.door,
    )
