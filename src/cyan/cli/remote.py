"""Commands that use the REST API of a server, as anybody with an account may."""

import asyncio
import getpass
import sys
from collections.abc import Awaitable, Callable
from typing import Annotated, Any, TypeVar

from cyclopts import App, Parameter

from cyan.cli.profile import NotSignedIn, Profile, load_profile, save_profile
from cyan.cli.show import (
    say,
    show_explanation,
    show_json,
    show_json_line,
    show_table,
)
from cyan.client import Client, ServerRefused
from cyan.model.platforms import platform_name

T = TypeVar("T")
Json = Annotated[bool, Parameter("--json", negative="", help="JSON for programs.")]


def _ask(use: Callable[[Client], Awaitable[T]]) -> T:
    """Use the API with the token of the profile."""
    profile = load_profile()
    if profile.token is None:
        raise NotSignedIn

    async def ask() -> T:
        async with Client(profile.url, profile.token) as client:
            return await use(client)

    return asyncio.run(ask())


def prompt(question: str) -> str:
    """Ask for a secret without showing it, or read it from standard input."""
    if sys.stdin.isatty():
        return getpass.getpass(f"{question}: ")
    return sys.stdin.readline().rstrip("\n")


def login(email: str, *, url: str | None = None) -> None:
    """Sign in; the password is asked for, or read from standard input.

    Example: cyan login you@example.com --url http://127.0.0.1:8080
    """
    chosen = url or load_profile().url
    password = prompt("Password")

    async def sign_in() -> str:
        async with Client(chosen) as client:
            try:
                return await client.sign_in(email, password)
            except ServerRefused as no:
                token = (no.body or {}).get("mfa_token")
                if not token:
                    raise
                return await client.send_code(token, prompt("One-time code"))

    save_profile(Profile(chosen, asyncio.run(sign_in())))
    say(f"You are signed in as {email} at {chosen}.")


def logout() -> None:
    """End the token of this profile, and forget it."""
    _ask(lambda client: client.call("DELETE", "/v1/access_tokens/current"))
    save_profile(Profile(load_profile().url, None))
    say("You are signed out.")


def whoami(*, json: Json = False) -> None:
    """Tell whose token this profile has."""
    username = _ask(lambda client: client.whoami())
    if json:
        show_json({"username": username, "url": load_profile().url})
    else:
        say(username)


device = App(name="device", help="Your devices.", help_format="plaintext")


@device.command(name="list")
def device_list(*, json: Json = False) -> None:
    """List your devices, the last connected first.

    Example: cyan device list --json
    """
    found = _ask(lambda client: client.list_devices())
    if json:
        show_json(found)
        return
    columns = {
        "name": "name",
        "id": "id",
        "online": "online",
        "platform": "platform",
        "last heard": "last_heard",
    }
    for each in found:
        each["platform"] = platform_name(each["platform_id"])
    show_table(found, columns, "You own no devices; `cyan device add ID` claims one.")


@device.command
def add(device_id: str, *, transfer: bool = False, json: Json = False) -> None:
    """Claim a device that is online; with --transfer, ask its owner for it.

    Example: cyan device add 0123456789abcdef01234567
    """
    try:
        claimed = _ask(lambda client: client.claim(device_id, transfer=transfer))
    except ServerRefused as no:
        if no.rule == "CLM-10":  # the way of this command, instead of the API's
            no.remedy = f"Ask its owner for it: cyan device add {device_id} --transfer"
        raise
    if json:
        show_json(claimed)
    elif claimed.get("transfer_id"):
        say("Its owner was asked by mail; you will hear of the answer.")
    else:
        say(f"{claimed['id']} is yours.")


@device.command
def remove(name_or_id: str) -> None:
    """Give a device up; it need not be online, and its SIM stays as it is.

    Example: cyan device remove kitchen
    """
    _ask(lambda client: client.unclaim(name_or_id))
    say(f"{name_or_id} is no longer yours.")


@device.command
def rename(name_or_id: str, name: str, *, json: Json = False) -> None:
    """Give a device a name that no other device of yours has.

    Example: cyan device rename 0123456789abcdef01234567 kitchen
    """
    changed = _ask(lambda client: client.change(name_or_id, name=name))
    if json:
        show_json(changed)
    else:
        say(f"{changed['id']} is called {changed['name']}.")


@device.command
def info(name_or_id: str, *, json: Json = False) -> None:
    """Tell all about one device."""
    found = _ask(lambda client: client.device(name_or_id))
    if json:
        show_json(found)
        return
    rows = [{"what": name, "value": value} for name, value in found.items()]
    show_table(rows, {"what": "what", "value": "value"}, "")


transfer = App(name="transfer", help="Requests for devices.", help_format="plaintext")


@transfer.command(name="list")
def transfer_list(*, json: Json = False) -> None:
    """List requests for your devices, and your requests for others'."""
    found = _ask(lambda client: client.transfers())
    if json:
        show_json(found)
        return
    columns = {"id": "id", "device": "device_id", "for": "to", "state": "state"}
    show_table(found, {**columns, "expires": "expires_at"}, "There are no requests.")


@transfer.command
def accept(transfer_id: str) -> None:
    """Hand your device to whoever asked for it.

    `cyan transfer list` shows the ids of the requests.
    """
    say(_ask(lambda client: client.answer_transfer(transfer_id, "approve")))


@transfer.command
def refuse(transfer_id: str) -> None:
    """Keep your device; whoever asked is told.

    `cyan transfer list` shows the ids of the requests.
    """
    say(_ask(lambda client: client.answer_transfer(transfer_id, "deny")))


def events(prefix: str = "", *, device: str | None = None, json: Json = False) -> None:
    """Show events as they come, until Ctrl-C.

    With --json each event is one line. Example: cyan events temp --device kitchen
    """

    async def tail(client: Client) -> None:
        async for event in client.events(prefix, device):
            if json:
                show_json_line(event)
            else:
                told = (event["published_at"], event["coreid"], event["name"])
                say("  ".join((*told, event["data"] or "")))

    _ask(tail)


def publish(name: str, data: str | None = None) -> None:
    """Publish an event to your own streams and devices.

    Example: cyan publish door open
    """
    _ask(lambda client: client.publish(name, data))


def call(
    name_or_id: str, function: str, argument: str = "", *, json: Json = False
) -> None:
    """Call a function of a device; prints what it returned.

    Example: cyan call kitchen lamp on
    """
    returned = _ask(lambda client: client.call_function(name_or_id, function, argument))
    if json:
        show_json(returned)
    else:
        say(str(returned))


def get(name_or_id: str, variable: str, *, json: Json = False) -> None:
    """Read a variable of a device.

    Example: cyan get kitchen temperature
    """
    value: Any = _ask(lambda client: client.read(name_or_id, variable))
    if json:
        show_json(value)
    else:
        say(str(value))


def explain(name_or_id: str, *, json: Json = False) -> None:
    """Explain where a device stands, what it may do, and why not.

    Example: cyan explain kitchen
    """
    told = _ask(lambda client: client.explain(name_or_id))
    if json:
        show_json(told)
    else:
        show_explanation(told)


def usage(month: str | None = None, *, json: Json = False) -> None:
    """Tell how many data operations a month had, and how many devices you own.

    Example: cyan usage 2026-11
    """
    told = _ask(lambda client: client.usage(month))
    if json:
        show_json(told)
        return
    operations, devices = told["operations"], told["devices"]
    rows = [{"what": what, "count": count} for what, count in operations.items()]
    show_table(rows, {told["month"]: "what", "data operations": "count"}, "")
    limit = "no limit" if devices["limit"] is None else f"room for {devices['limit']}"
    say(f"\nYou own {devices['owned']} devices ({limit}).")


def register(app: App) -> None:
    """Add these commands to the command line."""
    for command in (login, logout, whoami, events, publish, call, get, explain, usage):
        app.command(command)
    app.command(device)
    app.command(transfer)
