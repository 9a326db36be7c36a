"""The words of our mails: one template for each kind of notice.

A template is plain text; its first line is the subject.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from cyan.model.notices import NoticeKind


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail that is ready to be sent."""

    subject: str
    text: str


def write_letter(kind: NoticeKind, body: Mapping[str, Any], server: str) -> Letter:
    """Fill the template of a notice; `server` is the address people know us by."""
    template = _environment().get_template(f"{kind}.txt")
    written = template.render({**body, "server": server})
    subject, _, text = written.partition("\n")
    return Letter(subject.strip(), text.strip() + "\n")


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("cyan.integrations", "templates"),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["moment"] = _moment
    return environment


def _moment(text: str) -> str:
    """A moment for people: 24 November 2026, 03:17 UTC."""
    at = datetime.fromisoformat(text)
    return f"{at.day} {at:%B %Y, %H:%M} UTC"
