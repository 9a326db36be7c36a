"""Every rule that is named exists, and every rule of this version is kept.

The rulebook is docs/rules/rulebook.md; a line there that says *later* is a rule of
a later version.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.decision_tables import read_pages

ROOT = Path(__file__).parents[2]
RULEBOOK = ROOT / "docs" / "rules" / "rulebook.md"
CITATION = re.compile(r"\b(?:CLM|COD|UNC|TRF|LIM|MEM|FRM|SIM|CUS|IDN|EVT|SET)-\d+")
ENTRY = re.compile(r"- \*\*([A-Z]{3}-\d+)\*\* (\*later\* )?")
SUFFIXES = {".py", ".md", ".html", ".txt", ".toml", ".js"}


def entries() -> dict[str, bool]:
    """The rules of the rulebook, and whether each is one of this version."""
    return {
        match[1]: match[2] is None
        for line in RULEBOOK.read_text().splitlines()
        if (match := ENTRY.match(line))
    }


THIS_VERSION = [rule for rule, now in entries().items() if now]


def texts(*folders: str) -> Iterator[tuple[Path, str]]:
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix in SUFFIXES and path.is_file():
                yield path, path.read_text()


def cited(*folders: str) -> set[str]:
    return {rule for _, text in texts(*folders) for rule in CITATION.findall(text)}


def test_the_rulebook_gives_no_number_twice() -> None:
    numbers = re.findall(r"^- \*\*(.*?)\*\*", RULEBOOK.read_text(), re.MULTILINE)
    assert len(numbers) == len(set(numbers))
    assert set(numbers) == set(entries()), "every entry has the form of one"


def test_every_rule_that_is_named_is_in_the_rulebook() -> None:
    known = entries()
    invented = [
        f"{path.relative_to(ROOT)}: {rule}"
        for path, text in texts("src", "docs", "tests")
        for rule in CITATION.findall(text)
        if rule not in known
    ]
    assert invented == []


@pytest.mark.parametrize("rule", THIS_VERSION)
def test_a_rule_of_this_version_is_kept_by_code_and_by_a_test(rule: str) -> None:
    assert rule in cited("src/cyan/model", "src/cyan/rules", "src/cyan/services")
    executed = {line.rule for table in read_pages() for line in table.lines}
    assert rule in cited("tests") | executed


def test_every_function_that_decides_names_its_rules() -> None:
    silent = []
    for path in sorted((ROOT / "src" / "cyan" / "rules").glob("*.py")):
        text = path.read_text()
        for function in re.split(r"^def ", text, flags=re.MULTILINE)[1:]:
            name = function.split("(")[0]
            body = function.split("\n\n\n")[0]
            decides = name.startswith("decide_") and name != "decide_admission"
            if decides and not CITATION.search(body.split('"""')[-1]):
                silent.append(f"{path.name}: {name}")
    assert silent == []
