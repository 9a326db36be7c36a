"""Features: may a device use the cloud?

The features are publish, subscribe, functions, variables and firmware over the
air. A member has them all, owned or not (CLM-7); a device that nobody owns and that
is in no product has none of them, for anybody; it keeps its session, so that it can
be claimed (CLM-6). Quarantine and a wrong platform take them away, whoever owns the
device (MEM-8, MEM-13). See docs/rules/claiming.md.
"""

from dataclasses import dataclass

from cyan.model.decisions import Allow, RefusalCode, Refuse
from cyan.model.devices import Device, Standing


@dataclass(frozen=True, slots=True)
class FeatureFacts:
    """What the use of cloud features is decided by.

    `standing` is that to a product, None in no product.
    """

    owned: bool
    standing: Standing | None = None

    @classmethod
    def of(cls, device: Device) -> "FeatureFacts":
        """The facts of a device as the store knows it."""
        return cls(device.owner_id is not None, device.standing)


def decide_features(facts: FeatureFacts) -> Allow | Refuse:
    """Decide whether a device has cloud features (CLM-6, CLM-7, MEM-8, MEM-13)."""
    if facts.standing is Standing.MEMBER:  # CLM-7
        return Allow("CLM-7")
    if facts.standing is Standing.WRONG_PLATFORM:  # MEM-13
        return Refuse(
            RefusalCode.WRONG_PLATFORM,
            "The device is of another platform than its product, so it has no "
            "cloud features.",
            rule="MEM-13",
            remedy="Remove it from the product, and add it to one of its platform.",
        )
    if facts.standing is not None:  # MEM-8
        return Refuse(
            RefusalCode.DEVICE_QUARANTINED,
            "The device runs a product's firmware without being its member: it is "
            "quarantined, and has no cloud features.",
            rule="MEM-8",
            remedy="The product's team can approve it; else flash it with firmware "
            "that is not this product's.",
        )
    if facts.owned:  # CLM-6, from the claim on
        return Allow("CLM-6")
    return Refuse(  # CLM-6
        RefusalCode.DEVICE_UNCLAIMED,
        "Nobody has claimed this device, so it has no cloud features.",
        rule="CLM-6",
        remedy="Claim it while it is online; its features start at once.",
    )


@dataclass(frozen=True, slots=True)
class ReachFacts:
    """What asking something of a device is decided by."""

    features: FeatureFacts
    online: bool


def decide_reach(facts: ReachFacts) -> Allow | Refuse:
    """Decide whether a call, read or signal can reach a device (CLM-5, CLM-6)."""
    decision = decide_features(facts.features)
    if isinstance(decision, Allow) and not facts.online:  # CLM-5
        return Refuse(
            RefusalCode.DEVICE_OFFLINE,
            "The device is offline.",
            rule="CLM-5",
            remedy="Power it and wait until its light breathes cyan.",
        )
    return decision
