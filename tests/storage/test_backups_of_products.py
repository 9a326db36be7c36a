"""A backup holds products with all that belongs to them, and goes on being right."""

import asyncio
from pathlib import Path

from sqlalchemy import Connection, func, select
from tests.support.people import a_device_id, a_device_of, an_account, an_online_device
from tests.support.products import a_member, a_product, listed, require_counts
from tests.support.worlds import a_world

from cyan.interfaces import Listing, World
from cyan.model.accounts import Actor, ClientKind
from cyan.model.products import TeamRole
from cyan.services.api_users import ApiUserWish, create_api_user
from cyan.services.clients import ClientWish
from cyan.services.groups import edit_groups
from cyan.services.members import list_members, remove_member
from cyan.services.organizations import create_organization
from cyan.services.product_clients import create_product_client, give_product_token
from cyan.services.teams import TeamKind, TeamOf, invite
from cyan.storage.all_tables import metadata
from cyan.storage.backups import back_up, restore
from cyan.storage.connections import with_connection

PUMPS = TeamOf(TeamKind.PRODUCT, "pumps")
NOT_OF_PRODUCTS = {"clients", "outbox", "tickets", "tokens", "transfers", "usage"}


async def fill(world: World) -> None:
    """Something in every table of products."""
    ann = await an_account(world)
    await create_organization(world, ann, "Acme")
    pumps = await a_product(world, ann)
    await a_product(world, ann, "Fans", organization="acme")
    await listed(world, ann, pumps, 1, 2)
    await a_member(world, ann, pumps, 3)
    await an_online_device(world, 4, firmware_of=pumps.id)
    await a_device_of(world, ann, 5)
    await remove_member(world, ann, "pumps", a_device_id(2), deny_it=False)
    await edit_groups(world, ann, "pumps", [a_device_id(1)], add=["north"], remove=[])
    await invite(world, ann, PUMPS, "bob@example.com", TeamRole.SUPPORT)
    await create_api_user(world, ann, PUMPS, ApiUserWish("Bot", ["events:get"]))
    wish = ClientWish("App", ClientKind.INSTALLED)
    client, _ = await create_product_client(world, ann, "pumps", wish)
    await give_product_token(world, client, None)


def rows(connection: Connection) -> dict[str, int]:
    """How many rows each table has."""
    found = {}
    for table in metadata.sorted_tables:
        counted = connection.execute(select(func.count()).select_from(table))
        found[table.name] = counted.scalar_one()
    return found


async def test_all_of_a_product_is_in_a_backup(
    database_url: str, empty_url: str, tmp_path: Path
) -> None:
    keys, file = tmp_path / "keys", tmp_path / "it.backup"
    keys.mkdir()

    def ignore(done: int, total: int) -> None:
        assert done <= total

    async with a_world(tmp_path, database_url=database_url) as world:
        await fill(world)
    await asyncio.to_thread(back_up, database_url, keys, file, ignore)
    await asyncio.to_thread(restore, empty_url, tmp_path / "others", file, ignore)
    before = await asyncio.to_thread(with_connection, database_url, rows)
    after = await asyncio.to_thread(with_connection, empty_url, rows)
    assert after == before
    empty = {name for name, number in before.items() if number == 0}
    assert empty <= NOT_OF_PRODUCTS, "something of products is not tested here"
    async with a_world(tmp_path, database_url=empty_url) as other:
        ann = await other.store.read(
            lambda tx: tx.accounts.find_by_username("ann@example.com")
        )
        assert ann is not None
        products = await other.store.read(lambda tx: tx.products.used_ids())
        await require_counts(other, [ann.id], products)
        await go_on(other)


async def go_on(world: World) -> None:
    """The restored product takes the next member."""
    account = await world.store.read(
        lambda tx: tx.accounts.find_by_username("ann@example.com")
    )
    pumps = await world.store.read(lambda tx: tx.products.find_by_slug("pumps"))
    assert account is not None
    assert pumps is not None
    ann = Actor(account.id, account.username)
    await listed(world, ann, pumps, 9)
    page = await list_members(world, ann, "pumps", Listing(0), page=1, per_page=9)
    assert {int(each.device.id, 16) for each in page.members} == {1, 3, 4, 9}
