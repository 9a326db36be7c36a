"""Explaining: where a device stands, what it may do, and why not.

Owner, product membership and SIM are three states that do not depend on each other
(CLM-2). The explanation tells each, and for every capability asks the same rule
that decides when it is used: an explanation cannot differ from what happens. Only
for who is entitled to know. See docs/rules/authority.md.
"""

from dataclasses import dataclass
from enum import StrEnum

from cyan.model.decisions import Allow, RefusalCode, Refuse
from cyan.model.devices import QuarantineReason
from cyan.model.devices import Standing as Place
from cyan.rules.authority import WHO_MAY, Action, Role
from cyan.rules.claiming import (
    ClaimFacts,
    KeepOwner,
    Membership,
    Ownership,
    UnclaimFacts,
    decide_claim,
    decide_unclaim,
)
from cyan.rules.departures import (
    Deny,
    DepartureFacts,
    Dismiss,
    Remove,
    decide_departure,
)
from cyan.rules.features import (
    FeatureFacts,
    ReachFacts,
    decide_features,
    decide_reach,
)


class CapabilityName(StrEnum):
    """What an explanation tells of: acts of people, then what the device may."""

    CLAIM = "claim"
    UNCLAIM = "unclaim"
    TRANSFER = "transfer"
    PUBLISH = "publish"
    SUBSCRIBE = "subscribe"
    CALL = "call"
    READ = "read"
    OTA = "ota"
    REMOVE = "remove"
    DENY = "deny"
    APPROVE = "approve"


@dataclass(frozen=True, slots=True)
class ExplainFacts:
    """What an explanation is made from; the actor is entitled to it.

    `cellular` is whether the device's platform has a modem. `count` and `limit` are
    the actor's, as for a claim. `place` and `reason` are how it stands to a product,
    `product` what that is called and `membership` how the actor stands to it;
    `manager` is whether the actor may manage its devices.
    """

    ownership: Ownership
    owned: bool
    operator: bool
    online: bool
    safe_mode: bool
    cellular: bool
    count: int
    limit: int
    place: Place | None = None
    reason: QuarantineReason | None = None
    product: str | None = None
    membership: Membership = Membership.NONE
    manager: bool = False


@dataclass(frozen=True, slots=True)
class Standing:
    """Where the device stands in one state: a word, a sentence, the rule behind."""

    status: str
    meaning: str
    rule: str


@dataclass(frozen=True, slots=True)
class Capability:
    """One thing that can be done or not, by which rule and why.

    `code` and `remedy` are None where it is allowed; `by` are the roles that may try.
    """

    name: CapabilityName
    allowed: bool
    rule: str
    reason: str
    remedy: str | None = None
    code: RefusalCode | None = None

    @property
    def by(self) -> tuple[Role, ...]:
        """Who may try it at all; for what the device itself does, nobody."""
        action = _ACTIONS.get(self.name)
        return () if action is None else tuple(r for r in Role if r in _may(action))


_ACTIONS = {
    CapabilityName.CLAIM: Action.DEVICES_CLAIM,
    CapabilityName.UNCLAIM: Action.DEVICES_RELEASE,
    CapabilityName.CALL: Action.FUNCTION_CALL,
    CapabilityName.READ: Action.VARIABLE_GET,
    CapabilityName.REMOVE: Action.DEVICES_REMOVE,
    CapabilityName.APPROVE: Action.DEVICES_IMPORT,
    CapabilityName.DENY: Action.DEVICES_REMOVE,
}


def _may(action: Action) -> frozenset[Role]:
    return WHO_MAY[action].roles


@dataclass(frozen=True, slots=True)
class Explanation:
    """The whole answer."""

    owner: Standing
    membership: Standing
    sim: Standing
    connection: Standing
    capabilities: tuple[Capability, ...]


def explain_device(facts: ExplainFacts) -> Explanation:
    """Tell where a device stands and what it may do."""
    return Explanation(
        owner=_OWNERS[facts.ownership],
        membership=_membership(facts),
        sim=_sim(facts),
        connection=_connection(facts),
        capabilities=(
            _explain_claim(facts),
            _explain_unclaim(facts),
            _explain_transfer(facts),
            *_explain_features(facts),
            *_explain_departures(facts),
        ),
    )


def _membership(facts: ExplainFacts) -> Standing:
    name = facts.product or "a product"
    place = facts.place
    if place is None:
        return Standing("none", "It is in no product.", "CLM-2")
    if place is Place.MEMBER:
        return Standing("member", f"It is on the list of {name}.", "MEM-1")
    if place is Place.WRONG_PLATFORM:
        meaning = f"It is on the list of {name}, but of another platform."
        return Standing(place.value, meaning, "MEM-13")
    meaning, rule = _QUARANTINES[facts.reason or QuarantineReason.UNLISTED]
    return Standing(place.value, meaning.format(name=name), rule)


_QUARANTINES = {
    QuarantineReason.UNLISTED: (
        "It runs firmware of {name} without being on its list.",
        "MEM-7",
    ),
    QuarantineReason.DENIED: ("It was denied: {name} keeps it out for good.", "MEM-9"),
    QuarantineReason.REMOVED: (
        "It was removed from {name}, and still runs its firmware.",
        "UNC-4",
    ),
    QuarantineReason.NO_ROOM: (
        "{name} would approve it by itself, but has no room for it.",
        "LIM-5",
    ),
}


def _explain_departures(facts: ExplainFacts) -> tuple[Capability, ...]:
    """What a product's managers may do with it; told to the team alone."""
    if facts.place is None or facts.product is None:
        return ()
    waits = facts.place in (Place.QUARANTINED, Place.DENIED)
    removal = decide_departure(DepartureFacts(facts.place, False, facts.owned))
    denial = decide_departure(DepartureFacts(facts.place, True, facts.owned))
    kept = "; whoever owns it goes on owning it" if facts.owned else ""
    leaving = (
        "It can be dismissed, until its next hello."
        if waits
        else f"It can be removed{kept}."
    )
    told = [
        _told(CapabilityName.REMOVE, removal, leaving),
        _told(CapabilityName.DENY, denial, "It can be kept out for good."),
    ]
    if waits:
        yes = Allow("MEM-8")
        told.append(_told(CapabilityName.APPROVE, yes, "It can be approved."))
    if facts.manager:
        return tuple(told)
    return tuple(_not_a_manager(each) for each in told)


def _not_a_manager(told: Capability) -> Capability:
    return Capability(
        told.name,
        False,
        "MEM-1",
        "Your role in the team does not go so far.",
        "Ask an administrator of the team for the role Developer.",
        RefusalCode.ROLE_MISSING,
    )


_OWNERS = {
    Ownership.ACTORS: Standing("yours", "You claimed it.", "CLM-1"),
    Ownership.ANOTHERS: Standing("another's", "Another account claimed it.", "CLM-1"),
    Ownership.NOBODYS: Standing("nobody's", "Nobody has claimed it.", "CLM-1"),
}


def _sim(facts: ExplainFacts) -> Standing:
    if not facts.cellular:
        return Standing("none", "Its platform has no modem, so no SIM.", "CLM-2")
    return Standing(
        "not managed",
        "This server manages no SIMs; an inactive one keeps the modem from the "
        "network, and the light blinks green.",
        "SIM-8",
    )


def _connection(facts: ExplainFacts) -> Standing:
    if not facts.online:
        return Standing("offline", "It has no session with the cloud.", "CLM-5")
    if facts.safe_mode:
        return Standing(
            "safe mode",
            "It is online and breathes magenta: its application does not run.",
            "SET-1",
        )
    return Standing("online", "It is online and breathes cyan.", "CLM-5")


def _claim(facts: ExplainFacts, *, request_transfer: bool) -> ClaimFacts:
    return ClaimFacts(
        ownership=facts.ownership,
        known=True,
        online=facts.online,
        request_transfer=request_transfer,
        membership=facts.membership,
        count=facts.count,
        limit=facts.limit,
    )


def _explain_claim(facts: ExplainFacts) -> Capability:
    name = CapabilityName.CLAIM
    decision = decide_claim(_claim(facts, request_transfer=False))
    if isinstance(decision, Refuse):
        return _refused(name, decision, reason=_plainly(facts))
    reason = (
        "It is yours already: claiming it changes nothing."
        if isinstance(decision, KeepOwner)
        else _TAKEN.get(
            facts.membership, "It is online and nobody's: any account can claim it."
        )
    )
    return Capability(name, True, decision.rule, reason)


def _plainly(facts: ExplainFacts) -> str | None:
    """Why it cannot be found, for who is entitled to know; None as it is refused."""
    if facts.ownership is not Ownership.NOBODYS:
        return None
    if facts.membership is Membership.CLOSED:
        return "It is a member of a product, and its team alone may claim it."
    return None if facts.online else "It is offline."


_TAKEN = {
    Membership.MANAGED: "You manage its product: online or offline, you can claim it.",
    Membership.TEAMS: "You are on its product's team, and it is online.",
    Membership.OPEN: "It is online, and its product lets any account claim it.",
}


def _explain_unclaim(facts: ExplainFacts) -> Capability:
    member = facts.place in (Place.MEMBER, Place.WRONG_PLATFORM)
    manager = facts.manager and member
    decision = decide_unclaim(UnclaimFacts(facts.ownership, facts.operator, manager))
    if isinstance(decision, Refuse):
        return _refused(CapabilityName.UNCLAIM, decision)
    reason = {
        Ownership.ACTORS: "You own it, and may give it up online or offline.",
        Ownership.ANOTHERS: "You manage its product."
        if manager
        else "You run this server; its owner will be told.",
        Ownership.NOBODYS: "Nobody owns it: unclaiming it changes nothing.",
    }[facts.ownership]
    return Capability(CapabilityName.UNCLAIM, True, decision.rule, reason)


def _explain_transfer(facts: ExplainFacts) -> Capability:
    name = CapabilityName.TRANSFER
    if facts.ownership is Ownership.ACTORS and facts.membership is Membership.NONE:
        return Capability(
            name, True, "TRF-2", "Another account can ask for it, and you answer."
        )
    if facts.ownership is Ownership.ACTORS:
        return Capability(
            name,
            False,
            "TRF-4",
            "A product's member is not transferred by request.",
            "Unclaim it; then the other account can claim it.",
            RefusalCode.DEVICE_IS_MEMBER,
        )
    if facts.ownership is Ownership.NOBODYS:
        return Capability(
            name,
            False,
            "TRF-1",
            "Nobody owns it: there is nobody to ask.",
            "Claim it while it is online.",
            RefusalCode.DEVICE_UNCLAIMED,
        )
    decision = decide_claim(_claim(facts, request_transfer=True))
    if isinstance(decision, Refuse):
        return _refused(name, decision)
    return Capability(name, True, decision.rule, "You can ask its owner for it.")


def _explain_features(facts: ExplainFacts) -> tuple[Capability, ...]:
    features = FeatureFacts(facts.owned, facts.place)
    member = facts.place is Place.MEMBER
    hearers = "its owner and its product's team hear" if member else "its owner hears"
    callers = "Its owner and its team" if member else "Its owner"
    used = decide_features(features)
    reached = decide_reach(ReachFacts(features, facts.online))
    return (
        _told(CapabilityName.PUBLISH, used, f"It may publish; {hearers} its events."),
        _told(CapabilityName.SUBSCRIBE, used, _heard(facts, member=member)),
        _told(CapabilityName.CALL, reached, f"{callers} may call its functions."),
        _told(CapabilityName.READ, reached, f"{callers} may read its variables."),
        _told(
            CapabilityName.OTA,
            used,
            "The rules allow it, but this server sends no firmware yet.",
        ),
    )


def _heard(facts: ExplainFacts, *, member: bool) -> str:
    """What its subscriptions hear (EVT-5)."""
    if not member:
        return "It may hear events of its owner's devices."
    if facts.owned:
        return "It may hear its owner's devices, and what its product publishes."
    return "It may hear its product's members, and what its product publishes."


def _told(
    name: CapabilityName,
    decision: Allow | Remove | Dismiss | Deny | Refuse,
    reason: str,
) -> Capability:
    if isinstance(decision, Refuse):
        return _refused(name, decision)
    return Capability(name, True, decision.rule, reason)


def _refused(
    name: CapabilityName, refusal: Refuse, reason: str | None = None
) -> Capability:
    return Capability(
        name,
        allowed=False,
        rule=refusal.rule or "",
        reason=reason or refusal.reason,
        remedy=refusal.remedy,
        code=refusal.code,
    )
