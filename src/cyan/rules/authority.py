"""Authority: who may do what with a device.

One table of actions and roles. The owner may everything; the operator, who runs
this server, may help (explain, unclaim, replace a key) but neither hears a device's
events nor calls its functions (EVT-1); a stranger learns nothing (UNC-5). See
docs/rules/authority.md, whose matrix is printed from this table.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from cyan.model.decisions import Allow, Refuse
from cyan.rules.claiming import Ownership, unknown_device


class Role(StrEnum):
    """How an account stands to a device; an operator may be its owner too."""

    OWNER = "owner"
    OPERATOR = "operator"
    STRANGER = "stranger"


class Action(StrEnum):
    """What one may want to do with a device."""

    VIEW = "view"
    EXPLAIN = "explain"
    CLAIM = "claim"
    UNCLAIM = "unclaim"
    RENAME = "rename"
    NOTES = "notes"
    SIGNAL = "signal"
    CALL = "call"
    READ = "read"
    PING = "ping"
    HEAR_EVENTS = "hear events"
    ANSWER_TRANSFER = "answer transfer"
    UPLOAD_KEY = "upload key"


@dataclass(frozen=True, slots=True)
class Entry:
    """Who may, by which rule; `then` is the rule that has the last word, if any."""

    roles: frozenset[Role]
    rule: str
    then: str | None = None


_OWNER = frozenset({Role.OWNER})
_OWNER_AND_OPERATOR = frozenset({Role.OWNER, Role.OPERATOR})
_ANYONE = frozenset(Role)

WHO_MAY: Mapping[Action, Entry] = {
    Action.VIEW: Entry(_OWNER, "CLM-1"),
    Action.EXPLAIN: Entry(_OWNER_AND_OPERATOR, "UNC-5"),
    Action.CLAIM: Entry(_ANYONE, "CLM-1", then="CLM-3"),
    Action.UNCLAIM: Entry(_OWNER_AND_OPERATOR, "UNC-1"),
    Action.RENAME: Entry(_OWNER, "IDN-6", then="IDN-6"),
    Action.NOTES: Entry(_OWNER, "CLM-1"),
    Action.SIGNAL: Entry(_OWNER, "CLM-1", then="CLM-5"),
    Action.CALL: Entry(_OWNER, "CLM-1", then="CLM-5"),
    Action.READ: Entry(_OWNER, "CLM-1", then="CLM-5"),
    Action.PING: Entry(_OWNER, "CLM-1"),
    Action.HEAR_EVENTS: Entry(_OWNER, "EVT-1"),
    Action.ANSWER_TRANSFER: Entry(_OWNER, "TRF-3", then="TRF-3"),
    Action.UPLOAD_KEY: Entry(_ANYONE, "IDN-8", then="IDN-8"),
}


@dataclass(frozen=True, slots=True)
class AuthorityFacts:
    """How the actor stands to the device; one that does not exist is nobody's."""

    ownership: Ownership
    operator: bool


def roles_of(facts: AuthorityFacts) -> frozenset[Role]:
    """The roles that an actor has; a stranger is who has no other."""
    roles = set()
    if facts.ownership is Ownership.ACTORS:
        roles.add(Role.OWNER)
    if facts.operator:
        roles.add(Role.OPERATOR)
    return frozenset(roles or {Role.STRANGER})


def decide_action(facts: AuthorityFacts, action: Action) -> Allow | Refuse:
    """Decide whether an actor may try an action on a device.

    A no says the same whether or not the device exists (UNC-5).
    """
    entry = WHO_MAY[action]
    if roles_of(facts) & entry.roles:
        return Allow(entry.rule)
    return unknown_device()  # UNC-5
