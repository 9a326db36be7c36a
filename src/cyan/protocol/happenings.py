"""What a session noticed, for its driver to act on.

Where a happening has a `handle`, the driver answers with it, by the command that its
docstring names; None wants no answer. A `token` is what the command returned.
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
    handle: int | None


@dataclass(frozen=True, slots=True)
class SubscribeReceived:
    """Server: the device wants events whose names begin with a prefix.

    `device_id` (24 hex digits) narrows it to one source.
    """

    prefix: str
    device_id: str | None
    handle: int | None


@dataclass(frozen=True, slots=True)
class FunctionAnswered:
    """Server: what a function returned."""

    token: int
    value: int


@dataclass(frozen=True, slots=True)
class FunctionRefused:
    """Server: the device did not run the function."""

    token: int


@dataclass(frozen=True, slots=True)
class VariableAnswered:
    """Server: a variable's value, for `values.read_value`."""

    token: int
    payload: bytes


@dataclass(frozen=True, slots=True)
class VariableUnknown:
    """Server: the device has no such variable."""

    token: int


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """A signal, a ping or a describe arrived."""

    token: int


@dataclass(frozen=True, slots=True)
class RequestTimedOut:
    """Nothing came in time for this token."""

    token: int


@dataclass(frozen=True, slots=True)
class GoodbyeReceived:
    """Server: the device says why it goes."""

    goodbye: Goodbye


@dataclass(frozen=True, slots=True)
class ServerHello:
    """Device: the server said hello; everything may be sent from now on."""


@dataclass(frozen=True, slots=True)
class FunctionCalled:
    """Device: a call, to be answered by `answer_function`, or never."""

    name: str
    argument: str
    handle: int


@dataclass(frozen=True, slots=True)
class VariableRead:
    """Device: a read, to be answered by `answer_variable`."""

    name: str
    handle: int


@dataclass(frozen=True, slots=True)
class DescribeAsked:
    """Device: the server asked for a describe; it was answered."""

    flags: DescribeFlag


@dataclass(frozen=True, slots=True)
class SignalReceived:
    """Device: shout rainbows, or stop."""

    on: bool


@dataclass(frozen=True, slots=True)
class EventReceived:
    """Device: an event that it subscribed to, or that is for it alone."""

    name: str
    data: bytes


@dataclass(frozen=True, slots=True)
class TimeReceived:
    """Device: the server's time, in whole seconds of Unix time."""

    unix: int


@dataclass(frozen=True, slots=True)
class PublishAnswered:
    """Device: a publish was taken, or not (also: no answer in 20 s)."""

    token: int
    ok: bool


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
    | FunctionAnswered
    | FunctionRefused
    | VariableAnswered
    | VariableUnknown
    | Acknowledged
    | RequestTimedOut
    | GoodbyeReceived
    | ServerHello
    | FunctionCalled
    | VariableRead
    | DescribeAsked
    | SignalReceived
    | EventReceived
    | TimeReceived
    | PublishAnswered
    | Closed
)
