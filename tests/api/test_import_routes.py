"""Imports on the wire: JSON, files, lines, dry runs and undoing (contract §3.2)."""

import io
import json
import uuid
from typing import Any

import httpx
import pytest
from tests.support.rest import Fleet, username_of

MALFORMED = "WAT"
LONG = 1_500
"""More than one transaction takes: the jobs work on it."""


def an_id() -> str:
    return uuid.uuid4().hex[:24]


def send(fleet: Fleet, text: str | bytes, **fields: str) -> httpx.Response:
    """A file as the official CLI sends it: a part `file`, called `file`."""
    files = {"file": ("file", text)}
    return fleet.client.post(fleet.devices, files=files, data=fields)


def until(fleet: Fleet, import_id: str, state: str) -> dict[str, Any]:
    """Look at an import until it is so far; each look takes its time."""
    for _ in range(3000):
        told = fleet.client.get(f"{fleet.path}/imports/{import_id}").json()["import"]
        if told["state"] == state:
            return dict(told)
    raise AssertionError(f"it is {told['state']} and never {state}")


def test_an_import_answers_what_clients_look_for(pumps: Fleet) -> None:
    device_id = an_id()
    answer = pumps.client.post(pumps.devices, json={"id": device_id})
    assert answer.status_code == 200
    told = answer.json()
    record = told.pop("import")
    assert told == {
        "ok": True,
        "updated": 1,
        "updatedDeviceIds": [device_id],
        "existingDeviceIds": [],
        "nonmemberDeviceIds": [],
        "invalidDeviceIds": [],
        "protectedDeviceIds": [],
    }
    assert record.pop("id")
    assert record.pop("created_at") <= record.pop("finished_at")
    assert record == {
        "product_id": pumps.id,
        "by": username_of(pumps.client),
        "state": "done",
        "dry_run": False,
        "lines": 1,
        "done": 1,
        "counts": {"added": 1},
        "refusal": None,
        "effect": {"plan": "free", "count": 0, "adds": 1, "limit": 100},
    }


def test_identifiers_come_back_as_they_were_sent(pumps: Fleet) -> None:
    device_id = an_id()
    told = pumps.add(device_id.upper(), MALFORMED)
    assert told["updatedDeviceIds"] == [device_id.upper()]
    assert told["invalidDeviceIds"] == [MALFORMED]
    again = pumps.add(device_id)
    assert (again["updated"], again["existingDeviceIds"]) == (0, [device_id])
    nothing = pumps.add(MALFORMED)
    assert (nothing["ok"], nothing["updated"]) == (True, 0)


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("head", ["", "\ufeff", "Device ID\n", "\n\n"])
def test_a_file_has_an_identifier_a_line(pumps: Fleet, newline: str, head: str) -> None:
    ids = [an_id(), an_id()]
    told = send(pumps, head + newline.join(ids) + newline).json()
    assert told["updatedDeviceIds"] == ids
    assert told["invalidDeviceIds"] == []


def test_what_is_no_text_in_a_file_is_no_identifier(pumps: Fleet) -> None:
    device_id = an_id()
    file = device_id.encode() + b"\n\xff\xfe\x00\n" + 1000 * b"x" + b"\n"
    told = send(pumps, file).json()
    assert told["updatedDeviceIds"] == [device_id]
    assert len(told["invalidDeviceIds"]) == 2
    assert max(len(each) for each in told["invalidDeviceIds"]) <= 200


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_what_a_spreadsheet_calls_unicode_text_is_read(
    pumps: Fleet, encoding: str
) -> None:
    device_id = an_id()
    text = f"\ufeffName\tDevice ID\r\nHall ☃\t{device_id}\r\n"
    told = send(pumps, text.encode(encoding)).json()
    assert (told["updatedDeviceIds"], told["invalidDeviceIds"]) == ([device_id], [])


@pytest.mark.parametrize("head", [b"PK\3\4", b"\xd0\xcf\x11\xe0", b"%PDF"])
def test_a_file_that_is_no_text_is_refused(pumps: Fleet, head: bytes) -> None:
    answer = send(pumps, head + b"\0\n" * 100)
    assert (answer.status_code, answer.json()["rule"]) == (400, "MEM-4")
    assert "CSV" in answer.json()["remedy"]


def test_a_form_has_one_file(pumps: Fleet) -> None:
    files = [("file", ("a", an_id())), ("file", ("b", an_id()))]
    answer = pumps.client.post(pumps.devices, files=files)
    assert answer.status_code == 400
    assert "one file" in answer.json()["error"]
    elsewhere = pumps.client.post(pumps.devices, files={"list": ("a", an_id())})
    assert "part called `file`" in elsewhere.json()["remedy"]


def test_a_file_and_its_switches_come_in_one_form(pumps: Fleet) -> None:
    fields = {"dry_run": "true", "lines": "true", "import_sims": "false"}
    told = send(pumps, an_id(), **fields).json()
    assert told["import"]["dry_run"] is True
    assert len(told["lines"]) == 1


@pytest.mark.parametrize("place", ["body", "query"])
def test_a_dry_run_tells_the_same_and_changes_nothing(pumps: Fleet, place: str) -> None:
    device_id = an_id()
    body: dict[str, Any] = {"ids": [device_id, MALFORMED]}
    query = {"dry_run": "true"} if place == "query" else {}
    body |= {"dry_run": True} if place == "body" else {}
    told = pumps.client.post(pumps.devices, json=body, params=query).json()
    assert told["updatedDeviceIds"] == [device_id]
    assert told["import"]["effect"]["adds"] == 1
    assert pumps.client.get(pumps.devices).json()["devices"] == []


def test_each_line_is_told_with_its_rule_and_remedy(pumps: Fleet) -> None:
    device_id = an_id()
    good, bad = pumps.add(device_id, MALFORMED, lines=True)["lines"]
    assert (good["line"], good["outcome"]) == (1, "added")
    assert (good["identifier"], good["device_id"]) == (device_id, device_id)
    assert (bad["line"], bad["outcome"], bad["device_id"]) == (2, "invalid", None)
    assert bad["rule"] == "MEM-4"
    assert bad["reason"]
    assert bad["remedy"]


@pytest.mark.parametrize(
    "body",
    [{}, {"ids": []}, {"ids": None}, {"id": None}],
    ids=str,
)
def test_nothing_to_import_is_refused(pumps: Fleet, body: dict[str, Any]) -> None:
    answer = pumps.client.post(pumps.devices, json=body)
    assert answer.status_code == 400
    assert answer.json()["ok"] is False
    assert answer.json()["rule"] == "MEM-4"


@pytest.mark.parametrize("text", ["", "\n \n", "\ufeff"])
def test_an_empty_file_is_refused(pumps: Fleet, text: str) -> None:
    answer = send(pumps, text)
    assert answer.status_code == 400
    assert answer.json()["error"] == "There is no identifier in it."


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"{", "application/json"),
        (b'{"ids": "x"}', "application/json"),
        (b'{"ids": [1]}', "application/json"),
        (b'{"id": "%s"}' % (b"x" * 201), "application/json"),
        (b'{"file": "x"}', "application/json"),
        (b'{"dry_run": "maybe", "id": "x"}', "application/json"),
        (b"--x\r\nbroken", "multipart/form-data; boundary=x"),
        (b"no boundary", "multipart/form-data"),
        (b"0123456789abcdef01234567", "text/plain"),
    ],
    ids=lambda value: repr(value)[:30],
)
def test_a_broken_body_is_refused_and_imports_nothing(
    pumps: Fleet, content: bytes, kind: str
) -> None:
    headers = {"content-type": kind}
    answer = pumps.client.post(pumps.devices, content=content, headers=headers)
    assert answer.status_code in (400, 415)
    assert answer.json()["error"]
    assert pumps.client.get(f"{pumps.path}/imports").json() == {"imports": []}


def test_json_is_capped_where_a_file_may_be_larger(pumps: Fleet) -> None:
    blank = (" " * 99 + "\n") * ((17 << 20) // 100)
    assert send(pumps, f"{blank}{an_id()}").json()["updated"] == 1
    body = json.dumps({"ids": [an_id()], "comment": "x" * (16 << 20)})
    headers = {"content-type": "application/json"}
    answer = pumps.client.post(pumps.devices, content=body, headers=headers)
    assert answer.status_code == 413
    assert "16,777,216" in answer.json()["error"]
    assert "A file may be larger" in answer.json()["error"]


def test_a_field_of_a_form_is_no_file(pumps: Fleet) -> None:
    answer = send(pumps, an_id(), claim_user="x" * 70_000)
    assert answer.status_code == 400
    assert "maximum size" in answer.json()["error"]


def test_a_list_that_would_pass_the_limit_is_refused_as_a_whole(
    pumps: Fleet, root: httpx.Client
) -> None:
    plan = {"product": {"plan": "block", "device_limit": 2}}
    root.put(pumps.path, json=plan).raise_for_status()
    ids = [an_id() for _ in range(3)]
    answer = pumps.client.post(pumps.devices, json={"ids": ids})
    assert answer.status_code == 403  # LIM-5
    told = answer.json()
    assert (told["rule"], told["count"], told["limit"]) == ("LIM-5", 0, 2)
    assert pumps.client.get(pumps.devices).json()["meta"]["total"] == 0
    assert pumps.add(*ids[:2])["updated"] == 2
    assert pumps.add(*ids[:2])["existingDeviceIds"] == ids[:2], "it adds nothing"


def test_a_device_can_be_claimed_for_somebody_of_the_team_alone(
    pumps: Fleet, bob: httpx.Client
) -> None:
    ann = username_of(pumps.client)
    device_id = an_id()
    pumps.add(device_id, claim_user=ann)
    told = pumps.client.get(f"{pumps.devices}/{device_id}").json()
    assert told["owner"] == ann
    body = {"id": an_id(), "claim_user": username_of(bob)}
    answer = pumps.client.post(pumps.devices, json=body)
    assert (answer.status_code, answer.json()["rule"]) == (400, "CLM-4")
    by_query = {"claim_user": "nobody@example.com"}
    answer = pumps.client.post(pumps.devices, json={"id": an_id()}, params=by_query)
    assert answer.status_code == 400


def test_what_an_outsider_owns_is_not_taken(
    pumps: Fleet, bob: httpx.Client, owned: str
) -> None:
    told = pumps.add(owned, lines=True)
    assert told["nonmemberDeviceIds"] == [owned]
    assert told["lines"][0]["rule"] == "MEM-3"


def test_a_list_that_takes_long_goes_on_in_the_background(
    pumps: Fleet, root: httpx.Client
) -> None:
    plan = {"product": {"plan": "block", "device_limit": 2 * LONG}}
    root.put(pumps.path, json=plan).raise_for_status()
    ids = [an_id() for _ in range(LONG)]
    answer = send(pumps, "\n".join([*ids, MALFORMED]), background="true")
    assert answer.status_code == 202
    assert answer.json()["ok"] is True
    record = until(pumps, answer.json()["import"]["id"], "done")
    assert record["done"] == LONG + 1
    assert record["counts"] == {"added": LONG, "invalid": 1}
    [listed] = pumps.client.get(f"{pumps.path}/imports").json()["imports"]
    assert listed == record
    path = f"{pumps.path}/imports/{record['id']}"
    page = {"after": LONG - 2, "limit": 1}
    [line] = pumps.client.get(f"{path}/lines", params=page).json()["lines"]
    assert (line["line"], line["identifier"]) == (LONG, ids[-1])
    undone = pumps.client.post(f"{path}/undo")
    assert undone.status_code == 202
    assert undone.json()["ok"] is True
    until(pumps, record["id"], "undone")
    assert pumps.client.get(pumps.path).json()["product"]["device_count"] == 0


def test_a_long_list_is_answered_as_a_short_one(
    pumps: Fleet, root: httpx.Client
) -> None:
    plan = {"product": {"plan": "block", "device_limit": 2 * LONG}}
    root.put(pumps.path, json=plan).raise_for_status()
    ids = [an_id() for _ in range(LONG)]
    told = pumps.add(*ids, lines=True)
    assert (told["updated"], told["updatedDeviceIds"]) == (LONG, ids)
    assert [each["line"] for each in told["lines"]] == list(range(1, LONG + 1))


def test_a_dry_run_and_what_is_undone_cannot_be_undone(pumps: Fleet) -> None:
    record = pumps.add(an_id(), dry_run=True)["import"]
    answer = pumps.client.post(f"{pumps.path}/imports/{record['id']}/undo")
    assert answer.status_code == 400
    assert "dry run" in answer.json()["error"]


@pytest.mark.parametrize("what", ["", "/lines", "/undo"])
def test_an_import_is_found_in_its_product_alone(pumps: Fleet, what: str) -> None:
    method = "POST" if what == "/undo" else "GET"
    path = f"{pumps.path}/imports/{'f' * 24}{what}"
    answer = pumps.client.request(method, path)
    assert answer.status_code == 404
    assert answer.json()["ok"] is False


@pytest.mark.parametrize(
    "page", [{"after": -2}, {"after": 2**31}, {"limit": 0}, {"limit": 2001}]
)
def test_pages_of_lines_have_bounds(pumps: Fleet, page: dict[str, int]) -> None:
    record = pumps.add(an_id())["import"]
    path = f"{pumps.path}/imports/{record['id']}/lines"
    assert pumps.client.get(path, params=page).status_code == 400


def test_a_stranger_imports_nothing_and_hears_of_no_product(
    pumps: Fleet, bob: httpx.Client
) -> None:
    device_id = an_id()
    file = {"file": ("file", io.BytesIO(device_id.encode()))}
    answer = bob.post(pumps.devices, files=file)
    assert answer.status_code == 403
    assert "Permission denied" in answer.text  # the official CLI's word
    elsewhere = bob.post("/v1/products/nothing/devices", json={"id": device_id})
    assert elsewhere.json() == answer.json()
