"""The settings that rules and use cases look at; where they come from is no matter."""

from dataclasses import dataclass
from enum import StrEnum


class SignUp(StrEnum):
    """Who may make an account."""

    INVITE = "invite"
    OPEN = "open"
    CLOSED = "closed"


class FirstContact(StrEnum):
    """What a device without a recorded key may do at its first hello (IDN-8)."""

    FIRST_USE = "first-use"
    REGISTERED = "registered"


@dataclass(frozen=True, slots=True)
class Settings:
    """What the operator decided, as far as use cases need it.

    `public_url` is how people reach the server (links in mails begin with it);
    `sandbox_devices` the limit of LIM-1, 0 for none; `rate_limits` by how much laxer
    than documented the limits are, 0 for none.
    """

    public_url: str
    sign_up: SignUp = SignUp.INVITE
    first_contact: FirstContact = FirstContact.FIRST_USE
    sandbox_devices: int = 100
    rate_limits: float = 1.0
