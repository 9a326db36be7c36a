"""The official command line, as a person types it."""

import select
import time
import uuid
from pathlib import Path

import httpx
import pyotp
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from tests.clients.conftest import Cli
from tests.support.rest import until_offline
from tests.support.servers import Account, Server
from tests.support.simulated import Devices

from cyan.simulator import Identity

pytestmark = pytest.mark.clients


@pytest.fixture
def ann(server: Server) -> Account:
    return server.new_account(f"ann-{uuid.uuid4().hex[:8]}@example.com")


def told(done) -> str:
    return done.stdout + done.stderr


def test_sign_in_who_am_i_and_sign_out(particle: Cli, ann: Account) -> None:
    wrong = particle("login", "-u", ann.email, "-p", "not it at all")
    assert wrong.returncode == 1
    assert "User credentials are invalid" in told(wrong)
    done = particle("login", "-u", ann.email, "-p", ann.password)
    assert (done.returncode, "Successfully completed login!" in told(done)) == (0, True)
    assert ann.email in told(particle("whoami"))
    assert particle("logout").returncode == 0
    assert particle("whoami").returncode == 1


def test_claim_rename_list_and_remove(
    particle: Cli, ann: Account, server: Server, devices: Devices
) -> None:
    particle.sign_in(ann)
    device = devices.online(server)
    done = particle("device", "add", device.id)
    assert "Successfully claimed device" in told(done), told(done)
    assert particle("device", "add", device.id.upper()).returncode == 0
    assert particle("device", "rename", device.id, "kitchen").returncode == 0
    listed = told(particle("list"))
    assert "kitchen" in listed
    assert "blink" in listed
    assert "temperature" in listed
    done = particle("device", "remove", "kitchen", "--yes")
    assert (done.returncode, "Okay!" in told(done)) == (0, True)


def test_claims_that_are_refused(
    particle: Cli, ann: Account, server: Server, devices: Devices
) -> None:
    particle.sign_in(ann)
    device = devices.online(server)
    devices.run(device.stop())
    until_offline(server, device.id)
    for unknown in (device.id, "0" * 24):
        done = particle("device", "add", unknown)
        assert done.returncode == 1
        assert "Failed to claim device: device not found" in told(done)


def test_somebody_elses_device_can_be_asked_for(
    particle: Cli, ann: Account, server: Server, devices: Devices
) -> None:
    device = devices.online(server)
    owner = server.operator
    assert owner is not None
    claim = {"id": device.id}
    httpx.post(f"{server.url}/v1/devices", json=claim, headers=owner.headers)
    particle.sign_in(ann)
    done = particle("device", "add", device.id, says="n\n")
    assert done.returncode == 1
    assert "You cannot claim a device owned by someone else" in told(done)
    done = particle("device", "add", device.id, says="y\n")
    assert done.returncode == 0
    assert "Transfer requested" in told(done)
    answer = httpx.get(f"{server.url}/v1/transfers", headers=owner.headers).json()
    mine = [each for each in answer["transfers"] if each["device_id"] == device.id]
    assert [(each["to"], each["state"]) for each in mine] == [(ann.email, "pending")]


def test_functions_variables_and_events(
    particle: Cli, ann: Account, server: Server, devices: Devices
) -> None:
    particle.sign_in(ann)
    device = devices.online(server)
    particle("device", "add", device.id)
    done = particle("call", device.id, "blink", "abc")
    assert done.returncode == 0
    assert done.stdout.strip().endswith("3")
    done = particle("call", device.id, "explode", "abc")
    assert done.returncode == 1
    assert "Function `explode` not found" in told(done)
    assert "21.5" in told(particle("get", device.id, "temperature"))
    done = particle("get", device.id, "mood")
    assert "Unknown Variable: mood" in told(done)
    assert particle("nyan", device.id, "on").returncode == 0
    assert device.signals == [True]
    assert particle("publish", "cmd/go", "now").returncode == 0
    assert devices.run(device.until_heard("cmd/go")) == b"now"


def test_tokens_are_made_and_revoked(particle: Cli, ann: Account) -> None:
    particle.sign_in(ann)
    made = particle("token", "create", "--never-expires", says=f"{ann.password}\n")
    assert "never expires" in told(made), told(made)
    token = made.stdout.split()[-1]
    assert len(token) == 40
    assert particle("token", "revoke", token).returncode == 0


def test_signing_in_with_a_one_time_code(
    particle: Cli, ann: Account, server: Server
) -> None:
    with httpx.Client(base_url=server.url, headers=ann.headers) as client:
        begun = client.get("/v1/user/mfa-enable").json()
        codes = pyotp.TOTP(begun["secret"])
        code = {"mfa_token": begun["mfa_token"], "otp": codes.now()}
        client.post("/v1/user/mfa-enable", json=code).raise_for_status()
    login = ("login", "-u", ann.email, "-p", ann.password)
    wrong = particle(*login, "--otp", "000000")
    assert wrong.returncode == 1
    later = codes.at(int(time.time()) + 30)  # each code works once
    done = particle(*login, "--otp", later)
    assert (done.returncode, "Successfully completed login!" in told(done)) == (0, True)
    assert ann.email in told(particle("whoami"))


def test_events_are_watched(
    particle: Cli, ann: Account, server: Server, devices: Devices
) -> None:
    particle.sign_in(ann)
    device = devices.online(server)
    particle("device", "add", device.id)
    with particle.running("subscribe", "door", device.id) as watching:
        assert watching.stdout is not None
        for line in watching.stdout:
            if "Subscribing" in line:
                break
        for line in iter(lambda: _after(devices, device, watching), ""):
            if '"data":"open"' in line.replace(" ", ""):
                break
        assert device.id in line


def _after(devices: Devices, device, watching) -> str:
    """What is heard after another event: the stream opens a moment later."""
    devices.call(device.publish, "door/front", "open")
    ready, _, _ = select.select([watching.stdout], [], [], 0.2)
    return watching.stdout.readline() if ready else "nothing yet"


def test_a_key_is_sent_for_a_device(
    particle: Cli, ann: Account, server: Server, devices: Devices, tmp_path: Path
) -> None:
    particle.sign_in(ann)
    device = devices.online(server)
    particle("device", "add", device.id)
    renewed = Identity.new(device.identity.device_id)
    file = tmp_path / f"{device.id}.pub.pem"
    file.write_bytes(
        renewed.key.public_key().public_bytes(
            Encoding.PEM, PublicFormat.SubjectPublicKeyInfo
        )
    )
    done = particle("keys", "send", device.id, str(file))
    assert done.returncode == 0, told(done)
    assert devices.connect(server, renewed).online


def test_the_sdk_does_the_same(
    sdk, ann: Account, server: Server, devices: Devices
) -> None:
    device = devices.online(server)
    found = sdk(f"""
        const auth = (await particle.login(
            {{username: '{ann.email}', password: '{ann.password}'}})).body.access_token;
        const deviceId = '{device.id}';
        await particle.claimDevice({{deviceId, auth}});
        await particle.renameDevice({{deviceId, name: 'hall', auth}});
        const stream = await particle.getEventStream({{deviceId: 'mine', auth}});
        const heard = new Promise((done) => stream.on('event', done));
        await particle.publishEvent({{name: 'door', data: 'open', auth}});
        const event = await heard;
        stream.end();
        const call = await particle.callFunction(
            {{deviceId, name: 'blink', argument: 'four', auth}});
        const value = await particle.getVariable(
            {{deviceId: 'hall', name: 'count', auth}});
        const no = await particle.getDevice({{deviceId: 'nothing', auth}})
            .catch((error) => error.statusCode);
        await particle.removeDevice({{deviceId, auth}});
        const left = await particle.listDevices({{auth}});
        return [event.name, event.data, call.body.return_value, value.body.result,
                no, left.body];
    """)
    assert found == ["door", "open", 4, -5, 403, []]
