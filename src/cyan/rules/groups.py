"""Groups: what a group of a product's members may be called (REST contract §3.4)."""

import re

from cyan.model.decisions import Allow, RefusalCode, Refuse

MAX_GROUPS = 1000
MAX_OF_DEVICE = 50
DEFAULT_COLOR = "#00AEEF"
_NAME = re.compile(r"[a-z0-9_-]{1,64}")
_COLOR = re.compile(r"#?[0-9a-fA-F]{6}")


def decide_group(name: str, color: str, description: str) -> Allow | Refuse:
    """Decide whether a group can be called, coloured and described so."""
    if not _NAME.fullmatch(name):
        return _unusable(
            "A group's name has 1 to 64 of a to z, 0 to 9, hyphen and underscore.",
            "Choose another name.",
        )
    if not _COLOR.fullmatch(color):
        return _unusable(
            "A color has six hexadecimal digits, such as #00AEEF.", "Correct the color."
        )
    if len(description) > 1000:
        return _unusable("A description has at most 1,000 characters.", "Shorten it.")
    return Allow("MEM-1")


def tidy_color(color: str) -> str:
    """A color as it is kept: with its number sign, in capitals."""
    return f"#{color.lstrip('#').upper()}"


def _unusable(reason: str, remedy: str) -> Refuse:
    return Refuse(RefusalCode.GROUP_UNUSABLE, reason, rule="MEM-1", remedy=remedy)
