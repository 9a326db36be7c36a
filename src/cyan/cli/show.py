"""Showing things: tables for people, JSON for programs, refusals with a way out."""

import json
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table

from cyan.client import ServerRefused

_out = Console()
_err = Console(stderr=True)
NEVER_FOLDED = ("when", "id", "identifier", "line", "lines", "last heard", "rule")
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")


def show_json(value: Any) -> None:
    """Print a value as JSON."""
    say(json.dumps(value, indent=2, ensure_ascii=False))


def show_json_line(value: Any) -> None:
    """Print one value of many as JSON, on a line of its own."""
    say(json.dumps(value, ensure_ascii=False))


def show_table(
    rows: Sequence[Mapping[str, Any]], columns: Mapping[str, str], empty: str
) -> None:
    """Print rows under headings; `columns` maps a heading to the member it shows.

    Moments are UTC, to the second; `--json` has them whole.
    """
    if not rows:
        _out.print(empty)
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in columns:
        table.add_column(heading, overflow="fold", no_wrap=heading in NEVER_FOLDED)
    for row in rows:
        table.add_row(*(_cell(row.get(member)) for member in columns.values()))
    _out.print(table)


def show_attributes(attributes: Mapping[str, Any]) -> None:
    """Print all there is to tell of one thing, a line each."""
    rows = [{"what": name, "value": value} for name, value in attributes.items()]
    show_table(rows, {"what": "what", "value": "value"}, "")


@contextmanager
def progress(what: str, unit: str) -> Iterator[Callable[[int, int], None]]:
    """A progress bar on a terminal, nothing elsewhere; tell it how far one is."""
    columns = (TextColumn(what), BarColumn(), MofNCompleteColumn(), TextColumn(unit))
    quiet = not _err.is_terminal
    with Progress(*columns, console=_err, transient=True, disable=quiet) as bar:
        task = bar.add_task(what, total=None)

        def told(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total)

        yield told


def _cell(value: Any) -> str:
    match value:
        case None:
            return "[dim]-[/]"
        case True:
            return "[cyan]yes[/]"
        case False:
            return "no"
        case list():
            return escape(visible(", ".join(map(str, value)))) or "[dim]none[/]"
        case dict():
            pairs = (f"{name} ({kind})" for name, kind in value.items())
            return escape(visible(", ".join(pairs))) or "[dim]none[/]"
        case str() if MOMENT.fullmatch(value):
            return f"{value[:10]} {value[11:19]}"
        case _:
            lines = str(value).split("\n")
            return escape("\n".join(visible(line) for line in lines))


def visible(text: str) -> str:
    """A text that devices or others chose, without what would command a terminal."""
    return "".join(
        each if each.isprintable() else each.encode("unicode_escape").decode()
        for each in text
    )


def say(text: str) -> None:
    """Print one plain line."""
    print(text)
    sys.stdout.flush()


def complain(text: str, rule: str | None = None, remedy: str | None = None) -> None:
    """Tell on stderr what stood in the way, by which rule, and what to do next."""
    by = f"  ({rule})" if rule else ""
    _err.print(
        f"{text}{by}", style="red", markup=False, highlight=False, soft_wrap=True
    )
    if remedy:
        _err.print(remedy, markup=False, highlight=False, soft_wrap=True)


def show_refusal(no: ServerRefused) -> None:
    """A server's refusal."""
    complain(no.message, no.rule, no.remedy)


def show_explanation(told: Mapping[str, Any], *, removed: bool = False) -> None:
    """The states of a device, what it may do, and how it came to that.

    `removed`: it is told as it would be after its removal from its product.
    """
    device = told["device"]
    if removed:
        say("As it would be after its removal from its product; nothing is changed.\n")
    name = f"[bold]{_cell(device['name'])}[/]  " if device["name"] else ""
    _out.print(f"{name}[dim]{device['id']}[/]\n")
    show_table(
        told["states"],
        {"state": "state", "stands": "stands", "": "meaning", "rule": "rule"},
        "",
    )
    _out.print()
    show_table(
        told["capabilities"],
        {
            "may": "capability",
            "now": "allowed",
            "why": "reason",
            "what to do": "remedy",
            "rule": "rule",
        },
        "",
    )
    if told["product"] is not None:
        product = told["product"]
        name = f"{product['name']} ({product['id']})"
        _out.print(f"\nProduct: {name}", markup=False, highlight=False)
    counts = told["counts"]
    toward = f"It is on this count: {counts['toward']}  ({counts['rule']})\n"
    _out.print(toward, markup=False, highlight=False)
    show_table(
        told["history"],
        {"when": "at", "from": "from", "to": "to", "by": "by", "rule": "rule"},
        "Nobody has ever owned it.",
    )
