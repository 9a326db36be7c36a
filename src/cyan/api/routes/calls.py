"""Calling functions and reading variables of one's own devices (contract §2.8)."""

from typing import Any

from msgspec import UNSET, Struct, UnsetType
from starlette.responses import PlainTextResponse, Response

from cyan.api.errors import Family
from cyan.api.routing import Routes
from cyan.api.wire.devices import product_id_of
from cyan.api.wire.moments import moment
from cyan.interfaces import World
from cyan.model.accounts import Actor
from cyan.model.decisions import RefusalCode as Code
from cyan.services import calls
from cyan.services.calls import ReadOutcome, Target

routes = Routes()

UNANSWERED = (
    Code.DEVICE_UNKNOWN,
    Code.DEVICE_OFFLINE,
    Code.DEVICE_SILENT,
    Code.DEVICE_QUARANTINED,
    Code.WRONG_PLATFORM,
    Code.DEVICE_UNCLAIMED,
)


class Format(Struct):
    """`format=raw` answers with the bare value as text."""

    format: str | None = None


class Argument(Struct):
    """The argument's name differs by the client's age: the first given counts."""

    arg: str | UnsetType | None = UNSET
    args: str | UnsetType | None = UNSET
    params: str | UnsetType | None = UNSET

    @property
    def text(self) -> str:
        """The argument; empty if none was given."""
        for given in (self.arg, self.args, self.params):
            if isinstance(given, str):
                return given
        return ""


@routes(
    "GET /v1/devices/{device}/{variable}",
    scope="devices.variable:get",
    family=Family.SINGLE,
    refusals=(*UNANSWERED, Code.VARIABLE_UNKNOWN, Code.DEVICE_DECLINED),
)
async def read_variable(
    world: World, actor: Actor, device: str, variable: str, query: Format
) -> dict[str, Any] | Response:
    """Read a variable of a device."""
    return await read(world, actor, Target(device, variable), query)


async def read(
    world: World, actor: Actor, target: Target, query: Format
) -> dict[str, Any] | Response:
    """Read a variable, and tell it as the client wants it."""
    outcome = await calls.read_variable(world, actor, target)
    if query.format == "raw":
        return PlainTextResponse(_as_text(outcome.value))
    return _told(world, target.name, outcome)


def _told(world: World, variable: str, outcome: ReadOutcome) -> dict[str, Any]:
    found = outcome.device
    core = {
        "name": found.name,
        "last_app": "",
        "last_heard": moment(world.clock.now()),
        "connected": True,
        "last_handshake_at": moment(found.last_handshake_at),
        "deviceID": found.id,
        "product_id": product_id_of(found),
    }
    return {
        "cmd": "VarReturn",
        "name": variable,
        "result": outcome.value,
        "coreInfo": core,
    }


@routes(
    "POST /v1/devices/{device}/{function}",
    scope="devices.function:call",
    family=Family.SINGLE,
    refusals=(
        *UNANSWERED,
        Code.FUNCTION_UNKNOWN,
        Code.ARGUMENT_TOO_LONG,
        Code.DEVICE_DECLINED,
    ),
)
async def call_function(
    world: World,
    actor: Actor,
    device: str,
    function: str,
    body: Argument,
    query: Format,
) -> dict[str, Any] | Response:
    """Call a function of a device."""
    return await call(world, actor, Target(device, function), body, query)


async def call(
    world: World, actor: Actor, target: Target, body: Argument, query: Format
) -> dict[str, Any] | Response:
    """Call a function, and tell what it returned as the client wants it."""
    outcome = await calls.call_function(world, actor, target, body.text)
    if query.format == "raw":
        return PlainTextResponse(_as_text(outcome.value))
    return {
        "id": outcome.device.id,
        "name": outcome.device.name,
        "last_app": None,
        "connected": True,
        "return_value": outcome.value,
    }


def _as_text(value: bool | int | float | str) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
