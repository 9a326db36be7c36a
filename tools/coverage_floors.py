"""How much of each room the tests run: below its floor, `make test` fails.

Rules, nouns and the device wire are pure, so nothing excuses a line that no test
runs. Of the commands, what runs after an answer of the server is seen by the tests
(tests/cli) but not by the tracer of Python 3.11, which loses its frame there.
"""

import json
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

FLOORS = {"model": 100, "rules": 100, "protocol": 100, "cli": 70}
ELSEWHERE = 90


def shares(report: dict[str, dict[str, dict[str, dict[str, int]]]]) -> dict[str, float]:
    """Lines and branches that ran, in per cent, by room."""
    ran: dict[str, int] = defaultdict(int)
    all_there: dict[str, int] = defaultdict(int)
    for file, told in report["files"].items():
        parts = Path(file).parts
        room = parts[parts.index("cyan") + 1].removesuffix(".py")
        summary = told["summary"]
        ran[room] += summary["covered_lines"] + summary["covered_branches"]
        all_there[room] += summary["num_statements"] + summary["num_branches"]
    return {room: 100 * ran[room] / all_there[room] for room in ran if all_there[room]}


def main() -> int:
    """Print a line for each room; 1 if one is below its floor."""
    coverage = [sys.executable, "-m", "coverage"]
    told = subprocess.run(
        [*coverage, "json", "--quiet", "-o", "-"], stdout=subprocess.PIPE, check=True
    )
    below = 0
    for room, share in sorted(shares(json.loads(told.stdout)).items()):
        floor = FLOORS.get(room, ELSEWHERE)
        verdict = "" if share >= floor else f"  below its floor of {floor}"
        below += bool(verdict)
        print(f"{room:14}{share:7.1f} %{verdict}")
    return 1 if below else 0


if __name__ == "__main__":
    sys.exit(main())
