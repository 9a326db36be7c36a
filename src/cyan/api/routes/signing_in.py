"""`POST /oauth/token`: the one door to a token (REST contract §1.1)."""

import math
from datetime import datetime

from msgspec import UNSET, Struct, UnsetType
from starlette.requests import Request

from cyan.api.credentials import basic_credentials
from cyan.api.errors import Family
from cyan.api.routing import Routes
from cyan.interfaces import World
from cyan.model.decisions import RefusalCode as Code
from cyan.model.decisions import refused
from cyan.services.clients import ClientProof
from cyan.services.signing_in import GrantRequest, sign_in

routes = Routes()


class GrantBody(Struct):
    """What each grant needs (REST contract §1.1); the client may come by Basic.

    `expires_in` counts seconds, 0 for ever; `expires_at` is a moment in ISO 8601.
    """

    grant_type: str | None = None
    username: str | None = None
    password: str | None = None
    refresh_token: str | None = None
    mfa_token: str | None = None
    otp: str | None = None
    scope: str | None = None
    client_id: str | None = None
    client_secret: str | None = None
    expires_in: int | None = None
    expires_at: str | None = None


class TokenReply(Struct):
    """A token. `expires_in` counts seconds; 0 never expires."""

    access_token: str
    token_type: str
    expires_in: int
    refresh_token: str | UnsetType = UNSET


@routes(
    "POST /oauth/token",
    scope=None,
    family=Family.OAUTH,
    refusals=(
        Code.WRONG_CREDENTIALS,
        Code.WRONG_CODE,
        Code.MFA_REQUIRED,
        Code.CLIENT_UNKNOWN,
        Code.GRANT_UNSUPPORTED,
        Code.SCOPE_MISSING,
        Code.REQUEST_INCOMPLETE,
        Code.RATE_LIMITED,
        Code.BUSY,
    ),
)
async def give_token(world: World, request: Request, body: GrantBody) -> TokenReply:
    """Sign in: by password, one-time code, refresh token, or as a client's owner."""
    basic = basic_credentials(request)
    proof = ClientProof(*(basic or (body.client_id, body.client_secret)))
    grant = GrantRequest(
        grant_type=body.grant_type,
        username=body.username,
        password=body.password,
        refresh_token=body.refresh_token,
        mfa_token=body.mfa_token,
        otp=body.otp,
        scope=body.scope,
        expires_in=body.expires_in,
        expires_at=_moment(body.expires_at),
    )
    token = await sign_in(world, grant, proof, request.state.address)
    lifetime = token.lifetime
    return TokenReply(
        access_token=token.text,
        token_type="bearer",
        expires_in=0 if lifetime is None else math.ceil(lifetime.total_seconds()),
        refresh_token=token.refresh_text or UNSET,
    )


def _moment(text: str | None) -> datetime | None:
    if not text:
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise refused(
            Code.REQUEST_INCOMPLETE,
            "expires_at is not a date.",
            remedy="Send a moment such as 2030-01-31T12:00:00Z.",
        ) from None
