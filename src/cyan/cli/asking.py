"""Using the REST API with the profile's token, and options that many commands have."""

import asyncio
import getpass
import sys
from collections.abc import Awaitable, Callable
from typing import Annotated, TypeVar

from cyclopts import Parameter

from cyan.cli.profile import NotSignedIn, load_profile
from cyan.client import Client, ProductClient

T = TypeVar("T")
Json = Annotated[bool, Parameter("--json", negative="", help="JSON for programs.")]
Switch = Annotated[bool, Parameter(negative="")]
Ids = Annotated[list[str], Parameter(negative="", help="Device IDs.")]
Product = Annotated[str | None, Parameter(help="A product's id or slug.")]
Organization = Annotated[str | None, Parameter(help="An organization's id or slug.")]


def ask(use: Callable[[Client], Awaitable[T]]) -> T:
    """Use the API with the token of the profile."""
    profile = load_profile()
    if profile.token is None:
        raise NotSignedIn

    async def work() -> T:
        async with Client(profile.url, profile.token) as client:
            return await use(client)

    return asyncio.run(work())


def ask_product(product: str, use: Callable[[ProductClient], Awaitable[T]]) -> T:
    """Use one product, by its id or slug."""
    return ask(lambda client: use(client.product(product)))


def prompt(question: str) -> str:
    """Ask for a secret without showing it, or read it from standard input."""
    if sys.stdin.isatty():
        return getpass.getpass(f"{question}: ")
    return sys.stdin.readline().rstrip("\n")
