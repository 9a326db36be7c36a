"""Pretend devices in a thread of their own, for tests that are not asynchronous."""

import asyncio
import itertools
import threading
from collections.abc import Callable, Coroutine, Iterator
from typing import Any, TypeVar

import pytest
from tests.support.servers import Server

from cyan.simulator import Firmware, Identity, SimulatedDevice
from cyan.simulator.fleet import read_server_key

T = TypeVar("T")
_numbers = itertools.count(1)


def thermometer() -> Firmware:
    """A function, a variable of each type, and a subscription."""
    return Firmware(
        functions={"blink": len},
        variables={
            "temperature": ("double", 21.5),
            "count": ("int32", -5),
            "ready": ("bool", True),
            "label": ("string", "kitchen"),
        },
        subscriptions=("cmd/",),
    )


class Devices:
    """Devices that live on a loop of their own."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._devices: list[SimulatedDevice] = []
        self._thread.start()

    def run(self, work: Coroutine[Any, Any, T], seconds: float = 30.0) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(seconds)

    def online(self, server: Server, firmware: Firmware | None = None) -> Any:
        """A device that breathes cyan."""
        identity = Identity.numbered(id(self), next(_numbers), None)
        return self.connect(server, identity, firmware)

    def connect(
        self, server: Server, identity: Identity, firmware: Firmware | None = None
    ) -> SimulatedDevice:
        async def begin() -> SimulatedDevice:
            key = read_server_key(server.server_key)
            device = SimulatedDevice(
                identity, server.device_tcp, key, firmware or thermometer()
            )
            device.start()
            await device.until_online()
            return device

        device = self.run(begin())
        self._devices.append(device)
        return device

    def call(self, work: Callable[..., T], *given: Any) -> T:
        """Call something on the devices' loop."""

        async def run() -> T:
            return work(*given)

        return self.run(run())

    def close(self) -> None:
        for device in self._devices:
            self.run(device.stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


@pytest.fixture
def devices() -> Iterator[Devices]:
    devices = Devices()
    yield devices
    devices.close()
