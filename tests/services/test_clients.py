"""OAuth clients of an account."""

from dataclasses import replace

from tests.support.products import a_product
from tests.support.sign_ins import a_signed_in_person, refusal_of

from cyan.interfaces import World
from cyan.model.accounts import ClientKind
from cyan.model.decisions import RefusalCode
from cyan.services.clients import (
    MAX_CLIENTS,
    ClientChanges,
    ClientWish,
    change_client,
    create_client,
    list_clients,
)
from cyan.services.product_clients import create_product_client

APP = ClientWish("App", ClientKind.INSTALLED)


class Drawn:
    """Secrets whose random values are given; the rest is the world's."""

    def __init__(self, world: World, *tokens: str) -> None:
        self._secrets = world.secrets
        self._tokens = list(tokens)

    def token(self) -> str:
        return self._tokens.pop(0) if self._tokens else self._secrets.token()

    def __getattr__(self, name: str) -> object:
        return getattr(self._secrets, name)


async def test_an_id_that_is_taken_is_drawn_again(world: World) -> None:
    ann = await a_signed_in_person(world)
    one, two, secret = "1", "2", "a" * 40
    drawn = replace(world, secrets=Drawn(world, secret, one, secret, one, two))
    first, _ = await create_client(drawn, ann, APP)
    second, _ = await create_client(drawn, ann, APP)
    assert (first.id, second.id) == ("app-1", "app-2")


async def test_no_client_of_an_account_has_the_id_of_a_products(world: World) -> None:
    ann = await a_signed_in_person(world)
    await a_product(world, ann)
    tokens = ("a" * 40, "1", "a" * 40, "1", "2", "a" * 40, "2", "3")
    drawn = replace(world, secrets=Drawn(world, *tokens))
    made = [
        await create_product_client(drawn, ann, "pumps", APP),
        await create_client(drawn, ann, APP),
        await create_product_client(drawn, ann, "pumps", APP),
    ]
    assert [client.id for client, _ in made] == ["app-1", "app-2", "app-3"]


async def test_ids_can_be_read_whatever_the_name(world: World) -> None:
    ann = await a_signed_in_person(world)
    wish = ClientWish("Ünï  (2)!", ClientKind.INSTALLED)
    client, _ = await create_client(world, ann, wish)
    assert client.id.startswith("n-2-")
    wish = ClientWish("日本", ClientKind.INSTALLED)
    client, _ = await create_client(world, ann, wish)
    assert client.id.startswith("client-")


async def test_an_account_has_so_many_clients_and_no_more(world: World) -> None:
    ann = await a_signed_in_person(world)
    for _ in range(MAX_CLIENTS):
        await create_client(world, ann, APP)
    refusal = await refusal_of(create_client(world, ann, APP))
    assert refusal.code is RefusalCode.CLIENT_UNUSABLE
    assert len(await list_clients(world, ann)) == MAX_CLIENTS


async def test_what_is_not_sent_stays(world: World) -> None:
    ann = await a_signed_in_person(world)
    wish = ClientWish("App", ClientKind.INSTALLED, scope="*:* *:*")
    client, _ = await create_client(world, ann, wish)
    assert client.scope == "*:*"
    renamed = await change_client(world, ann, client.id, ClientChanges(name="Other"))
    assert (renamed.name, renamed.scope) == ("Other", "*:*")
    cleared = await change_client(world, ann, client.id, ClientChanges(scope="none"))
    assert (cleared.name, cleared.scope) == ("Other", None)
    (kept,) = await list_clients(world, ann)
    assert kept == cleared


async def test_an_installed_client_returns_nowhere(world: World) -> None:
    ann = await a_signed_in_person(world)
    wish = ClientWish("App", ClientKind.INSTALLED, redirect_uri="https://x.example")
    client, _ = await create_client(world, ann, wish)
    assert client.redirect_uri is None
