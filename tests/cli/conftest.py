"""The `cyan` command as people run it, each with a profile of their own."""

import json
import os
import select
import signal
import subprocess
import sys
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.support.servers import PASSWORD, Server


@dataclass
class Cyan:
    """The command as one person runs it: with a profile of their own."""

    home: Path
    url: str

    @property
    def environment(self) -> dict[str, str]:
        kept = {n: v for n, v in os.environ.items() if not n.startswith("CYAN_")}
        return kept | {"HOME": str(self.home), "XDG_CONFIG_HOME": str(self.home)}

    def __call__(
        self, *words: str, code: int = 0, stdin: str = "", **environment: str
    ) -> str:
        ended = subprocess.run(
            [sys.executable, "-m", "cyan", *words],
            input=stdin,
            capture_output=True,
            text=True,
            env=self.environment | environment,
            check=False,
            timeout=60,
        )
        said = ended.stdout if code == 0 else ended.stderr
        assert ended.returncode == code, ended.stdout + ended.stderr
        assert "Traceback" not in ended.stderr
        return said

    def json(self, *words: str) -> Any:
        return json.loads(self(*words, "--json"))

    def hears(
        self, listening: tuple[str, ...], publishing: tuple[str, ...]
    ) -> tuple[str, str]:
        """Name and data of the first event that `cyan events` shows."""
        events = subprocess.Popen(
            [sys.executable, "-m", "cyan", "events", *listening, "--json"],
            env=self.environment,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert events.stdout is not None
        try:
            line = ""
            while not line:  # until it listens, nobody keeps what is published
                self("publish", *publishing)
                ready = select.select([events.stdout], [], [], 0.2)[0]
                line = events.stdout.readline() if ready else ""
            told = json.loads(line)
        finally:
            events.send_signal(signal.SIGINT)
            assert events.wait(timeout=30) == 130
            events.stdout.close()
        return told["name"], told["data"]


@pytest.fixture
def ann(server: Server, tmp_path: Path) -> Cyan:
    return signed_in(server, tmp_path / "ann")


@pytest.fixture
def bob(server: Server, tmp_path: Path) -> Cyan:
    return signed_in(server, tmp_path / "bob")


def signed_in(server: Server, home: Path) -> Cyan:
    home.mkdir()
    who = server.new_account(f"{home.name}-{uuid.uuid4().hex[:8]}@example.com")
    cyan = Cyan(home, server.url)
    said = cyan("login", who.email, "--url", server.url, stdin=f"{PASSWORD}\n")
    assert said == f"You are signed in as {who.email} at {server.url}.\n"
    return cyan
