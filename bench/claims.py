"""Durable claims through HTTP: SQLite, SQLite with a million devices, PostgreSQL.

Every claim is answered after its commit is on disk. pgbench runs the statements of a
claim on the same server, in the same run, as the bound of what PostgreSQL can do.
"""

import asyncio
import json
import re
import statistics
import subprocess
from typing import Any
from urllib.parse import urlsplit

from tests.support.databases import Postgres, execute
from tests.support.servers import Server

from bench.http_load import Load, drive, request
from bench.measuring import percentile, quick, report
from bench.servers import add_devices, device_id, postgres, running

CONNECTIONS = 64
ROUNDS = 3
SCRIPT = """\
\\set number random(1, {known})
BEGIN ISOLATION LEVEL SERIALIZABLE;
LOCK TABLE alembic_version IN ROW SHARE MODE;
SELECT * FROM devices WHERE id = 'bench' || :number;
UPDATE devices SET owner_id = NULL, ownership = ownership + 1, name = NULL,
  name_key = NULL WHERE id = 'bench' || :number RETURNING ownership;
INSERT INTO ownership_history (device_id, ownership, rule, door, at)
  VALUES ('bench' || :number, 1 + (random() * 2000000000)::int, 'CLM-1', 'api', now())
  ON CONFLICT DO NOTHING;
COMMIT;
"""


def claim(server: Server, numbers: range) -> Load:
    """Claim these devices, all online and nobody's."""
    requests = [
        request(
            "POST",
            "/v1/devices",
            server.operator_token,
            json.dumps({"id": device_id(number)}).encode(),
        )
        for number in numbers
    ]
    load = asyncio.run(drive(*server.http, requests, CONNECTIONS))
    assert load.statuses == {200: len(numbers)}, load.statuses
    return load


def measure(server: Server, known: int, each: int) -> dict[str, Any]:
    """The median of some rounds of claims among `known` devices."""
    begin = 0
    if known:
        for part in range(0, known, 100_000):
            until = min(known, part + 100_000)
            add_devices(server, range(part, until), online=False)
        begin = known
    loads = []
    for _ in range(ROUNDS):
        numbers = range(begin, begin + each)
        add_devices(server, numbers, online=True)
        loads.append(claim(server, numbers))
        begin += each
    latencies = [latency for load in loads for latency in load.latencies]
    return {
        "claims/s": statistics.median(load.rate for load in loads),
        "lowest": min(load.rate for load in loads),
        "p50 ms": 1000 * percentile(latencies, 0.5),
        "p99 ms": 1000 * percentile(latencies, 0.99),
    }


def pgbench(server: Postgres, url: str, seconds: int) -> float:
    """Transactions a second of a claim's statements, by PostgreSQL's own client."""
    known = 10_000
    script = server.folder / "claim.sql"
    script.write_text(SCRIPT.format(known=known))
    parts = urlsplit(url)
    seed = (
        "INSERT INTO devices (id, created_at) "
        f"SELECT 'bench' || n, now() FROM generate_series(1, {known}) n"
    )
    execute(url, seed)
    ended = subprocess.run(
        [
            str(server.bin / "pgbench"),
            *("-h", "127.0.0.1", "-p", str(parts.port), "-U", "postgres"),
            *("-n", "-c", "8", "-j", "1", "-M", "prepared", "--max-tries=20"),
            *("-T", str(seconds), "-f", str(script), parts.path.strip("/")),
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    found = re.search(r"tps = ([\d.]+)", ended.stdout)
    assert found, ended.stdout
    return float(found[1])


def run() -> None:
    """Measure and report."""
    each = 500 if quick() else 5_000
    many = 20_000 if quick() else 1_000_000
    rows = []
    with running() as server:
        rows.append({"store": "SQLite", **measure(server, 0, each)})
    with running() as server:
        name = f"SQLite, {many:,} devices"
        rows.append({"store": name, **measure(server, many, each)})
    with postgres() as (database, url):
        with running(CYAN_DATABASE_URL=url) as server:
            found = measure(server, 0, each)
        bound = pgbench(database, url, 2 if quick() else 10)
        rows.append({"store": "PostgreSQL", **found})
        rows.append({"store": "PostgreSQL, pgbench alone", "claims/s": bound})
    report("claims", rows, connections=CONNECTIONS, claims_per_round=each)
