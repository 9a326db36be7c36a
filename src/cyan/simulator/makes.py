"""What pretend devices are: platform, Device OS, and what their firmware names.

`membership_script` has one of each that docs/rules/membership.md tells apart.
"""

import re
from dataclasses import dataclass

from cyan.model.platforms import platform_name, version_text

PHOTON, BORON, ARGON = 6, 13, 12
NEW, WILDCARD, OLD = 6200, 3300, 1210
"""A Device OS of each generation (MEM-5 to MEM-7)."""


@dataclass(frozen=True, slots=True)
class Make:
    """One kind of pretend device.

    `product_id` None is that of the platform: a wildcard, or firmware of no product
    (MEM-6). With `fails` it falls into safe mode after a while. `outcome` says what
    becomes of it.
    """

    platform_id: int = PHOTON
    system_version: int = WILDCARD
    product_id: int | None = None
    product_version: int | None = None
    fails: bool = False
    outcome: str = ""

    @property
    def description(self) -> str:
        """What it is, in one line."""
        named = "its platform's" if self.product_id is None else self.product_id
        words = (
            platform_name(self.platform_id),
            f"Device OS {version_text(self.system_version)}",
            f"Product ID {named}",
        )
        return ", ".join(words)


def read_device_os(text: str) -> int:
    """A version of Device OS as its number: 3.3.0 is 3300, 1.5.1-rc.2 is 1512.

    What came before 1.0 merely counted: 11 is 11. `ValueError` if it is neither.
    """
    if re.fullmatch(r"[0-9]{1,3}", text):
        return int(text)
    found = re.fullmatch(r"([1-9]|[1-5][0-9])\.(\d)\.(\d)(?:-rc\.([1-9]))?", text, re.A)
    if found is None:
        raise ValueError(f"{text} is no version of Device OS; 3.3.0 is one.")
    major, *rest = (int(each or 0) for each in found.groups())
    minor, patch, candidate = rest
    return major * 1000 + minor * 100 + patch * 10 + candidate


def membership_script(product_id: int | None, platform_id: int) -> list[Make]:
    """One device for each way to knock at a product of this platform, on no list."""
    if product_id is None:
        raise ValueError("The script knocks at a product: name it by --product-id.")
    other = ARGON if platform_id == BORON else BORON
    no_product = "in no product, unless it is listed"
    waits = "quarantined, or joins by itself where quarantine is off"
    return [
        Make(platform_id, OLD, product_id, outcome=f"{waits} (MEM-7)"),
        Make(platform_id, WILDCARD, product_id, outcome=f"{waits} (MEM-7)"),
        Make(platform_id, NEW, product_id, outcome=f"{no_product} (MEM-5)"),
        Make(platform_id, WILDCARD, outcome=f"wildcard: {no_product} (MEM-6)"),
        Make(platform_id, OLD, outcome=f"{no_product} (MEM-6)"),
        Make(platform_id, WILDCARD, 0, outcome=f"{no_product} (MEM-6)"),
        Make(
            other,
            WILDCARD,
            product_id,
            outcome="in no product; if it is listed, of the wrong platform (MEM-13)",
        ),
        Make(
            platform_id,
            WILDCARD,
            product_id,
            fails=True,
            outcome=f"{waits}; so it stays in safe mode (MEM-12)",
        ),
    ]
