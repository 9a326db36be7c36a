"""How a request shows who is asking (REST contract §0.2)."""

import base64
import binascii

from starlette.requests import Request


def bearer_token(request: Request) -> str | None:
    """The token of the header, or of the query as old clients send it.

    The literal `null`, which old command lines send before they have one, is none.
    """
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    token = token.strip()
    if scheme.lower() == "bearer" and token not in ("", "null", "undefined"):
        return token
    return request.query_params.get("access_token") or None


def basic_credentials(request: Request) -> tuple[str, str] | None:
    """Name and password of HTTP Basic, None if there are none that can be read."""
    scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        text = base64.b64decode(encoded.strip(), validate=True).decode()
    except (binascii.Error, ValueError):
        return None
    name, colon, password = text.partition(":")
    return (name, password) if colon else None
