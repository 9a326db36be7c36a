"""Teams, programs and organizations by the `cyan` command."""

import uuid

import httpx
import pytest
from tests.cli.conftest import Cyan


@pytest.fixture
def fleet(ann: Cyan) -> str:
    """The slug of a product of ann's."""
    name = f"Lamps {uuid.uuid4().hex[:6]}"
    made = ann.json("product", "create", name, "--platform", "photon")
    return str(made["slug"])


def test_somebody_is_invited_and_uninvited(ann: Cyan, bob: Cyan, fleet: str) -> None:
    bobs = bob("whoami").strip()
    said = ann("product", "team", "invite", fleet, bobs, "--role", "view-only")
    assert said == f"{bobs} was invited by mail, as View-only.\n"
    people = {
        each["username"]: each for each in ann.json("product", "team", "list", fleet)
    }
    assert people[bobs]["pending"] is True
    table = ann("product", "team", "list", fleet)
    assert "Owner" in table
    assert "View-only" in table
    assert "MEM-1" in bob("product", "info", fleet, code=1)
    assert "no longer in the team" in ann("product", "team", "remove", fleet, bobs)
    assert len(ann.json("product", "team", "list", fleet)) == 1
    said = ann("product", "team", "role", fleet, "nobody@example.com", "owner", code=1)
    assert said


def test_an_api_user_has_one_token_shown_once(ann: Cyan, fleet: str) -> None:
    api_user = ("product", "api-user")
    made = ann.json(*api_user, "create", fleet, "Reporter", "--scope", "devices:list")
    name, first = made["username"], made["tokens"][0]["token"]
    here = {"CYAN_URL": ann.url, "CYAN_TOKEN": first}
    assert "no such devices" in ann("product", "device", "list", fleet, **here)
    assert ann("product", "team", "list", fleet, code=1, **here)
    assert "Reporter" in ann("product", "team", "list", fleet)
    said = ann(*api_user, "token", fleet, name)
    second = said.split()[-1]
    ann("product", "device", "list", fleet, code=4, **here)
    here["CYAN_TOKEN"] = second
    ann("product", "device", "list", fleet, **here)
    changed = ann.json(*api_user, "change", fleet, name, "--scope", "devices:get")
    here["CYAN_TOKEN"] = changed["tokens"][0]["token"]
    assert ann("product", "device", "list", fleet, code=1, **here)
    ann(*api_user, "remove", fleet, name)
    ann("product", "device", "list", fleet, code=4, **here)


def test_a_client_acts_for_its_product(ann: Cyan, fleet: str) -> None:
    made = ann("product", "client", "create", fleet, "Back end")
    assert "shown this once" in made
    secret = made.split()[-1]
    (client,) = ann.json("product", "client", "list", fleet)
    granted = httpx.post(
        f"{ann.url}/oauth/token",
        data={"grant_type": "client_credentials"},
        auth=(client["id"], secret),
    )
    assert granted.status_code == 200, granted.text
    assert "Back end" in ann("product", "client", "list", fleet)
    ann("product", "client", "remove", fleet, client["id"])
    assert "There are no clients." in ann("product", "client", "list", fleet)


def test_an_organization_has_products_and_a_team(ann: Cyan, bob: Cyan) -> None:
    assert "cyan org create" in ann("org", "list")
    acme = ann.json("org", "create", f"Acme {uuid.uuid4().hex[:6]}")["slug"]
    assert acme in ann("org", "list")
    assert acme in ann("org", "info", acme)
    made = ann.json("product", "create", "Doors", "--platform", "6", "--org", acme)
    assert "Doors" in ann("product", "list", "--org", acme)
    assert "has 0 devices" in ann("usage", "--org", acme)
    bobs = bob("whoami").strip()
    ann("product", "team", "invite", acme, bobs, "--org")
    assert bobs in ann("product", "team", "list", acme, "--org")
    assert ann("org", "remove", acme, code=1)
    ann("product", "remove", str(made["id"]))
    assert ann("org", "remove", acme) == f"{acme} is deleted.\n"
