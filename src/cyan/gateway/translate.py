"""Between the device wire's words and ours."""

import os
from datetime import datetime

from cyan.interfaces.requests import (
    Declined,
    FunctionResult,
    NotThere,
    VariableValue,
)
from cyan.model.devices import Description
from cyan.model.events import Event
from cyan.model.identifiers import DeviceID
from cyan.protocol.coap import Code, MalformedMessage
from cyan.protocol.describe import Described
from cyan.protocol.happenings import Answered, PublishReceived
from cyan.protocol.values import read_result, read_value

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


def result_of(answer: Answered) -> FunctionResult | NotThere | Declined:
    """What became of a call."""
    try:
        if answer.code == Code.CHANGED:
            return FunctionResult(read_result(answer.payload))
    except MalformedMessage:
        return Declined()
    return _no_of(answer)


def value_of(kind: str, answer: Answered) -> VariableValue | NotThere | Declined:
    """What became of reading a variable of this type."""
    try:
        if answer.code == Code.CONTENT:
            return VariableValue(read_value(kind, answer.payload))
    except MalformedMessage:
        return Declined()
    return _no_of(answer)


def _no_of(answer: Answered) -> NotThere | Declined:
    return NotThere() if answer.code == Code.NOT_FOUND else Declined()


def reply_to(question: str, address: str) -> bytes | None:
    """What the gateway itself can answer a device; None for its name (wire §4.8)."""
    match question.rpartition("/")[2]:
        case "ip":
            return address.encode()
        case "random":
            return os.urandom(RANDOM_BYTES)
        case _:
            return None
