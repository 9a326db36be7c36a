"""Keys: by which public key a device proves who it is.

A key that is recorded is never replaced by one that a device offers (IDN-8); people
may replace it, and who may depends on whose the device is. Keys are SPKI DER. See
docs/rules/identifiers.md.
"""

from dataclasses import dataclass

from cyan.model.decisions import RefusalCode, Refuse
from cyan.model.settings import FirstContact
from cyan.rules.claiming import Ownership


@dataclass(frozen=True, slots=True)
class FirstKeyFacts:
    """What the key of a handshake is decided by.

    `recorded` is the key that the cloud has, `offered` the one that the device
    sent along; either may be missing. `known` is whether the cloud knows the device.
    """

    first_contact: FirstContact
    known: bool
    recorded: bytes | None
    offered: bytes | None


@dataclass(frozen=True, slots=True)
class UseRecorded:
    """Only who holds the private part of this key can answer the handshake."""

    key: bytes
    rule: str = "IDN-8"


@dataclass(frozen=True, slots=True)
class RecordOffered:
    """First contact: this key is recorded once the device proved that it has it."""

    key: bytes
    rule: str = "IDN-8"


def decide_first_key(facts: FirstKeyFacts) -> UseRecorded | RecordOffered | Refuse:
    """Decide which key a handshake is tested against (IDN-8)."""
    if facts.recorded is not None:  # IDN-8, whatever the device offers
        return UseRecorded(facts.recorded)
    if facts.first_contact is FirstContact.REGISTERED:  # IDN-8
        return _unregistered(known=facts.known)
    if facts.offered is None:  # IDN-8
        return Refuse(
            RefusalCode.KEY_UNUSABLE,
            "No key of this device is recorded, and it offered none.",
            rule="IDN-8",
            remedy="Send its public key with `particle keys send`.",
        )
    return RecordOffered(facts.offered)  # IDN-8


def _unregistered(*, known: bool) -> Refuse:
    remedy = "The operator sends its public key with `particle keys send`."
    if not known:
        return Refuse(
            RefusalCode.DEVICE_UNKNOWN,
            "This cloud takes registered devices only, and knows no such device.",
            rule="IDN-8",
            remedy=remedy,
        )
    return Refuse(
        RefusalCode.KEY_UNUSABLE,
        "This cloud takes registered keys only, and has none of this device.",
        rule="IDN-8",
        remedy=remedy,
    )


@dataclass(frozen=True, slots=True)
class KeyUploadFacts:
    """What a key that a person sends is decided by.

    A device that this cloud does not know is nobody's and offline. `member` is
    whether it is in a product, `manager` whether the actor may manage that.
    """

    ownership: Ownership
    operator: bool
    online: bool
    first_contact: FirstContact
    member: bool = False
    manager: bool = False


@dataclass(frozen=True, slots=True)
class RecordKey:
    """The key is recorded, in the place of one that was; the change is kept."""

    rule: str = "IDN-8"


def decide_key_upload(facts: KeyUploadFacts) -> RecordKey | Refuse:
    """Decide who may record or replace a device's key (IDN-8).

    Everybody else hears the same, whatever the reason (UNC-5).
    """
    if facts.ownership is Ownership.ACTORS or facts.operator or facts.manager:  # IDN-8
        return RecordKey()
    if (
        facts.ownership is Ownership.NOBODYS
        and not facts.member
        and facts.first_contact is FirstContact.FIRST_USE
        and not facts.online
    ):  # IDN-8
        return RecordKey()
    return Refuse(  # IDN-8, the same words for each
        RefusalCode.KEY_PROTECTED,
        "The key of this device is not yours to change.",
        rule="IDN-8",
        remedy="Claim the device while it is online, then send its key; or ask the "
        "operator of this server to.",
    )
