"""The `cyan` command as people run it, each with a profile of their own.

It runs in the process of its test, as to start a process takes longer than most
commands; `process` starts one nevertheless.
"""

import io
import json
import os
import select
import signal
import subprocess
import sys
import uuid
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import pytest
from tests.support.servers import PASSWORD, Server

from cyan.cli.main import main

Ended = subprocess.CompletedProcess[str]


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
        return said(run(words, stdin, self.environment | environment), code)

    def process(self, *words: str, code: int = 0, **environment: str) -> str:
        """As in a terminal."""
        ended = subprocess.run(
            [sys.executable, "-m", "cyan", *words],
            capture_output=True,
            text=True,
            env=self.environment | environment,
            check=False,
            timeout=60,
        )
        return said(ended, code)

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


def run(words: tuple[str, ...], stdin: str, environment: dict[str, str]) -> Ended:
    """Run a command in this process."""
    out, err = io.StringIO(), io.StringIO()
    with (
        pytest.MonkeyPatch.context() as patch,
        redirect_stdout(out),
        redirect_stderr(err),
    ):
        patch.setattr(os, "environ", environment)
        patch.setattr(os, "get_terminal_size", no_terminal)
        patch.setattr(sys, "argv", ["cyan", *words])
        patch.setattr(sys, "stdin", io.StringIO(stdin))
        with pytest.raises(SystemExit) as ended:
            main()
    return Ended(words, ended.value.code, out.getvalue(), err.getvalue())


def no_terminal(*_: object) -> NoReturn:
    """How wide is a pipe?"""
    raise OSError


def said(ended: Ended, code: int) -> str:
    """What a command said that should end with this code."""
    assert ended.returncode == code, ended.stdout + ended.stderr
    assert "Traceback" not in ended.stderr
    return ended.stdout if code == 0 else ended.stderr


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
