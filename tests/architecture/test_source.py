"""What holds for every file: size, names, no trace of a workplace, links that lead."""

import ast
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LONGEST_MODULE = 400
NO_NAMES = re.compile(r"^(utils?|helpers?|common|manager|handler|base)$")
FOREIGN = re.compile(
    r"/(?:work|home|root)/[a-z]|https?://(?:[a-z0-9.-]*\.)?(?:mirror|proxy|registry)\."
)
LINK = re.compile(r"\[[^\]]*\]\(([^)#\s]+)(?:#[^)]*)?\)")


def tracked(*patterns: str) -> list[Path]:
    """Files that are committed, or about to be."""
    told = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", *patterns],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if told.returncode:
        pytest.skip("this is no checkout")
    return [path for line in told.stdout.splitlines() if (path := ROOT / line).exists()]


def test_no_module_is_longer_than_a_reader_wants() -> None:
    long = [
        f"{path.relative_to(ROOT)}: {count}"
        for path in tracked("src/*.py", "bench/*.py", "tools/*.py")
        if (count := len(path.read_text().splitlines())) > LONGEST_MODULE
    ]
    assert long == []


def test_modules_are_named_after_what_they_are_about() -> None:
    assert [path for path in tracked("src/*.py") if NO_NAMES.match(path.stem)] == []


def test_every_refusal_says_what_to_do_next() -> None:
    silent = []
    for path in tracked("src/*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            called = isinstance(node, ast.Call) and getattr(node.func, "id", "")
            if called in ("refused", "Refuse"):
                given = {each.arg for each in node.keywords}  # None: `**more`
                of_token = "RefusalCode.TOKEN_" in ast.unparse(node)  # contract §0.3
                if not given & {"remedy", None} and not of_token:
                    silent.append(f"{path.relative_to(ROOT)}:{node.lineno}")
    assert silent == []


def test_no_file_tells_where_it_was_written() -> None:
    told = []
    for path in tracked():
        try:
            text = path.read_text()
        except UnicodeDecodeError:
            continue
        told += [
            f"{path.relative_to(ROOT)}: {found[0]}" for found in FOREIGN.finditer(text)
        ]
    assert told == []


def test_every_link_of_the_documents_leads_somewhere() -> None:
    broken = []
    for page in tracked("*.md"):
        for target in LINK.findall(page.read_text()):
            if "://" not in target and not (page.parent / target).exists():
                broken.append(f"{page.relative_to(ROOT)}: {target}")
    assert broken == []


def test_every_document_is_in_the_navigation() -> None:
    navigation = (ROOT / "mkdocs.yml").read_text()
    pages = [
        path.relative_to(ROOT / "docs").as_posix()
        for path in tracked("docs/*.md")
        if path.parent.name != "decisions"
    ]
    assert [page for page in pages if page not in navigation] == []


def test_every_decision_is_in_their_list() -> None:
    listed = (ROOT / "docs" / "decisions" / "index.md").read_text()
    decisions = [path.name for path in tracked("docs/decisions/0*.md")]
    assert decisions
    assert [name for name in decisions if name not in listed] == []
