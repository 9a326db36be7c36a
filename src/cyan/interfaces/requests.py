"""What a door asks of a device over the bus, and what its session answers."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CallFunction:
    """Call a function with one text.

    Answered by `FunctionResult`, `TooLong`, `NotThere` or `Declined`.
    """

    name: str
    argument: str


@dataclass(frozen=True, slots=True)
class ReadVariable:
    """Read a variable; answered by `VariableValue`, `NotThere` or `Declined`."""

    name: str


@dataclass(frozen=True, slots=True)
class Signal:
    """Start or stop shouting rainbows; answered by `Done`."""

    on: bool


@dataclass(frozen=True, slots=True)
class Ping:
    """Is it there? Answered by `Done`."""


@dataclass(frozen=True, slots=True)
class SendEvent:
    """Send an event to this device alone; answered by `Done`."""

    name: str
    data: str


@dataclass(frozen=True, slots=True)
class FunctionResult:
    """What the function returned."""

    value: int


@dataclass(frozen=True, slots=True)
class VariableValue:
    """The variable's value, of the type that the device described."""

    value: bool | int | float | str


@dataclass(frozen=True, slots=True)
class NotThere:
    """The device knows no such thing."""


@dataclass(frozen=True, slots=True)
class Declined:
    """The device answered, but with a refusal or with what cannot be read."""


@dataclass(frozen=True, slots=True)
class TooLong:
    """The argument does not fit into a message to this device."""

    limit: int


@dataclass(frozen=True, slots=True)
class Done:
    """The device did it."""
