"""A world for each test of a use case: a real store, three devices to an account.

Ann and Bob have accounts; Ann has the product Pumps.
"""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.support.people import an_account
from tests.support.products import a_product, require_counts
from tests.support.work import Work
from tests.support.worlds import a_world

from cyan.interfaces import World
from cyan.model.accounts import Actor
from cyan.model.products import Product
from cyan.storage import postgres, sqlite


@pytest.fixture
async def world(
    tmp_path: Path, request: pytest.FixtureRequest, database_url: str
) -> AsyncIterator[World]:
    """`@pytest.mark.settings(…)` changes the settings of the world."""
    marker = request.node.get_closest_marker("settings")
    settings = {"sandbox_devices": 3, **(marker.kwargs if marker else {})}
    async with a_world(tmp_path, database_url=database_url, **settings) as world:
        yield world


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch, world: World) -> Work:
    """The statements that were run, and the hashes that were computed."""
    done: Work = []
    for room in (sqlite, postgres):
        prepare = room.prepare

        def note(statement: object, prepare: object = prepare) -> object:
            prepared = prepare(statement)
            done.append(prepared.text)
            return prepared

        monkeypatch.setattr(room, "prepare", note)
    hash_password = world.secrets.hash_password

    async def note_hash(password: str) -> str:
        done.append("hash")
        return await hash_password(password)

    monkeypatch.setattr(world.secrets, "hash_password", note_hash)
    return done


@pytest.fixture
async def ann(world: World) -> Actor:
    return await an_account(world)


@pytest.fixture
async def bob(world: World) -> Actor:
    return await an_account(world, "bob@example.com")


@pytest.fixture
async def pumps(world: World, ann: Actor) -> Product:
    return await a_product(world, ann)


@pytest.fixture
async def recounted(world: World, ann: Actor, pumps: Product) -> AsyncIterator[None]:
    """Whatever a test does, what is counted is what there is (LIM-2, LIM-4)."""
    yield
    products = await world.store.read(lambda tx: tx.products.used_ids())
    bob = await world.store.read(
        lambda tx: tx.accounts.find_by_username("bob@example.com")
    )
    accounts = [ann.account_id, *([bob.id] if bob else [])]
    await require_counts(world, accounts, products)
