"""Features: may a device use the cloud?

The features are publish, subscribe, functions, variables and firmware over the
air. A device that nobody owns and that is in no product has none of them, for
anybody; it keeps its session, so that it can be claimed (CLM-6). See
docs/rules/claiming.md.
"""

from dataclasses import dataclass

from cyan.model.decisions import Allow, RefusalCode, Refuse


@dataclass(frozen=True, slots=True)
class FeatureFacts:
    """What the use of cloud features is decided by."""

    owned: bool


def decide_features(facts: FeatureFacts) -> Allow | Refuse:
    """Decide whether a device has cloud features (CLM-6)."""
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
    return decision  # CLM-6
