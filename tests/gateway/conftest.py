"""A gateway with a world of its own, and pretend devices of a product on it."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from tests.support.people import PHOTON, an_account, find
from tests.support.products import a_product
from tests.support.simulated import thermometer

from cyan.gateway import Gateway
from cyan.interfaces import World, subjects
from cyan.interfaces.requests import ReadVariable
from cyan.model.accounts import Actor
from cyan.model.devices import Device
from cyan.model.events import ProductEvent
from cyan.model.products import Product
from cyan.simulator import Firmware, Identity, SimulatedDevice

SERVER_KEY = rsa.generate_private_key(65537, 2048)


@cache
def identity(number: int) -> Identity:
    return Identity.numbered(11, number, None)


@dataclass
class Field:
    """Ann's product of Photons, and devices that are or are not of it."""

    world: World
    gateway: Gateway
    ann: Actor
    product: Product
    heard: list[tuple[str, str]] = field(default_factory=list)
    devices: list[SimulatedDevice] = field(default_factory=list)

    def __post_init__(self) -> None:
        def hear(told: ProductEvent) -> None:
            self.heard.append((told.event.source, told.event.name))

        self.world.bus.listen(subjects.product_events(self.product.id), hear)

    def firmware(self, **values: Any) -> Firmware:
        """Firmware of the product, on a Device OS that asks to join by itself."""
        wanted = {"product_id": self.product.id, "platform_id": PHOTON, **values}
        return replace(thermometer(), **wanted)

    async def online(self, number: int = 1, **firmware: Any) -> SimulatedDevice:
        """A device that has said hello and described itself."""
        host, _, port = self.gateway.address.rpartition(":")
        device = SimulatedDevice(
            identity(number),
            (host, int(port)),
            SERVER_KEY.public_key(),
            self.firmware(**firmware),
        )
        self.devices.append(device)
        device.start()
        return await self._settled(device)

    async def again(self, device: SimulatedDevice, **firmware: Any) -> None:
        """The device goes, and comes back with other firmware."""
        await device.stop()
        await device.until(lambda: not device.online)
        device.firmware = replace(device.firmware, **firmware)
        device.start()
        await self._settled(device)

    async def _settled(self, device: SimulatedDevice) -> SimulatedDevice:
        await device.until_online()
        await self.served(device)
        return device

    async def served(self, device: SimulatedDevice) -> None:
        """All that the device sent before is served: a question overtakes nothing."""
        await self.world.bus.ask(device.identity.device_id, ReadVariable("count"), 10)

    async def hears_of(self, device: SimulatedDevice) -> bool:
        """Whether the product's team hears what the device publishes now."""
        self.heard.clear()
        device.publish("temp", "21")
        await self.served(device)
        return (device.id, "temp") in self.heard

    async def stored(self, device: SimulatedDevice) -> Device:
        """The device as the store knows it."""
        return await find(self.world, device.identity.device_id)


@pytest.fixture
async def fleet(world: World) -> AsyncIterator[Field]:
    gateway = Gateway(world, SERVER_KEY)
    await gateway.start("127.0.0.1", 0)
    ann = await an_account(world)
    fleet = Field(world, gateway, ann, await a_product(world, ann))
    yield fleet
    for device in fleet.devices:
        await device.stop()
    await gateway.stop()
