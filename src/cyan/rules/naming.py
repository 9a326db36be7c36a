"""Naming: what a device may be called.

A name is optional, and unique among one owner's devices without regard to case
(IDN-6). It can stand for the Device ID wherever the owner addresses a device, so it
never looks like one. See docs/rules/identifiers.md.
"""

import unicodedata
from collections.abc import Collection
from dataclasses import dataclass

from cyan.model.decisions import RefusalCode, Refuse
from cyan.model.identifiers import looks_like_device_id

MAX_NAME_LENGTH = 64
"""Characters in a name, after spaces at both ends are gone."""

_STEM_LENGTH = 54  # what is left of a name before a number of nine digits


@dataclass(frozen=True, slots=True)
class NameFacts:
    """What a new name is decided by.

    `taken` is whether another device of the same owner has it, by `name_key` of
    the tidied name.
    """

    wanted: str | None
    taken: bool


@dataclass(frozen=True, slots=True)
class SetName:
    """The device gets this name; None takes its name away."""

    name: str | None
    rule: str = "IDN-6"


def tidy_name(wanted: str | None) -> str | None:
    """A name as it is kept: composed (NFC), no spaces around; None if it is empty."""
    return unicodedata.normalize("NFC", (wanted or "").strip()) or None


def name_key(name: str) -> str:
    """What two names are compared by (IDN-6)."""
    return name.casefold()


def decide_name(facts: NameFacts) -> SetName | Refuse:
    """Decide whether a device may have a name; an empty one takes its name away.

    Source: IDN-6.
    """
    name = tidy_name(facts.wanted)
    if name is None:  # IDN-6, a name is optional
        return SetName(None)
    obstacle = _obstacle_in(name)
    if obstacle is not None:  # IDN-6
        return Refuse(
            RefusalCode.NAME_UNUSABLE,
            obstacle,
            rule="IDN-6",
            remedy=f"Choose up to {MAX_NAME_LENGTH} letters, digits, spaces or signs.",
        )
    if facts.taken:  # IDN-6
        return Refuse(
            RefusalCode.NAME_TAKEN,
            "Name already in use",
            rule="IDN-6",
            remedy="Choose another name, or rename the device that has this one; "
            "upper and lower case make no difference.",
        )
    return SetName(name)  # IDN-6


def _obstacle_in(name: str) -> str | None:
    if len(name) > MAX_NAME_LENGTH:
        return f"A name has at most {MAX_NAME_LENGTH} characters; this has {len(name)}."
    if not name.isprintable():
        return "A name has no line breaks or other invisible characters."
    if looks_like_device_id(name):  # IDN-6
        return "A name never has the shape of a Device ID."
    return None


def name_stem(wanted: str) -> str:
    """The key that `wanted` and all names that `free_name` can make of it begin with.

    A look-up of taken names by this stem finds every one that matters.
    """
    return name_key(wanted[:_STEM_LENGTH])


def free_name(wanted: str, taken: Collection[str]) -> str:
    """The name itself, or with "-2", "-3" … appended until it is free (IDN-6).

    A claim or a transfer never fails for a name: `wanted` is a name that a device
    has, `taken` the names of the new owner's devices in any case. What would be
    longer than 64 characters is cut before the number.
    """
    keys = {name_key(name) for name in taken}
    name, number = wanted, 1
    while name_key(name) in keys:  # IDN-6
        number += 1
        suffix = f"-{number}"
        name = wanted[: MAX_NAME_LENGTH - len(suffix)] + suffix
    return name
