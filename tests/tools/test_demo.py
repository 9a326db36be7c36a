"""`make demo`: its tour, typed word by word."""

import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

DEMO = Path(__file__).parents[2] / "tools" / "demo.py"


@pytest.fixture
def tour(tmp_path: Path) -> Iterator[str]:
    """The text of a demonstration that runs."""
    demo = subprocess.Popen(
        [sys.executable, str(DEMO)], stdout=subprocess.PIPE, text=True, cwd=tmp_path
    )
    assert demo.stdout is not None
    lines = []
    for line in demo.stdout:
        lines.append(line)
        if line.startswith("Ctrl-C"):
            break
    yield "".join(lines)
    demo.send_signal(signal.SIGINT)
    assert demo.wait(timeout=60) == 0
    demo.stdout.close()


@contextmanager
def running(words: list[str], folder: Path) -> Iterator[Iterator[str]]:
    """A command that goes on until Ctrl-C, in a terminal of its own: its lines."""
    process = subprocess.Popen(
        [sys.executable, "-m", "cyan", *words],
        stdout=subprocess.PIPE,
        text=True,
        cwd=folder,
    )
    assert process.stdout is not None
    try:
        yield process.stdout
    finally:
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=60) == 0
        process.stdout.close()


def run(command: str, password: str, folder: Path) -> str:
    """Run a command to its end; what it said."""
    ended = subprocess.run(
        [sys.executable, "-m", "cyan", *command.split()],
        input=f"{password}\n",
        capture_output=True,
        text=True,
        env={"HOME": str(folder), "XDG_CONFIG_HOME": str(folder)},
        cwd=folder,
        check=False,
    )
    assert ended.returncode == 0, f"{command}: {ended.stderr}"
    return ended.stdout


@pytest.fixture
def said(tour: str, tmp_path: Path) -> Iterator[dict[str, str]]:
    """What each command of the tour said."""
    password = re.search(r"password: (\S+)", tour)
    assert password
    joined = tour.replace("\\\n", "")  # a line that goes on
    commands = re.findall(r"^  \.venv/bin/cyan (.*?)(?:  +#.*)?$", joined, re.MULTILINE)
    said: dict[str, str] = {}
    with ExitStack() as terminals:
        for command in commands:
            words = command.split()
            if words[0] == "simulate":
                lines = terminals.enter_context(running(words, tmp_path))
                said[command] = until_online(lines, 8)
            elif words[0] == "events":  # it goes on until Ctrl-C
                said[command] = ""
            else:
                said[command] = run(command, password[1], tmp_path)
        yield said


def until_online(lines: Iterator[str], devices: int) -> str:
    """What a simulation says until so many devices are online."""
    read: list[str] = []
    online: set[str] = set()
    while len(online) < devices:
        read.append(next(lines))
        if "breathing" in read[-1]:
            online.add(read[-1].split()[1])
    return "".join(read)


def test_each_command_of_the_tour_does_what_it_says(said: dict[str, str]) -> None:
    def answer(beginning: str) -> str:
        """What the last command that begins so said."""
        return [said[each] for each in said if each.startswith(beginning)][-1]

    assert len(said) == 18
    assert "kitchen" in answer("device list")
    assert float(answer("get kitchen"))
    assert answer("call kitchen").strip().isdecimal()
    assert "kitchen" in answer("explain kitchen")
    assert "4711" in answer("product create")
    assert re.search(r"device_count\s+19\b", answer("product info"))
    waiting = said["product device list pumps --quarantined"]
    assert waiting.count("waits") == 3
    approved = next(each for each in said if "approve" in each).split()[-1]
    assert approved in waiting
    afterwards = said["product device list pumps"]
    assert re.search(rf"{approved}.* member", afterwards)
    assert "denied" in afterwards
