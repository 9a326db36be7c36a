"""What a session noticed, for its driver to act on.

Where a happening has a `mid`, the driver answers by `accept` or `refuse` with it;
None wants no answer.
"""

from dataclasses import dataclass
from typing import TypeAlias

from cyan.protocol.describe import Described, DescribeFlag
from cyan.protocol.goodbye import Goodbye
from cyan.protocol.hello import Hello


@dataclass(frozen=True, slots=True)
class OfferReceived:
    """Server: the device's 256 bytes are in; open them, then `admit`."""

    sealed: bytes


@dataclass(frozen=True, slots=True)
class HelloReceived:
    """Server: the device has proven its key; `welcome` it."""

    hello: Hello


@dataclass(frozen=True, slots=True)
class DescribeReceived:
    """Server: a complete describe."""

    flags: DescribeFlag
    described: Described


@dataclass(frozen=True, slots=True)
class PublishReceived:
    """Server: the device published; `ttl` counts seconds."""

    name: str
    data: bytes
    ttl: int
    content_format: int | None
    mid: int | None


@dataclass(frozen=True, slots=True)
class SubscribeReceived:
    """Server: the device wants events whose names begin with a prefix.

    `device_id` (24 hex digits) narrows it to one source.
    """

    prefix: str
    device_id: str | None
    mid: int | None


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer to what was asked with this token; `code` is CoAP's."""

    token: int
    code: int
    payload: bytes


@dataclass(frozen=True, slots=True)
class RequestTimedOut:
    """Nothing came in time for this token."""

    token: int


@dataclass(frozen=True, slots=True)
class GoodbyeReceived:
    """Server: the device says why it goes."""

    goodbye: Goodbye


@dataclass(frozen=True, slots=True)
class NonceReceived:
    """Device: the server's nonce is in; make the offer, then `offer` it."""

    nonce: bytes


@dataclass(frozen=True, slots=True)
class AnswerReceived:
    """Device: the server's answer is in; open it, then `admit` its credentials."""

    answer: bytes


@dataclass(frozen=True, slots=True)
class Welcomed:
    """Device: the server said hello; everything may be sent from now on."""


@dataclass(frozen=True, slots=True)
class FunctionCalled:
    """Device: a call, to be answered by `return_result` with the token."""

    name: str
    argument: str
    token: bytes


@dataclass(frozen=True, slots=True)
class VariableRead:
    """Device: a read, to be answered by `return_value` with the token."""

    name: str
    token: bytes


@dataclass(frozen=True, slots=True)
class DescribeAsked:
    """Device: the server asks for a describe, to be answered by `return_describe`."""

    flags: DescribeFlag
    token: bytes


@dataclass(frozen=True, slots=True)
class Signalled:
    """Device: shout rainbows, or stop."""

    on: bool


@dataclass(frozen=True, slots=True)
class EventReceived:
    """Device: an event that it subscribed to, or that is for it alone."""

    name: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """Device: what it sent with this message id was taken, or refused by `code`."""

    mid: int
    code: int


@dataclass(frozen=True, slots=True)
class Closed:
    """The session is over, and why; nothing follows."""

    reason: str


Happening: TypeAlias = (
    OfferReceived
    | HelloReceived
    | DescribeReceived
    | PublishReceived
    | SubscribeReceived
    | Answered
    | RequestTimedOut
    | GoodbyeReceived
    | NonceReceived
    | AnswerReceived
    | Welcomed
    | FunctionCalled
    | VariableRead
    | DescribeAsked
    | Signalled
    | EventReceived
    | Acknowledged
    | Closed
)
