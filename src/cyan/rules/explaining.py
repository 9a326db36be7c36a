"""Explaining: where a device stands, what it may do, and why not.

Owner, product membership and SIM are three states that do not depend on each other
(CLM-2). The explanation tells each, and for every capability asks the same rule
that decides when it is used: an explanation cannot differ from what happens. Only
for who is entitled to know. See docs/rules/authority.md.
"""

from dataclasses import dataclass
from enum import StrEnum

from cyan.model.decisions import Allow, RefusalCode, Refuse
from cyan.rules.claiming import (
    ClaimFacts,
    KeepOwner,
    Ownership,
    UnclaimFacts,
    decide_claim,
    decide_unclaim,
)
from cyan.rules.features import (
    FeatureFacts,
    ReachFacts,
    decide_features,
    decide_reach,
)


class CapabilityName(StrEnum):
    """What an explanation tells of: three acts of the actor, then the features."""

    CLAIM = "claim"
    UNCLAIM = "unclaim"
    TRANSFER = "transfer"
    PUBLISH = "publish"
    SUBSCRIBE = "subscribe"
    CALL = "call"
    READ = "read"
    OTA = "ota"


@dataclass(frozen=True, slots=True)
class ExplainFacts:
    """What an explanation is made from; the actor is entitled to it.

    `cellular` is whether the device's platform has a modem. `owned` and `limit` are
    the actor's, as for a claim.
    """

    ownership: Ownership
    operator: bool
    online: bool
    safe_mode: bool
    cellular: bool
    owned: int
    limit: int


@dataclass(frozen=True, slots=True)
class Standing:
    """Where the device stands in one state: a word, a sentence, the rule behind."""

    status: str
    meaning: str
    rule: str


@dataclass(frozen=True, slots=True)
class Capability:
    """One thing that can be done or not, by which rule and why.

    `code` and `remedy` are None where it is allowed.
    """

    name: CapabilityName
    allowed: bool
    rule: str
    reason: str
    remedy: str | None = None
    code: RefusalCode | None = None


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
        membership=Standing("none", "It is in no product.", "CLM-2"),
        sim=_sim(facts),
        connection=_connection(facts),
        capabilities=(
            _explain_claim(facts),
            _explain_unclaim(facts),
            _explain_transfer(facts),
            *_explain_features(facts),
        ),
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
        owned=facts.owned,
        limit=facts.limit,
    )


def _explain_claim(facts: ExplainFacts) -> Capability:
    name = CapabilityName.CLAIM
    decision = decide_claim(_claim(facts, request_transfer=False))
    if isinstance(decision, Refuse):
        nobodys = facts.ownership is Ownership.NOBODYS
        offline = "It is offline." if nobodys and not facts.online else None
        return _refused(name, decision, reason=offline)
    reason = (
        "It is yours already: claiming it changes nothing."
        if isinstance(decision, KeepOwner)
        else "It is online and nobody's: any account can claim it."
    )
    return Capability(name, True, decision.rule, reason)


def _explain_unclaim(facts: ExplainFacts) -> Capability:
    decision = decide_unclaim(UnclaimFacts(facts.ownership, facts.operator))
    if isinstance(decision, Refuse):
        return _refused(CapabilityName.UNCLAIM, decision)
    reason = {
        Ownership.ACTORS: "You own it, and may give it up online or offline.",
        Ownership.ANOTHERS: "You run this server; its owner will be told.",
        Ownership.NOBODYS: "Nobody owns it: unclaiming it changes nothing.",
    }[facts.ownership]
    return Capability(CapabilityName.UNCLAIM, True, decision.rule, reason)


def _explain_transfer(facts: ExplainFacts) -> Capability:
    name = CapabilityName.TRANSFER
    if facts.ownership is Ownership.ACTORS:
        return Capability(
            name, True, "TRF-2", "Another account can ask for it, and you answer."
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
    features = FeatureFacts(owned=facts.ownership is not Ownership.NOBODYS)
    used = decide_features(features)
    reached = decide_reach(ReachFacts(features, facts.online))
    return (
        _feature(
            CapabilityName.PUBLISH, used, "It may publish; its owner hears its events."
        ),
        _feature(
            CapabilityName.SUBSCRIBE, used, "It may hear events of its owner's devices."
        ),
        _feature(CapabilityName.CALL, reached, "Its owner may call its functions."),
        _feature(CapabilityName.READ, reached, "Its owner may read its variables."),
        _feature(
            CapabilityName.OTA,
            used,
            "The rules allow it, but this server sends no firmware yet.",
        ),
    )


def _feature(name: CapabilityName, decision: Allow | Refuse, reason: str) -> Capability:
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
