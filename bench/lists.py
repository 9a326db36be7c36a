"""`GET /v1/devices` of an account that owns a thousand devices."""

import asyncio

from bench.http_load import drive, request
from bench.measuring import percentile, quick, report
from bench.servers import account_id, add_devices, running

OWNED = 1000


def run() -> None:
    """Measure and report."""
    times = 50 if quick() else 500
    with running() as server:
        add_devices(server, range(OWNED), online=False, owner=account_id(server))
        each = request("GET", "/v1/devices", server.operator_token)
        load = asyncio.run(drive(*server.http, [each] * times, 4))
    assert load.statuses == {200: times}
    row = {
        "devices": OWNED,
        "lists/s": load.rate,
        "p50 ms": 1000 * percentile(load.latencies, 0.5),
        "p99 ms": 1000 * percentile(load.latencies, 0.99),
    }
    report("list", [row])
