"""OAuth clients of one's own, as clients see them (REST contract §1.4)."""

import re

import httpx
import pytest
from tests.support.account_doors import ANN, BOB, bearer
from tests.support.sign_ins import a_person

from cyan.interfaces import World


async def test_a_client_of_ones_own_from_making_to_removing(api) -> None:
    auth = await bearer(api)
    body = {"name": "My Web App", "type": "web", "redirect_uri": "https://x.example/cb"}
    made = (await api.post("/v1/clients", json=body, headers=auth)).json()
    client = made["client"]
    assert made["ok"] is True
    assert re.fullmatch(r"my-web-app-\d+", client["id"])
    assert re.fullmatch(r"[0-9a-f]{40}", client["secret"])
    assert (client["type"], client["redirect_uri"]) == ("web", "https://x.example/cb")

    grant = {"grant_type": "client_credentials"}
    basic = (client["id"], client["secret"])
    token = (await api.post("/oauth/token", data=grant, auth=basic)).json()
    acting = {"authorization": f"Bearer {token['access_token']}"}
    assert (await api.get("/v1/user", headers=acting)).json()["username"] == ANN

    path = f"/v1/clients/{client['id']}"
    change = {"name": "Other", "scope": "*:*"}
    changed = (await api.put(path, json=change, headers=auth)).json()["client"]
    assert (changed["name"], changed["scope"]) == ("Other", "*:*")
    assert "secret" not in changed
    cleared = await api.put(path, json={"scope": "none"}, headers=auth)
    assert "scope" not in cleared.json()["client"]
    listed = (await api.get("/v1/clients", headers=auth)).json()
    assert listed == {"ok": True, "clients": [cleared.json()["client"]]}

    removed = await api.delete(path, headers=auth)
    assert (removed.status_code, removed.content) == (204, b"")
    assert (await api.get("/v1/user", headers=acting)).status_code == 401
    assert (await api.delete(path, headers=auth)).status_code == 404


@pytest.mark.parametrize(
    "body",
    [
        {"type": "installed"},
        {"name": "x"},
        {"name": "", "type": "installed"},
        {"name": "x" * 101, "type": "installed"},
        {"name": "x", "type": "desktop"},
        {"name": "x", "type": "web"},
        {"name": "x", "type": "web", "redirect_uri": "javascript:alert(1)"},
        {"name": "x", "type": "web", "redirect_uri": "https://[bad"},
        {"name": "x", "type": "installed", "scope": "devices:list"},
    ],
)
async def test_an_unusable_client_is_refused(api: httpx.AsyncClient, body) -> None:
    auth = await bearer(api)
    answer = await api.post("/v1/clients", json=body, headers=auth)
    assert (answer.status_code, answer.json()["ok"]) == (400, False)
    assert (await api.get("/v1/clients", headers=auth)).json()["clients"] == []


async def test_nobody_touches_another_accounts_client(api, world: World) -> None:
    await a_person(world, BOB)
    anns, bobs = await bearer(api), await bearer(api, username=BOB)
    body = {"name": "x", "type": "installed"}
    client = (await api.post("/v1/clients", json=body, headers=anns)).json()["client"]
    path = f"/v1/clients/{client['id']}"
    assert (await api.put(path, json={}, headers=bobs)).status_code == 404
    assert (await api.delete(path, headers=bobs)).status_code == 404
    assert (await api.get("/v1/clients", headers=bobs)).json()["clients"] == []
