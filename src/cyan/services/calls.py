"""Calling a device's functions and reading its variables."""

from collections.abc import Iterable
from dataclasses import dataclass

from cyan.interfaces import World
from cyan.interfaces.requests import (
    CallFunction,
    Declined,
    FunctionResult,
    ReadVariable,
    TooLong,
    VariableValue,
)
from cyan.model.accounts import Actor
from cyan.model.decisions import RefusalCode, Refused, refused
from cyan.model.devices import Device
from cyan.rules.authority import Action
from cyan.rules.metering import CALL_COST, READ_COST, OperationKind, holder_of
from cyan.services.devices import ask_device, get_device, require_reach

CALL_SECONDS = 30.0
READ_SECONDS = 15.0


@dataclass(frozen=True, slots=True)
class CallOutcome:
    """A function returned a 32-bit number."""

    device: Device
    value: int


@dataclass(frozen=True, slots=True)
class ReadOutcome:
    """A variable had a value."""

    device: Device
    value: bool | int | float | str


@dataclass(frozen=True, slots=True)
class Target:
    """What is called or read: of which device, and in which product, if in one."""

    device: str
    name: str
    within: str | None = None


async def call_function(
    world: World, actor: Actor, target: Target, argument: str
) -> CallOutcome:
    """Call a function of a device; counts as one data operation (EVT-3)."""
    name = target.name
    device = await _find(world, actor, target, Action.FUNCTION_CALL)
    if device.functions is not None and name not in device.functions:
        # A device does not answer a call of a function that it lacks (wire §4.5).
        raise _unknown_function(device, name)
    reply = await ask_device(
        world, device.id, CallFunction(name, argument), CALL_SECONDS
    )
    match reply:
        case FunctionResult(value=value):
            _count(world, device, OperationKind.CALLED, CALL_COST)
            return CallOutcome(device, value)
        case TooLong(limit=limit):
            raise refused(
                RefusalCode.ARGUMENT_TOO_LONG,
                f"This device takes arguments of at most {limit} bytes.",
                remedy="Shorten the argument, or send it in several calls.",
            )
        case Declined():
            raise refused(
                RefusalCode.DEVICE_DECLINED,
                f"The device did not carry out {name}, or its answer makes no sense.",
                remedy="Try a shorter argument: older firmware takes at most 63 bytes.",
            )
        case _:
            raise _unknown_function(device, name)


async def read_variable(world: World, actor: Actor, target: Target) -> ReadOutcome:
    """Read a variable of a device; counts as one data operation (EVT-3)."""
    name = target.name
    device = await _find(world, actor, target, Action.VARIABLE_GET)
    if device.variables is not None and name not in device.variables:
        raise _unknown_variable(device, name)
    reply = await ask_device(world, device.id, ReadVariable(name), READ_SECONDS)
    match reply:
        case VariableValue(value=value):
            _count(world, device, OperationKind.READ, READ_COST)
            return ReadOutcome(device, value)
        case Declined():
            raise refused(
                RefusalCode.DEVICE_DECLINED,
                f"The device sent something for {name} that is not of its type.",
                remedy="Look at what its firmware registers under this name.",
            )
        case _:
            raise _unknown_variable(device, name)


async def _find(world: World, actor: Actor, target: Target, action: Action) -> Device:
    device = await get_device(world, actor, target.device, action, target.within)
    require_reach(device)
    return device


def _count(world: World, device: Device, kind: OperationKind, cost: int) -> None:
    holder = holder_of(device.owner_id, device.member_of)
    if holder is not None:
        world.meter.count(holder, kind, cost)


def _unknown_function(device: Device, name: str) -> Refused:
    return refused(
        RefusalCode.FUNCTION_UNKNOWN,
        f"Function {name} not found",
        remedy=_offer("functions", device.functions or ()),
    )


def _unknown_variable(device: Device, name: str) -> Refused:
    return refused(
        RefusalCode.VARIABLE_UNKNOWN,
        f"Unknown Variable: {name}",
        remedy=_offer("variables", device.variables or ()),
    )


def _offer(what: str, names: Iterable[str]) -> str:
    known = ", ".join(sorted(names))
    if not known:
        return f"The device's firmware registers no {what}."
    return f"The device has these {what}: {known}."
