"""Between the device wire's words and ours."""

import os
from datetime import datetime

from cyan.model.devices import Description
from cyan.model.events import Event
from cyan.model.identifiers import DeviceID
from cyan.protocol.coap import MalformedMessage
from cyan.protocol.describe import Described
from cyan.protocol.happenings import PublishReceived
from cyan.protocol.values import Value, read_value

RANDOM_BYTES = 40


def event_of(received: PublishReceived, source: DeviceID, at: datetime) -> Event:
    """What a device published, as an event; bytes that are no UTF-8 are replaced."""
    data = received.data.decode(errors="replace") if received.data else None
    return Event(received.name, data, received.ttl, at, source)


def description_of(described: Described) -> Description:
    """What a device told, as we keep it."""
    return Description(
        functions=described.functions,
        variables=described.variables,
        imei=described.imei,
        iccid=described.iccid,
        app_hash=described.app_hash,
        protected=described.protected,
    )


def variable_value(kind: str, payload: bytes) -> Value:
    """A variable's value; one that does not fit its type is shown as text."""
    try:
        return read_value(kind, payload)
    except MalformedMessage:
        return payload.decode(errors="replace")


def reply_to(question: str, address: str) -> bytes | None:
    """What the gateway itself can answer a device; None for its name (wire §4.8)."""
    match question.rpartition("/")[2]:
        case "ip":
            return address.encode()
        case "random":
            return os.urandom(RANDOM_BYTES)
        case _:
            return None
