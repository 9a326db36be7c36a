"""From the start of the process to its first answer over HTTP."""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx
from tests.support.servers import QUIET

from bench.measuring import quick, report


def once(folder: Path) -> float:
    """Seconds until /healthz answers; the server is stopped afterwards."""
    ready = folder / "ready.json"
    ready.unlink(missing_ok=True)
    environment = {
        **os.environ,
        **QUIET,
        "CYAN_DATA_DIR": str(folder / "data"),
        "CYAN_HTTP_PORT": "0",
        "CYAN_DEVICE_TCP_PORT": "0",
    }
    began = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "cyan", "serve", "--ready-file", str(ready)],
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    url = ""
    for line in process.stdout:
        if "REST API" in line:
            url = line.split()[2]
        if line.startswith("Ready"):
            break
    assert httpx.get(f"{url}/healthz").status_code == 200
    seconds = time.perf_counter() - began
    process.terminate()
    process.wait()
    process.stdout.close()
    return seconds


def run() -> None:
    """Measure and report."""
    with tempfile.TemporaryDirectory(prefix="cyan-bench-") as name:
        folder = Path(name)
        first = once(folder)
        later = [once(folder) for _ in range(3 if quick() else 15)]
    report(
        "start",
        [
            {"start": "the very first: keys and schema are made", "seconds": first},
            {"start": "later, median", "seconds": statistics.median(later)},
            {"start": "later, slowest", "seconds": max(later)},
        ],
    )
