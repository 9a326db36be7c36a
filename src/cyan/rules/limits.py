"""Limits: how many devices an account's sandbox holds.

Whoever claimed a device has it on their count (LIM-1). A limit refuses what would
add to the count, and nothing else: nobody loses a device by being over (LIM-6).
See docs/rules/limits.md.
"""

from cyan.model.decisions import RefusalCode, Refuse


def sandbox_has_room(owned: int, limit: int) -> bool:
    """Whether an account that owns `owned` devices may get one more (LIM-2).

    A `limit` of 0 means that there is none.
    """
    return limit == 0 or owned < limit  # LIM-6, LIM-5


def own_sandbox_full(owned: int, limit: int) -> Refuse:
    """The no to an account that has no room, with both numbers (LIM-5)."""
    return Refuse(
        RefusalCode.DEVICE_LIMIT,
        f"You own {owned} devices and your sandbox holds {limit}: "
        "this one would pass the device limit.",
        rule="LIM-5",
        remedy="Unclaim a device that you no longer need, then try again.",
    )


def requesters_sandbox_full(owned: int, limit: int) -> Refuse:
    """The no to an owner who approves a transfer to a full account (LIM-5)."""
    return Refuse(
        RefusalCode.DEVICE_LIMIT,
        f"The account that asked owns {owned} devices and its sandbox holds "
        f"{limit}: this one would pass the device limit.",
        rule="LIM-5",
        remedy="The account that asked must unclaim a device first; "
        "until the request expires you can approve it again.",
    )
