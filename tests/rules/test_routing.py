"""Routing: every system event of the device wire §4.8 has its destination."""

import pytest

from cyan.model.devices import Standing
from cyan.model.events import Audience, Hearers
from cyan.rules.metering import holder_of, product_holder
from cyan.rules.routing import (
    Destination,
    Ears,
    SourceFacts,
    audience_of_account,
    audience_of_product,
    destination_of,
    ears_of,
)

SYSTEM_EVENTS = {
    "spark/device/claim/code": Destination.CLOUD,
    "spark/device/safemode": Destination.CLOUD,
    "spark/device/last_reset": Destination.STREAMS,
    "spark/device/key/error": Destination.CLOUD,
    "spark/device/ident/0": Destination.CLOUD,
    "spark/cc3000-patch-version": Destination.CLOUD,
    "spark/hardware/max_binary": Destination.CLOUD,
    "spark/hardware/ota_chunk_size": Destination.CLOUD,
    "spark/device/ota_result": Destination.STREAMS,
    "spark/device/diagnostics/update": Destination.STREAMS,
    "particle/device/updates/enabled": Destination.STREAMS,
    "particle/device/updates/forced": Destination.STREAMS,
    "spark/device/name": Destination.DEVICE,
    "spark/device/ip": Destination.DEVICE,
    "spark/device/random": Destination.DEVICE,
    "particle/device/name": Destination.DEVICE,
    "particle/device/ip": Destination.DEVICE,
    "particle/device/random": Destination.DEVICE,
}
COMMANDS = [
    "spark/device/reset",
    "spark/device/key/restore",
    "spark/status",
    "spark/flash/status",
    "particle/device/updates/pending",
    "spark",
    "particles",
]


@pytest.mark.parametrize("name", SYSTEM_EVENTS)
def test_what_device_os_publishes_goes_where_it_belongs(name: str) -> None:
    assert destination_of(name) is SYSTEM_EVENTS[name]


@pytest.mark.parametrize("name", COMMANDS)
def test_a_device_cannot_speak_as_the_cloud(name: str) -> None:
    assert destination_of(name) is Destination.NOWHERE  # EVT-1


def test_an_ordinary_event_goes_to_its_audience() -> None:
    assert destination_of("temperature") is Destination.AUDIENCE
    assert destination_of("my/spark") is Destination.AUDIENCE


def test_what_is_published_by_the_api_has_an_audience_of_its_own() -> None:
    assert audience_of_account("ada") == Audience("ada", None, Hearers.NOBODY)
    product = Audience(None, 1001, Hearers.MEMBERS)  # EVT-5
    assert audience_of_product(1001) == product


def test_what_a_member_of_nobody_hears_is_on_its_products_count() -> None:
    facts = SourceFacts(None, 1001, Standing.MEMBER, outsider=False)
    assert ears_of(facts) == Ears(None, 1001, 1001)  # CLM-8
    assert holder_of(facts.owner_id, facts.member_of) == product_holder(1001)
