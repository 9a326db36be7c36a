"""A real `cyan serve` in a process of its own, and accounts on it."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

import httpx
import pytest

PASSWORD = "correct horse battery"
OPERATOR = "operator@example.com"
QUIET = {"CYAN_LOG_LEVEL": "warning", "CYAN_RATE_LIMITS": "off"}
CYAN = (sys.executable, "-m", "cyan")
QUICK = (sys.executable, str(Path(__file__).with_name("serving.py")))
"""Hashes passwords quickly."""


@dataclass
class Account:
    """Somebody who can sign in, and a token of theirs."""

    email: str
    password: str
    token: str

    @property
    def headers(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self.token}"}


@dataclass
class Server:
    """`cyan serve` on ports from the kernel; stop and start keep its data."""

    data_dir: Path
    settings: Mapping[str, str] = field(default_factory=dict)
    ready: dict[str, Any] = field(default_factory=dict)
    process: subprocess.Popen[str] | None = None
    banner: str = ""
    operator: Account | None = None
    program: tuple[str, ...] = CYAN

    def start(self) -> Self:
        ready_file = self.data_dir / "ready.json"
        ready_file.unlink(missing_ok=True)
        environment = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith("CYAN_")
        }
        environment |= {
            "CYAN_DATA_DIR": str(self.data_dir),
            "CYAN_HTTP_PORT": "0",
            "CYAN_DEVICE_TCP_PORT": "0",
            **QUIET,
            **self.settings,
        }
        self.process = subprocess.Popen(
            [*self.program, "serve", "--ready-file", str(ready_file)],
            env=environment,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        lines = []
        for line in self.process.stdout:  # the last line of the banner ends the wait
            lines.append(line)
            if line.startswith("Ready"):
                break
        self.banner = "".join(lines)
        if not ready_file.exists():
            raise AssertionError(f"the server did not start:\n{self.banner}")
        self.ready = json.loads(ready_file.read_text())
        return self

    @property
    def url(self) -> str:
        return str(self.ready["http_url"])

    @property
    def http(self) -> tuple[str, int]:
        parts = urlsplit(self.url)
        assert parts.hostname
        assert parts.port
        return parts.hostname, parts.port

    @property
    def device_tcp(self) -> tuple[str, int]:
        host, _, port = str(self.ready["device_tcp"]).rpartition(":")
        return host, int(port)

    @property
    def server_key(self) -> Path:
        return Path(self.ready["server_key_pem"])

    def stop(self) -> int:
        """Stop it as an operator would; its exit code."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(timeout=30)
        assert self.process.stdout is not None
        self.process.stdout.close()
        return code

    def kill(self) -> None:
        """Stop it as a power cut would."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()

    def set_up(self) -> Account:
        """Make the first account through the one-time link of the banner."""
        link = next(word for word in self.banner.split() if "/setup?" in word)
        fields = {"username": OPERATOR, "password": PASSWORD, "again": PASSWORD}
        answer = httpx.post(link, data=fields)
        assert answer.status_code < 400, answer.text
        self.operator = self.sign_in(OPERATOR, PASSWORD)
        return self.operator

    @property
    def operator_email(self) -> str:
        return OPERATOR

    @property
    def operator_password(self) -> str:
        return PASSWORD

    @property
    def operator_token(self) -> str:
        return self.set_up_account.token

    @property
    def set_up_account(self) -> Account:
        """The operator's account, once there is one."""
        assert self.operator is not None
        return self.operator

    def sign_in(self, email: str, password: str) -> Account:
        answer = httpx.post(
            f"{self.url}/oauth/token",
            data={"grant_type": "password", "username": email, "password": password},
            auth=("particle", "particle"),
        )
        assert answer.status_code == 200, answer.text
        return Account(email, password, answer.json()["access_token"])

    def new_account(self, email: str, password: str = PASSWORD) -> Account:
        """Sign somebody up (the server must be open) and in."""
        answer = httpx.post(
            f"{self.url}/v1/users", json={"username": email, "password": password}
        )
        assert answer.status_code == 200, answer.text
        return self.sign_in(email, password)


@pytest.fixture
def open_server(tmp_path: Path) -> Iterator[Server]:
    """A server of this test's own, open for sign-up, with its operator."""
    server = Server(tmp_path / "data", {"CYAN_SIGNUP": "open"}, program=QUICK)
    server.data_dir.mkdir()
    server.start()
    server.set_up()
    yield server
    if server.process is not None and server.process.poll() is None:
        server.stop()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One open server for all tests of a worker; each makes accounts of its own."""
    folder = tmp_path_factory.mktemp("server")
    server = Server(folder, {"CYAN_SIGNUP": "open"}, program=QUICK).start()
    server.set_up()
    yield server
    server.stop()
