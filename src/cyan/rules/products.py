"""Products: what one may be called and numbered, and when it may go.

See docs/rules/products.md.
"""

import re
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass

from cyan.model.decisions import Allow, RefusalCode, Refuse
from cyan.model.platforms import PLATFORMS
from cyan.model.products import NO_PRODUCT_IDS

FIRST_ID, LAST_ID = 1001, 65534
MAX_NAME = 100
MAX_DESCRIPTION = 1000
MAX_DEVICE_LIMIT = 10_000_000
_SLUG = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True, slots=True)
class NewProductFacts:
    """What a new product is decided by.

    `wanted_id` is the id that it shall have, None for any; `id_used` whether some
    product has or had it, `name_used` whether another has the name or its slug.
    """

    platform_id: int
    name: str
    description: str
    wanted_id: int | None
    id_used: bool
    name_used: bool


def decide_product(facts: NewProductFacts) -> Allow | Refuse:
    """Decide whether a product can be made (MEM-2, MEM-14)."""
    platform = PLATFORMS.get(facts.platform_id)
    if platform is None or not platform.product_eligible:  # MEM-2
        eligible = ", ".join(
            f"{each.id} {each.display_name}"
            for each in PLATFORMS.values()
            if each.product_eligible
        )
        return _unusable(
            f"There are no products of platform {facts.platform_id}.",
            "MEM-2",
            f"Choose one of: {eligible}.",
        )
    if facts.wanted_id is not None:  # MEM-14
        obstacle = _obstacle_in_id(facts.wanted_id, used=facts.id_used)
        if obstacle is not None:
            return _unusable(obstacle, "MEM-14", "Leave the id out to be given one.")
    return decide_product_texts(facts.name, facts.description, facts.name_used)


def decide_product_texts(
    name: str, description: str, name_used: bool
) -> Allow | Refuse:
    """Decide whether a product may be called and described so (MEM-14)."""
    if not 1 <= len(name) <= MAX_NAME or not name.isprintable():
        return _unusable(
            f"A product's name has 1 to {MAX_NAME} printable characters.",
            "MEM-14",
            "Choose another name.",
        )
    if not slug_of(name):
        return _unusable(
            "A product's name needs a letter or digit of a to z and 0 to 9, of which "
            "its address is made.",
            "MEM-14",
            "Choose another name.",
        )
    if slug_of(name).isdecimal():  # an address that is a number is an id
        return _unusable(
            "A product's name is not just a number: numbers are ids.",
            "MEM-14",
            "Choose another name.",
        )
    if len(description) > MAX_DESCRIPTION:
        return _unusable(
            f"A description has at most {MAX_DESCRIPTION} characters.",
            "MEM-14",
            "Shorten the description.",
        )
    if name_used:
        return _unusable(
            "Another product on this server has this name.",
            "MEM-14",
            "Choose another name.",
        )
    return Allow("MEM-14")


def _obstacle_in_id(wanted: int, *, used: bool) -> str | None:
    if wanted in NO_PRODUCT_IDS or not 0 < wanted <= LAST_ID:
        return f"A product's id is between 1 and {LAST_ID}."
    if wanted in PLATFORMS:
        return f"{wanted} is the id of a platform, and means no product."
    if used:
        return f"{wanted} is the id of a product, or was once: ids are never reused."
    return None


def choose_id(used: Collection[int]) -> int | None:
    """The lowest id that no product ever had; None if there is none (MEM-14)."""
    taken = set(used) | set(PLATFORMS)
    return next((n for n in range(FIRST_ID, LAST_ID + 1) if n not in taken), None)


def slug_of(name: str) -> str:
    """The readable address of a name: "Pumps, Größe 2" is `pumps-grosse-2`."""
    plain = unicodedata.normalize("NFKD", name.replace("ß", "ss"))
    letters = plain.encode("ascii", "ignore").decode().lower()
    return _SLUG.sub("-", letters).strip("-")


def decide_removal(members: int) -> Allow | Refuse:
    """Decide whether a product may be deleted (MEM-14)."""
    if members:
        return Refuse(
            RefusalCode.PRODUCT_NOT_EMPTY,
            f"The product still has {members:,} member{'' if members == 1 else 's'}.",
            rule="MEM-14",
            remedy="Remove its devices first.",
        )
    return Allow("MEM-14")


def unknown_product() -> Refuse:
    """What one hears of a product that does not exist or is not one's own.

    The words are those that the official command line looks for.
    """
    return Refuse(
        RefusalCode.PRODUCT_UNKNOWN,
        "Permission denied",
        rule="MEM-1",
        remedy="Check the id or slug against the list of your products, or ask its "
        "team to invite you.",
    )


def _unusable(reason: str, rule: str, remedy: str) -> Refuse:
    return Refuse(RefusalCode.PRODUCT_UNUSABLE, reason, rule=rule, remedy=remedy)
