"""`make docs`: write docs/reference from what the code says of itself.

A test holds the pages in step with the code.
"""

import contextlib
import io
import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from cyclopts import App
from rich.console import Console

from cyan import __version__
from cyan.api.openapi import openapi
from cyan.api.routing import Route
from cyan.api.tables import TABLES
from cyan.cli.commands import app
from cyan.cli.serving import parser
from cyan.config import SETTINGS

FOLDER = Path(__file__).parents[1] / "docs" / "reference"
WIDTH = 80
MADE = "<!-- made by `make docs`; change the code instead -->\n"


def pages() -> dict[str, str]:
    """The text of each page, by its file name."""
    return {
        "settings.md": settings_page(),
        "command-line.md": command_line_page(),
        "rest-api.md": rest_api_page(),
        "openapi.json": openapi_page(),
    }


def settings_page() -> str:
    """Each setting: variable, default, meaning."""
    rows = [
        f"| `{each.name}` | `{each.variable}` | {default} | {each.meaning} |"
        for each in SETTINGS
        for default in [f"`{each.default}`" if each.default else "empty"]
    ]
    return "\n".join(
        (
            MADE,
            "# Settings\n",
            "A value comes from the command line, else from the environment, else from",
            "the TOML file that `CYAN_CONFIG` or `--config` names, else it is the",
            "default. `cyan settings` shows what holds on your machine.\n",
            "| in a TOML file | in the environment | default | meaning |",
            "|---|---|---|---|",
            *rows,
            "",
        )
    )


def commands(group: App, words: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Each command's words, groups before their members."""
    for name in sorted(group):
        if not name.startswith("-"):
            yield (*words, name)
            yield from commands(group[name], (*words, name))


def help_of(words: Sequence[str]) -> str:
    """What `--help` prints on a terminal of 80 columns."""
    if tuple(words) == ("serve",):
        os.environ["COLUMNS"] = str(WIDTH)
        return parser().format_help()
    text = io.StringIO()
    console = Console(file=text, width=WIDTH, color_system=None, legacy_windows=False)
    with contextlib.redirect_stdout(text):
        app.help_print(list(words), console=console)
    return text.getvalue()


def command_line_page() -> str:
    """The help of each command."""
    parts = [MADE, "# Command line\n", "```text", help_of(()).strip("\n"), "```"]
    for words in commands(app):
        parts += ["", f"## cyan {' '.join(words)}\n"]
        parts += ["```text", _trimmed(help_of(words)), "```"]
    return "\n".join((*parts, ""))


def _trimmed(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.strip("\n").splitlines())


def rest_api_page() -> str:
    """Each endpoint with its scope and what it may refuse."""
    parts = [
        MADE,
        "# REST API\n",
        "The shapes of bodies and answers are in `/openapi.json` of a running server,",
        "which is made from the same table as this page. A scope is what an access",
        "token must cover; tokens of people cover all.\n",
    ]
    for routes in TABLES:
        chapter = routes.table[0].handler.__module__.rpartition(".")[2]
        parts += [f"## {chapter.replace('_', ' ').capitalize()}\n"]
        parts += ["| endpoint | scope | what it does | refusals |", "|---|---|---|---|"]
        parts += [_endpoint(route) for route in routes.table]
        parts += [""]
    return "\n".join(parts)


def openapi_page() -> str:
    """What a server answers at /openapi.json, laid out for people."""
    table = [route for routes in TABLES for route in routes.table]
    return json.dumps(openapi(table, __version__), indent=1, sort_keys=True) + "\n"


def _endpoint(route: Route) -> str:
    scope = f"`{route.scope}`" if route.scope else "anybody"
    refusals = ", ".join(f"`{code.value}`" for code in route.refusals)
    what = (route.handler.__doc__ or "").strip().splitlines()[0]
    return f"| `{route.method} {route.path}` | {scope} | {what} | {refusals} |"


def main() -> None:
    """Write the pages."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, text in pages().items():
        (FOLDER / name).write_text(text)


if __name__ == "__main__":
    main()
