"""/openapi.json is valid, complete, and true of a running server."""

import json
import uuid

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from openapi_spec_validator import validate
from schemathesis import Case
from schemathesis.specs.openapi import checks
from tests.support.rest import somebody
from tests.support.servers import Server
from tools.reference import openapi_page

from cyan.api.tables import TABLES

described = json.loads(openapi_page())
STREAMS = "^hear_"
"""They do not end: test_event_streams.py, test_product_events.py."""

ELSEWHERE = ["end_all_tokens", "end_current_token", "delete_user", "change_user"]
"""They would end the token of this test: test_signing_in_routes.py."""

schema = (
    schemathesis.openapi.from_dict(described)
    .exclude(operation_id=ELSEWHERE)
    .exclude(operation_id_regex=STREAMS)
)
NOT_MEANT = [
    checks.unsupported_method,  # it asks for 405 with TRACE, which uvicorn answers
    checks.ignored_auth,  # tests/api/test_wire_rules.py does
    checks.positive_data_acceptance,  # well-formed is not yet allowed
    checks.missing_required_header,  # 400, as Particle answers, not 401
    checks.negative_data_rejection,  # forms are lax: texts become numbers
]


def test_it_is_valid_openapi_and_the_one_that_is_documented(server: Server) -> None:
    served = httpx.get(f"{server.url}/openapi.json").json()
    validate(served)
    assert served == described


def test_every_route_is_in_it() -> None:
    for routes in TABLES:
        for route in routes.table:
            path = route.path.replace(":path}", "}")
            assert route.method.lower() in described["paths"][path]


@pytest.fixture(scope="session")
def token(server: Server) -> str:
    """Somebody whose account may come to harm."""
    return somebody(server).token


@pytest.fixture(scope="session")
def known(server: Server, token: str) -> dict[str, str]:
    """A company and a product of that account, neither of which is empty."""
    headers = {"authorization": f"Bearer {token}"}
    with httpx.Client(base_url=server.url, headers=headers) as client:
        company = client.post("/v1/orgs", json={"name": f"Fuzz {uuid.uuid4().hex}"})
        organization = company.json()["organization"]["id"]
        wanted = {"name": f"Fuzz {uuid.uuid4().hex}", "platform_id": 6}
        path = f"/v1/orgs/{organization}/products"
        made = client.post(path, json={"product": wanted}).json()["product"]
        member = {"id": uuid.uuid4().hex[:24]}
        client.post(f"/v1/products/{made['id']}/devices", json=member)
    return {"organization": organization, "product": str(made["id"])}


@schema.parametrize()
@settings(
    max_examples=25,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_the_server_does_what_it_says(
    case: Case, server: Server, token: str, known: dict[str, str]
) -> None:
    team = "product" if case.path.startswith("/v1/products/") else "organization"
    there = {**known, "owner": known[team]}
    for name in case.path_parameters.keys() & there.keys():
        case.path_parameters[name] = there[name]
    case.call_and_validate(
        base_url=server.url,
        headers={"authorization": f"Bearer {token}"},
        excluded_checks=NOT_MEANT,
        timeout=30,
    )
