"""Products: make, find, change, delete them (MEM-14, LIM-4, MEM-7)."""

from tests.support.people import PHOTON, an_online_device, find
from tests.support.products import (
    NOWHERE,
    OPERATOR,
    Ear,
    a_member,
    a_product,
    a_teammate,
    listed,
    position,
    require_counts,
)
from tests.support.sign_ins import refusal_of

from cyan.interfaces import World, subjects
from cyan.model.accounts import Actor, ClientKind
from cyan.model.decisions import RefusalCode
from cyan.model.products import Claiming, Plan, TeamRole
from cyan.services.api_users import ApiUserWish, create_api_user
from cyan.services.claims import claim_device
from cyan.services.clients import ClientWish
from cyan.services.events import listen, tune_to_product
from cyan.services.members import remove_member
from cyan.services.organizations import create_organization
from cyan.services.product_clients import create_product_client, give_product_token
from cyan.services.products import (
    ProductChanges,
    ProductWish,
    change_product,
    create_product,
    get_product,
    list_products,
    remove_product,
)
from cyan.services.teams import TeamKind, TeamOf

PUMPS = TeamOf(TeamKind.PRODUCT, "pumps")


async def test_a_product_is_found_by_id_and_slug_and_is_closed_at_first(
    world: World, ann: Actor
) -> None:
    made = await create_product(world, ann, ProductWish(PHOTON, "  Große Pumps "))
    assert (made.product.name, made.product.slug) == ("Große Pumps", "grosse-pumps")
    assert (made.product.quarantine, made.product.plan) == (True, Plan.FREE)  # MEM-1
    assert made.product.claiming is Claiming.TEAM_AND_CUSTOMERS  # CLM-4
    assert made.payer == ann.username
    for wanted in ("grosse-pumps", "Grosse-Pumps", str(made.product.id)):
        assert await get_product(world, ann, wanted) == made
    assert await list_products(world, ann) == [made]


async def test_ids_are_counted_up_given_or_refused_and_never_reused(
    world: World, ann: Actor
) -> None:
    first = await a_product(world, ann, "One")
    second = await a_product(world, ann, "Two")
    assert (first.id, second.id) == (1001, 1002)
    chosen = await create_product(world, ann, ProductWish(PHOTON, "Three", "", 4242))
    assert chosen.product.id == 4242
    await remove_product(world, ann, "one")
    for wanted in (first.id, second.id, 4242, PHOTON, 0, 65535, 70000):  # MEM-14
        wish = ProductWish(PHOTON, "Four", "", wanted)
        no = await refusal_of(create_product(world, ann, wish))
        assert (no.code, no.rule) == (RefusalCode.PRODUCT_UNUSABLE, "MEM-14")
    assert (await a_product(world, ann, "One")).id == 1003


async def test_names_are_unique_on_the_server(
    world: World, ann: Actor, bob: Actor
) -> None:
    await a_product(world, ann)
    await a_product(world, bob, "Fans")
    for name in ("Pumps", "PUMPS", "pumps!", "", "1001", "日本"):
        no = await refusal_of(create_product(world, bob, ProductWish(PHOTON, name)))
        assert no.code is RefusalCode.PRODUCT_UNUSABLE
    no = await refusal_of(
        change_product(world, bob, "fans", ProductChanges(name="Pumps"))
    )
    assert no.code is RefusalCode.PRODUCT_UNUSABLE
    view = await change_product(world, bob, "fans", ProductChanges(name="Big fans"))
    assert (await get_product(world, bob, "big-fans")).product == view.product
    assert (await refusal_of(get_product(world, bob, "fans"))).rule == "MEM-1"


async def test_only_some_platforms_have_products(world: World, ann: Actor) -> None:
    for platform_id in (0, 3, 31, 4711):
        wish = ProductWish(platform_id, "Pumps")
        no = await refusal_of(create_product(world, ann, wish))
        assert no.rule == "MEM-2"


async def test_settings_are_for_administrators_the_plan_for_the_operator(
    world: World, ann: Actor, bob: Actor
) -> None:
    product = await a_product(world, ann)
    wanted = ProductChanges(quarantine=False, claiming=Claiming.ANYONE)
    assert (await refusal_of(change_product(world, bob, "pumps", wanted))).code is (
        RefusalCode.PRODUCT_UNKNOWN
    )
    await a_teammate(world, product, bob, TeamRole.DEVELOPER)
    no = await refusal_of(change_product(world, bob, "pumps", wanted))
    assert no.code is RefusalCode.ROLE_MISSING
    await a_teammate(world, product, bob, TeamRole.ADMINISTRATOR)
    changed = (await change_product(world, bob, "pumps", wanted)).product
    assert (changed.auto_approve, changed.claiming) == (True, Claiming.ANYONE)
    block = ProductChanges(plan=Plan.BLOCK, device_limit=7)
    no = await refusal_of(change_product(world, ann, "pumps", block))
    assert no.rule == "LIM-4"
    changed = (await change_product(world, OPERATOR, "pumps", block)).product
    assert (changed.plan, changed.device_limit) == (Plan.BLOCK, 7)
    no = await refusal_of(
        change_product(world, OPERATOR, "pumps", ProductChanges(device_limit=-1))
    )
    assert no.code is RefusalCode.PRODUCT_UNUSABLE


async def test_both_changes_hold_or_none(world: World, ann: Actor) -> None:
    await a_product(world, ann)
    both = ProductChanges(quarantine=False, plan=Plan.BLOCK)
    await refusal_of(change_product(world, ann, "pumps", both))
    assert not (await get_product(world, ann, "pumps")).product.auto_approve


async def test_back_to_the_free_plan_needs_room_for_all_members(
    world: World, ann: Actor
) -> None:
    product = await a_product(world, ann, plan=Plan.BLOCK, device_limit=9)
    ids = await listed(world, ann, product, 1, 2, 3, 4)
    free = ProductChanges(plan=Plan.FREE)
    no = await refusal_of(change_product(world, OPERATOR, "pumps", free))
    assert (no.code, no.details) == (
        RefusalCode.DEVICE_LIMIT,
        {"count": 0, "limit": 3},
    )  # LIM-5
    await remove_member(world, ann, "pumps", ids[0], deny_it=False)
    await change_product(world, OPERATOR, "pumps", free)
    await require_counts(world, [ann.account_id], [product.id])
    block = ProductChanges(plan=Plan.BLOCK, device_limit=1)  # LIM-6: over is no matter
    await change_product(world, OPERATOR, "pumps", block)
    await require_counts(world, [ann.account_id], [product.id])


async def test_a_device_that_fits_both_counts_once(world: World, ann: Actor) -> None:
    product = await a_product(world, ann)
    for number in (1, 2, 3):
        device = await an_online_device(world, number)
        await claim_device(world, ann, device.id)
    await a_member(world, ann, product, 3)  # LIM-2: it adds nothing, so there is room
    fourth = await an_online_device(world, 4)
    no = await refusal_of(claim_device(world, ann, fourth.id))
    assert no.code is RefusalCode.DEVICE_LIMIT
    await require_counts(world, [ann.account_id], [product.id])


async def test_a_product_with_members_stays(world: World, ann: Actor) -> None:
    product = await a_product(world, ann)
    [device_id] = await listed(world, ann, product, 1)
    no = await refusal_of(remove_product(world, ann, "pumps"))
    assert (no.code, no.rule) == (RefusalCode.PRODUCT_NOT_EMPTY, "MEM-14")
    await remove_member(world, ann, "pumps", device_id, deny_it=False)
    await remove_product(world, ann, "pumps")
    assert await list_products(world, ann) == []


async def test_what_a_deleted_product_takes_along(
    world: World, ann: Actor, bob: Actor
) -> None:
    product = await a_product(world, ann)
    await a_teammate(world, product, bob, TeamRole.VIEW_ONLY)
    waiting = await an_online_device(world, firmware_of=product.id)
    wish = ApiUserWish("Bot", ["devices:list"])
    program = await create_api_user(world, ann, PUMPS, wish)
    client, _ = await create_product_client(
        world, ann, "pumps", ClientWish("App", ClientKind.INSTALLED)
    )
    token = await give_product_token(world, client, None)
    hash_token = world.secrets.hash_token
    ends: list[str] = []
    for text in (program.token, token.text):
        subject = subjects.token_ends(hash_token(text))
        world.bus.listen(subject, lambda _, text=text: ends.append(text))
    told: list[subjects.DeviceChanged] = []
    world.bus.listen(subjects.device_changes(waiting.id), told.append)
    ear = Ear()
    listen(world, await tune_to_product(world, bob, "pumps"), ear.hear, ear.end)
    no = await refusal_of(remove_product(world, bob, "pumps"))
    assert no.code is RefusalCode.ROLE_MISSING
    await remove_product(world, ann, "pumps")
    assert position(await find(world, waiting.id)) == NOWHERE
    assert [each.product_id for each in told] == [None]  # MEM-11
    assert (sorted(ends), ear.ended) == (sorted([program.token, token.text]), True)
    again = await an_online_device(world, firmware_of=product.id)
    assert position(again) == NOWHERE  # MEM-6: an id of no product here


async def test_a_stream_of_an_organizations_product_ends_with_it(
    world: World, ann: Actor
) -> None:
    acme = await create_organization(world, ann, "Acme")
    await a_product(world, ann, organization=acme.slug)
    ear = Ear()
    listen(world, await tune_to_product(world, ann, "pumps"), ear.hear, ear.end)
    await remove_product(world, ann, "pumps")
    assert ear.ended


async def test_the_operator_sees_a_product_but_does_not_run_it(
    world: World, ann: Actor
) -> None:
    await a_product(world, ann)
    assert (await get_product(world, OPERATOR, "pumps")).product.name == "Pumps"
    no = await refusal_of(get_product(world, OPERATOR, "nowhere"))
    assert no.code is RefusalCode.PRODUCT_UNKNOWN
    for attempt in (
        change_product(world, OPERATOR, "pumps", ProductChanges(quarantine=False)),
        tune_to_product(world, OPERATOR, "pumps"),
    ):
        assert (await refusal_of(attempt)).code is RefusalCode.PRODUCT_UNKNOWN
