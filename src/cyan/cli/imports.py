"""Imports: files of devices, and what came of each line."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cyclopts import App

from cyan.cli.asking import Json, Switch, ask_product
from cyan.cli.show import progress, say, show_attributes, show_json, show_table
from cyan.client import ImportWish, ProductClient, ServerRefused
from cyan.model.products import LineOutcome

LOOK_AGAIN = 0.2
"""Seconds between two looks at an import that is at work."""

SHOWN = 50
"""Lines that were not added which people are shown."""

JOINED = (LineOutcome.ADDED, LineOutcome.APPROVED)
FINE = (*JOINED, LineOutcome.ALREADY_THERE)
imports = App(name="import", help="Imports of devices.", help_format="plaintext")


def import_devices(
    product: str,
    file: Path,
    *,
    dry_run: Switch = False,
    claim_user: str | None = None,
    background: Switch = False,
    lines: Switch = False,
    json: Json = False,
) -> None:
    """Add devices from a file: an identifier a line, or a CSV with a header.

    Device IDs, serial numbers, IMEIs and ICCIDs may be mixed. --dry-run tells what
    would come of it and changes nothing. --claim-user makes somebody of the team
    the owner of those that nobody owns. --background does not wait. Shown are the
    first lines that were not added; --lines shows all lines, --json all of these.

    Example: cyan product device import cold-chain devices.csv --dry-run
    """
    wish = ImportWish(claim_user, dry_run)

    async def work(of: ProductClient) -> "Outcome":
        with progress("Importing", "lines") as told:
            record = await of.import_file(file, wish)
            if not background:
                record = await _finished(of, record, told)
        return Outcome(record, await _lines_of(of, record, _Shown(lines, json)))

    outcome = ask_product(product, work)
    if json:
        show_json({"import": outcome.record, "lines": outcome.lines})
    elif outcome.record["finished_at"] is None:
        say(f"Import {outcome.record['id']} is at work. To see how far it is:")
        say(f"cyan product import show {product} {outcome.record['id']}")
    else:
        _show_outcome(outcome)


@dataclass(frozen=True, slots=True)
class _Shown:
    """Which lines are wanted: all, or those not added; and all of these, or a few."""

    added_too: bool
    whole: bool


@dataclass(frozen=True, slots=True)
class Outcome:
    """An import, and the lines of it that are to be shown."""

    record: dict[str, Any]
    lines: list[dict[str, Any]]


async def _finished(
    of: ProductClient, record: dict[str, Any], told: Callable[[int, int], None]
) -> dict[str, Any]:
    """The import once it has ended; `ServerRefused` if it was refused as a whole."""
    while record["finished_at"] is None:
        told(record["done"], record["lines"])
        await asyncio.sleep(LOOK_AGAIN)
        record = await of.find_import(record["id"])
    refusal = record["refusal"]
    if refusal is not None:
        raise ServerRefused(
            409, refusal["reason"], refusal["rule"], refusal["remedy"], refusal
        )
    return record


async def _lines_of(
    of: ProductClient, record: dict[str, Any], shown: _Shown
) -> list[dict[str, Any]]:
    """The lines to show; a million of them are asked for only if they are wanted."""
    found: list[dict[str, Any]] = []
    if record["finished_at"] is None or not (shown.added_too or _left(record)):
        return found
    async for line in of.import_lines(record["id"]):
        if shown.added_too or line["outcome"] not in FINE:
            found.append(line)
        if len(found) == SHOWN and not (shown.added_too or shown.whole):
            break
    return found


def _left(record: dict[str, Any]) -> int:
    """How many lines were not added."""
    counts: dict[str, int] = record["counts"]
    fine = sum(counts.get(outcome, 0) for outcome in FINE)
    return max(0, int(record["lines"]) - fine)


def _show_outcome(outcome: Outcome) -> None:
    record = outcome.record
    counts = [{"outcome": name, "lines": n} for name, n in record["counts"].items()]
    show_table(counts, {"outcome": "outcome", "lines": "lines"}, "Nothing was done.")
    if record["dry_run"]:
        say("\nThis was a dry run: nothing was changed.")
    effect = record["effect"]
    if effect is not None:
        room = f"limit {effect['limit']}" if effect["limit"] else "no limit"
        say(f"\nCounted: {effect['count']}, and {effect['adds']} more ({room}).")
    if outcome.lines:
        say("")
        _show_lines(outcome.lines)
        more = _left(record) - len(outcome.lines)
        if more > 0:
            say(f"\n{more} more were not added; --json tells all of them.")


def _show_lines(lines: Sequence[dict[str, Any]]) -> None:
    """What came of lines, and once for each outcome why, and what to do."""
    columns = {"line": "line", "identifier": "identifier", "outcome": "outcome"}
    show_table(lines, {**columns, "rule": "rule"}, "")
    unlike = {each["outcome"]: each for each in lines if each["remedy"]}
    for outcome, line in unlike.items():
        say(f"\n{outcome}: {line['reason']}\n{line['remedy']}")


def show_added(done: dict[str, Any], json: bool) -> None:
    """What came of devices that were named one by one; refused if none is in."""
    if json:
        show_json(done)
        return
    lines = done["lines"]
    if len(lines) == 1 and lines[0]["outcome"] not in FINE:
        (line,) = lines
        why = f"{line['identifier']}: {line['reason']}"
        raise ServerRefused(409, why, line["rule"], line["remedy"], done)
    _show_lines(lines)
    if done["import"]["dry_run"]:
        say("\nThis was a dry run: nothing was changed.")


@imports.command(name="list")
def list_imports(product: str, *, json: Json = False) -> None:
    """List a product's imports, the newest first.

    Example: cyan product import list cold-chain
    """
    found = ask_product(product, lambda of: of.list_imports())
    if json:
        show_json(found)
        return
    for each in found:
        if each["state"] in ("counting", "refused"):  # what would come of them
            each["counts"] = {}
        each["state"] += " (dry run)" if each["dry_run"] else ""
    columns = {"id": "id", "when": "created_at", "state": "state", "lines": "lines"}
    columns["what came of them"] = "counts"
    show_table(found, columns, "Nothing was imported yet.")


@imports.command
def show(
    product: str, import_id: str, *, lines: Switch = False, json: Json = False
) -> None:
    """Tell how far an import is, and which lines were not added; --lines, of all.

    Example: cyan product import show cold-chain 5f0c1e
    """

    async def look(of: ProductClient) -> Outcome:
        record = await of.find_import(import_id)
        return Outcome(record, await _lines_of(of, record, _Shown(lines, json)))

    outcome = ask_product(product, look)
    if json:
        show_json({"import": outcome.record, "lines": outcome.lines})
        return
    show_attributes(
        {
            name: value
            for name, value in outcome.record.items()
            if name not in ("counts", "effect", "refusal")
        }
    )
    say("")
    _show_outcome(outcome)


@imports.command
def undo(
    product: str, import_id: str, *, background: Switch = False, json: Json = False
) -> None:
    """Remove the devices that an import added, and nothing else.

    Example: cyan product import undo cold-chain 5f0c1e
    """

    async def work(of: ProductClient) -> dict[str, Any]:
        with progress("Undoing", "lines") as told:
            record = await of.undo_import(import_id)
            return record if background else await _finished(of, record, told)

    record = ask_product(product, work)
    if json:
        show_json(record)
    else:
        say(f"Import {import_id} is {record['state']}.")
