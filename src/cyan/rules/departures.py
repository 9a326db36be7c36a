"""Departures: removing a device from a product, denying and dismissing it.

See docs/rules/membership.md.
"""

from dataclasses import dataclass

from cyan.model.decisions import RefusalCode, Refuse
from cyan.model.devices import Standing


@dataclass(frozen=True, slots=True)
class DepartureFacts:
    """What a departure is decided by.

    `standing` is that to this product, None if the device has none; `owned` whether
    an account owns the device, which it goes on doing (UNC-3).
    """

    standing: Standing | None
    deny: bool
    owned: bool


@dataclass(frozen=True, slots=True)
class Remove:
    """It leaves the list, with its groups and its development mark (UNC-3).

    `still_owned` is told with the answer; the product remembers it (UNC-4).
    """

    still_owned: bool
    rule: str = "UNC-3"


@dataclass(frozen=True, slots=True)
class Dismiss:
    """It leaves the denied devices until its next hello (MEM-8)."""

    rule: str = "MEM-8"


@dataclass(frozen=True, slots=True)
class Deny:
    """It is kept out for good, and never approves itself (MEM-9)."""

    rule: str = "MEM-9"


def decide_departure(facts: DepartureFacts) -> Remove | Dismiss | Deny | Refuse:
    """Decide what becomes of a device that somebody wants out of a product."""
    if facts.standing is None:
        return not_in_product()
    if facts.standing in (Standing.QUARANTINED, Standing.DENIED):
        return Deny() if facts.deny else Dismiss()  # MEM-9, MEM-8
    if facts.deny:  # MEM-9
        return Refuse(
            RefusalCode.DEVICE_IS_MEMBER,
            "It is a member of this product: only a quarantined device can be denied.",
            rule="MEM-9",
            remedy="Remove it first; deny it if it comes back.",
        )
    return Remove(still_owned=facts.owned)  # UNC-3


def not_in_product() -> Refuse:
    """What the team hears of a device that its product does not list."""
    return Refuse(
        RefusalCode.NOT_IN_PRODUCT,
        "Device not found for this product",
        rule="MEM-1",
        remedy="Check the Device ID against the list of the product's devices, "
        "or add it.",
    )
