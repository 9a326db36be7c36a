"""What the time of a refusal tells a stranger: what is there, against what is not.

Each pair of requests is refused alike, whether its object exists or not; they are sent
alternately over one connection. `told apart` is how often somebody who sees one time
of each guesses right which is which: 0.5 is a coin. The last pair sets two absent
objects against each other: what it shows is the noise of the measurement.
"""

import bisect
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import Any

import httpx
from tests.support.servers import Account, Server

from bench.fleets import PHOTON
from bench.measuring import percentile, quick, report
from bench.servers import account_id, add_devices, device_id, running, write

OWNED, MEMBER, ABSENT, ALSO_ABSENT = range(1, 5)
ABSENT_PRODUCT = 99_999


@dataclass(frozen=True)
class Pair:
    """Two requests of a stranger: for what exists, and for what does not."""

    what: str
    method: str
    there: str
    absent: str


def own_product(server: Server, account: Account, name: str) -> int:
    """A new product of an account; its id."""
    wish = {"product": {"name": name, "platform_id": PHOTON}}
    answer = httpx.post(f"{server.url}/v1/products", json=wish, headers=account.headers)
    assert answer.status_code == 201, answer.text
    found: int = answer.json()["product"]["id"]
    return found


def pairs_of(product: int, own: int, somebody: str) -> list[Pair]:
    """All pairs: a product, its devices and its team, and somebody's device."""
    there, absent = f"/v1/products/{product}", f"/v1/products/{ABSENT_PRODUCT}"
    member, gone = device_id(MEMBER), device_id(ABSENT)
    mine = f"/v1/products/{own}"
    return [
        Pair("product", "GET", there, absent),
        Pair("product by its slug", "GET", "/v1/products/theirs", "/v1/products/nope"),
        Pair("devices of a product", "GET", f"{there}/devices", f"{absent}/devices"),
        Pair(
            "device of a product",
            "GET",
            f"{there}/devices/{member}",
            f"{there}/devices/{gone}",
        ),
        Pair(
            "device, in one's own product",
            "GET",
            f"{mine}/devices/{member}",
            f"{mine}/devices/{gone}",
        ),
        Pair(
            "device of somebody",
            "GET",
            f"/v1/devices/{device_id(OWNED)}",
            f"/v1/devices/{gone}",
        ),
        Pair("team of a product", "GET", f"{there}/team", f"{absent}/team"),
        Pair(
            "account, in one's own team",
            "DELETE",
            f"{mine}/team/{somebody}",
            f"{mine}/team/{'x' * (len(somebody) - 12)}@example.com",
        ),
        Pair(
            "nothing against nothing",
            "GET",
            f"/v1/devices/{gone}",
            f"/v1/devices/{device_id(ALSO_ABSENT)}",
        ),
    ]


def timed(connection: HTTPConnection, method: str, path: str, token: str) -> float:
    """The seconds until a refusal is there."""
    began = time.perf_counter()
    connection.request(method, path, headers={"authorization": f"Bearer {token}"})
    answer = connection.getresponse()
    answer.read()
    took = time.perf_counter() - began
    assert answer.status in (403, 404), (method, path, answer.status)
    return took


def measure(server: Server, pair: Pair, token: str, times: int) -> dict[str, Any]:
    """Both requests, in random order, so many times."""
    connection = HTTPConnection(*server.http)
    found: dict[str, list[float]] = {pair.there: [], pair.absent: []}
    for number in range(times + 50):
        for path in random.sample((pair.there, pair.absent), 2):
            took = timed(connection, pair.method, path, token)
            if number >= 50:  # the first ones warm up
                found[path].append(took)
    connection.close()
    there, absent = found[pair.there], found[pair.absent]
    return {
        "refused": pair.what,
        "there p50 µs": 1e6 * percentile(there, 0.5),
        "absent p50 µs": 1e6 * percentile(absent, 0.5),
        "there p90 µs": 1e6 * percentile(there, 0.9),
        "absent p90 µs": 1e6 * percentile(absent, 0.9),
        "told apart": told_apart(there, absent),
    }


def told_apart(some: Sequence[float], others: Sequence[float]) -> float:
    """How often one of `some` is above one of `others`, or below: 0.5 to 1."""
    ordered = sorted(others)
    above = sum(
        bisect.bisect_left(ordered, each) + bisect.bisect_right(ordered, each)
        for each in some
    )
    share = above / 2 / len(some) / len(others)
    return max(share, 1 - share)


def run() -> None:
    """Measure and report."""
    times = 100 if quick() else 1_000
    with running(CYAN_SIGNUP="open") as server:
        product = own_product(server, server.set_up_account, "Theirs")
        owner = account_id(server)
        add_devices(server, range(OWNED, OWNED + 1), online=False, owner=owner)
        add_devices(server, range(MEMBER, MEMBER + 1), online=False)
        write(
            server,
            f"UPDATE devices SET product_id = {product}, standing = 'member', "
            f"standing_since = created_at WHERE id = '{device_id(MEMBER)}'",
            "INSERT INTO product_counts (product_id, members, quarantined, reserved) "
            f"VALUES ({product}, 1, 0, 0) ON CONFLICT DO NOTHING",
        )
        somebody = server.new_account("somebody@example.com")
        stranger = server.new_account("stranger@example.com")
        own = own_product(server, stranger, "Mine")
        rows = [
            measure(server, pair, stranger.token, times)
            for pair in pairs_of(product, own, somebody.email)
        ]
    report("strangers", rows, refusals=times)
