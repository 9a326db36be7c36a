"""`cyan backup` and `cyan restore`."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

from cyclopts import App

from cyan.cli.asking import Json
from cyan.cli.show import progress, say, show_json
from cyan.config import load_config


def backup(file: Path, *, json: Json = False) -> None:
    """Copy the database and the server's keys into one file; the server may run.

    The file holds password hashes and private keys: keep it as safe as the server.
    It can be restored into SQLite and PostgreSQL alike.

    Example: cyan backup monday.backup
    """
    from cyan.server.worlds import database_url
    from cyan.storage.backups import back_up

    config = load_config()
    with progress("Backing up", "rows") as told:
        manifest = back_up(database_url(config), config.data_dir / "keys", file, told)
    _tell(f"{file} holds", asdict(manifest), json)


def restore(file: Path, *, json: Json = False) -> None:
    """Fill an empty data folder, or an empty PostgreSQL database, from a backup.

    Nothing is ever replaced: a database that holds something is refused.

    Example: CYAN_DATA_DIR=var/new cyan restore monday.backup
    """
    from cyan.server.data_folder import held
    from cyan.server.worlds import database_url
    from cyan.storage.backups import restore as restore_from

    config = load_config()
    with held(config.data_dir), progress("Restoring", "rows") as told:
        keys = config.data_dir / "keys"
        manifest = restore_from(database_url(config), keys, file, told)
    _tell("Restored:", asdict(manifest), json)


def _tell(what: str, manifest: dict[str, Any], json: bool) -> None:
    if json:
        show_json(manifest)
        return
    rows = manifest["rows"]
    say(f"{what} {rows['accounts']} accounts and {rows['devices']} devices.")


def register(app: App) -> None:
    """Add these commands to the command line."""
    app.command(backup)
    app.command(restore)
