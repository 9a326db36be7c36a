"""Why a device may or may not (`GET /v1/devices/:d/explain`): Cyan's own route."""

from msgspec import Struct

from cyan.api.errors import Family
from cyan.api.routing import Routes
from cyan.api.wire.moments import moment
from cyan.interfaces import World
from cyan.model.accounts import Actor
from cyan.model.decisions import RefusalCode as Code
from cyan.rules.explaining import Capability, Standing
from cyan.services import explain
from cyan.services.explain import PastChange

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


class ExplanationReply(Struct):
    """The whole answer; `history` begins with the oldest change."""

    device: Named
    states: list[StateAttributes]
    capabilities: list[CapabilityAttributes]
    history: list[PastAttributes]


@routes(
    "GET /v1/devices/{device}/explain",
    scope="devices:get",
    family=Family.PERMISSION,
    refusals=(Code.DEVICE_UNKNOWN,),
)
async def explain_device(world: World, actor: Actor, device: str) -> ExplanationReply:
    """Explain where a device stands, what it may do, and why not."""
    told = await explain.explain(world, actor, device)
    found, why = told.device, told.explanation
    heard = found.last_handshake_at if found.online else found.last_heard
    return ExplanationReply(
        Named(found.id, found.name),
        [
            _state("owner", why.owner, moment(told.owned_since)),
            _state("membership", why.membership),
            _state("sim", why.sim),
            _state("connection", why.connection, moment(heard)),
        ],
        [_capability(each) for each in why.capabilities],
        [_past(each) for each in told.history],
    )


def _state(name: str, standing: Standing, since: str | None = None) -> StateAttributes:
    return StateAttributes(
        name, standing.status, standing.meaning, standing.rule, since
    )


def _capability(told: Capability) -> CapabilityAttributes:
    return CapabilityAttributes(
        told.name.value, told.allowed, told.rule, told.reason, told.remedy
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
