"""Reads the decision tables of docs/rules, which the tests execute.

A decision table stands under a line that says who decides::

    Decided by `cyan.rules.claiming.decide_claim`:

    | Line | Owner | Online | Outcome | Because |
    |---|---|---|---|---|
    | CLM-3.1 | nobody's | yes | TakeOwnership | … |

`Line` is the number of a rule and the number of the line under it. The columns
between it and `Outcome` are facts: each cell holds a word, several words with "or"
between them, or "any". What comes after `Outcome` is for people.
"""

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

RULES = Path(__file__).parents[2] / "docs" / "rules"
ANY = "any"

Words = Mapping[str, str]
"""A combination of facts: a word for each column."""

_DECIDED_BY = re.compile(r"Decided by `cyan\.rules\.(\w+\.\w+)`:")
_NUMBER = re.compile(r"([A-Z]{3}-\d+)\.\d+")


class UnreadableTable(ValueError):
    """The page does not keep to the form."""


@dataclass(frozen=True)
class Line:
    """One line of a table: which facts it is for, and what comes of them."""

    number: str
    cells: Mapping[str, frozenset[str]]
    outcome: str

    @property
    def rule(self) -> str:
        """The rule that the line is numbered under."""
        match = _NUMBER.fullmatch(self.number)
        assert match is not None
        return match[1]

    def matches(self, words: Words) -> bool:
        """Whether the line is for this combination of facts."""
        return all(
            ANY in wanted or words[column] in wanted
            for column, wanted in self.cells.items()
        )


@dataclass(frozen=True)
class Table:
    """A decision table: who decides (`claiming.decide_claim`), by which facts."""

    page: str
    decider: str
    columns: Sequence[str]
    lines: Sequence[Line]

    def matching(self, words: Words) -> list[Line]:
        """The lines that are for a combination of facts; it ought to be one."""
        return [line for line in self.lines if line.matches(words)]

    def unknown_words(self, known: Mapping[str, Mapping[str, object]]) -> set[str]:
        """Words in cells that no fact has: such a cell would never match."""
        return {
            word
            for line in self.lines
            for column, wanted in line.cells.items()
            for word in wanted - {ANY} - set(known[column])
        }


def combinations(known: Mapping[str, Mapping[str, object]]) -> Iterator[Words]:
    """Every combination of the words of all columns."""
    for words in itertools.product(*known.values()):
        yield dict(zip(known, words, strict=True))


def read_pages(folder: Path = RULES) -> list[Table]:
    """All decision tables of all pages."""
    return [table for page in sorted(folder.glob("*.md")) for table in read_page(page)]


def read_page(page: Path) -> Iterator[Table]:
    """The decision tables of one page."""
    lines = page.read_text().splitlines()
    for index, text in enumerate(lines):
        if match := _DECIDED_BY.fullmatch(text):
            yield _read_table(page.name, match[1], read_rows(lines[index + 1 :]))


def read_rows(lines: Sequence[str]) -> list[list[str]]:
    """The cells of the first Markdown table in some lines, without its rule."""
    after = itertools.dropwhile(lambda text: not text.startswith("|"), lines)
    rows = [
        [cell.strip() for cell in text.strip().strip("|").split("|")]
        for text in itertools.takewhile(lambda text: text.startswith("|"), after)
    ]
    if len(rows) < 3 or len({len(row) for row in rows}) != 1:
        message = "A table needs a head, a rule and lines of as many cells."
        raise UnreadableTable(message)
    return [rows[0], *rows[2:]]


def _read_table(page: str, decider: str, rows: list[list[str]]) -> Table:
    head, *body = rows
    if head[0] != "Line" or "Outcome" not in head:
        message = f"{page}, {decider}: the head needs Line, facts and Outcome."
        raise UnreadableTable(message)
    end = head.index("Outcome")
    columns = head[1:end]
    return Table(
        page,
        decider,
        columns,
        [_read_line(page, columns, row, row[end]) for row in body],
    )


def _read_line(
    page: str, columns: Sequence[str], row: Sequence[str], outcome: str
) -> Line:
    if not _NUMBER.fullmatch(row[0]):
        message = f"{page}: {row[0]!r} is no number such as CLM-3.1."
        raise UnreadableTable(message)
    cells = {
        column: frozenset(word.strip() for word in cell.split(" or "))
        for column, cell in zip(columns, row[1:], strict=False)
    }
    return Line(row[0], cells, outcome.replace("`", ""))
