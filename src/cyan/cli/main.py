"""Where the `cyan` command starts.

`serve` has a way of its own, so that a server does not load what only people at a
terminal need.
"""

import sys


def main() -> None:
    """Run the command that the arguments name, and exit with its code."""
    if sys.argv[1:2] == ["serve"]:
        from cyan.cli.serving import serve_command

        sys.exit(serve_command(sys.argv[2:]))
    from cyan.cli.commands import run

    sys.exit(run(sys.argv[1:]))
