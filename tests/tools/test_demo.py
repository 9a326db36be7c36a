"""`make demo`: its tour, typed word by word."""

import re
import signal
import subprocess
import sys
from collections.abc import Iterator
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


def test_each_command_of_the_tour_does_what_it_says(tour: str, tmp_path: Path) -> None:
    password = re.search(r"password: (\S+)", tour)
    assert password
    commands = re.findall(r"^  \.venv/bin/cyan (.*?)(?:  +#.*)?$", tour, re.MULTILINE)
    assert len(commands) == 9
    said = {}
    for command in commands:
        words = command.split()
        if words[0] == "events":  # it goes on until Ctrl-C
            continue
        ended = subprocess.run(
            [sys.executable, "-m", "cyan", *words],
            input=f"{password[1]}\n",
            capture_output=True,
            text=True,
            env={"HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path)},
            check=False,
        )
        assert ended.returncode == 0, f"{command}: {ended.stderr}"
        said[words[0], words[1]] = ended.stdout
    assert "kitchen" in said["device", "list"]
    assert float(said["get", "kitchen"])
    assert said["call", "kitchen"].strip().isdecimal()
    assert "kitchen" in said["explain", "kitchen"]
