"""The subjects of the bus, and what is said on each: nowhere else are they made."""

from dataclasses import dataclass

from cyan.model.devices import Standing
from cyan.model.identifiers import DeviceID
from cyan.model.products import TeamRole

OUTBOX = "outbox"
"""A notice was put into the outbox; the message is None."""


IMPORTS = "imports"
"""An import waits for somebody to work on it; the message is None."""


@dataclass(frozen=True, slots=True)
class DeviceChanged:
    """A device has another owner or another product; said once that is durable.

    CLM-12, MEM-11. `outsider` is whether its owner is outside the product's team.
    """

    device_id: DeviceID
    owner_id: str | None
    product_id: int | None
    standing: Standing | None
    outsider: bool

    @property
    def member_of(self) -> int | None:
        """As `Device.member_of`: quarantine is no membership (MEM-8)."""
        member = self.standing in (Standing.MEMBER, Standing.WRONG_PLATFORM)
        return self.product_id if member else None


@dataclass(frozen=True, slots=True)
class TeamChanged:
    """An account has another role in a team, or none; said once that is durable."""

    account_id: str
    role: TeamRole | None


def account_events(account_id: str) -> str:
    """Events that an account's streams and devices may hear; messages are `Event`."""
    return f"account/{account_id}/events"


def product_events(product_id: int) -> str:
    """All events of a product's members, and its own; messages are `ProductEvent`."""
    return f"product/{product_id}/events"


def product_publications(product_id: int) -> str:
    """What a product publishes to all its members; messages are `Event`."""
    return f"product/{product_id}/publications"


def member_events(product_id: int) -> str:
    """Events of members that unowned members hear too; messages are `Event`."""
    return f"product/{product_id}/members"


def team_changes(team_id: str) -> str:
    """Changes of roles in a team; messages are `TeamChanged`."""
    return f"team/{team_id}/changes"


def product_changes(organization_id: str) -> str:
    """An organization has one product more or fewer; the message is None."""
    return f"organization/{organization_id}/products"


def import_ends(import_id: str) -> str:
    """The end of an import; the message is None."""
    return f"import/{import_id}/ends"


def device_changes(device_id: DeviceID) -> str:
    """Changes of one device's owner or product; messages are `DeviceChanged`."""
    return f"device/{device_id}/changes"


def token_ends(token_hash: str) -> str:
    """The end of one token, by its hash; the message is None."""
    return f"token/{token_hash}/ends"


def account_changes(account_id: str) -> str:
    """Changes of an account's name or rights; the message is None."""
    return f"account/{account_id}/changes"
