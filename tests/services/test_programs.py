"""Programs: API users of teams, and clients of products (REST contract §1.4, §1.5)."""

from datetime import timedelta

import pytest
from tests.support.people import an_account
from tests.support.products import Ear, a_member, a_product, a_teammate
from tests.support.sign_ins import ADDRESS, refusal_of

from cyan.interfaces import World
from cyan.model.accounts import Actor, ClientKind
from cyan.model.decisions import RefusalCode
from cyan.model.products import Product, TeamRole
from cyan.rules.authority import SCOPES
from cyan.services import api_users as api_users_room
from cyan.services.api_users import (
    ApiUserWish,
    change_api_user,
    create_api_user,
    is_api_user,
    remove_api_user,
)
from cyan.services.clients import ClientChanges, ClientProof, ClientWish
from cyan.services.events import listen, tune_to_product
from cyan.services.members import get_member, remove_member
from cyan.services.organizations import create_organization
from cyan.services.product_clients import (
    change_product_client,
    create_product_client,
    give_product_token,
    list_product_clients,
    remove_product_client,
)
from cyan.services.products import get_product, list_products
from cyan.services.signing_in import GrantRequest, sign_in
from cyan.services.teams import TeamKind, TeamOf, list_team
from cyan.services.tokens import Authenticator, find_actor, revoke_token

PUMPS = TeamOf(TeamKind.PRODUCT, "pumps")
ACME = TeamOf(TeamKind.ORGANIZATION, "acme")
READER = ApiUserWish("My bot", ["devices:get", "devices:get", "events:get"])
APP = ClientWish("App", ClientKind.INSTALLED)


async def test_an_api_user_may_what_its_scopes_say(
    world: World, ann: Actor, pumps: Product
) -> None:
    made = await create_api_user(world, ann, PUMPS, READER)
    assert made.user.scopes == ["devices:get", "events:get"]
    assert is_api_user(made.user.username)
    assert made.user.username.startswith("my-bot+")
    device = await a_member(world, ann, pumps)
    program = await find_actor(world, made.token, ADDRESS)
    assert (await get_member(world, program, "pumps", device.id)).device == device
    no = await refusal_of(
        remove_member(world, program, "pumps", device.id, deny_it=False)
    )
    assert no.code is RefusalCode.SCOPE_MISSING
    await a_product(world, ann, "Fans")
    no = await refusal_of(get_member(world, program, "fans", device.id))
    assert no.code is RefusalCode.PRODUCT_UNKNOWN
    assert [each.product.slug for each in await list_products(world, program)] == [
        "pumps"
    ]
    view = await list_team(world, ann, PUMPS)
    assert [each.username for each in view.programs] == [made.user.username]


async def test_an_api_user_of_an_organization_acts_in_all_its_products(
    world: World, ann: Actor
) -> None:
    await create_organization(world, ann, "Acme")
    pumps = await a_product(world, ann, organization="acme")
    made = await create_api_user(world, ann, ACME, READER)
    program = await find_actor(world, made.token, ADDRESS)
    device = await a_member(world, ann, pumps)
    seen = await get_member(world, program, "pumps", device.id)
    assert seen.device.member_of == pumps.id


async def test_a_new_token_a_change_and_a_removal_end_the_old_one_at_once(
    world: World, ann: Actor, pumps: Product
) -> None:
    remembered = Authenticator(world)
    made = await create_api_user(world, ann, PUMPS, READER)
    program = await remembered.authenticate(made.token, ADDRESS)
    ear = Ear()
    listen(world, await tune_to_product(world, program, "pumps"), ear.hear, ear.end)
    fewer = ApiUserWish(None, ["devices:get"])
    changed = await change_api_user(world, ann, PUMPS, made.user.username, fewer)
    assert ear.ended
    assert (changed.user.friendly_name, changed.user.scopes) == (
        "My bot",
        ["devices:get"],
    )
    no = await refusal_of(remembered.authenticate(made.token, ADDRESS))
    assert no.code is RefusalCode.TOKEN_UNKNOWN
    program = await remembered.authenticate(changed.token, ADDRESS)
    no = await refusal_of(tune_to_product(world, program, "pumps"))
    assert no.code is RefusalCode.SCOPE_MISSING
    await remove_api_user(world, ann, PUMPS, made.user.username)
    no = await refusal_of(remembered.authenticate(changed.token, ADDRESS))
    assert no.code is RefusalCode.TOKEN_UNKNOWN


async def test_what_an_api_user_cannot_be(
    world: World, ann: Actor, pumps: Product, monkeypatch: pytest.MonkeyPatch
) -> None:
    for wish in (
        ApiUserWish("", ["devices:get"]),
        ApiUserWish("Bot", []),
        ApiUserWish("Bot", ["everything"]),
    ):
        no = await refusal_of(create_api_user(world, ann, PUMPS, wish))
        assert no.code is RefusalCode.TEAM_UNUSABLE
    monkeypatch.setattr(api_users_room, "MAX_API_USERS", 1)
    made = await create_api_user(world, ann, PUMPS, READER)
    no = await refusal_of(create_api_user(world, ann, PUMPS, READER))
    assert no.code is RefusalCode.TEAM_UNUSABLE
    await a_product(world, ann, "Fans")
    fans = TeamOf(TeamKind.PRODUCT, "fans")
    for team, name in ((fans, made.user.username), (PUMPS, "x@api.particle.io")):
        no = await refusal_of(remove_api_user(world, ann, team, name))
        assert no.code is RefusalCode.TEAM_MEMBER_UNKNOWN


async def test_only_administrators_make_api_users_and_no_program_does(
    world: World, ann: Actor, pumps: Product
) -> None:
    bob = await an_account(world, "bob@example.com")
    await a_teammate(world, pumps, bob, TeamRole.DEVELOPER)
    no = await refusal_of(create_api_user(world, bob, PUMPS, READER))
    assert no.code is RefusalCode.ROLE_MISSING
    able = await create_api_user(world, ann, PUMPS, ApiUserWish("All", sorted(SCOPES)))
    program = await find_actor(world, able.token, ADDRESS)
    no = await refusal_of(create_api_user(world, program, PUMPS, READER))
    assert no.code is RefusalCode.SCOPE_MISSING


async def test_a_client_of_a_product_gets_tokens_that_act_for_it(
    world: World, ann: Actor, pumps: Product
) -> None:
    client, secret = await create_product_client(world, ann, "pumps", APP)
    grant = GrantRequest("client_credentials")
    proof = ClientProof(client.id, secret)
    token = await sign_in(world, grant, proof, ADDRESS)
    program = await find_actor(world, token.text, ADDRESS)
    assert (program.product_id, program.account_id) == (pumps.id, client.id)
    assert (await get_product(world, program, "pumps")).product == pumps
    fans = await a_product(world, ann, "Fans")
    no = await refusal_of(get_product(world, program, fans.slug))
    assert no.code is RefusalCode.PRODUCT_UNKNOWN
    wrong = ClientProof(client.id, "wrong")
    no = await refusal_of(sign_in(world, grant, wrong, ADDRESS))
    assert no.code is RefusalCode.CLIENT_UNKNOWN
    await revoke_token(world, token.text, ADDRESS)
    no = await refusal_of(find_actor(world, token.text, ADDRESS))
    assert no.code is RefusalCode.TOKEN_UNKNOWN


async def test_a_clients_tokens_expire_and_end_with_it(
    world: World, ann: Actor, pumps: Product
) -> None:
    client, _ = await create_product_client(world, ann, "pumps", APP)
    short = await give_product_token(world, client, timedelta(hours=1))
    long = await give_product_token(world, client, None)
    world.clock.advance(timedelta(hours=1))
    no = await refusal_of(find_actor(world, short.text, ADDRESS))
    assert no.code is RefusalCode.TOKEN_EXPIRED
    remembered = Authenticator(world)
    await remembered.authenticate(long.text, ADDRESS)
    await remove_product_client(world, ann, "pumps", client.id)
    no = await refusal_of(remembered.authenticate(long.text, ADDRESS))
    assert no.code is RefusalCode.TOKEN_UNKNOWN
    assert list(await list_product_clients(world, ann, "pumps")) == []
    no = await refusal_of(give_product_token(world, client, None))
    assert no.code is RefusalCode.CLIENT_UNKNOWN


async def test_clients_are_of_one_product_and_for_managers(
    world: World, ann: Actor, pumps: Product
) -> None:
    client, _ = await create_product_client(world, ann, "pumps", APP)
    changes = ClientChanges("Other", "customers:create")
    changed = await change_product_client(world, ann, "pumps", client.id, changes)
    assert (changed.name, changed.scope) == ("Other", "customers:create")
    assert await list_product_clients(world, ann, "pumps") == [changed]
    await a_product(world, ann, "Fans")
    no = await refusal_of(remove_product_client(world, ann, "fans", client.id))
    assert no.code is RefusalCode.CLIENT_NOT_FOUND
    bob = await an_account(world, "bob@example.com")
    await a_teammate(world, pumps, bob, TeamRole.SUPPORT)
    no = await refusal_of(list_product_clients(world, bob, "pumps"))
    assert no.code is RefusalCode.ROLE_MISSING
