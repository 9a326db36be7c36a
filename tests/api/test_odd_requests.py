"""Odd requests: taken as they are meant, or refused with a remedy."""

import uuid
from typing import Any

import httpx
import pytest
from tests.support.rest import Fleet

FORM = {"content-type": "application/x-www-form-urlencoded"}


@pytest.mark.parametrize(
    ("content", "groups"),
    [
        ("groups[]=a&groups[]=b", ["a", "b"]),
        ("groups=a&groups=b", ["a", "b"]),
        ("groups[0]=a&groups[1]=b", ["a", "b"]),
        ("groups=a", ["a"]),
        ("0=x&groups=a", ["a"]),
        ("groups=", []),
        ("groups[]=", []),
    ],
)
def test_a_form_says_a_list_in_all_ways_of_qs(
    pumps: Fleet, content: str, groups: list[str]
) -> None:
    device_id = uuid.uuid4().hex[:24]
    pumps.add(device_id)
    path = f"{pumps.devices}/{device_id}"
    pumps.client.put(path, json={"groups": ["before"]}).raise_for_status()
    answer = pumps.client.put(path, content=content, headers=FORM)
    assert answer.status_code == 200, answer.text
    assert pumps.client.get(path).json()["groups"] == groups


@pytest.mark.parametrize(
    "body",
    [
        {"action": "groups", "devices": ["x"]},
        {"action": "groups", "devices": ["x"], "metadata": {"add": [], "remove": []}},
        {"action": "groups", "devices": [], "metadata": {"add": ["a"]}},
        {"devices": ["x"], "metadata": {"add": ["a"]}},
    ],
)
def test_a_change_of_many_devices_changes_something(
    pumps: Fleet, body: dict[str, Any]
) -> None:
    answer = pumps.client.put(pumps.devices, json=body)
    assert answer.status_code == 400
    assert "metadata" in answer.json()["remedy"]


def test_a_change_without_anything_draws_no_new_token(pumps: Fleet) -> None:
    wish = {"friendly_name": "Line 4", "scopes": ["devices:list"]}
    made = pumps.client.post(f"{pumps.path}/team", json=wish).json()["created"]
    path = f"{pumps.path}/team/{made['username']}"
    answer = pumps.client.put(path, json={})
    assert (answer.status_code, answer.json()["ok"]) == (400, False)
    assert "/token" in answer.json()["remedy"]
    bearer = {"authorization": f"Bearer {made['tokens'][0]['token']}"}
    url = pumps.client.base_url
    told = httpx.get(f"{url}{pumps.devices}", headers=bearer)
    assert told.status_code == 200, "its token is good still"


@pytest.mark.parametrize("role", ["Support", "support", "SUPPORT"])
def test_a_role_may_be_given_by_its_id(pumps: Fleet, role: str) -> None:
    username = f"{uuid.uuid4().hex[:8]}@example.com"
    body = {"username": username, "role": role}
    assert pumps.client.post(f"{pumps.path}/team", json=body).status_code == 200
    team = pumps.client.get(f"{pumps.path}/team").json()["team"]
    [mate] = [each for each in team if each["username"] == username]
    assert mate["role"] == {"id": "support", "name": "Support"}


def test_who_was_only_invited_has_no_role_to_change(pumps: Fleet) -> None:
    username = f"{uuid.uuid4().hex[:8]}@example.com"
    pumps.client.post(f"{pumps.path}/team", json={"username": username})
    answer = pumps.client.post(
        f"{pumps.path}/team/{username}", json={"role": "Support"}
    )
    assert answer.status_code == 404
    assert "invited again" in answer.json()["remedy"]


def test_what_only_the_operator_may_sends_nobody_to_an_administrator(
    pumps: Fleet,
) -> None:
    body = {"product": {"plan": "block", "device_limit": 5}}
    answer = pumps.client.put(pumps.path, json=body)
    assert answer.status_code == 403
    assert answer.json()["remedy"] == "Only the operator of this server may: ask them."


@pytest.mark.parametrize(
    "content",
    [b'{"name": "\xff"}', b'{"a":' * 50_000],
    ids=["no UTF-8", "nested"],
)
def test_json_that_cannot_be_read_is_refused_in_words(
    pumps: Fleet, content: bytes
) -> None:
    headers = {"content-type": "application/json"}
    answer = pumps.client.post(f"{pumps.path}/groups", content=content, headers=headers)
    assert answer.status_code == 400
    assert "codec" not in answer.json()["error"]
    assert "recursion" not in answer.json()["error"]


def test_one_member_is_one_member(pumps: Fleet) -> None:
    pumps.add(uuid.uuid4().hex[:24])
    answer = pumps.client.delete(pumps.path)
    assert answer.json()["error"] == "The product still has 1 member."
