"""Every endpoint is decided by a line of the table of authority, and obeys it."""

import inspect
import itertools
import re
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from tests.support.doors import served
from tests.support.people import a_device_id, an_account
from tests.support.products import a_product, listed

import cyan.services
from cyan.api.application import Application
from cyan.api.routing import Route
from cyan.api.tables import TABLES
from cyan.interfaces import World
from cyan.model.accounts import Actor
from cyan.model.products import TeamMember, TeamRole
from cyan.rules.authority import WHO_MAY, Action, Role
from cyan.services.organizations import create_organization

ROUTES = [route for routes in TABLES for route in routes.table]
OF_TEAMS = [
    route
    for route in ROUTES
    if re.match(r"/v1/(products|orgs)/\{", route.path) and route.scope
]
OPEN = {
    *("GET /healthz", "GET /readyz", "GET /metrics", "GET /openapi.json"),
    *("POST /oauth/token", "POST /v1/users"),
    *("POST /v1/user/password-reset", "PUT /v1/user/password-reset"),
    *("GET /v1/access_tokens", "DELETE /v1/access_tokens/{token}"),
}
"""What needs no token."""

WITHIN = {
    Action.DEVICES_SIGNAL: "PUT /v1/devices/:d is one route",
    Action.PRODUCTS_PLAN: "PUT /v1/products/:p is one route",
    Action.PRODUCTS_HAND_OVER: "POST …/team/:username is one route",
}
"""Actions that are not a route of their own."""

OF_NOBODY_ELSE = {
    *(Action.USER_GET, Action.USER_UPDATE, Action.USER_REMOVE),
    *(Action.TOKENS_LIST, Action.TOKENS_REMOVE),
    *(Action.CLIENTS_LIST, Action.CLIENTS_CREATE),
    *(Action.CLIENTS_UPDATE, Action.CLIENTS_REMOVE),
    *(Action.ORGANIZATIONS_LIST, Action.ORGANIZATIONS_CREATE),
    *(Action.PRODUCTS_LIST, Action.SERIALS_GET, Action.DEVICES_CLAIM),
    *(Action.KEYS_UPLOAD, Action.TRANSFERS_ANSWER, Action.USERS_INVITE),
}
"""Anybody may, about themselves; or a rule of its own decides."""

VALUES = {
    "group": "wave-1",
    "username": "bob@example.com",
    "client": "somebody-1",
    "number": "f" * 24,
    "variable": "temperature",
    "function": "blink",
    "prefix": "temp",
}
BODY = {
    "product": {"name": "Fans", "platform_id": 6, "description": "blue"},
    "id": a_device_id(9),
    "username": "bob@example.com",
    "role": "Developer",
    "friendly_name": "Labels",
    "scopes": ["devices:get"],
    "name": "wave-2",
    "type": "installed",
    "action": "groups",
    "devices": [a_device_id(1)],
    "metadata": {"add": ["wave-2"]},
}


def named(route: Route) -> str:
    return f"{route.method} {route.path}"


def test_every_scope_is_an_action_with_its_line() -> None:
    for route in ROUTES:
        if route.scope is None:
            assert named(route) in OPEN
        else:
            assert Action(route.scope) in WHO_MAY, named(route)


def test_every_action_is_the_scope_of_a_route() -> None:
    scopes = {route.scope for route in ROUTES}
    assert {each for each in Action if each.value not in scopes} == set(WITHIN)


def test_every_action_that_somebody_may_not_is_asked_by_a_use_case() -> None:
    folder = Path(inspect.getfile(cyan.services)).parent
    source = "".join(file.read_text() for file in folder.glob("*.py"))
    asked = {Action[name] for name in re.findall(r"Action\.([A-Z_]+)", source)}
    assert set(Action) - asked == OF_NOBODY_ELSE - asked


@pytest.fixture
async def everybody(world: World) -> dict[str, Actor]:
    """Somebody of each role in a company, and somebody who is not of it."""
    people = {
        role.value: await an_account(world, f"{role.name.lower()}@example.com")
        for role in TeamRole
    }
    people["stranger"] = await an_account(world, "eve@example.com")
    owner = people[TeamRole.OWNER]
    company = await create_organization(world, owner, "Acme")
    pumps = await a_product(world, owner, organization=company.id)
    await listed(world, owner, pumps, 1)
    for role in set(TeamRole) - {TeamRole.OWNER}:
        given = TeamMember(company.id, people[role].account_id, role, world.clock.now())
        await world.store.transact(lambda tx, given=given: tx.teams.set(given))
    return people


@pytest.fixture
async def api(
    world: World, everybody: dict[str, Actor]
) -> AsyncIterator[httpx.AsyncClient]:
    """The whole API; a token is the name of a role."""

    async def authenticate(token: str | None, address: str) -> Actor:
        return everybody[token or ""]

    async with served(Application(world, TABLES, authenticate)) as client:
        yield client


async def ask(
    api: httpx.AsyncClient, route: Route, who: str, *, product: str = "pumps"
) -> httpx.Response:
    company = "acme" if product == "pumps" else product
    owner = product if route.path.startswith("/v1/products/") else company
    values = {
        **VALUES,
        "device": a_device_id(1),
        "product": product,
        "organization": company,
        "owner": owner,
    }
    path = route.path.replace(":path}", "}").format(**values)
    return await api.request(
        route.method,
        path,
        json=BODY if route.body is not None else None,
        headers={"authorization": f"Bearer {who}"},
    )


async def test_a_stranger_hears_the_same_whether_or_not_it_exists(
    api: httpx.AsyncClient,
) -> None:
    for route in OF_TEAMS:
        there = await ask(api, route, "stranger")
        elsewhere = await ask(api, route, "stranger", product="nothing-here")
        assert there.status_code == 403, named(route)
        assert there.json() == elsewhere.json()
        assert there.json()["error"] == "Permission denied"  # the official CLI's word


async def test_a_role_that_does_not_go_so_far_is_told_which_does(
    api: httpx.AsyncClient,
) -> None:
    for route, role in itertools.product(OF_TEAMS, TeamRole):
        line = WHO_MAY[Action(route.scope or "")]
        if Role(role.value) in line.roles:
            continue
        answer = await ask(api, route, role.value)
        assert answer.status_code == 403, (named(route), role)
        told = answer.json()
        assert (told["error"], told["rule"]) == ("unauthorized", line.rule)
        assert str(route.scope) in told["error_description"]
        assert Role.OWNER.value in told["remedy"]
