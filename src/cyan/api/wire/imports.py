"""Imports on the wire: Cyan's own record, and the lists that clients know (§3.2)."""

from typing import Any

from msgspec import Struct

from cyan.api.wire.moments import moment
from cyan.model.products import Import, ImportLine, ImportState, LineOutcome
from cyan.rules.additions import OUTCOMES

ARRAYS: dict[str, frozenset[LineOutcome]] = {
    "updatedDeviceIds": frozenset({LineOutcome.ADDED, LineOutcome.APPROVED}),
    "existingDeviceIds": frozenset({LineOutcome.ALREADY_THERE}),
    "nonmemberDeviceIds": frozenset({LineOutcome.OWNED_OUTSIDE}),
    "invalidDeviceIds": frozenset(
        {
            LineOutcome.INVALID,
            LineOutcome.WRONG_PLATFORM,
            LineOutcome.MEMBER_ELSEWHERE,
        }
    ),
    "protectedDeviceIds": frozenset({LineOutcome.PROTECTED}),
}
"""The documented lists, and the outcomes that each of them tells."""


_WRITTEN = frozenset({ImportState.DONE, ImportState.UNDOING, ImportState.UNDONE})
"""States in which what was added has joined the product."""


class ImportAttributes(Struct):
    """An import: who wanted it, how far it is, and what came of its lines.

    `effect` is what it would add, or added, to the count of a limit.
    """

    id: str
    product_id: int
    by: str
    state: ImportState
    dry_run: bool
    lines: int
    done: int
    counts: dict[str, int]
    refusal: dict[str, Any] | None
    effect: dict[str, Any] | None
    created_at: str | None
    finished_at: str | None


def import_of(record: Import) -> ImportAttributes:
    """What the team is told of an import."""
    counts = {name: n for name, n in record.counts.items() if name in set(LineOutcome)}
    return ImportAttributes(
        record.id,
        record.product_id,
        record.username,
        record.state,
        record.dry_run,
        record.lines,
        record.done,
        counts,
        record.refusal,
        record.effect,
        moment(record.created_at),
        moment(record.finished_at),
    )


class LineAttributes(Struct):
    """One line: which rule decided, why, and what to do; `line` counts from 1."""

    line: int
    identifier: str
    device_id: str | None
    outcome: LineOutcome | None
    rule: str | None
    reason: str | None
    remedy: str | None


def line_of(record: Import, line: ImportLine) -> LineAttributes:
    """What the team is told of a line of an import."""
    decision = OUTCOMES.get(line.outcome) if line.outcome else None
    return LineAttributes(
        line.number + 1,
        line.text,
        line.device_id if _is_told(record, line) else None,
        line.outcome,
        decision.rule if decision else None,
        decision.reason if decision else None,
        decision.remedy if decision else None,
    )


def _is_told(record: Import, line: ImportLine) -> bool:
    """Whether a line tells its Device ID: of the product's own, and of what was sent.

    Else an import, tried or done, would be a look-up of everybody's devices by numbers
    that can be guessed (IDN-2).
    """
    match line.outcome:
        case LineOutcome.INVALID:
            return False
        case LineOutcome.ALREADY_THERE:
            return True
        case LineOutcome.ADDED | LineOutcome.APPROVED if not record.dry_run:
            return record.state in _WRITTEN or _is_sent(line)
        case _:
            return _is_sent(line)


def _is_sent(line: ImportLine) -> bool:
    return line.text.strip().lower() == line.device_id
