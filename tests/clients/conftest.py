"""The official clients, unmodified, as npm has them, on the Node of the environment."""

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.support.servers import Account, Server

HERE = Path(__file__).parent
CACHE = Path(os.environ.get("CYAN_TEST_CACHE", HERE.parents[1] / ".cache"))
FILES = ("package.json", "package-lock.json", ".npmrc")
BIN = Path(sys.executable).parent
PHOTON = 6


def _environment(home: Path) -> dict[str, str]:
    return {
        "HOME": str(home),
        "PATH": f"{BIN}:/usr/bin:/bin",
        "NO_PROXY": "127.0.0.1",
        "NODE_COMPILE_CACHE": str(CACHE / "node-compile"),
        "NODE_NO_WARNINGS": "1",
    }


@pytest.fixture(scope="session")
def installed() -> Path:
    """The folder with the clients; they are installed once for each lock file."""
    digest = hashlib.sha256(b"".join((HERE / name).read_bytes() for name in FILES))
    folder = CACHE / "clients" / digest.hexdigest()[:16]
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:  # one worker installs, the others wait
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "done").exists():
            for name in FILES:
                shutil.copy(HERE / name, folder / name)
            done = subprocess.run(
                [BIN / "npm", "ci", "--silent", "--ignore-scripts"],
                cwd=folder,
                env={**os.environ, "PATH": f"{BIN}:{os.environ['PATH']}"},
                capture_output=True,
                text=True,
                check=False,
            )
            assert done.returncode == 0, f"npm ci failed:\n{done.stdout}{done.stderr}"
            (folder / "done").touch()
    return folder


@dataclass
class Cli:
    """The `particle` command of one person."""

    folder: Path
    home: Path
    url: str

    def __call__(self, *words: str, says: str = "") -> subprocess.CompletedProcess[str]:
        """Run it; `says` is what the person types."""
        script = self.folder / "node_modules/.bin/particle"
        return subprocess.run(
            [BIN / "node", script, *words],
            env=_environment(self.home),
            input=says,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    @contextmanager
    def running(self, *words: str) -> Iterator["subprocess.Popen[str]"]:
        """Run a command that does not end, such as `subscribe`."""
        script = self.folder / "node_modules/.bin/particle"
        process = subprocess.Popen(
            [BIN / "node", script, *words],
            env=_environment(self.home),
            stdout=subprocess.PIPE,
            text=True,
        )
        yield process
        process.kill()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()

    @property
    def settings(self) -> Path:
        return self.home / ".particle" / "local.config.json"

    def sign_in(self, account: Account) -> None:
        """Leave what `particle login` leaves; it is a test's own to sign in by it."""
        kept = json.loads(self.settings.read_text())
        kept |= {"access_token": account.token, "username": account.email}
        self.settings.write_text(json.dumps(kept))


@pytest.fixture
def particle(installed: Path, tmp_path: Path, server: Server) -> Cli:
    """The command line of somebody who points it at our server."""
    cli = Cli(installed, tmp_path / "home", server.url)
    cli.settings.parent.mkdir(parents=True)
    cli.settings.write_text(json.dumps({"apiUrl": server.url}))
    profile = cli.settings.with_name("profile.json")
    profile.write_text(json.dumps({"name": "local"}))
    return cli


@pytest.fixture
def sdk(installed: Path, tmp_path: Path, server: Server):
    """Run a script against the JavaScript SDK; what it prints is JSON."""

    def run(script: str) -> object:
        whole = f"""
        const Particle = require('particle-api-js');
        const particle = new Particle({{baseUrl: '{server.url}'}});
        (async () => {{ {script} }})().then(
            (found) => {{ console.log(JSON.stringify(found)); process.exit(0); }},
            (no) => {{ console.error(no); process.exit(1); }});
        """
        done = subprocess.run(
            [BIN / "node", "-e", whole],
            cwd=installed,
            env=_environment(tmp_path),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return run


def new_id() -> str:
    return uuid.uuid4().hex[:24]


@dataclass
class Fleet:
    """A product, somebody who owns it, and the REST API to look behind the clients."""

    owner: Account
    api: httpx.Client
    id: int
    slug: str

    @property
    def product(self) -> str:
        return str(self.id)

    @property
    def path(self) -> str:
        return f"/v1/products/{self.id}"

    def device(self, device_id: str) -> Any:
        return self.api.get(f"{self.path}/devices/{device_id}").json()

    def add(self, *device_ids: str) -> None:
        body = {"ids": list(device_ids)}
        answer = self.api.post(f"{self.path}/devices", json=body)
        assert answer.json()["updated"] == len(device_ids), answer.text

    def set_groups(self, device_id: str, *groups: str) -> None:
        body = {"groups": list(groups)}
        answer = self.api.put(f"{self.path}/devices/{device_id}", json=body)
        assert answer.status_code == 200, answer.text


@pytest.fixture
def fleet(server: Server) -> Iterator[Fleet]:
    owner = server.new_account(f"ann-{uuid.uuid4().hex[:8]}@example.com")
    with httpx.Client(base_url=server.url, headers=owner.headers) as api:
        name = f"Lamps {uuid.uuid4().hex[:6]}"
        body = {"product": {"name": name, "platform_id": PHOTON}}
        made = api.post("/v1/user/products", json=body).json()["product"]
        yield Fleet(owner, api, made["id"], made["slug"])


@pytest.fixture
def particle_of_fleet(particle: Cli, fleet: Fleet) -> Cli:
    """The command line, signed in as the fleet's owner."""
    particle.sign_in(fleet.owner)
    return particle
