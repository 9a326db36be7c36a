"""A fleet of pretend devices, the same one each time for the same seed."""

import asyncio
import random
import signal
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from cyan.protocol.goodbye import DisconnectReason
from cyan.rules.setup import Light
from cyan.simulator.device import Firmware, SimulatedDevice
from cyan.simulator.identity import Identity
from cyan.simulator.makes import Make

BEHAVIOURS = {
    "steady": "stays online",
    "flaky": "drops the link now and then, and comes back",
    "sleepy": "says goodbye now and then, sleeps, and comes back",
    "silent": "ignores calls",
    "safe-mode": "runs without its application",
    "wrong-key": "has a Device ID, but not the key that belongs to it",
    "replay": "drops the link, then sends its old handshake again, in vain",
}


@dataclass(frozen=True, slots=True)
class Fleet:
    """What to simulate: which devices, where, and how they behave.

    `makes` has one for each device; `folder` keeps their keys; `events_per_minute`
    is the rate of each device.
    """

    makes: Sequence[Make]
    seed: int
    server: tuple[str, int]
    server_key: rsa.RSAPublicKey
    folder: Path | None
    events_per_minute: float
    behaviour: str


def read_server_key(file: Path) -> rsa.RSAPublicKey:
    """The server's public key from a PEM file; `ValueError` if it is none."""
    key = load_pem_public_key(file.read_bytes())
    if not isinstance(key, rsa.RSAPublicKey):
        raise ValueError(f"{file} holds no RSA public key")
    return key


def firmware_of(
    number: int, make: Make, drawn: random.Random, behaviour: str
) -> Firmware:
    """A small thermometer with a lamp: what every device of a fleet runs."""
    lamp = {"on": 0}

    def switch(argument: str) -> int:
        lamp["on"] = 1 if argument in ("on", "1", "") else 0
        return lamp["on"]

    return Firmware(
        functions={"lamp": switch, "echo": len},
        variables={
            "temperature": ("double", lambda: round(drawn.uniform(18, 26), 2)),
            "lamp": ("int32", lambda: lamp["on"]),
            "label": ("string", f"device {number}"),
            "ready": ("bool", True),
        },
        subscriptions=("fleet/",),
        platform_id=make.platform_id,
        product_id=make.product_id,
        product_version=make.product_version,
        system_version=make.system_version,
        safe_mode=behaviour == "safe-mode",
        ignores_calls=behaviour == "silent",
    )


def build(fleet: Fleet) -> list[SimulatedDevice]:
    """The devices of a fleet, not connected yet."""
    devices = []
    for number, make in enumerate(fleet.makes, 1):
        identity = Identity.numbered(fleet.seed, number, fleet.folder)
        if fleet.behaviour == "wrong-key":  # somebody who knows the id, not the key
            identity = Identity.new(identity.device_id)
        drawn = random.Random(f"{fleet.seed}/{number}/firmware")
        firmware = firmware_of(number, make, drawn, fleet.behaviour)
        devices.append(
            SimulatedDevice(identity, fleet.server, fleet.server_key, firmware)
        )
    return devices


async def run_fleet(fleet: Fleet, on_light: Callable[[int, str, Light], None]) -> None:
    """Run a fleet until SIGINT or SIGTERM; `on_light` hears number, id and light."""
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for ending in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(ending, stopping.set)
    devices = build(fleet)
    tasks = []
    for number, device in enumerate(devices, 1):
        device.on_light = _teller(number, device.id, on_light)
        device.start()
        tasks.append(asyncio.create_task(_live(device, fleet, number)))
    await stopping.wait()
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await asyncio.gather(*(device.stop() for device in devices))


def _teller(
    number: int, device_id: str, on_light: Callable[[int, str, Light], None]
) -> Callable[[Light], None]:
    return lambda light: on_light(number, device_id, light)


async def _live(device: SimulatedDevice, fleet: Fleet, number: int) -> None:
    """Publish now and then, and misbehave as the fleet is told to."""
    drawn = random.Random(f"{fleet.seed}/{number}/life")
    pause = 60 / fleet.events_per_minute if fleet.events_per_minute else 3600.0
    while True:
        await asyncio.sleep(drawn.uniform(0.5, 1.5) * pause)
        if not device.online:
            continue
        device.publish("temperature", f"{drawn.uniform(18, 26):.2f}")
        if fleet.makes[number - 1].fails and not device.firmware.safe_mode:
            device.firmware.safe_mode = True
            device.drop()
        elif fleet.behaviour == "replay":
            device.replays = True
            device.drop()
        elif fleet.behaviour == "flaky" and drawn.random() < 0.2:
            device.drop()
        elif fleet.behaviour == "sleepy" and drawn.random() < 0.2:
            await device.stop(DisconnectReason.SLEEP)
            await asyncio.sleep(pause)
            device.start()
