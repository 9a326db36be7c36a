"""Products: fleets of one platform, their teams, groups, lists and imports."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from cyan.model.accounts import ClientKind
from cyan.model.identifiers import DeviceID

NO_PRODUCT_IDS = frozenset({0, 65535})
"""What firmware says that names no product (MEM-6, MEM-14)."""


class Claiming(StrEnum):
    """Who may claim an online member that nobody owns (CLM-4)."""

    TEAM_AND_CUSTOMERS = "team_and_customers"
    ANYONE = "anyone"


class Plan(StrEnum):
    """What the members of a product count toward (LIM-2, LIM-4)."""

    FREE = "free"
    BLOCK = "block"


@dataclass(frozen=True, slots=True)
class Product:
    """A fleet of one platform.

    `payer_id` is the account or the organization that it belongs to, and
    `organization_id` that organization, if it is one. `team_id` is its own team;
    an organization's team is in addition to it. `quarantine` False is auto-approve
    (MEM-7). `device_limit` is the block of the plan `block`, 0 for none.
    """

    id: int
    platform_id: int
    name: str
    slug: str
    description: str
    payer_id: str
    organization_id: str | None
    team_id: str
    quarantine: bool
    claiming: Claiming
    location_opt_in: bool
    known_application_opt_in: bool
    device_protection: bool
    plan: Plan
    device_limit: int
    created_at: datetime

    @property
    def auto_approve(self) -> bool:
        """Whether unlisted devices that ask join at once (MEM-7)."""
        return not self.quarantine

    @property
    def team_ids(self) -> tuple[str, ...]:
        """The teams that have a say: its own, and its organization's."""
        if self.organization_id is None:
            return (self.team_id,)
        return (self.team_id, self.organization_id)

    def handed_to(self, payer_id: str) -> "Product":
        """The same product, belonging to somebody else."""
        return replace(self, payer_id=payer_id)


@dataclass(frozen=True, slots=True)
class Organization:
    """A company that owns products; its id is its team's too."""

    id: str
    name: str
    slug: str
    created_at: datetime


class TeamRole(StrEnum):
    """What somebody is in a team, as the wire names it (REST contract §3.6)."""

    OWNER = "Owner"
    ADMINISTRATOR = "Administrator"
    DEVELOPER = "Developer"
    SUPPORT = "Support"
    VIEW_ONLY = "View-only"

    @classmethod
    def _missing_(cls, value: object) -> "TeamRole | None":
        """In any case: the id of a role is its name in lower case."""
        given = str(value).lower()
        return next((each for each in cls if each.value.lower() == given), None)


@dataclass(frozen=True, slots=True)
class TeamMember:
    """An account's role in a team."""

    team_id: str
    account_id: str
    role: TeamRole
    since: datetime


@dataclass(frozen=True, slots=True)
class TeamInvitation:
    """Somebody was mailed a link by which to join a team; `id` is its ticket's."""

    id: str
    team_id: str
    username: str
    role: TeamRole
    invited_by: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class ApiUser:
    """A program in a team: scopes, and exactly one token (REST contract §1.5)."""

    id: str
    team_id: str
    username: str
    friendly_name: str
    scopes: list[str]
    token_hash: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class ProductClient:
    """An OAuth client of a product (REST contract §1.4)."""

    id: str
    product_id: int
    name: str
    kind: ClientKind
    secret_hash: str
    redirect_uri: str | None
    scope: str | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class ProductToken:
    """A token that a product's client was given: it acts for the product."""

    hash: str
    product_id: int
    client_id: str
    created_at: datetime
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class Group:
    """Some members of a product; `color` as six hex digits with a number sign."""

    product_id: int
    name: str
    description: str
    color: str
    created_at: datetime


class ExclusionKind(StrEnum):
    """Why a product remembers a device that is none of its members."""

    DENIED = "denied"
    """Kept out until it is approved or added (MEM-9)."""

    REMOVED = "removed"
    """Quarantined if it comes back with this product's firmware (UNC-4)."""


@dataclass(frozen=True, slots=True)
class Exclusion:
    """What a product remembers of a device that it denied or removed."""

    product_id: int
    device_id: DeviceID
    kind: ExclusionKind
    at: datetime


class LineOutcome(StrEnum):
    """What came of one line of an import (MEM-4)."""

    ADDED = "added"
    APPROVED = "approved"
    ALREADY_THERE = "already there"
    INVALID = "invalid"
    WRONG_PLATFORM = "wrong platform"
    OWNED_OUTSIDE = "owned outside the team"
    PROTECTED = "protected"
    MEMBER_ELSEWHERE = "member elsewhere"


class ImportState(StrEnum):
    """How far an import is."""

    RECEIVING = "receiving"
    COUNTING = "counting"
    ADDING = "adding"
    DONE = "done"
    REFUSED = "refused"
    UNDOING = "undoing"
    UNDONE = "undone"


@dataclass(frozen=True, slots=True)
class Import:
    """A list of identifiers that somebody wants in a product (MEM-4).

    Lines are worked on in the order of their Device IDs, part by part. `done` of them
    are done in the present state; `part` is the next one, and `reached` the device
    that the last line before it named; `counts` are the lines by outcome, so far;
    `reserved` is what a limit keeps free for the rest. `effect`
    is what it adds to which count. `claim_for` is the account that shall own what
    nobody owns. Whoever works on it holds a lease until `leased_until`. `refusal`
    says why it was refused as a whole.
    """

    id: str
    product_id: int
    actor_id: str
    username: str
    state: ImportState
    dry_run: bool
    claim_for: str | None
    visible_products: list[int]
    lines: int
    done: int
    part: int
    reached: str
    counts: dict[str, int]
    reserved: int
    refusal: dict[str, Any] | None
    effect: dict[str, Any] | None
    lease: str | None
    leased_until: datetime | None
    created_at: datetime
    finished_at: datetime | None

    def at_first_line(self) -> "Import":
        """The import, about to go through its lines from the first one."""
        return replace(self, done=0, part=0, reached="")


@dataclass(frozen=True, slots=True)
class ImportLine:
    """One line: the text as it came, and the device that it names, if any."""

    import_id: str
    number: int
    text: str
    device_id: DeviceID | None
    outcome: LineOutcome | None
