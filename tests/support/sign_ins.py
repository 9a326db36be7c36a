"""People with passwords, and the tokens that they get."""

from typing import Any

import pyotp
import pytest

from cyan.interfaces import World
from cyan.model.accounts import Account, Actor
from cyan.model.decisions import Refuse, Refused
from cyan.services.clients import ClientProof
from cyan.services.sign_up import Newcomer, add_account
from cyan.services.signing_in import GrantRequest, sign_in
from cyan.services.tokens import Authenticator, NewToken

PASSWORD = "correct horse battery"
ADDRESS = "192.0.2.7"
PARTICLE = ClientProof("particle", "particle")


async def a_person(
    world: World, username: str = "ann@example.com", *, operator: bool = False
) -> Account:
    """Somebody who knows `PASSWORD`."""
    return await add_account(world, Newcomer(username, PASSWORD, {}), operator=operator)


async def a_token(
    world: World, username: str = "ann@example.com", **request: Any
) -> NewToken:
    """A token by password; `request` is more of `GrantRequest`."""
    wanted = {"password": PASSWORD, **request}
    grant = GrantRequest("password", username=username, **wanted)
    return await sign_in(world, grant, PARTICLE, ADDRESS)


async def actor_of(world: World, token: NewToken) -> Actor:
    """Who a token stands for."""
    return await Authenticator(world).authenticate(token.text, ADDRESS)


async def a_signed_in_person(
    world: World, username: str = "ann@example.com", *, operator: bool = False
) -> Actor:
    """Somebody new, as their token proves them."""
    await a_person(world, username, operator=operator)
    return await actor_of(world, await a_token(world, username))


def code_of(world: World, secret: str, *, steps: int = 0) -> str:
    """The one-time code of this moment, or so many steps of 30 s later."""
    step = int(world.clock.now().timestamp()) // 30 + steps
    return pyotp.TOTP(secret).generate_otp(step)


async def refusal_of(awaitable: Any) -> Refuse:
    """The refusal in which something ends."""
    with pytest.raises(Refused) as caught:
        await awaitable
    return caught.value.refusal
