"""The data folder, held by one server at a time.

Two servers on one SQLite file would each believe that they hold all devices. The
lock is the kernel's: it ends with the process, however that ends.
"""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class DataFolderInUse(OSError):
    """Another server runs on this data folder."""


@contextmanager
def held(data_dir: Path) -> Iterator[None]:
    """Make the folder if need be, and hold it; `DataFolderInUse` if it is held."""
    data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (data_dir / "server.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise DataFolderInUse(
                f"a server runs on {data_dir} already: stop it, or choose another "
                "folder with CYAN_DATA_DIR."
            ) from None
        yield
