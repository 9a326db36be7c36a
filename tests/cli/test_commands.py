"""The `cyan` command against a running server with pretend devices."""

import json
import signal
import subprocess
import sys
import time
import uuid
from pathlib import Path

import httpx
import pyotp
import pytest
from tests.cli.conftest import Cyan
from tests.support.servers import PASSWORD, Account, Server
from tests.support.simulated import Devices

from cyan.cli.show import visible

UNKNOWN = "0123456789abcdef01234567"


def test_a_day_with_a_device(
    server: Server, ann: Cyan, devices: Devices, tmp_path: Path
) -> None:
    device = devices.online(server)
    assert ann("device", "list").startswith("You own no devices; `cyan device add")
    assert ann("device", "add", device.id) == f"{device.id} is yours.\n"
    assert "is called kitchen" in ann("device", "rename", device.id, "kitchen")
    table = ann("device", "list")
    assert "kitchen" in table
    assert "Photon" in table
    assert ann.json("device", "list")[0]["id"] == device.id
    assert ann("get", "kitchen", "temperature") == "21.5\n"
    assert ann.json("get", "kitchen", "ready") is True
    assert ann("call", "kitchen", "blink", "four") == "4\n"
    assert "temperature (double)" in ann("device", "info", "kitchen").replace("\n", "")
    told = ann("explain", "kitchen")
    assert "CLM-1" in told
    assert "You claimed it." in told
    assert ann.json("explain", "kitchen")["device"]["name"] == "kitchen"
    assert "You own 1 devices (room for 100)." in ann("usage")
    assert ann.json("usage")["devices"]["owned"] == 1
    assert "is no month" in ann("usage", "never", code=1)
    assert ann("device", "remove", "kitchen") == "kitchen is no longer yours.\n"
    said = ann("device", "info", "kitchen", code=1)
    assert "didn't recognize" in said


def test_what_others_wrote_commands_no_terminal(
    server: Server, ann: Cyan, devices: Devices
) -> None:
    device = devices.online(server)
    ann("device", "add", device.id)
    assert ann("explain", device.id).splitlines()[0] == device.id
    ann("device", "rename", device.id, "[/x]")
    assert ann("explain", "[/x]").startswith(f"[/x]  {device.id}\n")
    assert visible("a\x1b[31m\nb\u202eé") == "a\\x1b[31m\\nb\\u202eé"


def test_refusals_name_rule_and_remedy(
    server: Server, ann: Cyan, bob: Cyan, devices: Devices
) -> None:
    device = devices.online(server)
    said = ann("device", "add", UNKNOWN, code=1)
    assert said.startswith("device not found  (CLM-3)\nCheck the Device ID")
    ann("device", "add", device.id)
    said = bob("device", "add", device.id, code=1)
    assert "belongs to someone else" in said
    assert f"cyan device add {device.id} --transfer" in said


def test_a_device_is_handed_over(
    server: Server, ann: Cyan, bob: Cyan, devices: Devices
) -> None:
    device = devices.online(server)
    ann("device", "add", device.id)
    assert "asked by mail" in bob("device", "add", device.id, "--transfer")
    (request,) = ann.json("transfer", "list")
    assert "pending" in ann("transfer", "list")
    assert ann("transfer", "accept", request["id"]) == "approved\n"
    assert bob.json("device", "list")[0]["id"] == device.id
    assert "no such" in ann("transfer", "refuse", "nonsense", code=1).lower()


def test_events_come_as_they_happen_a_line_each(
    server: Server, ann: Cyan, devices: Devices
) -> None:
    device = devices.online(server)
    ann("device", "add", device.id)
    assert ann.hears(("te",), ("test", "ping")) == ("test", "ping")


def test_exit_codes_say_what_kind_of_no_it_was(ann: Cyan, tmp_path: Path) -> None:
    nobody = Cyan(tmp_path, "").process
    assert "`cyan login`" in nobody("device", "list", code=4)
    nowhere = {"CYAN_URL": "http://127.0.0.1:1", "CYAN_TOKEN": "x"}
    assert "Is `cyan serve` running?" in nobody("device", "list", code=3, **nowhere)
    assert "is no address" in nobody("login", "a@b.c", "--url", "nonsense", code=2)
    nobody("device", "frobnicate", code=2)
    wrong = {"CYAN_URL": ann.url, "CYAN_TOKEN": "0" * 40}
    nobody("whoami", code=4, **wrong)
    said = ann("login", "x@example.com", "--url", ann.url, code=1, stdin="wrong\n")
    assert said


def test_signing_out_ends_the_token(ann: Cyan) -> None:
    assert ann("whoami").startswith("ann-")
    profile = json.loads((ann.home / "cyan" / "profile.json").read_text())
    assert (ann.home / "cyan" / "profile.json").stat().st_mode & 0o777 == 0o600
    ann("logout")
    headers = {"authorization": f"Bearer {profile['token']}"}
    assert httpx.get(f"{ann.url}/v1/devices", headers=headers).status_code == 401
    ann("whoami", code=4)


def test_signing_in_with_one_time_codes(server: Server, tmp_path: Path) -> None:
    who: Account = server.new_account(f"{uuid.uuid4().hex[:8]}@example.com")
    with httpx.Client(base_url=server.url, headers=who.headers) as client:
        begun = client.get("/v1/user/mfa-enable").json()
        codes = pyotp.TOTP(begun["secret"])
        enrolled = client.post(
            "/v1/user/mfa-enable",
            json={"mfa_token": begun["mfa_token"], "otp": codes.now()},
        )
        assert enrolled.status_code == 200, enrolled.text
    cyan = Cyan(tmp_path, server.url)
    later = codes.at(int(time.time()) + 30)  # each code works once
    cyan("login", who.email, "--url", server.url, stdin=f"{PASSWORD}\n{later}\n")
    assert cyan("whoami") == f"{who.email}\n"


def test_accounts_and_settings_on_the_servers_machine(tmp_path: Path) -> None:
    cyan = Cyan(tmp_path, "")
    here = {"CYAN_DATA_DIR": str(tmp_path / "data")}
    cyan("user", "add", "first@example.com", stdin="correct horse\n", **here)
    cyan("user", "add", "second@example.com", stdin="correct horse\n", **here)
    rows = json.loads(cyan("user", "list", "--json", **here))
    assert {row["email"]: row["operator"] for row in rows} == {
        "first@example.com": True,
        "second@example.com": False,
    }
    again = cyan("user", "add", "FIRST@example.com", stdin="x\n", code=1, **here)
    assert again
    assert "http" in cyan("user", "invite", "third@example.com", **here)
    shown = cyan("settings", "--json", CYAN_SMTP_URL="smtp://u:secret@mail:25", **here)
    assert "secret" not in shown
    assert "cannot be" in cyan("settings", code=2, CYAN_HTTP_PORT="many")
    assert cyan("migrate", **here) == "The database has the newest schema.\n"


def test_the_server_key_file_has_key_and_address_where_devices_look(
    tmp_path: Path,
) -> None:
    cyan = Cyan(tmp_path, "")
    here = {"CYAN_DATA_DIR": str(tmp_path / "data"), "CYAN_DEVICE_TCP_PORT": "5684"}
    file = tmp_path / "key.der"
    cyan("server-key", str(file), "--host", "192.0.2.10", **here)
    block = file.read_bytes()
    assert len(block) == 512
    assert block[:2] == b"\x30\x82"  # SPKI, DER
    assert block[384:390] == bytes((0, 4, 192, 0, 2, 10))
    assert block[450:452] == (5684).to_bytes(2, "big")
    cyan("server-key", str(file), "--host", "cloud.example.org", **here)
    named = file.read_bytes()
    assert named[384:403] == b"\x01\x11cloud.example.org"
    assert named[:384] == block[:384], "the key stays"
    cyan("server-key", str(file), "--host", "x" * 64 + ".org", code=2, **here)


@pytest.mark.parametrize("behaviour", ["steady", "safe-mode", "wrong-key", "replay"])
def test_a_simulated_device_shows_its_light(
    server: Server, tmp_path: Path, behaviour: str
) -> None:
    command = (
        *(sys.executable, "-m", "cyan", "simulate"),
        *("--server", server.ready["device_tcp"]),
        *("--server-key", str(server.server_key)),
        *("--seed", str(uuid.uuid4().int % 10**9)),
        *("--folder", str(tmp_path), "--events-per-minute", "600"),
    )
    if behaviour == "wrong-key":  # its Device ID is known by another key
        _lights(command, {"breathing cyan"})
    wanted = {
        "steady": {"breathing cyan"},
        "safe-mode": {"breathing magenta"},
        "wrong-key": {"blinking quickly cyan"},
        "replay": {"breathing cyan", "blinking quickly cyan"},
    }[behaviour]
    _lights((*command, "--behaviour", behaviour), wanted)


def _lights(command: tuple[str, ...], wanted: set[str]) -> None:
    """Run until all of these lights were seen."""
    running = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert running.stdout is not None
    seen: set[str] = set()
    for line in running.stdout:
        seen.add(" ".join(line.split()[2:]))
        if wanted <= seen:
            break
    running.send_signal(signal.SIGINT)
    assert running.wait(timeout=30) == 0
    running.stdout.close()
    assert wanted <= seen
