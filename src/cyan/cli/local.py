"""Commands that work on the data folder, or run something in this process."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, Literal, TypeVar
from urllib.parse import urlsplit, urlunsplit

from cyclopts import App, Parameter

from cyan.cli.asking import Json, prompt
from cyan.cli.show import say, show_json, show_table
from cyan.config import SETTINGS, Config, load_config
from cyan.interfaces import World
from cyan.model.accounts import Actor, Door

T = TypeVar("T")
ADDRESS_AT, PORT_AT, BLOCK_SIZE = 384, 450, 512
DEFAULT_PORT = 5683


def _in_world(config: Config, use: Callable[[World], Awaitable[T]]) -> T:
    """Use the store of the data folder, beside a running server or without one."""
    from cyan.server.worlds import close_world, make_world

    async def work() -> T:
        url = config.public_url or f"http://{config.host}:{config.http_port}"
        world = await make_world(config, url)
        try:
            return await use(world)
        finally:
            await close_world(world)

    return asyncio.run(work())


user = App(name="user", help="Accounts, on this machine.", help_format="plaintext")


@user.command(name="add")
def user_add(email: str, *, operator: bool = False) -> None:
    """Make an account; its password is asked for, or read from standard input.

    The first account is always an operator. Example: cyan user add you@example.com
    """
    from cyan.services.sign_up import Newcomer, add_account

    password = prompt("Password")

    async def add(world: World) -> None:
        first = not await world.store.read(lambda tx: tx.accounts.count_operators())
        newcomer = Newcomer(email, password, {})
        await add_account(world, newcomer, operator=operator or first)

    _in_world(load_config(), add)
    say(f"{email} can sign in.")


@user.command
def invite(email: str) -> None:
    """Invite somebody: mails them a link that works once, and prints it.

    The mail goes out when the server runs. Example: cyan user invite them@example.com
    """
    from cyan.services.sign_up import Invitation
    from cyan.services.sign_up import invite as invite_person

    async def ask(world: World) -> Invitation:
        actor = Actor("", "the operator", True, door=Door.COMMAND_LINE)
        return await invite_person(world, actor, email)

    invitation = _in_world(load_config(), ask)
    say(f"{invitation.username} is invited, by mail and by this link:")
    say(invitation.link)


@user.command(name="list")
def user_list(*, json: Json = False) -> None:
    """List all accounts."""

    async def ask(world: World) -> list[dict[str, object]]:
        found = await world.store.read(lambda tx: tx.accounts.list_all("", 10_000))
        return [
            {"email": each.username, "id": each.id, "operator": each.operator}
            for each in found
        ]

    rows = _in_world(load_config(), ask)
    if json:
        show_json(rows)
    else:
        columns = {"e-mail": "email", "operator": "operator", "id": "id"}
        show_table(rows, columns, "There are no accounts yet.")


def key_block(spki: bytes, host: str, port: int) -> bytes:
    """The key and address as `particle keys server` flashes them (device wire §7)."""
    block = bytearray(b"\xff" * BLOCK_SIZE)
    block[: len(spki)] = spki
    digits = host.split(".")
    if len(digits) == 4 and all(each.isdecimal() for each in digits):
        address = bytes((0, 4, *map(int, digits)))
    else:
        name = host.encode("idna")
        if len(name) > 63:
            raise ValueError(f"{host} is too long for a device: at most 63 bytes")
        address = bytes((1, len(name))) + name
    block[ADDRESS_AT : ADDRESS_AT + len(address)] = address
    block[PORT_AT : PORT_AT + 2] = port.to_bytes(2, "big")
    return bytes(block)


def server_key(file: Path = Path("server_key.der"), *, host: str | None = None) -> None:
    """Write the key file that makes a real device trust this server.

    Flash it with: particle keys server server_key.der
    """
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    from cyan.server.keys import device_tcp_key

    config = load_config()
    config.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    public = device_tcp_key(config.data_dir).public_key()
    spki = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    named = host or config.public_device_host or urlsplit(config.public_url).hostname
    port = config.device_tcp_port or DEFAULT_PORT
    file.write_bytes(key_block(spki, named or config.host, port))
    say(f"{file} tells a device to trust this server at {named or config.host}:{port}.")


def migrate() -> None:
    """Bring the database to the newest schema; `cyan serve` does so by itself."""
    from cyan.server.worlds import database_url
    from cyan.storage.migrate import migrate as bring_up

    config = load_config()
    config.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    bring_up(database_url(config))
    say("The database has the newest schema.")


def settings(*, json: Json = False) -> None:
    """List every setting: its variable, what it is now, and what it means."""
    config = load_config()
    rows = [
        {
            "name": each.name,
            "variable": each.variable,
            "default": each.default,
            "now": _masked(str(getattr(config, each.name))),
            "meaning": each.meaning,
        }
        for each in SETTINGS
    ]
    if json:
        show_json(rows)
        return
    columns = {"variable": "variable", "now": "now", "default": "default"}
    show_table(rows, {**columns, "meaning": "meaning"}, "")


def _masked(text: str) -> str:
    """A URL without the password in it."""
    if "://" not in text or "@" not in text:
        return text
    parts = urlsplit(text)
    return urlunsplit(parts._replace(netloc=f"***@{parts.netloc.rpartition('@')[2]}"))


def simulate(
    *,
    server: str = "127.0.0.1:5683",
    server_key: Path = Path("var/data/keys/device-tcp.pub.pem"),
    devices: Annotated[int, Parameter(help="How many.")] = 1,
    seed: Annotated[int, Parameter(help="The same seed, the same Device IDs.")] = 1,
    folder: Annotated[Path | None, Parameter(help="Keeps their keys.")] = None,
    events_per_minute: float = 6.0,
    behaviour: str = "steady",
    platform: Annotated[str, Parameter(help="Its id or name.")] = "photon",
    device_os: Annotated[str, Parameter(help="Their Device OS.")] = "3.3.0",
    product_id: Annotated[
        int | None, Parameter(help="The Product ID in their firmware.")
    ] = None,
    product_version: Annotated[
        int | None, Parameter(help="The version of their firmware.")
    ] = None,
    wildcard: Annotated[
        bool, Parameter(help="Their platform's id as Product ID, as without one.")
    ] = False,
    script: Annotated[
        Literal["membership"] | None, Parameter(help="Devices that differ.")
    ] = None,
) -> None:
    """Run pretend devices until Ctrl-C, and show their lights.

    Behaviours: steady; flaky (drops the link); sleepy; silent (ignores calls);
    safe-mode; wrong-key; replay (drops the link, then sends its old handshake
    again, in vain). The same seed and folder are the same devices.

    The script "membership" runs one device for each way to knock at the product
    that --product-id and --platform name, and says what becomes of it.

    Example: cyan simulate --devices 20 --seed 7
    """
    from cyan.cli.products import find_platform
    from cyan.rules.setup import LIGHTS, Light
    from cyan.simulator.fleet import BEHAVIOURS, Fleet, read_server_key, run_fleet
    from cyan.simulator.identity import numbered_id
    from cyan.simulator.makes import Make, membership_script, read_device_os

    if behaviour not in BEHAVIOURS:
        raise ValueError(f"behaviour is one of {', '.join(BEHAVIOURS)}")
    if wildcard and product_id is not None:
        raise ValueError("Give either --wildcard or --product-id.")
    version, family = read_device_os(device_os), find_platform(platform)
    if script is None:
        makes = [Make(family, version, product_id, product_version)] * devices
    else:
        makes = membership_script(product_id, family)
    host, _, port = server.rpartition(":")
    fleet = Fleet(
        makes,
        seed,
        (host.strip("[]"), int(port)),
        read_server_key(server_key),
        folder or Path("var/devices"),
        events_per_minute,
        behaviour,
    )
    for number, make in enumerate(makes, 1):
        if make.outcome:
            who = f"{number:4}  {numbered_id(seed, number)}"
            say(f"{who}  {make.description}: {make.outcome}")

    def on_light(number: int, device_id: str, light: Light) -> None:
        pattern = LIGHTS[light]
        say(f"{number:4}  {device_id}  {pattern.rhythm} {pattern.colour}")

    asyncio.run(run_fleet(fleet, on_light))


def register(app: App) -> None:
    """Add these commands to the command line."""
    app.command(user)
    app.command(server_key, name="server-key")
    for command in (migrate, settings, simulate):
        app.command(command)
