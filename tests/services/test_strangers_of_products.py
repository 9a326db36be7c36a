"""A stranger learns nothing about products of others: neither words nor work differ.

For what exists but is none of one's business and for what does not exist, every use
case of products says the same and runs the same statements (MEM-1, UNC-5).
"""

from collections.abc import Awaitable, Callable

import pytest
from tests.support.people import (
    a_device_id,
    an_account,
    an_offline_device,
    an_online_device,
)
from tests.support.products import a_member, a_product, a_teammate
from tests.support.work import Work, trace

from cyan.interfaces import Listing, World
from cyan.model.accounts import Actor, ClientKind
from cyan.model.decisions import RefusalCode
from cyan.model.products import LineOutcome, Product, TeamRole
from cyan.services.api_users import (
    ApiUserWish,
    change_api_user,
    create_api_user,
    remove_api_user,
)
from cyan.services.calls import Target, call_function, read_variable
from cyan.services.changes import Note, change_device
from cyan.services.claims import claim_device, unclaim_device
from cyan.services.clients import ClientChanges, ClientWish
from cyan.services.devices import get_device, ping_device, signal_device
from cyan.services.events import (
    ProductPlace,
    ProductPublication,
    publish_in_organization,
    publish_in_product,
    tune_to_organization,
    tune_to_place,
    tune_to_product,
)
from cyan.services.explain import explain
from cyan.services.groups import (
    GroupWish,
    change_group,
    create_group,
    edit_groups,
    get_group,
    list_groups,
    remove_group,
)
from cyan.services.imports import (
    ImportWish,
    begin_import,
    get_import,
    lines_of,
    list_imports,
    undo_import,
)
from cyan.services.keys import record_key
from cyan.services.members import (
    get_member,
    get_organizations_device,
    list_members,
    remove_member,
    retire_member,
)
from cyan.services.organizations import (
    create_organization,
    get_organization,
    products_of_organization,
    remove_organization,
)
from cyan.services.product_clients import (
    change_product_client,
    create_product_client,
    list_product_clients,
    remove_product_client,
)
from cyan.services.products import (
    ProductChanges,
    ProductWish,
    change_product,
    create_product,
    get_product,
    remove_product,
)
from cyan.services.teams import TeamKind, TeamOf, change_role, invite, list_team
from cyan.services.usage import agreement_of_organization, usage_of_organization

pytestmark = pytest.mark.settings(rate_limits=0.0)
D = a_device_id(1)
APP = ClientWish("App", ClientKind.INSTALLED)
RENAMED = ClientChanges("n")
BOT = ApiUserWish("Bot", ["devices:get"])
CHANGES = ProductChanges(description="mine")
ROLE = TeamRole.SUPPORT
UseCase = Callable[[World, Actor, str], Awaitable[object]]


def _team(product: str) -> TeamOf:
    return TeamOf(TeamKind.PRODUCT, product)


IN_PRODUCT: dict[str, UseCase] = {
    "get": get_product,
    "change": lambda w, a, p: change_product(w, a, p, CHANGES),
    "delete": remove_product,
    "list": lambda w, a, p: list_members(w, a, p, Listing(0), page=1, per_page=9),
    "member": lambda w, a, p: get_member(w, a, p, D),
    "remove": lambda w, a, p: remove_member(w, a, p, D, deny_it=False),
    "retire": lambda w, a, p: retire_member(w, a, p, D),
    "unclaim": lambda w, a, p: unclaim_device(w, a, D, p),
    "note": lambda w, a, p: change_device(w, a, D, [Note("x")], p),
    "call": lambda w, a, p: call_function(w, a, Target(D, "f", p), ""),
    "read": lambda w, a, p: read_variable(w, a, Target(D, "v", p)),
    "ping": lambda w, a, p: ping_device(w, a, D, p),
    "signal": lambda w, a, p: signal_device(w, a, D, True, p),
    "import": lambda w, a, p: begin_import(w, a, p, ImportWish([D])),
    "imports": lambda w, a, p: list_imports(w, a, p),
    "one import": lambda w, a, p: get_import(w, a, p, "f" * 24),
    "undo": lambda w, a, p: undo_import(w, a, p, "f" * 24),
    "groups": lambda w, a, p: list_groups(w, a, p),
    "group": lambda w, a, p: get_group(w, a, p, "north"),
    "new group": lambda w, a, p: create_group(w, a, p, GroupWish("south")),
    "regroup": lambda w, a, p: change_group(w, a, p, "north", GroupWish("top")),
    "ungroup": lambda w, a, p: remove_group(w, a, p, "north"),
    "edit groups": lambda w, a, p: edit_groups(w, a, p, [D], add=["x"], remove=[]),
    "team": lambda w, a, p: list_team(w, a, _team(p)),
    "invite": lambda w, a, p: invite(w, a, _team(p), "eve@example.com", ROLE),
    "role": lambda w, a, p: change_role(w, a, _team(p), "ann@example.com", ROLE),
    "leave": lambda w, a, p: change_role(w, a, _team(p), a.username, None),
    "bot": lambda w, a, p: create_api_user(w, a, _team(p), BOT),
    "change bot": lambda w, a, p: change_api_user(w, a, _team(p), "b", BOT),
    "remove bot": lambda w, a, p: remove_api_user(w, a, _team(p), "b"),
    "clients": lambda w, a, p: list_product_clients(w, a, p),
    "client": lambda w, a, p: create_product_client(w, a, p, APP),
    "change client": lambda w, a, p: change_product_client(w, a, p, "c", RENAMED),
    "remove client": lambda w, a, p: remove_product_client(w, a, p, "c"),
    "publish": lambda w, a, p: publish_in_product(w, a, ProductPublication(p, "x")),
    "hear": lambda w, a, p: tune_to_product(w, a, p),
    "hear one": lambda w, a, p: tune_to_product(w, a, p, "", D),
    "hear in": lambda w, a, p: tune_to_place(w, a, ProductPlace(p, "acme"), "", D),
}

IN_ORGANIZATION: dict[str, UseCase] = {
    "get": get_organization,
    "products": products_of_organization,
    "delete": remove_organization,
    "create": lambda w, a, o: create_product(
        w, a, ProductWish(6, "Mine", organization=o)
    ),
    "team": lambda w, a, o: list_team(w, a, TeamOf(TeamKind.ORGANIZATION, o)),
    "hear": lambda w, a, o: tune_to_organization(w, a, o),
    "hear one": lambda w, a, o: tune_to_organization(w, a, o, "", D),
    "device": lambda w, a, o: get_organizations_device(w, a, o, D),
    "usage": usage_of_organization,
    "agreement": agreement_of_organization,
    "publish": lambda w, a, o: publish_in_organization(
        w, a, ProductPublication(o, "x")
    ),
}

OF_DEVICE: dict[str, UseCase] = {
    "get": get_device,
    "explain": explain,
    "unclaim": unclaim_device,
    "call": lambda w, a, d: call_function(w, a, Target(d, "f"), ""),
    "ping": ping_device,
    "claim": claim_device,
    "key": lambda w, a, d: record_key(w, a, d, b"key"),
}


@pytest.fixture
async def pumps(world: World) -> Product:
    ann = await an_account(world)
    product = await a_product(world, ann)
    await a_member(world, ann, product, 1)
    await create_group(world, ann, "pumps", GroupWish("north"))
    return product


@pytest.fixture
async def eve(world: World) -> Actor:
    return await an_account(world, "eve@example.com")


@pytest.mark.parametrize("name", IN_PRODUCT)
async def test_a_product_of_others_is_as_one_that_does_not_exist(
    world: World, work: Work, pumps: Product, eve: Actor, name: str
) -> None:
    use = IN_PRODUCT[name]
    by_id = [
        await trace(work, use(world, eve, each)) for each in (str(pumps.id), "4711")
    ]
    assert by_id[0] == by_id[1]
    by_slug = [await trace(work, use(world, eve, each)) for each in ("pumps", "fans")]
    assert by_slug[0] == by_slug[1]
    assert by_id[0][0] == by_slug[0][0]
    assert by_id[0][0].code is RefusalCode.PRODUCT_UNKNOWN
    assert by_id[0][1], "something was looked up"


@pytest.mark.parametrize("name", IN_ORGANIZATION)
async def test_an_organization_of_others_is_as_one_that_does_not_exist(
    world: World, work: Work, eve: Actor, name: str
) -> None:
    use = IN_ORGANIZATION[name]
    ann = await an_account(world)
    await create_organization(world, ann, "Acme")
    await a_product(world, ann, organization="acme")
    told = [await trace(work, use(world, eve, each)) for each in ("acme", "nowhere")]
    assert told[0] == told[1]
    assert told[0][0].code is RefusalCode.PRODUCT_UNKNOWN


@pytest.mark.parametrize("name", OF_DEVICE)
async def test_a_member_of_others_is_as_a_device_that_does_not_exist(
    world: World, work: Work, pumps: Product, eve: Actor, name: str
) -> None:
    """By the routes of one's own devices; a claim of an online member, too (CLM-4)."""
    use = OF_DEVICE[name]
    waiting = await an_online_device(world, 2, firmware_of=pumps.id)
    offline = await an_offline_device(world, 3)
    wanted = [D, a_device_id(99)]
    if name == "key":  # of a device of nobody that is offline, the key is anybody's
        wanted = [D, waiting.id]
    elif name != "claim":  # of a device of nobody that is online, anybody's
        wanted += [waiting.id, offline.id]
    told = [await trace(work, use(world, eve, each)) for each in wanted]
    assert all(each == told[0] for each in told)


@pytest.mark.parametrize("name", ["member", "remove", "retire", "call", "hear one"])
async def test_the_team_learns_nothing_of_devices_elsewhere(
    world: World, work: Work, pumps: Product, eve: Actor, name: str
) -> None:
    fans = await a_product(world, eve, "Fans")
    use = IN_PRODUCT[name]
    elsewhere = await trace(work, use(world, eve, fans.slug))
    assert elsewhere[0].code is RefusalCode.NOT_IN_PRODUCT
    await a_teammate(world, pumps, eve, TeamRole.OWNER)
    gone = await a_product(world, eve, "Empty")
    assert await trace(work, use(world, eve, gone.slug)) == elsewhere


async def test_an_import_tells_nothing_of_members_elsewhere(
    world: World, pumps: Product, eve: Actor
) -> None:
    await a_product(world, eve, "Fans")
    wish = ImportWish([D, "P046AB000000000"])
    record = await begin_import(world, eve, "fans", wish)
    lines = await lines_of(world, record.id)
    assert {each.outcome for each in lines} == {LineOutcome.INVALID}  # MEM-4
