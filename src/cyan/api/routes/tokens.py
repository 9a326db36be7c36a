"""Tokens: list them, look at the present one, end them (REST contract §1.2)."""

from msgspec import Struct
from starlette.requests import Request

from cyan.api.credentials import basic_credentials, bearer_token
from cyan.api.errors import Family
from cyan.api.routing import Routes
from cyan.api.wire.moments import moment
from cyan.api.wire.replies import Okay
from cyan.interfaces import World
from cyan.model.accounts import Actor
from cyan.model.decisions import RefusalCode as Code
from cyan.services import tokens
from cyan.services.signing_in import prove_person

routes = Routes()


class TokenEntry(Struct):
    """One token of a list.

    `token` is the SHA-256 of the token, since the token itself is not kept: it can
    be used to end the token, and for nothing else.
    """

    token: str
    expires_at: str | None
    client: str


class CodeQuery(Struct):
    """The one-time code of people who need one."""

    otp: str | None = None


class Organization(Struct):
    """An organization; there are none yet."""

    id: str
    slug: str


class CurrentToken(Struct):
    """The token that the request came with; `expires_at` null never expires."""

    expires_at: str | None
    client: str
    client_id: str
    scopes: list[str]
    orgs: list[Organization]


@routes(
    "GET /v1/access_tokens",
    scope=None,
    family=Family.LIST,
    refusals=(
        Code.TOKEN_MISSING,
        Code.TOKEN_UNKNOWN,
        Code.TOKEN_EXPIRED,
        Code.WRONG_CREDENTIALS,
        Code.WRONG_CODE,
        Code.RATE_LIMITED,
        Code.BUSY,
    ),
)
async def list_tokens(
    world: World, request: Request, query: CodeQuery
) -> list[TokenEntry]:
    """List your tokens: with name and password as HTTP Basic, or with a token."""
    address = request.state.address
    basic = basic_credentials(request)
    if basic is not None:
        account_id = (await prove_person(world, *basic, query.otp, address)).id
    else:
        token = bearer_token(request)
        account_id = (await tokens.find_actor(world, token, address)).account_id
    return [
        TokenEntry(each.hash, moment(each.expires_at), each.client_id)
        for each in await tokens.list_tokens(world, account_id, address)
    ]


@routes(
    "DELETE /v1/access_tokens",
    scope="tokens:remove",
    family=Family.LIST,
    refusals=(Code.RATE_LIMITED,),
)
async def end_all_tokens(world: World, actor: Actor) -> Okay:
    """End all your tokens, the one of this request too."""
    await tokens.revoke_all(world, actor)
    return Okay()


@routes(
    "GET /v1/access_tokens/current",
    scope="tokens:list",
    family=Family.LIST,
)
async def get_current_token(world: World, actor: Actor) -> CurrentToken:
    """Tell what the token of this request is."""
    client = actor.client_id or ""
    return CurrentToken(moment(actor.expires_at), client, client, [], [])


@routes(
    "DELETE /v1/access_tokens/current",
    scope="tokens:remove",
    family=Family.LIST,
    refusals=(Code.RATE_LIMITED,),
)
async def end_current_token(world: World, actor: Actor) -> Okay:
    """End the token of this request: sign out."""
    await tokens.revoke_current(world, actor)
    return Okay()


@routes(
    "DELETE /v1/access_tokens/{token}",
    scope=None,
    family=Family.LIST,
    refusals=(Code.TOKEN_NOT_FOUND, Code.RATE_LIMITED),
)
async def end_token(world: World, request: Request, token: str) -> Okay:
    """End a token: to have it is enough."""
    await tokens.revoke_token(world, token, request.state.address)
    return Okay()
