"""Limits: how many devices an account's sandbox and a product's block hold.

A device counts toward at most one limit: in no product toward its owner's sandbox,
in a product on the free plan toward the sandbox of whom the product belongs to, in
a product on a block limit toward that block. A limit refuses what would add to the
count, and nothing else: nobody loses a device by being over (LIM-6). See
docs/rules/limits.md.
"""

from dataclasses import dataclass
from enum import StrEnum

from cyan.model.decisions import RefusalCode, Refuse
from cyan.model.products import Plan


class Holder(StrEnum):
    """Whose count a device is on."""

    NOBODY = "nobody's"
    OWNER = "its owner's sandbox"
    PAYER = "the sandbox of whom the product belongs to"
    BLOCK = "the product's block"


@dataclass(frozen=True, slots=True)
class CountFacts:
    """What decides whose count a device is on.

    `plan` is that of the product whose member it is, None in no product (and while
    quarantined or denied). `owners_product` is whether that product belongs to the
    device's owner.
    """

    claimed: bool
    plan: Plan | None
    owners_product: bool


@dataclass(frozen=True, slots=True)
class Counting:
    """Whose count it is, by which rule, and whether its owner's list shows it."""

    holder: Holder
    rule: str
    on_owners_list: bool


def count_toward(facts: CountFacts) -> Counting:
    """Decide whose count a device is on (LIM-2, LIM-3, LIM-4)."""
    if facts.plan is None:
        holder = Holder.OWNER if facts.claimed else Holder.NOBODY
        return Counting(holder, "LIM-2", on_owners_list=facts.claimed)
    if facts.plan is Plan.FREE:  # LIM-2, once, whoever owns it
        theirs = facts.claimed and not facts.owners_product
        rule = "LIM-3" if theirs else "LIM-2"
        return Counting(Holder.PAYER, rule, on_owners_list=facts.claimed)
    rule = "LIM-3" if facts.claimed else "LIM-4"
    return Counting(Holder.BLOCK, rule, on_owners_list=facts.claimed)


def has_room(count: int, limit: int, more: int = 1) -> bool:
    """Whether `more` devices fit beside `count` under a limit; 0 is no limit.

    What adds nothing always fits, even where the count is over (LIM-6).
    """
    return limit == 0 or more <= 0 or count + more <= limit  # LIM-6, LIM-5


def own_sandbox_full(count: int, limit: int) -> Refuse:
    """The no to an account that has no room, with both numbers (LIM-5)."""
    return Refuse(
        RefusalCode.DEVICE_LIMIT,
        f"You have {count} devices that count, and your sandbox holds {limit}: "
        "this one would pass the device limit.",
        rule="LIM-5",
        remedy="Unclaim a device that you no longer need, or remove one from a "
        "product on the free plan, then try again.",
    )


def requesters_sandbox_full(count: int, limit: int) -> Refuse:
    """The no to an owner who approves a transfer to a full account (LIM-5)."""
    return Refuse(
        RefusalCode.DEVICE_LIMIT,
        f"The account that asked has {count} devices that count, and its sandbox "
        f"holds {limit}: this one would pass the device limit.",
        rule="LIM-5",
        remedy="The account that asked must unclaim a device first; "
        "until the request expires you can approve it again.",
    )


def _so_many(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def product_full(count: int, limit: int, more: int, plan: Plan) -> Refuse:
    """The no to additions for which there is no room; nothing was added (LIM-5)."""
    devices = _so_many(more, "device")
    if plan is Plan.BLOCK:
        reason = (
            f"The product has {_so_many(count, 'member')}, its block holds {limit:,}: "
            f"{devices} more would pass the device limit."
        )
        remedy = "Remove members, or ask the operator of this server for more room."
    else:
        reason = (
            f"The free plan of whom the product belongs to holds {limit:,} devices and "
            f"has {count:,}: {devices} more would pass the device limit."
        )
        remedy = (
            "Remove devices, or ask the operator of this server to put the product "
            "on a block limit."
        )
    return Refuse(
        RefusalCode.DEVICE_LIMIT,
        reason,
        rule="LIM-5",
        remedy=remedy,
        details={"count": count, "limit": limit},
    )
