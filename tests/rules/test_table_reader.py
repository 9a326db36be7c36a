"""The reader of decision tables: a page that is wrong is told, not skipped."""

from pathlib import Path

import pytest
from tests.support.decision_tables import UnreadableTable, combinations, read_pages

HEAD = "Decided by `cyan.rules.toys.decide_toy`:\n\n"


def read(folder: Path, text: str) -> None:
    (folder / "toys.md").write_text(HEAD + text)
    [table] = read_pages(folder)
    assert table.decider == "toys.decide_toy"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "| Line | Big | Outcome |\n|---|---|---|\n",
        "| Line | Big | Outcome |\n|---|---|---|\n| TOY-1.1 | yes |\n",
        "| Line | Big | Answer |\n|---|---|---|\n| TOY-1.1 | yes | Play |\n",
        "| Rule | Big | Outcome |\n|---|---|---|\n| TOY-1.1 | yes | Play |\n",
        "| Line | Big | Outcome |\n|---|---|---|\n| TOY-1 | yes | Play |\n",
    ],
)
def test_a_table_that_keeps_to_no_form_is_told(tmp_path: Path, text: str) -> None:
    with pytest.raises(UnreadableTable):
        read(tmp_path, text)


def test_a_line_matches_any_of_its_words_and_any_means_all(tmp_path: Path) -> None:
    (tmp_path / "toys.md").write_text(
        f"{HEAD}| Line | Big | Red | Outcome | Because |\n|---|---|---|---|---|\n"
        "| TOY-1.1 | yes or maybe | any | `Play` | fun |\n"
        "| TOY-1.2 | no | yes | `Rest` | |\n"
    )
    [table] = read_pages(tmp_path)
    known = {
        "Big": dict.fromkeys(["yes", "no", "maybe"]),
        "Red": dict.fromkeys(["yes", "no"]),
    }
    matched = [
        [line.number for line in table.matching(words)] for words in combinations(known)
    ]
    play = ["TOY-1.1"]
    assert matched == [play, play, ["TOY-1.2"], [], play, play]
    assert table.lines[0].rule == "TOY-1"
    assert table.lines[1].outcome == "Rest"
    assert table.unknown_words(known) == set()
    assert table.unknown_words({"Big": {"yes": 1}, "Red": {}}) == {"maybe", "no", "yes"}
