"""Setting up: what a device's light means, and what to do next.

A device shows by the colour and the rhythm of its light how far it has come
(SET-1). See docs/rules/setup.md.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Rhythm(StrEnum):
    """How a light moves."""

    DARK = "dark"
    BLINKING = "blinking"
    BLINKING_QUICKLY = "blinking quickly"
    BREATHING = "breathing"
    CYCLING = "cycling"


class Light(StrEnum):
    """The stages that a light shows."""

    OFF = "off"
    LISTENING = "listening"
    DFU = "dfu"
    NETWORK = "network"
    HANDSHAKE = "handshake"
    ONLINE = "online"
    SAFE_MODE = "safe_mode"
    SIGNAL = "signal"


@dataclass(frozen=True, slots=True)
class LightPattern:
    """What one sees (`colour`, `rhythm`), what it means, and what to do next."""

    colour: str
    rhythm: Rhythm
    meaning: str
    next_step: str


LIGHTS: Mapping[Light, LightPattern] = {  # SET-1
    Light.OFF: LightPattern(
        "none",
        Rhythm.DARK,
        "It has no power, or it sleeps.",
        "Power it, or press RESET.",
    ),
    Light.LISTENING: LightPattern(
        "dark blue",
        Rhythm.BLINKING,
        "It listens for set-up by USB or Bluetooth.",
        "Read its Device ID with `particle identify` and give it a network.",
    ),
    Light.DFU: LightPattern(
        "yellow",
        Rhythm.BLINKING,
        "It takes Device OS or keys by USB.",
        "Run `particle update`, then press RESET. To come here, hold MODE, tap RESET "
        "and let go of MODE when magenta has turned yellow.",
    ),
    Light.NETWORK: LightPattern(
        "green",
        Rhythm.BLINKING,
        "It looks for its network.",
        "Wait. If it stays so, check the Wi-Fi password; on a cellular device, "
        "whether its SIM is active.",  # SIM-8
    ),
    Light.HANDSHAKE: LightPattern(
        "cyan",
        Rhythm.BLINKING_QUICKLY,
        "It has a network and proves its key to the cloud.",
        "Wait. If it stays so, check that it has this server's key and address, and "
        "that this server has its key.",  # IDN-8
    ),
    Light.ONLINE: LightPattern(
        "cyan",
        Rhythm.BREATHING,
        "It is online.",
        "Claim it, if nobody has.",  # CLM-3
    ),
    Light.SAFE_MODE: LightPattern(
        "magenta",
        Rhythm.BREATHING,
        "It is online in safe mode: its application does not run.",
        "Update Device OS, or flash an application that fits.",
    ),
    Light.SIGNAL: LightPattern(
        "rainbow",
        Rhythm.CYCLING,
        "Somebody asked it to signal, to find it among others.",
        "Stop it the way it was started.",
    ),
}
