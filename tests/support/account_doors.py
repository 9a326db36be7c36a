"""The doors for accounts, and Ann who signs in by them as the official CLI does."""

import httpx
from tests.support.sign_ins import PASSWORD

from cyan.api.application import Application
from cyan.api.routes import accounts, clients, signing_in, tokens
from cyan.interfaces import World
from cyan.services.tokens import Authenticator

ANN, BOB = "ann@example.com", "bob@example.com"
TABLES = (accounts.routes, clients.routes, signing_in.routes, tokens.routes)
LOGIN = {"username": ANN, "password": PASSWORD, "grant_type": "password"}
CLI = {"client_id": "particle-cli", "client_secret": "particle-cli"}


def application(world: World) -> Application:
    """The API as far as it is about accounts."""
    return Application(world, TABLES, Authenticator(world).authenticate)


async def bearer(api: httpx.AsyncClient, **more: object) -> dict[str, str]:
    """The headers of somebody who signed in, Ann if nobody else is named."""
    answer = await api.post("/oauth/token", data={**LOGIN, **CLI, **more})
    assert answer.status_code == 200, answer.text
    return {"authorization": f"Bearer {answer.json()['access_token']}"}
