"""Pretend devices over real sockets: for tests, for demonstrations and for load."""

from cyan.simulator.device import Firmware, SimulatedDevice
from cyan.simulator.identity import Identity

__all__ = ["Firmware", "Identity", "SimulatedDevice"]
