"""Products, organizations, groups and clients on the wire (REST contract §3)."""

import uuid
from typing import Any

import httpx
import pytest
from tests.support.rest import Fleet, a_fleet, username_of
from tests.support.servers import Server

NOWHERE = "/v1/products/no-such-product"


def a_name() -> str:
    return f"Fans {uuid.uuid4().hex[:8]}"


def make(client: httpx.Client, **product: Any) -> httpx.Response:
    wanted = {"name": a_name(), "platform_id": 6, **product}
    return client.post("/v1/products", json={"product": wanted})


# Products


def test_a_product_is_told_as_clients_expect_it(ann: httpx.Client) -> None:
    name = a_name()
    settings = {"location": {"opt_in": True}}
    answer = make(ann, name=name, description="blue", settings=settings)
    assert answer.status_code == 201
    told = answer.json()["product"]
    assert told.pop("created_at").endswith("Z")
    assert told.pop("id") > 1000
    assert told == {
        "platform_id": 6,
        "name": name,
        "slug": name.lower().replace(" ", "-"),
        "description": "blue",
        "user": username_of(ann),
        "groups": [],
        "settings": {
            "location": {"opt_in": True},
            "known_application": {"opt_in": False},
            "quarantine": True,
            "claiming": "team_and_customers",
        },
        "device_protection": "disabled",
        "plan": "free",
        "device_limit": 0,
        "device_count": 0,
        "quarantined_count": 0,
    }


@pytest.mark.parametrize("path", ["/v1/products", "/v1/user/products"])
def test_products_are_listed_for_their_team_alone(
    ann: httpx.Client, bob: httpx.Client, pumps: Fleet, path: str
) -> None:
    [told] = ann.get(path).json()["products"]
    assert told["id"] == pumps.id
    assert bob.get(path).json() == {"products": []}


@pytest.mark.parametrize("by", ["id", "slug"])
def test_a_product_is_found_by_id_and_slug(pumps: Fleet, by: str) -> None:
    told = pumps.client.get(f"/v1/products/{getattr(pumps, by)}").json()
    assert told["product"]["name"] == pumps.name


@pytest.mark.parametrize(
    ("wrong", "rule"),
    [
        ({"platform_id": 999}, "MEM-2"),
        ({"platform_id": 31}, "MEM-2"),
        ({"platform_id": 2**70}, "MEM-2"),
        ({"id": 6}, "MEM-14"),
        ({"id": 65535}, "MEM-14"),
        ({"id": 2**70}, "MEM-14"),
        ({"name": ""}, "MEM-14"),
        ({"name": "x" * 101}, "MEM-14"),
        ({"name": "two\nlines"}, "MEM-14"),
        ({"description": "x" * 1001}, "MEM-14"),
    ],
)
def test_what_no_product_can_be_is_refused(
    ann: httpx.Client, wrong: dict[str, Any], rule: str
) -> None:
    answer = make(ann, **wrong)
    assert answer.status_code == 400
    told = answer.json()
    assert (told["ok"], told["rule"]) == (False, rule)
    assert told["error"]
    assert told["remedy"]


def test_names_and_ids_are_one_products_on_the_server(
    ann: httpx.Client, bob: httpx.Client, pumps: Fleet
) -> None:
    assert "name" in make(bob, name=pumps.name.upper()).json()["error"]
    assert "never reused" in make(bob, id=pumps.id).json()["error"]


@pytest.mark.parametrize("body", [{}, {"product": {}}, {"product": {"name": "x"}}])
def test_a_product_needs_a_name_and_a_platform(
    ann: httpx.Client, body: dict[str, Any]
) -> None:
    answer = ann.post("/v1/user/products", json=body)
    assert answer.status_code == 400
    assert "platform_id" in answer.json()["error"]


def test_what_is_left_out_stays(pumps: Fleet) -> None:
    settings = {"quarantine": False, "claiming": "anyone"}
    answer = pumps.change(settings=settings, device_protection="active")
    told = answer.json()["product"]
    assert told["settings"]["quarantine"] is False
    assert told["settings"]["claiming"] == "anyone"
    assert told["device_protection"] == "active"
    settings = {"known_application": {"opt_in": True}}
    told = pumps.change(description="red", settings=settings).json()["product"]
    assert (told["name"], told["description"]) == (pumps.name, "red")
    assert told["settings"]["claiming"] == "anyone"
    assert told["settings"]["known_application"] == {"opt_in": True}
    told = pumps.change(device_protection=False).json()["product"]
    assert told["device_protection"] == "disabled"
    assert pumps.change().json()["error"] == "Nothing to do?"


@pytest.mark.parametrize(
    "changes",
    [
        {"settings": {"claiming": "everybody"}},
        {"settings": []},
        {"device_protection": "maybe"},
        {"plan": "gold"},
        {"device_limit": "many"},
        {"name": {}},
    ],
)
def test_changes_that_mean_nothing_are_refused(
    pumps: Fleet, changes: dict[str, Any]
) -> None:
    answer = pumps.change(**changes)
    assert answer.status_code == 400
    assert answer.json()["ok"] is False


def test_a_plan_is_the_operators_to_decide(pumps: Fleet, root: httpx.Client) -> None:
    plan = {"product": {"plan": "block", "device_limit": 2}}
    refused = pumps.client.put(pumps.path, json=plan)
    assert refused.status_code == 403
    assert refused.json()["rule"] == "LIM-4"
    told = root.put(pumps.path, json=plan).json()["product"]
    assert (told["plan"], told["device_limit"]) == ("block", 2)
    for limit in (-1, 10_000_001, 2**70):
        wrong = {"product": {"device_limit": limit}}
        assert root.put(pumps.path, json=wrong).status_code == 400


def test_only_an_empty_product_is_deleted_and_its_id_is_gone(pumps: Fleet) -> None:
    device_id = uuid.uuid4().hex[:24]
    pumps.add(device_id)
    full = pumps.client.delete(pumps.path)
    assert full.status_code == 400
    assert "1 member" in full.json()["error"]
    pumps.client.delete(f"{pumps.devices}/{device_id}").raise_for_status()
    assert pumps.client.delete(pumps.path).status_code == 204
    gone, never = pumps.client.get(pumps.path), pumps.client.get(NOWHERE)
    assert gone.status_code == never.status_code == 403
    assert gone.json() == never.json()
    assert make(pumps.client, id=pumps.id).json()["rule"] == "MEM-14"


# Organizations


def a_company(client: httpx.Client) -> dict[str, str]:
    answer = client.post("/v1/orgs", json={"name": f"Acme {uuid.uuid4().hex[:8]}"})
    assert answer.status_code == 201, answer.text
    return dict(answer.json()["organization"])


def test_an_organization_owns_products(ann: httpx.Client, bob: httpx.Client) -> None:
    company = a_company(ann)
    assert set(company) == {"id", "slug", "name"}
    assert ann.get("/v1/orgs").json() == {"organizations": [company]}
    assert bob.get("/v1/orgs").json() == {"organizations": []}
    path = f"/v1/orgs/{company['slug']}"
    assert ann.get(path).json() == {"organization": company}
    by_id = ann.get(f"/v1/orgs/{company['id']}")
    assert by_id.json() == {"organization": company}
    wanted = {"product": {"name": a_name(), "platform_id": 13}}
    made = ann.post(f"{path}/products", json=wanted).json()["product"]
    assert (made["org"], made["organization_id"]) == (company["name"], company["id"])
    assert "user" not in made
    assert ann.get(f"{path}/products").json() == {"products": [made]}
    assert made in ann.get("/v1/user/products").json()["products"]
    full = ann.delete(path)
    assert (full.status_code, full.json()["rule"]) == (400, "MEM-14")
    ann.delete(f"/v1/products/{made['slug']}").raise_for_status()
    assert ann.delete(path).status_code == 204
    assert ann.get(path).status_code == 403


def test_a_device_of_any_of_its_products_is_told_to_its_team(
    ann: httpx.Client, bob: httpx.Client
) -> None:
    path = f"/v1/orgs/{a_company(ann)['slug']}"
    device_id = uuid.uuid4().hex[:24]
    for ids in ([], [device_id]):
        wanted = {"product": {"name": a_name(), "platform_id": 13}}
        made = ann.post(f"{path}/products", json=wanted).json()["product"]
        if ids:
            ann.post(f"/v1/products/{made['id']}/devices", json={"ids": ids})
    told = ann.get(f"{path}/devices/{device_id}").json()
    assert told == ann.get(f"/v1/products/{made['id']}/devices/{device_id}").json()
    assert (told["id"], told["product_id"]) == (device_id, made["id"])
    unknown = ann.get(f"{path}/devices/{uuid.uuid4().hex[:24]}")
    assert unknown.status_code == 404
    assert "not found" in unknown.json()["error"]
    assert bob.get(f"{path}/devices/{device_id}").status_code == 403
    user = {"friendly_name": "List", "scopes": ["products:list", "devices:get"]}
    program = ann.post(f"{path}/team", json=user).json()["created"]["tokens"][0]
    headers = {"authorization": f"Bearer {program['token']}"}
    assert ann.get(f"{path}/devices/{device_id}", headers=headers).json() == told
    products = ann.get(f"{path}/products", headers=headers).json()["products"]
    assert len(products) == 2


@pytest.mark.parametrize("name", ["", "  ", "x" * 101, "---", "two\nlines"])
def test_what_no_organization_can_be_called_is_refused(
    ann: httpx.Client, name: str
) -> None:
    answer = ann.post("/v1/orgs", json={"name": name})
    assert answer.status_code == 400
    assert answer.json()["rule"] == "MEM-14"


def test_two_organizations_do_not_share_a_name(
    ann: httpx.Client, bob: httpx.Client
) -> None:
    company = a_company(ann)
    answer = bob.post("/v1/orgs", json={"name": company["name"].upper()})
    assert answer.status_code == 400


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_an_organization_exists_for_its_team_alone(
    ann: httpx.Client, bob: httpx.Client, method: str
) -> None:
    company = a_company(ann)
    foreign = bob.request(method, f"/v1/orgs/{company['slug']}")
    unknown = bob.request(method, "/v1/orgs/no-such-company")
    assert foreign.status_code == unknown.status_code == 403
    assert foreign.json() == unknown.json()


# Groups


def test_groups_are_made_found_changed_and_removed(pumps: Fleet) -> None:
    api, path = pumps.client, f"{pumps.path}/groups"
    made = api.post(path, json={"name": "wave-1", "color": "ff0000"})
    assert made.status_code == 201
    assert made.json() == {
        "group": {
            "name": "wave-1",
            "description": "",
            "color": "#FF0000",
            "fw_version": None,
            "device_count": 0,
        }
    }
    api.post(path, json={"name": "spare", "description": "in the shed"})
    assert [g["name"] for g in api.get(path).json()["groups"]] == ["spare", "wave-1"]
    found = api.get(path, params={"name": "wav"}).json()["groups"]
    assert [group["name"] for group in found] == ["wave-1"]
    device_id = uuid.uuid4().hex[:24]
    pumps.add(device_id)
    api.put(f"{pumps.devices}/{device_id}", json={"groups": ["wave-1"]})
    changed = api.put(f"{path}/wave-1", json={"name": "wave-2"}).json()
    assert changed["group"]["name"] == "wave-2"
    assert api.get(f"{path}/wave-2").json()["group"]["device_count"] == 1
    assert api.get(f"{pumps.path}").json()["product"]["groups"] == ["spare", "wave-2"]
    assert api.delete(f"{path}/wave-2").status_code == 204
    assert api.get(f"{pumps.devices}/{device_id}").json()["groups"] == []
    assert api.get(f"{path}/wave-2").status_code == 404


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"name": "Upper"},
        {"name": "x" * 65},
        {"name": "a", "color": "red"},
        {"name": "a", "description": "x" * 1001},
        {"name": "taken"},
    ],
)
def test_what_no_group_can_be_is_refused(pumps: Fleet, wrong: dict[str, str]) -> None:
    path = f"{pumps.path}/groups"
    pumps.client.post(path, json={"name": "taken"}).raise_for_status()
    answer = pumps.client.post(path, json=wrong)
    assert answer.status_code == 400
    assert answer.json()["error"]


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_a_group_that_is_none_is_not_found(pumps: Fleet, method: str) -> None:
    body = {"description": "new"} if method == "PUT" else None
    path = f"{pumps.path}/groups/nothing"
    answer = pumps.client.request(method, path, json=body)
    assert answer.status_code == 404
    assert "nothing" in answer.json()["error"]


def test_many_devices_change_their_groups_at_once_or_none_does(pumps: Fleet) -> None:
    first, second = (uuid.uuid4().hex[:24] for _ in range(2))
    pumps.add(first, second)

    def edit(devices: list[str], **moves: list[str]) -> httpx.Response:
        body = {"action": "groups", "devices": devices, "metadata": moves}
        return pumps.client.put(pumps.devices, json=body)

    assert edit([first, second], add=["new", "all"]).json() == {"ok": True}
    assert edit([first], add=["one"], remove=["new", "never"]).json() == {"ok": True}
    stranger = edit([second, uuid.uuid4().hex[:24]], remove=["all"])
    assert stranger.status_code == 404
    groups = [
        pumps.client.get(f"{pumps.devices}/{each}").json()["groups"]
        for each in (first, second)
    ]
    assert groups == [["all", "one"], ["all", "new"]]
    assert edit([first], add=["No Group"]).status_code == 400
    nothing = pumps.client.put(pumps.devices, json={"action": "dance"})
    assert nothing.status_code == 400
    assert "groups" in nothing.json()["remedy"]


# Clients


def test_a_products_client_gets_a_token_that_acts_for_the_product(
    server: Server, pumps: Fleet
) -> None:
    api, path = pumps.client, f"{pumps.path}/clients"
    made = api.post(path, json={"name": "App", "type": "installed"})
    client = made.json()["client"]
    assert made.json()["ok"] is True
    assert client["product_id"] == pumps.id
    secret = client.pop("secret")
    assert api.get(path).json() == {"clients": [client], "ok": True}
    grant = {"grant_type": "client_credentials"}
    told = httpx.post(
        f"{server.url}/oauth/token", data=grant, auth=(client["id"], secret)
    )
    assert told.status_code == 200, told.text
    bearer = {"authorization": f"Bearer {told.json()['access_token']}"}
    with httpx.Client(base_url=server.url, headers=bearer) as program:
        assert program.get(pumps.devices).json()["devices"] == []
        assert program.get(f"{a_fleet(api).path}/devices").status_code == 403
        forbidden = program.post("/v1/user/products", json={"product": {}})
        assert forbidden.status_code == 400
        assert forbidden.json()["error"] == "unauthorized"
        changed = api.put(f"{path}/{client['id']}", json={"name": "Apps"}).json()
        assert changed["client"]["name"] == "Apps"
        assert api.delete(f"{path}/{client['id']}").status_code == 204
        assert program.get(pumps.devices).status_code == 401
    assert api.delete(f"{path}/{client['id']}").status_code == 404


@pytest.mark.parametrize(
    "wrong", [{}, {"name": "App"}, {"name": "App", "type": "web"}, {"type": "x"}]
)
def test_what_no_client_can_be_is_refused(pumps: Fleet, wrong: dict[str, str]) -> None:
    answer = pumps.client.post(f"{pumps.path}/clients", json=wrong)
    assert answer.status_code == 400
    assert answer.json()["error"]
