"""`make demo`: a server, twenty pretend devices, and a tour to type along."""

import contextlib
import json
import secrets
import signal
import subprocess
import sys
from pathlib import Path

import httpx

DATA = Path("var/demo")
CYAN = [sys.executable, "-m", "cyan"]
FLEET = 20
EMAIL = "demo@example.com"


def main() -> None:
    """Start everything, print the tour, and stay until Ctrl-C."""
    DATA.mkdir(parents=True, exist_ok=True)
    ready = DATA / "ready.json"
    options = ["--data-dir", str(DATA), "--http-port", "0", "--device-tcp-port", "0"]
    server = subprocess.Popen(
        [*CYAN, "serve", *options, "--ready-file", str(ready)],
        stdout=subprocess.PIPE,
        stderr=(DATA / "server.log").open("w"),
        text=True,
    )
    assert server.stdout is not None
    banner = []
    for line in server.stdout:
        banner.append(line)
        if line.startswith("Ready"):
            break
    told = json.loads(ready.read_text())
    set_up("".join(banner))
    fleet = subprocess.Popen(
        [
            *CYAN,
            "simulate",
            *("--devices", str(FLEET), "--seed", "1"),
            *("--server", told["device_tcp"], "--server-key", told["server_key_pem"]),
            *("--folder", str(DATA / "devices")),
        ],
        stdout=subprocess.PIPE,
        text=True,
    )
    first_online(fleet)
    with contextlib.suppress(KeyboardInterrupt):
        signal.pause()
    for process in (fleet, server):
        process.terminate()
        process.wait()


def set_up(banner: str) -> str:
    """Make the first account by the banner's link; its password, also later."""
    kept = DATA / "password"
    link = next((word for word in banner.split() if "/setup?" in word), None)
    if link is not None:
        kept.write_text(secrets.token_urlsafe(12))
        kept.chmod(0o600)
        password = kept.read_text()
        fields = {"username": EMAIL, "password": password, "again": password}
        httpx.post(link, data=fields).raise_for_status()
    return kept.read_text()


def first_online(fleet: "subprocess.Popen[str]") -> str:
    """The Device ID of the first device that breathes cyan."""
    assert fleet.stdout is not None
    for line in fleet.stdout:
        words = line.split()
        if "breathing" in words:
            return words[1]
    raise SystemExit("no device came online; see var/demo/server.log")


def tour(url: str, password: str, device: str) -> str:
    """What to type."""
    return f"""
{FLEET} pretend devices breathe cyan at {url}. In another terminal, type:

  .venv/bin/cyan login {EMAIL} --url {url}        # password: {password}
  .venv/bin/cyan device add {device}
  .venv/bin/cyan device rename {device} kitchen
  .venv/bin/cyan device list
  .venv/bin/cyan get kitchen temperature
  .venv/bin/cyan call kitchen lamp on
  .venv/bin/cyan events --device kitchen                      # Ctrl-C ends it
  .venv/bin/cyan explain kitchen
  .venv/bin/cyan device remove kitchen

The same with Particle's own command line (npm install particle-cli, Node 22):

  particle profile demo apiUrl {url} && particle profile demo
  particle login --username {EMAIL} --password '{password}'
  particle device add {device} && particle list

Ctrl-C here stops everything."""


if __name__ == "__main__":
    main()
