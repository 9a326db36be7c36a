"""Cases of the tables about events: what is published, who hears it, what it costs."""

from collections.abc import Callable
from datetime import UTC, datetime

from tests.rules.cases import STANDINGS, Case, Values

from cyan.model.devices import Standing
from cyan.model.events import Event
from cyan.model.identifiers import DeviceID
from cyan.rules.features import FeatureFacts
from cyan.rules.metering import cost_of_event, holder_of, product_holder
from cyan.rules.publishing import (
    DevicePublishFacts,
    PublishFacts,
    decide_device_publish,
    decide_publish,
)
from cyan.rules.routing import (
    SourceFacts,
    audience_of,
    device_hears,
    ears_of,
    hears,
)

NAMES: Values = {
    "empty": [""],
    "too long": ["t" * 65, "é" * 33],
    "invisible characters": ["two\nlines", "bell\a", "zero\N{ZERO WIDTH SPACE}width"],
    "ordinary": ["t", "t" * 64, "é" * 32, "room/lamp", "Spark", "spar", "🔥"],
    "news": ["spark/device/last_reset", "spark/device/ota_result"],
    "state": ["particle/device/updates/enabled", "particle/device/updates/forced"],
    "question": ["spark/device/name", "particle/device/ip", "spark/device/random"],
    "for the cloud": ["spark/device/claim/code", "spark/device/safemode"],
    "other reserved": [
        *("spark", "sparkling", "particle", "spark/device/reset"),
        *("cyan/import", "cyan/"),
    ],
}
DATA_SIZES: Values = {"fits": [0, 1, 1024], "too much": [1025, 100_000]}
PREFIXES: Values = {
    "any beginning": [lambda name: ""],
    "its beginning": [lambda name: name[:1], lambda name: name[:-1]],
    "its name": [lambda name: name],
    "another beginning": [lambda name: name[1:], lambda name: name.upper()],
    "a longer name": [lambda name: f"{name}2"],
}
LAMP = DeviceID("0123456789abcdef01234567")
FAN = DeviceID("fedcba9876543210fedcba98")
SOURCES: Values = {"every": [None], "its source": [LAMP], "another": [FAN]}
FEATURES: Values = {
    "yes": [
        FeatureFacts(owned=True),
        FeatureFacts(owned=True, standing=Standing.MEMBER),
        FeatureFacts(owned=False, standing=Standing.MEMBER),
    ],
    "not claimed": [FeatureFacts(owned=False)],
    "quarantined": [
        FeatureFacts(owned, standing)
        for owned in (True, False)
        for standing in (Standing.QUARANTINED, Standing.DENIED)
    ],
    "wrong platform": [
        FeatureFacts(owned, Standing.WRONG_PLATFORM) for owned in (True, False)
    ],
}
PRODUCT = 1001
OWNER = "its owner"
SOMEBODY: Values = {"nobody": [None], "somebody": [OWNER]}


def event(name: str) -> Event:
    return Event(name, None, 60, datetime(2026, 11, 1, tzinfo=UTC), LAMP)


def source(
    owner_id: str | None, standing: Standing | None, *, outsider: bool
) -> SourceFacts:
    product_id = None if standing is None else PRODUCT
    return SourceFacts(owner_id, product_id, standing, outsider)


def ask_hears(prefix_of: Callable[[str], str], heard: DeviceID | None) -> bool:
    return hears(prefix_of("room/lamp"), heard, event("room/lamp"))


def ask_device_hears(
    name: str, prefix_of: Callable[[str], str], heard: DeviceID | None
) -> bool:
    return device_hears(prefix_of(name), heard, event(name))


def ask_holder(owner_id: str | None, member_of: int | None) -> str:
    holder = holder_of(owner_id, member_of)
    words = {None: "nobody", OWNER: OWNER, product_holder(PRODUCT): "its product"}
    return words[holder]


CASES = {
    "publishing.decide_publish": Case(
        {"Name": NAMES, "Data": DATA_SIZES},
        lambda name, size: decide_publish(PublishFacts(name, size)),
    ),
    "publishing.decide_device_publish": Case(
        {"Name": NAMES, "Data": DATA_SIZES, "Features": FEATURES},
        lambda *facts: decide_device_publish(DevicePublishFacts(*facts)),
    ),
    "routing.audience_of": Case(
        {
            "Owner": {
                "nobody": [(None, False)],
                "of the team": [(OWNER, False)],
                "an outsider": [(OWNER, True)],
            },
            "Standing": STANDINGS,
        },
        lambda owner, standing: audience_of(
            source(owner[0], standing, outsider=owner[1])
        ),
    ),
    "routing.hears": Case(
        {"Name asked for": PREFIXES, "Device asked for": SOURCES}, ask_hears
    ),
    "routing.ears_of": Case(
        {"Owner": SOMEBODY, "Standing": STANDINGS},
        lambda owner_id, standing: ears_of(source(owner_id, standing, outsider=False)),
    ),
    "routing.device_hears": Case(
        {
            "Event": {
                "ordinary": ["room/lamp"],
                "reserved": ["spark/status", "cyan/import"],
            },
            "Name asked for": PREFIXES,
            "Device asked for": SOURCES,
        },
        ask_device_hears,
    ),
    "metering.holder_of": Case(
        {"Owner": SOMEBODY, "Member": {"yes": [PRODUCT], "no": [None]}}, ask_holder
    ),
    "metering.cost_of_event": Case(
        {
            "Event": {
                "ordinary": ["room/lamp", "Spark", "cyan", "cyanide"],
                "reserved": ["spark/status", "particle", "sparkling", "cyan/import"],
            },
            "Bytes of data": {
                "none": [0],
                "up to 1024": [1, 1023, 1024],
                "1025 to 2048": [1025, 2048],
            },
        },
        lambda name, data_bytes: f"{cost_of_event(name, data_bytes)}",
    ),
}
