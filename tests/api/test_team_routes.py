"""Teams and API users on the wire (REST contract §1.5, §3.6)."""

import uuid
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from tests.support.rest import Fleet, a_fleet, as_account, join, username_of
from tests.support.servers import Server

SCOPES = ["devices:list", "devices:import"]
Open = Callable[[str], httpx.Client]


def an_address() -> str:
    return f"{uuid.uuid4().hex[:10]}@example.com"


@pytest.fixture(params=["product", "organization"])
def team(request: pytest.FixtureRequest, ann: httpx.Client) -> str:
    """The address of a team of Ann's."""
    if request.param == "product":
        return f"{a_fleet(ann).path}/team"
    company = ann.post("/v1/orgs", json={"name": f"Acme {uuid.uuid4().hex[:8]}"})
    return f"/v1/orgs/{company.json()['organization']['slug']}/team"


@pytest.fixture
def open_as(server: Server) -> Iterator[Open]:
    """A client of a token's."""
    opened = []

    def client(token: str) -> httpx.Client:
        headers = {"authorization": f"Bearer {token}"}
        opened.append(httpx.Client(base_url=server.url, headers=headers, timeout=40))
        return opened[-1]

    yield client
    for each in opened:
        each.close()


def mates(client: httpx.Client, team: str) -> dict[str, dict[str, Any]]:
    told = client.get(team).json()
    assert told["ok"] is True
    return {each["username"]: each for each in told["team"]}


def invite(client: httpx.Client, team: str, username: str, **more: str) -> None:
    answer = client.post(team, json={"username": username, **more})
    assert answer.json() == {"ok": True, "invited": {"username": username}}


def an_api_user(client: httpx.Client, team: str) -> tuple[str, str]:
    """Its username and its token."""
    wish = {"friendly_name": "Line 4", "scopes": SCOPES}
    answer = client.post(team, json=wish)
    assert answer.status_code == 200, answer.text
    made = answer.json()["created"]
    [token] = made["tokens"]
    return made["username"], token["token"]


def test_who_makes_it_is_its_owner(ann: httpx.Client, team: str) -> None:
    name = username_of(ann)
    told = mates(ann, team)[name]
    assert told.pop("_id")
    assert told == {
        "username": name,
        "is_programmatic": False,
        "role": {"id": "owner", "name": "Owner"},
        "no_mfa": True,
    }


def test_somebody_joins_by_the_mail_changes_roles_and_leaves(
    server: Server, ann: httpx.Client, bob: httpx.Client, team: str
) -> None:
    name = username_of(bob)
    invite(ann, team, name)
    waiting = mates(ann, team)[name]
    assert (waiting["pending"], waiting["role"]["name"]) == (True, "Developer")
    assert bob.get(team).status_code == 403, "an invitation is no role"
    join(server, name)
    assert "pending" not in mates(bob, team)[name]
    again = ann.post(team, json={"username": name})
    assert (again.status_code, again.json()["ok"]) == (400, False)
    changed = ann.post(f"{team}/{name}", json={"role": "View-only"}).json()
    assert changed["ok"] is True
    assert changed["updated"]["role"]["name"] == "View-only"
    refused = bob.post(f"{team}/{name}", json={"role": "Administrator"})
    assert refused.status_code == 403
    assert refused.json()["error"] == "unauthorized"
    assert bob.delete(f"{team}/{name}").json() == {"ok": True}, "everybody may leave"
    assert bob.get(team).status_code == 403


def test_an_invitation_is_taken_back(ann: httpx.Client, team: str) -> None:
    name = an_address()
    invite(ann, team, name, role="Support")
    assert ann.delete(f"{team}/{name}").json() == {"ok": True}
    assert name not in mates(ann, team)
    gone = ann.delete(f"{team}/{name}")
    assert (gone.status_code, gone.json()["ok"]) == (404, False)


def test_a_team_is_handed_over_by_its_owner_alone(
    server: Server, ann: httpx.Client, bob: httpx.Client, team: str
) -> None:
    first, second = username_of(ann), username_of(bob)
    invite(ann, team, second, role="Administrator")
    join(server, second)
    for username, role in ((first, "Developer"), (second, "Owner")):
        refused = bob.post(f"{team}/{username}", json={"role": role})
        assert refused.status_code in (400, 403)
    assert ann.delete(f"{team}/{first}").json()["rule"] == "UNC-7"
    handed = ann.post(f"{team}/{second}", json={"role": "Owner"}).json()
    assert handed["updated"]["role"]["name"] == "Owner"
    roles = {name: mate["role"]["name"] for name, mate in mates(ann, team).items()}
    assert roles == {first: "Administrator", second: "Owner"}


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"role": "Developer"},
        {"username": "no address"},
        {"username": "x@example.com", "role": "King"},
        {"username": "x@example.com", "role": "Owner"},
        {"friendly_name": "Line 4"},
        {"friendly_name": "Line 4", "scopes": []},
        {"friendly_name": "Line 4", "scopes": ["devices:everything"]},
        {"friendly_name": "", "scopes": SCOPES},
        {"scopes": SCOPES},
    ],
    ids=str,
)
def test_what_nobody_can_be_invited_as_is_refused(
    pumps: Fleet, wrong: dict[str, Any]
) -> None:
    answer = pumps.client.post(f"{pumps.path}/team", json=wrong)
    assert answer.status_code == 400
    assert answer.json()["error"]


@pytest.mark.parametrize("body", [{}, {"role": None}, {"role": "King"}])
def test_a_change_needs_a_role(pumps: Fleet, body: dict[str, Any]) -> None:
    path = f"{pumps.path}/team/somebody@example.com"
    assert pumps.client.post(path, json=body).status_code == 400


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "{}", {"role": "Support"}),
        ("DELETE", "{}", None),
        ("PUT", "{}", {"friendly_name": "x"}),
        ("PUT", "{}/token", None),
        ("POST", "{}/token", None),
    ],
)
@pytest.mark.parametrize("name", ["eve@example.com", "line+0@api.particle.io"])
def test_who_is_not_on_the_team_is_not_found(
    pumps: Fleet, name: str, method: str, path: str, body: dict[str, str] | None
) -> None:
    wanted = f"{pumps.path}/team/{path.format(name)}"
    answer = pumps.client.request(method, wanted, json=body)
    assert answer.status_code == 404
    assert answer.json()["rule"] == "MEM-1"


def test_an_api_user_has_one_token_at_a_time(
    ann: httpx.Client, team: str, open_as: Open
) -> None:
    name, first = an_api_user(ann, team)
    assert name.startswith("line-4+")
    assert name.endswith("@api.particle.io")
    told = mates(ann, team)[name]
    assert (told["is_programmatic"], told["scopes"]) == (True, SCOPES)
    assert told["friendly_name"] == "Line 4"
    assert "token" not in str(told)
    assert ("product_id" in told) == team.startswith("/v1/products/")
    program = open_as(first)
    assert program.get("/v1/user/products").status_code == 400
    tokens = [first]
    for method, path, body in (
        ("PUT", name, {"scopes": ["products:list"]}),
        ("PUT", f"{name}/token", None),
        ("POST", f"{name}/token", None),
    ):
        changed = ann.request(method, f"{team}/{path}", json=body).json()
        assert changed["ok"] is True
        [token] = changed["updated"]["tokens"]
        assert open_as(tokens[-1]).get("/v1/user/products").status_code == 401
        tokens.append(token["token"])
        assert open_as(tokens[-1]).get("/v1/user/products").status_code == 200
    assert ann.delete(f"{team}/{name}").json() == {"ok": True}
    assert open_as(tokens[-1]).get("/v1/user/products").status_code == 401
    assert name not in mates(ann, team)


def test_an_api_user_may_what_its_scopes_say_in_its_product(
    pumps: Fleet, open_as: Open
) -> None:
    name, token = an_api_user(pumps.client, f"{pumps.path}/team")
    program = open_as(token)
    device_id = uuid.uuid4().hex[:24]
    told = program.post(pumps.devices, json={"id": device_id}).json()
    assert (told["updated"], told["import"]["by"]) == (1, name)
    assert len(program.get(pumps.devices).json()["devices"]) == 1
    lacking = program.delete(f"{pumps.devices}/{device_id}")
    assert lacking.status_code == 400
    assert lacking.json()["error"] == "unauthorized"
    assert "devices:remove" in lacking.json()["error_description"]
    person = program.post("/v1/devices", json={"id": device_id})
    assert person.status_code == 400
    assert "API users" in person.json()["error_description"]
    elsewhere = program.get(f"{a_fleet(pumps.client).path}/devices")
    assert elsewhere.status_code == 403


def test_an_organizations_team_runs_all_its_products(
    server: Server, ann: httpx.Client, bob: httpx.Client, open_as: Open
) -> None:
    made = ann.post("/v1/orgs", json={"name": f"Acme {uuid.uuid4().hex[:8]}"})
    path = f"/v1/orgs/{made.json()['organization']['slug']}"
    wanted = {"name": f"Fans {uuid.uuid4().hex[:8]}", "platform_id": 6}
    product = ann.post(f"{path}/products", json={"product": wanted}).json()["product"]
    invite(ann, f"{path}/team", username_of(bob), role="Support")
    join(server, username_of(bob))
    devices = f"/v1/products/{product['id']}/devices"
    assert bob.get(devices).status_code == 200
    assert bob.post(devices, json={"id": "x"}).status_code == 403
    _, token = an_api_user(ann, f"{path}/team")
    assert open_as(token).get(devices).status_code == 200


def test_an_owner_of_a_product_does_not_delete_the_account(
    server: Server, pumps: Fleet
) -> None:
    name = username_of(pumps.client)
    body = {"password": "correct horse battery"}
    refused = pumps.client.request("DELETE", "/v1/user", json=body)
    assert (refused.status_code, refused.json()["rule"]) == (400, "UNC-7")
    pumps.client.delete(pumps.path).raise_for_status()
    assert pumps.client.request("DELETE", "/v1/user", json=body).status_code < 300
    with as_account(server, server.set_up_account) as root:
        assert name not in root.get("/v1/user").text
