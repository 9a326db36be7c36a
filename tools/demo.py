"""`make demo`: a server, twenty pretend devices, and a tour to type along."""

import contextlib
import json
import secrets
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import IO

import httpx

from cyan.simulator.identity import numbered_id

DATA = Path("var/demo")
CYAN = [sys.executable, "-m", "cyan"]
FLEET, SEED = 20, 1
KNOCKING = 2
"""The seed of the devices that knock at the product."""

LIST = DATA / "fleet.txt"
PRODUCT_ID = 4711
EMAIL = "demo@example.com"


def main() -> None:
    """Start everything, print the tour, and stay until Ctrl-C."""
    DATA.mkdir(parents=True, exist_ok=True)
    with contextlib.ExitStack() as stack:
        told, password = start_server(stack)
        device = start_fleet(stack, told)
        write_list(device)
        say(tour(told["http_url"], password, device))
        say(tour_of_a_product(told))
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        with contextlib.suppress(KeyboardInterrupt):
            signal.pause()


def start_server(stack: contextlib.ExitStack) -> tuple[dict[str, str], str]:
    """Run `cyan serve`; what its ready file tells, and the password to sign in."""
    ready = DATA / "ready.json"
    log = stack.enter_context((DATA / "server.log").open("w"))
    server = run(
        stack,
        *("serve", "--data-dir", str(DATA), "--ready-file", str(ready)),
        *("--http-port", "0", "--device-tcp-port", "0"),
        log=log,
    )
    banner = []
    for line in server:
        banner.append(line)
        if line.startswith("Ready"):
            return json.loads(ready.read_text()), set_up("".join(banner))
    raise SystemExit(f"The server did not start; {log.name} may tell why.")


def start_fleet(stack: contextlib.ExitStack, told: dict[str, str]) -> str:
    """Run `cyan simulate`; the Device ID of the first device that comes online."""
    fleet = run(
        stack,
        *("simulate", "--devices", str(FLEET), "--seed", str(SEED)),
        *("--server", told["device_tcp"], "--server-key", told["server_key_pem"]),
        *("--folder", str(DATA / "devices")),
    )
    for line in fleet:
        if "breathing" in line:
            threading.Thread(target=lambda: [*fleet], daemon=True).start()
            return line.split()[1]
    raise SystemExit("No device came online.")


def write_list(device: str) -> None:
    """Write the Device IDs of the fleet into a file, but that of one device."""
    ids = [numbered_id(SEED, number) for number in range(1, FLEET + 1)]
    LIST.write_text("".join(f"{each}\n" for each in ids if each != device))


def run(
    stack: contextlib.ExitStack, *arguments: str, log: IO[str] | None = None
) -> IO[str]:
    """Run a command of ours until the stack ends; its standard output."""
    process = subprocess.Popen(
        [*CYAN, *arguments], stdout=subprocess.PIPE, stderr=log, text=True
    )
    assert process.stdout is not None
    stack.callback(process.wait)
    stack.callback(process.terminate)
    return process.stdout


def say(text: str) -> None:
    """Print at once, also into a pipe."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


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
  particle device add {device} && particle list"""


def tour_of_a_product(told: dict[str, str]) -> str:
    """What to type to run a fleet."""
    waiting = numbered_id(KNOCKING, 2)
    return f"""
A product, with the rest of the fleet in it:

  .venv/bin/cyan product create Pumps --platform photon --id {PRODUCT_ID}
  .venv/bin/cyan product device import pumps {LIST}
  .venv/bin/cyan product info pumps

Devices that knock at its door by themselves, in a third terminal:

  .venv/bin/cyan simulate --script membership --seed {KNOCKING} \\
    --product-id {PRODUCT_ID} --platform photon \\
    --server {told["device_tcp"]} --server-key {told["server_key_pem"]}

Of them, let one in and keep one out:

  .venv/bin/cyan product device list pumps --quarantined
  .venv/bin/cyan product device approve pumps {waiting}
  .venv/bin/cyan product device deny pumps {numbered_id(KNOCKING, 1)}
  .venv/bin/cyan product device explain pumps {waiting}
  .venv/bin/cyan product device list pumps

Ctrl-C here stops everything."""


if __name__ == "__main__":
    main()
