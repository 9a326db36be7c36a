"""SQLite files with the newest schema."""

import functools
import tempfile
from pathlib import Path

from cyan.storage.migrate import migrate


@functools.cache
def _newest() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "cyan.db"
        migrate(f"sqlite:///{file}")
        return file.read_bytes()


def new_sqlite(file: Path) -> str:
    """The URL of a new file: a copy, as migrating takes longer than most tests."""
    file.write_bytes(_newest())
    return f"sqlite:///{file}"
