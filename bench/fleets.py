"""Products with a million devices: imports, approvals and pages of a list.

All through HTTP, against a server of its own on SQLite and on PostgreSQL.
"""

import asyncio
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
from tests.support.servers import Server

from bench.http_load import Load, drive, request
from bench.measuring import Stopwatch, percentile, quick, report
from bench.servers import add_devices, device_id, postgres, running, write

PHOTON = 6
PER_PAGE = 25
LOOK_AGAIN = 0.1
"""Seconds between two looks at an import."""

STORES = ("SQLite", "PostgreSQL")


@contextmanager
def server_on(store: str) -> Iterator[Server]:
    """A new server on a store of this name."""
    if store == "SQLite":
        with running() as server:
            yield server
        return
    with postgres() as (_, url), running(CYAN_DATABASE_URL=url) as server:
        yield server


def new_product(server: Server) -> int:
    """A product of the operator; its id."""
    wish = {"product": {"name": "Bench", "platform_id": PHOTON}}
    answer = httpx.post(
        f"{server.url}/v1/products", json=wish, headers=server.set_up_account.headers
    )
    assert answer.status_code == 201, answer.text
    found: int = answer.json()["product"]["id"]
    return found


def send_file(server: Server, product: int, file: Path, **wish: str) -> str:
    """Upload a list for the jobs to work on; the import's id."""
    with file.open("rb") as opened:
        answer = httpx.post(
            f"{server.url}/v1/products/{product}/devices",
            data={"background": "true", **wish},
            files={"file": opened},
            headers=server.set_up_account.headers,
            timeout=600,
        )
    assert answer.status_code == 202, answer.text
    found: str = answer.json()["import"]["id"]
    return found


def until_done(server: Server, product: int, import_id: str) -> dict[str, Any]:
    """Look at an import until it is done; how it ended."""
    address = f"{server.url}/v1/products/{product}/imports/{import_id}"
    with httpx.Client(headers=server.set_up_account.headers, timeout=60) as client:
        while True:
            found: dict[str, Any] = client.get(address).json()["import"]
            if found["finished_at"]:
                return found
            time.sleep(LOOK_AGAIN)


def file_of(folder: Path, numbers: range) -> Path:
    """A file with a Device ID a line, in no order."""
    file = folder / "devices.txt"
    with file.open("w") as opened:
        opened.writelines(f"{device_id(number)}\n" for number in numbers)
    return file


def memory(server: Server, name: str) -> float:
    """`VmRSS` or `VmHWM` (the peak) of the server's process, in MB."""
    assert server.process is not None
    for line in Path(f"/proc/{server.process.pid}/status").read_text().splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) / 1024
    raise LookupError(name)


def forget_peak(server: Server) -> None:
    """Begin the peak of memory anew: making the first account hashes a password."""
    assert server.process is not None
    Path(f"/proc/{server.process.pid}/clear_refs").write_text("5")


def processor(server: Server) -> float:
    """Seconds of processor time that the server's process has used."""
    assert server.process is not None
    fields = Path(f"/proc/{server.process.pid}/stat").read_text().split()
    return (int(fields[13]) + int(fields[14])) / os.sysconf("SC_CLK_TCK")


class Taken:
    """What of the machine the server takes from now on."""

    def __init__(self, server: Server) -> None:
        self._server = server
        forget_peak(server)
        self._memory, self._processor = memory(server, "VmRSS"), processor(server)
        self._watch = Stopwatch()

    @property
    def seconds(self) -> float:
        """Since it began."""
        return self._watch.seconds

    def told(self) -> dict[str, float]:
        """Seconds, those of the processor, and the peak of memory above the begin."""
        return {
            "in all s": self.seconds,
            "processor s": processor(self._server) - self._processor,
            "memory MB": memory(self._server, "VmHWM") - self._memory,
        }


def measure_import(
    server: Server, product: int, file: Path, lines: int, **wish: str
) -> dict[str, Any]:
    """Seconds of an upload and until all is done, and what of the machine it took."""
    taken = Taken(server)
    import_id = send_file(server, product, file, **wish)
    kept = taken.seconds
    done = until_done(server, product, import_id)
    assert done["state"] == "done", done
    assert sum(done["counts"].values()) == lines, done
    return {"id": import_id, "lines": lines, "upload s": kept, **taken.told()}


def measure_undo(server: Server, product: int, import_id: str) -> dict[str, Any]:
    """The same of an undo: seconds until the last device is taken out."""
    taken = Taken(server)
    address = f"{server.url}/v1/products/{product}/imports/{import_id}/undo"
    httpx.post(address, headers=server.set_up_account.headers).raise_for_status()
    done = until_done(server, product, import_id)
    assert done["state"] == "undone", done
    return {"lines": done["lines"], **taken.told()}


def measure_pages(server: Server, product: int, members: int) -> list[dict[str, Any]]:
    """Answers for the first, a deep and the last page of a list of so many devices."""
    last = members // PER_PAGE
    times = 50 if quick() else 1_000
    rows = []
    for number in (1, last // 2, last):
        path = f"/v1/products/{product}/devices?page={number}&per_page={PER_PAGE}"
        each = request("GET", path, server.operator_token)
        first = asyncio.run(drive(*server.http, [each], 1))
        load = asyncio.run(drive(*server.http, [each] * times, 2))
        assert load.statuses == {200: times}, load.statuses
        rows.append(
            {
                "page": number,
                "first ms": 1000 * first.latencies[0],
                **milliseconds(load),
                "pages/s": load.rate,
            }
        )
    return rows


def milliseconds(load: Load) -> dict[str, float]:
    """The percentiles of a load."""
    return {
        "p50 ms": 1000 * percentile(load.latencies, 0.5),
        "p99 ms": 1000 * percentile(load.latencies, 0.99),
    }


def quarantine(server: Server, product: int, numbers: range) -> None:
    """Devices that wait for approval, written straight into the database."""
    add_devices(server, numbers, online=True)
    write(
        server,
        f"UPDATE devices SET product_id = {product}, standing = 'quarantined', "
        "standing_reason = 'unlisted', standing_since = created_at "
        "WHERE session_id IS NOT NULL AND product_id IS NULL",
        "INSERT INTO product_counts (product_id, members, quarantined, reserved) "
        f"VALUES ({product}, 0, {len(numbers)}, 0) ON CONFLICT (product_id) DO UPDATE "
        f"SET quarantined = product_counts.quarantined + {len(numbers)}",
    )


def approve(server: Server, product: int, numbers: range) -> Load:
    """Approve devices one by one over 16 connections."""
    requests = [
        request(
            "POST",
            f"/v1/products/{product}/devices",
            server.operator_token,
            json.dumps({"id": device_id(number)}).encode(),
        )
        for number in numbers
    ]
    load = asyncio.run(drive(*server.http, requests, 16))
    assert load.statuses == {200: len(numbers)}, load.statuses
    return load


def run_imports() -> None:
    """A million lines: as a dry run, then added; pages of that fleet; all undone."""
    lines = 20_000 if quick() else 1_000_000
    imports, pages = [], []
    for store in STORES:
        with server_on(store) as server:
            product = new_product(server)
            file = file_of(server.data_dir, range(lines))
            trial = measure_import(server, product, file, lines, dry_run="true")
            added = measure_import(server, product, file, lines)
            for row in measure_pages(server, product, lines):
                pages.append({"store": store, **row})
            undone = measure_undo(server, product, added["id"])
            for what, found in (
                ("dry run", trial),
                ("import", added),
                ("undo", undone),
            ):
                found.pop("id", None)
                imports.append({"store": store, "what": what, **found})
            report("imports", imports)
    report("pages", pages, devices=lines, per_page=PER_PAGE)


def run_approvals() -> None:
    """Approvals of single devices, alone and while a long import runs."""
    each = 100 if quick() else 2_000
    lines = 20_000 if quick() else 300_000
    rows = []
    for store in STORES:
        with server_on(store) as server:
            product = new_product(server)
            file = file_of(server.data_dir, range(lines))
            quarantine(server, product, range(lines, lines + each))
            load = approve(server, product, range(lines, lines + each))
            rows.append({"store": store, "beside": "nothing", **rates(load)})
            quarantine(server, product, range(lines + each, lines + 2 * each))
            import_id = send_file(server, product, file)
            load = approve(server, product, range(lines + each, lines + 2 * each))
            rows.append({"store": store, "beside": "an import", **rates(load)})
            until_done(server, product, import_id)
    report("approvals", rows, connections=16, import_lines=lines)


def rates(load: Load) -> dict[str, float]:
    """How many a second, and how long each took."""
    return {"approvals/s": load.rate, **milliseconds(load)}
