"""Commands that use the REST API of a server, as anybody with an account may."""

import asyncio
from typing import Annotated, Any

from cyclopts import App, Parameter

from cyan.cli.asking import Json, Organization, Product, Switch, ask, prompt
from cyan.cli.profile import Profile, load_profile, save_profile
from cyan.cli.show import (
    say,
    show_attributes,
    show_explanation,
    show_json,
    show_json_line,
    show_table,
    visible,
)
from cyan.client import Client, ServerRefused
from cyan.model.platforms import platform_name


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
    ask(lambda client: client.call("DELETE", "/v1/access_tokens/current"))
    save_profile(Profile(load_profile().url, None))
    say("You are signed out.")


def whoami(*, json: Json = False) -> None:
    """Tell whose token this profile has."""
    username = ask(lambda client: client.whoami())
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
    found = ask(lambda client: client.list_devices())
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
        claimed = ask(lambda client: client.claim(device_id, transfer=transfer))
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
    ask(lambda client: client.unclaim(name_or_id))
    say(f"{name_or_id} is no longer yours.")


@device.command
def rename(name_or_id: str, name: str, *, json: Json = False) -> None:
    """Give a device a name that no other device of yours has.

    Example: cyan device rename 0123456789abcdef01234567 kitchen
    """
    changed = ask(lambda client: client.change(name_or_id, name=name))
    if json:
        show_json(changed)
    else:
        say(f"{changed['id']} is called {changed['name']}.")


@device.command
def info(name_or_id: str, *, json: Json = False) -> None:
    """Tell all about one device."""
    found = ask(lambda client: client.device(name_or_id))
    if json:
        show_json(found)
        return
    show_attributes(found)


transfer = App(name="transfer", help="Requests for devices.", help_format="plaintext")


@transfer.command(name="list")
def transfer_list(*, json: Json = False) -> None:
    """List requests for your devices, and your requests for others'."""
    found = ask(lambda client: client.transfers())
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
    say(ask(lambda client: client.answer_transfer(transfer_id, "approve")))


@transfer.command
def refuse(transfer_id: str) -> None:
    """Keep your device; whoever asked is told.

    `cyan transfer list` shows the ids of the requests.
    """
    say(ask(lambda client: client.answer_transfer(transfer_id, "deny")))


def events(
    prefix: str = "",
    *,
    device: str | None = None,
    product: Product = None,
    json: Json = False,
) -> None:
    """Show events as they come, until Ctrl-C.

    With --json each event is one line. With --product, those of the product's
    devices. Example: cyan events temp --device kitchen
    """

    async def tail(client: Client) -> None:
        async for event in client.events(prefix, device, product):
            if json:
                show_json_line(event)
            else:
                told = (event["published_at"], event["coreid"], event["name"])
                say("  ".join((*told, visible(event["data"] or ""))))

    ask(tail)


def publish(
    name: str,
    data: str | None = None,
    *,
    product: Product = None,
    as_device: Annotated[
        str | None,
        Parameter("--as", help="A device of the product that it shall come from."),
    ] = None,
) -> None:
    """Publish an event to your own streams and devices, or to a product's.

    With --as it goes to whoever hears that device, as if the device had published it.

    Example: cyan publish door open
    Example: cyan publish door open --product pumps --as 0123456789abcdef01234567
    """
    if as_device is not None and product is None:
        raise ValueError(
            "Only a product publishes in the name of its devices: "
            "say with --product whose device it is."
        )
    ask(lambda client: client.publish(name, data, product, as_device))


def call(
    name_or_id: str,
    function: str,
    argument: str = "",
    *,
    product: Product = None,
    json: Json = False,
) -> None:
    """Call a function of a device; prints what it returned.

    Example: cyan call kitchen lamp on
    """
    returned = ask(
        lambda client: client.call_function(name_or_id, function, argument, product)
    )
    if json:
        show_json(returned)
    else:
        say(str(returned))


def get(
    name_or_id: str, variable: str, *, product: Product = None, json: Json = False
) -> None:
    """Read a variable of a device.

    Example: cyan get kitchen temperature
    """
    value: Any = ask(lambda client: client.read(name_or_id, variable, product))
    if json:
        show_json(value)
    else:
        say(str(value))


def explain(
    name_or_id: str,
    *,
    product: Product = None,
    if_removed: Switch = False,
    json: Json = False,
) -> None:
    """Explain where a device stands, what it may do, and why not.

    With --if-removed, as it would be after its removal from its product; nothing
    is changed. Example: cyan explain kitchen
    """
    told = ask(lambda client: client.explain(name_or_id, product, removed=if_removed))
    if json:
        show_json(told)
    else:
        show_explanation(told, removed=if_removed)


def usage(
    month: str | None = None,
    *,
    product: Product = None,
    org: Organization = None,
    json: Json = False,
) -> None:
    """Tell how many data operations a month had, and how many devices there are.

    Yours; with --product those of a product's members, with --org those of all
    products of an organization. Example: cyan usage 2026-11
    """
    told = ask(lambda client: client.usage(month, product, org))
    if json:
        show_json(told)
        return
    operations, devices = told["operations"], told["devices"]
    rows = [{"what": what, "count": count} for what, count in operations.items()]
    show_table(rows, {told["month"]: "what", "data operations": "count"}, "")
    limit = "no limit" if devices["limit"] is None else f"room for {devices['limit']}"
    has = product or org
    whose = f"{has} has" if has else "You own"
    say(f"\n{whose} {devices['owned']} devices ({limit}).")
    if devices["counted"] != devices["owned"]:
        say(f"{devices['counted']} count toward the limit.")


def register(app: App) -> None:
    """Add these commands to the command line."""
    for command in (login, logout, whoami, events, publish, call, get, explain, usage):
        app.command(command)
    app.command(device)
    app.command(transfer)
