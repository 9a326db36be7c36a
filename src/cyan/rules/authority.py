"""Authority: who may do what.

One table of actions and roles. An action is named as the scope that opens it to a
program: `devices:get` of the wire is `devices:get` here. Towards a device one is its
owner, the operator of this server, or anybody; in a product one has a role of its
team, or is a program with scopes. The owner of a device may what concerns the
device, not the product (CLM-13); the operator may help (explain, unclaim, replace a
key, set a plan) but neither hears a device's events nor calls its functions (EVT-1);
a stranger learns nothing (UNC-5). See docs/rules/authority.md, whose matrix is
printed from this table.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum

from cyan.model.decisions import Allow, RefusalCode, Refuse
from cyan.rules.claiming import Ownership, unknown_device
from cyan.rules.products import unknown_product


class Role(StrEnum):
    """What one is to a device or in a team; the team's words are those of the wire."""

    DEVICE_OWNER = "device owner"
    OPERATOR = "operator"
    ANYONE = "anyone"
    OWNER = "Owner"
    ADMINISTRATOR = "Administrator"
    DEVELOPER = "Developer"
    SUPPORT = "Support"
    VIEW_ONLY = "View-only"


class Action(StrEnum):
    """What one may want to do; the value is the scope of the route that does it."""

    # Devices
    DEVICES_LIST = "devices:list"
    DEVICES_GET = "devices:get"
    DEVICES_EXPLAIN = "devices:explain"
    DEVICES_CLAIM = "devices:claim"
    DEVICES_RELEASE = "devices:release"
    DEVICES_UPDATE = "devices:update"
    DEVICES_IMPORT = "devices:import"
    DEVICES_REMOVE = "devices:remove"
    DEVICES_PING = "devices:ping"
    DEVICES_SIGNAL = "devices:signal"
    FUNCTION_CALL = "devices.function:call"
    VARIABLE_GET = "devices.variable:get"
    EVENTS_GET = "events:get"
    EVENTS_SEND = "events:send"
    TRANSFERS_ANSWER = "transfers:answer"
    KEYS_UPLOAD = "keys:upload"
    SERIALS_GET = "serials:get"
    # Products and organizations
    PRODUCTS_LIST = "products:list"
    PRODUCTS_GET = "products:get"
    PRODUCTS_CREATE = "products:create"
    PRODUCTS_UPDATE = "products:update"
    PRODUCTS_PLAN = "products:plan"
    PRODUCTS_HAND_OVER = "products:hand_over"
    PRODUCTS_REMOVE = "products:remove"
    USAGE_GET = "service_agreements.usage_summary:get"
    AGREEMENTS_LIST = "service_agreements:list"
    GROUPS_LIST = "groups:list"
    GROUPS_GET = "groups:get"
    GROUPS_CREATE = "groups:create"
    GROUPS_UPDATE = "groups:update"
    GROUPS_REMOVE = "groups:remove"
    TEAM_LIST = "teams.users:list"
    TEAM_INVITE = "teams.users:invite"
    TEAM_UPDATE = "teams.users:update"
    TEAM_REMOVE = "teams.users:remove"
    PRODUCT_CLIENTS_LIST = "clients:list"
    PRODUCT_CLIENTS_CREATE = "clients:create"
    PRODUCT_CLIENTS_UPDATE = "clients:update"
    PRODUCT_CLIENTS_REMOVE = "clients:remove"
    CLIENTS_LIST = "clients.own:list"
    CLIENTS_CREATE = "clients.own:create"
    CLIENTS_UPDATE = "clients.own:update"
    CLIENTS_REMOVE = "clients.own:remove"
    ORGANIZATIONS_LIST = "organizations:list"
    ORGANIZATIONS_CREATE = "organizations:create"
    ORGANIZATION_GET = "organization:get"
    ORGANIZATION_REMOVE = "organization:remove"
    # Oneself
    USER_GET = "user:get"
    USER_UPDATE = "user:update"
    USER_REMOVE = "user:remove"
    USERS_INVITE = "users:invite"
    TOKENS_LIST = "tokens:list"
    TOKENS_REMOVE = "tokens:remove"


@dataclass(frozen=True, slots=True)
class Entry:
    """Who may, by which rule; `then` is the rule that has the last word, if any.

    `scope` opens it to a program that holds it, None to none; most actions are
    named as their scope.
    """

    roles: frozenset[Role]
    rule: str
    then: str | None = None
    scope: str | None = None


_VIEWERS = frozenset(
    {Role.OWNER, Role.ADMINISTRATOR, Role.DEVELOPER, Role.SUPPORT, Role.VIEW_ONLY}
)
_SUPPORT = _VIEWERS - {Role.VIEW_ONLY}
_MANAGERS = _SUPPORT - {Role.SUPPORT}
_ADMINISTRATORS = _MANAGERS - {Role.DEVELOPER}
_TEAM_OWNER = frozenset({Role.OWNER})
_DEVICE_OWNER = frozenset({Role.DEVICE_OWNER})
_OPERATOR = frozenset({Role.OPERATOR})
_ANYONE = frozenset({Role.ANYONE})


def _table() -> dict[Action, Entry]:
    """The table; a program may what its scope of the same name says, or nothing."""
    a = Action
    open_to_programs = {
        a.DEVICES_LIST: Entry(_ANYONE | _VIEWERS, "CLM-1"),
        a.DEVICES_GET: Entry(_DEVICE_OWNER | _VIEWERS, "CLM-1"),
        a.DEVICES_EXPLAIN: Entry(
            _DEVICE_OWNER | _OPERATOR | _VIEWERS, "UNC-5", scope="devices:get"
        ),
        a.DEVICES_RELEASE: Entry(_DEVICE_OWNER | _OPERATOR | _MANAGERS, "UNC-1"),
        a.DEVICES_UPDATE: Entry(_DEVICE_OWNER | _MANAGERS, "CLM-13", then="IDN-6"),
        a.DEVICES_IMPORT: Entry(_MANAGERS, "MEM-1", then="MEM-4"),
        a.DEVICES_REMOVE: Entry(_MANAGERS, "MEM-1", then="UNC-3"),
        a.DEVICES_PING: Entry(_DEVICE_OWNER | _SUPPORT, "CLM-13"),
        a.DEVICES_SIGNAL: Entry(
            _DEVICE_OWNER | _SUPPORT, "CLM-13", then="CLM-7", scope="devices:update"
        ),
        a.FUNCTION_CALL: Entry(_DEVICE_OWNER | _SUPPORT, "CLM-13", then="CLM-7"),
        a.VARIABLE_GET: Entry(_DEVICE_OWNER | _SUPPORT, "CLM-13", then="CLM-7"),
        a.EVENTS_GET: Entry(_DEVICE_OWNER | _VIEWERS, "EVT-1"),
        a.EVENTS_SEND: Entry(_ANYONE | _MANAGERS, "EVT-1"),
        a.PRODUCTS_LIST: Entry(_ANYONE | _VIEWERS, "MEM-1"),
        a.PRODUCTS_GET: Entry(_VIEWERS | _OPERATOR, "MEM-1"),
        a.USAGE_GET: Entry(_VIEWERS, "EVT-3"),
        a.AGREEMENTS_LIST: Entry(_ANYONE | _ADMINISTRATORS, "LIM-1"),
        a.GROUPS_LIST: Entry(_VIEWERS, "MEM-1"),
        a.GROUPS_GET: Entry(_VIEWERS, "MEM-1"),
        a.GROUPS_CREATE: Entry(_MANAGERS, "MEM-1"),
        a.GROUPS_UPDATE: Entry(_MANAGERS, "MEM-1"),
        a.GROUPS_REMOVE: Entry(_MANAGERS, "MEM-1"),
        a.TEAM_LIST: Entry(_VIEWERS, "MEM-1"),
        a.PRODUCT_CLIENTS_LIST: Entry(_MANAGERS, "MEM-1"),
        a.PRODUCT_CLIENTS_CREATE: Entry(_MANAGERS, "MEM-1"),
        a.PRODUCT_CLIENTS_UPDATE: Entry(_MANAGERS, "MEM-1"),
        a.PRODUCT_CLIENTS_REMOVE: Entry(_MANAGERS, "MEM-1"),
        a.ORGANIZATION_GET: Entry(_VIEWERS, "MEM-1"),
    }
    people_only = {
        a.DEVICES_CLAIM: Entry(_ANYONE, "CLM-1", then="CLM-3"),
        a.TRANSFERS_ANSWER: Entry(_DEVICE_OWNER, "TRF-3", then="TRF-3"),
        a.KEYS_UPLOAD: Entry(_ANYONE, "IDN-8", then="IDN-8"),
        a.SERIALS_GET: Entry(_ANYONE, "IDN-2"),
        a.PRODUCTS_CREATE: Entry(_ANYONE | _MANAGERS, "MEM-14"),
        a.PRODUCTS_UPDATE: Entry(_ADMINISTRATORS, "MEM-7"),
        a.PRODUCTS_PLAN: Entry(_OPERATOR, "LIM-4"),
        a.PRODUCTS_HAND_OVER: Entry(_TEAM_OWNER, "LIM-2"),
        a.PRODUCTS_REMOVE: Entry(_TEAM_OWNER, "MEM-14"),
        a.TEAM_INVITE: Entry(_ADMINISTRATORS, "MEM-1"),
        a.TEAM_UPDATE: Entry(_ADMINISTRATORS, "MEM-1"),
        a.TEAM_REMOVE: Entry(_ADMINISTRATORS, "CLM-2"),
        a.CLIENTS_LIST: Entry(_ANYONE, "CLM-1"),
        a.CLIENTS_CREATE: Entry(_ANYONE, "CLM-1"),
        a.CLIENTS_UPDATE: Entry(_ANYONE, "CLM-1"),
        a.CLIENTS_REMOVE: Entry(_ANYONE, "CLM-1"),
        a.ORGANIZATIONS_LIST: Entry(_ANYONE, "MEM-1"),
        a.ORGANIZATIONS_CREATE: Entry(_ANYONE, "MEM-1"),
        a.ORGANIZATION_REMOVE: Entry(_TEAM_OWNER, "MEM-14"),
        a.USER_GET: Entry(_ANYONE, "CLM-1"),
        a.USER_UPDATE: Entry(_ANYONE, "CLM-1"),
        a.USER_REMOVE: Entry(_ANYONE, "UNC-7"),
        a.USERS_INVITE: Entry(_OPERATOR, "CLM-1"),
        a.TOKENS_LIST: Entry(_ANYONE, "CLM-1"),
        a.TOKENS_REMOVE: Entry(_ANYONE, "CLM-1"),
    }
    opened = {
        action: Entry(entry.roles, entry.rule, entry.then, entry.scope or action.value)
        for action, entry in open_to_programs.items()
    }
    return opened | people_only


WHO_MAY: Mapping[Action, Entry] = _table()
SCOPES = frozenset(entry.scope for entry in WHO_MAY.values() if entry.scope)
"""The scopes that mean something here; a program may be given any of them."""

FURTHER_SCOPES = frozenset(
    f"{resource}:{verb}"
    for resource, verbs in {
        "configuration": "get update",
        "customers": "create list remove update",
        "devices.diagnostics": "get update",
        "devices.diagnostics.metadata": "get",
        "devices.diagnostics.summary": "get",
        "firmware": "create get list release remove update",
        "firmware.binary": "get",
        "groups.impact": "get",
        "integrations": "create get list remove test update",
        "ledger.definitions": "list get create update archive",
        "ledger.instances": "list get set remove",
        "ledger.instances.versions": "list get",
        "locations": "get",
        "logic.functions": "list get create update remove execute",
        "logic.runs": "list get",
        "logic.logs": "list",
        "metrics.online": "get",
        "metrics.events": "get",
        "metrics.integrations": "get",
        "service_agreements.notifications": "list",
        "service_agreements.usage_reports": "create get",
        "service_agreements.pricing_terms": "get",
        "sims": "get import list remove update",
        "sims.status": "get",
        "sims.usage": "get",
        "teams.users": "invite list remove update",
    }.items()
    for verb in verbs.split()
)
"""Documented scopes of what this server does not do yet; taken, and of no effect."""


@dataclass(frozen=True, slots=True)
class AuthorityFacts:
    """How the actor stands to a device or a team.

    `roles` are all that the actor has there, `scopes` those of a program, None for
    a person.
    """

    roles: frozenset[Role]
    scopes: Collection[str] | None = None


def device_roles(ownership: Ownership, *, operator: bool) -> frozenset[Role]:
    """The roles of an account towards a device; one that does not exist is nobody's."""
    roles = {Role.ANYONE}
    if ownership is Ownership.ACTORS:
        roles.add(Role.DEVICE_OWNER)
    if operator:
        roles.add(Role.OPERATOR)
    return frozenset(roles)


def may(facts: AuthorityFacts, action: Action) -> bool:
    """Whether an actor with these roles may do this."""
    entry = WHO_MAY[action]
    if facts.scopes is not None and entry.scope not in facts.scopes:
        return False
    return bool(facts.roles & entry.roles)


def decide_action(facts: AuthorityFacts, action: Action) -> Allow | Refuse:
    """Decide whether an actor may try an action on a device.

    A no says the same whether or not the device exists (UNC-5), unless the actor's
    role lets them see it: then the role is what stands in the way.
    """
    if may(facts, action):
        return Allow(WHO_MAY[action].rule)
    if facts.roles & WHO_MAY[Action.DEVICES_GET].roles:
        return role_missing(facts, action)
    return unknown_device()  # UNC-5


def decide_team_action(facts: AuthorityFacts, action: Action) -> Allow | Refuse:
    """Decide whether an actor may try an action in a product or an organization.

    Who has no role there is told the same as of one that does not exist (MEM-1).
    """
    if may(facts, action):
        return Allow(WHO_MAY[action].rule)
    if facts.roles & _VIEWERS:
        return role_missing(facts, action)
    return unknown_product()  # MEM-1


def decide_program(scopes: Collection[str], action: Action) -> Allow | Refuse:
    """Decide whether a program may use a route at all (REST contract §1.5)."""
    entry = WHO_MAY[action]
    if entry.scope is None:  # CLM-1, among others: programs own nothing
        return Refuse(
            RefusalCode.MACHINE_REFUSED,
            "API users are not allowed to call this endpoint",
            rule=entry.rule,
            remedy="A person must do this, with a token of their own.",
        )
    if entry.scope not in scopes:
        return _scope_missing(entry.scope, entry.rule)
    return Allow(entry.rule)


def role_missing(facts: AuthorityFacts, action: Action) -> Refuse:
    """The no to somebody of the team whose role does not go so far."""
    entry = WHO_MAY[action]
    if facts.scopes is not None:
        return _scope_missing(entry.scope or action.value, entry.rule)
    able = [each.value for each in Role if each in entry.roles - _ANYONE]
    remedy = (
        f"These may: {', '.join(able)}. Ask an administrator of the team for a role."
    )
    if able == [Role.OPERATOR.value]:
        remedy = "Only the operator of this server may: ask them."
    return Refuse(
        RefusalCode.ROLE_MISSING,
        f"Insufficient scope: this needs {action.value}.",
        rule=entry.rule,
        remedy=remedy,
    )


def _scope_missing(scope: str, rule: str) -> Refuse:
    return Refuse(
        RefusalCode.SCOPE_MISSING,
        f"Insufficient scope: this needs {scope}.",
        rule=rule,
        remedy="Give the API user this scope, or use another one's token.",
    )
