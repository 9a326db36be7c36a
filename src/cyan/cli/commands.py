"""The commands of `cyan`, and what their exit codes mean."""

from collections.abc import Sequence

from cyclopts import App
from cyclopts.exceptions import CycloptsError

from cyan.cli import backups, groups, local, organizations, products, remote
from cyan.cli.profile import NotSignedIn
from cyan.cli.show import complain, show_refusal
from cyan.client import ServerRefused, ServerUnreachable
from cyan.config import SettingRefused
from cyan.interfaces import StoreError
from cyan.model.decisions import Refused

HELP = """Cyan, a self-hosted device cloud.

Run it with `cyan serve`, sign in with `cyan login`, then `cyan device add ID`.
`cyan COMMAND --help` explains each command.

Exit codes: 0 done, 1 refused, 2 wrong usage, 3 no server there, 4 not signed in.
"""

app = App(name="cyan", help=HELP, help_format="plaintext", version_flags=["--version"])
for commands in (remote, products, groups, organizations, local, backups):
    commands.register(app)


@app.command
def serve() -> None:
    """Run the device cloud until Ctrl-C. `cyan serve --help` tells the options."""


def run(arguments: Sequence[str]) -> int:
    """Run one command; its exit code."""
    try:
        app(arguments, exit_on_error=False)
    except CycloptsError:
        return 2
    except ServerRefused as no:
        show_refusal(no)
        return 4 if no.status == 401 else 1
    except Refused as no:
        complain(no.refusal.reason, no.refusal.rule, no.refusal.remedy)
        return 1
    except NotSignedIn:
        complain("You are not signed in.", remedy="Sign in with `cyan login`.")
        return 4
    except ServerUnreachable as error:
        remedy = "Is `cyan serve` running? `cyan login --url URL` chooses the server."
        complain(f"No server answers: {error}", remedy=remedy)
        return 3
    except (SettingRefused, StoreError, ValueError, OSError) as error:
        complain(_words_of(error))
        return 2
    except KeyboardInterrupt:
        return 130
    return 0


def _words_of(error: Exception) -> str:
    """What failed, of a file with its name instead of a number."""
    if isinstance(error, OSError) and error.filename:
        return f"{error.filename}: {error.strerror}"
    return str(error)
