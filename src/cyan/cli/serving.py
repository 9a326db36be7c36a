"""`cyan serve`: run the server in this process."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from cyan.config import BY_NAME, SettingRefused, load_config

OPTIONS = ("data_dir", "host", "http_port", "device_tcp_port", "database_url", "signup")
EXAMPLES = """\
examples:
  cyan serve                                 on this machine, data in var/data
  cyan serve --host 0.0.0.0                  for real devices in the network
  cyan serve --http-port 0 --ready-file r    any free port; r tells which, as JSON

Every setting can also come from the environment (CYAN_HOST …) or from a TOML file;
`cyan settings` lists them all.
"""


def parser() -> argparse.ArgumentParser:
    """The options of `cyan serve`."""
    parser = argparse.ArgumentParser(
        prog="cyan serve",
        description="Run the device cloud until Ctrl-C.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--config", type=Path, help="TOML file with settings")
    parser.add_argument(
        "--ready-file", type=Path, help="write JSON here once every listener accepts"
    )
    for name in OPTIONS:
        flag = f"--{name.replace('_', '-')}"
        parser.add_argument(flag, dest=name, help=BY_NAME[name].meaning)
    return parser


def serve_command(arguments: Sequence[str]) -> int:
    """Parse the options and serve; 2 if they, or the settings, cannot be used."""
    options = parser().parse_args(arguments)
    given = {name: getattr(options, name) for name in OPTIONS}
    try:
        config = load_config(
            {name: value for name, value in given.items() if value is not None},
            file=options.config,
        )
        from cyan.interfaces import StoreError
        from cyan.server import serve
    except SettingRefused as error:
        print(f"cyan serve: {error}", file=sys.stderr)
        return 2
    try:
        return serve(config, options.ready_file)
    except (StoreError, OSError, ValueError) as error:
        print(f"cyan serve: {error}", file=sys.stderr)
        return 2
