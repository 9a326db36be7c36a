"""How SQLite finds what statements ask for: nothing walks over a fleet of a million.

It has no statistics and plans by rules, so that an empty database tells. PostgreSQL
plans by what a table holds.
"""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from cyan.interfaces import Listing, SortKey, Tx
from cyan.storage import open_store, sqlite
from cyan.storage.migrate import migrate
from cyan.storage.nouns import devices, fleets, groups, imports, products, records
from cyan.storage.statements import Statement

LARGE = ("devices", "group_members", "exclusions", "ownership_history", "products")
WALKS = re.compile(rf"SCAN ({'|'.join(LARGE)})\b")
ROOMS = (devices, fleets, groups, imports, products, records)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    migrate(f"sqlite:///{tmp_path}/cyan.db")
    connection = sqlite3.connect(tmp_path / "cyan.db")
    yield connection
    connection.close()


def plan_of(database: sqlite3.Connection, statement: Statement[Any]) -> list[str]:
    """The steps by which SQLite finds the rows of a statement."""
    text = sqlite.prepare(statement).text
    rows = database.execute(f"EXPLAIN QUERY PLAN {text}", [None] * text.count("?"))
    return [row[3] for row in rows]


def statements_in(room: ModuleType) -> Iterator[tuple[str, Statement[Any]]]:
    for name, found in vars(room).items():
        several = found if isinstance(found, tuple) else (found,)
        for each in several:
            if isinstance(each, Statement):
                yield f"{room.__name__}.{name}", each


def test_no_statement_walks_over_all_rows(database: sqlite3.Connection) -> None:
    plans = {
        name: plan_of(database, statement)
        for room in ROOMS
        for name, statement in statements_in(room)
    }
    assert len(plans) > 80, "they were found"
    walking = {
        name: plan for name, plan in plans.items() if any(map(WALKS.match, plan))
    }
    assert walking == {}


@pytest.mark.parametrize(
    ("statement", "columns"),
    [
        (groups.GROUPS_OF, "product_id=? AND device_id=?"),
        (groups.MOST_GROUPS, "product_id=? AND device_id=?"),
        (groups.LEAVE_GROUPS, "product_id=? AND device_id=?"),
        (groups.COUNT_GROUP, "product_id=? AND group_name=?"),
        (groups.FORGET_EXCLUSIONS, "product_id=? AND device_id=?"),
        (fleets.OWNED_IN, "owner_id=?"),
        (records.FIND_PENDING, "device_id=? AND requester_id=?"),
    ],
)
def test_a_few_devices_are_found_by_their_ids(
    database: sqlite3.Connection, statement: Statement[Any], columns: str
) -> None:
    first = plan_of(database, statement)[0]
    assert f"({columns})" in first


@pytest.mark.parametrize("sort", SortKey)
@pytest.mark.parametrize(
    ("wanted", "index"),
    [
        ({"name": "kitchen"}, "devices_named_index"),
        ({"serial_number": "P046"}, "devices_serial_index"),
        ({"groups": ("kitchen",)}, "sqlite_autoindex_group_members_1"),
        ({"quarantined": True}, "devices_quarantined"),
    ],
)
async def test_what_a_list_looks_for_has_an_index(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    sort: SortKey,
    wanted: dict[str, Any],
    index: str,
) -> None:
    plans = await plans_of(Listing(1001, sort, **wanted), tmp_path, monkeypatch)
    assert len(plans) == 3
    for plan in plans:
        assert any(index in step for step in plan), plan


@pytest.mark.parametrize("quarantined", [None, False])
@pytest.mark.parametrize("ascending", [True, False])
@pytest.mark.parametrize(
    ("sort", "index"),
    [
        (SortKey.LAST_CONNECTION, "devices_product_id_connected_us_id_index"),
        (SortKey.DEVICE_ID, "devices_product_id_id_index"),
        (SortKey.DEVICE_NAME, "devices_named_index"),
        (SortKey.FIRMWARE_VERSION, "devices_versions_index"),
    ],
)
async def test_a_fleet_is_in_order_in_an_index(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    sort: SortKey,
    index: str,
    ascending: bool,
    quarantined: bool | None,
) -> None:
    listing = Listing(1001, sort, ascending, quarantined=quarantined)
    *pages, _ = await plans_of(listing, tmp_path, monkeypatch)
    for plan in pages:
        assert index in plan[0]
        assert not any("TEMP B-TREE" in step for step in plan), "nothing is sorted"


async def plans_of(
    listing: Listing, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> list[list[str]]:
    """The plans of a first page, of what comes after a device, and of the count."""
    asked = []

    def note(statement: Statement[Any], prepare: Any = sqlite.prepare) -> Any:
        asked.append(statement)
        return prepare(statement)

    last = ("0" * 24,) if listing.sort is SortKey.DEVICE_ID else (0, "0" * 24)

    async def look(tx: Tx) -> None:
        await tx.fleets.page(listing, None, 0, 25)
        await tx.fleets.page(listing, last, 0, 25)
        await tx.fleets.count(listing)

    url = f"sqlite:///{tmp_path}/cyan.db"
    store = await open_store(url)
    with monkeypatch.context() as patch:
        patch.setattr(sqlite, "prepare", note)
        await store.search(look)
    await store.close()
    with closing(sqlite3.connect(tmp_path / "cyan.db")) as database:
        return [plan_of(database, each) for each in asked]
