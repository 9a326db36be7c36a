"""`cyan backup` and `cyan restore`, beside a running server."""

import json
import subprocess
import sys
from pathlib import Path

import httpx
from tests.support.servers import Server
from tests.support.simulated import Devices


def cyan(*words: str, code: int = 0, **environment: str) -> str:
    ended = subprocess.run(
        [sys.executable, "-m", "cyan", *words],
        capture_output=True,
        text=True,
        env=environment,
        check=False,
        timeout=60,
    )
    assert ended.returncode == code, ended.stdout + ended.stderr
    assert "Traceback" not in ended.stderr
    return ended.stdout if code == 0 else ended.stderr


def test_a_backup_of_a_running_server_is_restored_elsewhere(
    open_server: Server, devices: Devices, tmp_path: Path
) -> None:
    device = devices.online(open_server)
    headers = open_server.operator.headers
    claimed = httpx.post(
        f"{open_server.url}/v1/devices", json={"id": device.id}, headers=headers
    )
    claimed.raise_for_status()
    here = {"CYAN_DATA_DIR": str(open_server.data_dir)}
    there = {"CYAN_DATA_DIR": str(tmp_path / "there")}
    file = tmp_path / "monday.backup"
    told = json.loads(cyan("backup", str(file), "--json", **here))
    assert (told["rows"]["accounts"], told["rows"]["devices"]) == (1, 1)
    assert file.stat().st_mode & 0o777 == 0o600
    refused = cyan("backup", str(file), code=2, **here)
    assert str(file) in refused, "a backup replaces nothing"
    said = cyan("restore", str(file), **there)
    assert said == "Restored: 1 accounts and 1 devices.\n"
    assert "not empty" in cyan("restore", str(file), code=2, **there)
    assert str(open_server.data_dir) in cyan("restore", str(file), code=2, **here)
    devices.run(device.stop())
    open_server.stop()
    restored = Server(Path(there["CYAN_DATA_DIR"])).start()
    try:
        found = httpx.get(f"{restored.url}/v1/devices", headers=headers).json()
        assert [each["id"] for each in found] == [device.id]
        assert restored.server_key.read_bytes() == open_server.server_key.read_bytes()
    finally:
        restored.stop()


def test_what_is_no_backup_is_told(tmp_path: Path) -> None:
    there = {"CYAN_DATA_DIR": str(tmp_path / "there")}
    junk = tmp_path / "junk"
    junk.write_bytes(b"PK no zip")
    assert str(junk) in cyan("restore", str(junk), code=2, **there)
    assert "none.backup" in cyan(
        "restore", str(tmp_path / "none.backup"), code=2, **there
    )
