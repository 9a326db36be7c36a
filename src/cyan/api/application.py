"""The REST API as an ASGI application, made from tables of routes.

No layers of middleware: one function serves a request from its id to its log line,
because at thousands of requests a second each layer would be felt.
"""

import os
import re
import time
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

import msgspec
import structlog
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from cyan import __version__
from cyan.api.bodies import LimitedRequest, from_pairs, read_body, token_in_form
from cyan.api.credentials import bearer_token
from cyan.api.errors import Family, body_of, status_of
from cyan.api.metrics import RequestMetrics
from cyan.api.openapi import openapi
from cyan.api.routing import Found, OtherMethods, Route, Router, Routes
from cyan.api.streams import OpenStreams
from cyan.interfaces import StoreError, World
from cyan.model.accounts import Actor
from cyan.model.decisions import RefusalCode as Code
from cyan.model.decisions import Refuse, Refused, refused
from cyan.model.identifiers import MalformedIdentifier
from cyan.rules.authority import Action, decide_program

Authenticate = Callable[[str | None, str], Awaitable[Actor]]
JSON = b"application/json; charset=utf-8"
METHODS = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"
ALLOWED_HEADERS = "Authorization, Content-Type, X-Particle-Tool, X-Particle-Project"
EVERYWHERE = [
    (b"access-control-allow-origin", b"*"),
    (b"access-control-expose-headers", b"Cyan-Still-Owned, Retry-After, X-Request-Id"),
    (b"x-content-type-options", b"nosniff"),
]
PREFLIGHT = [
    (b"access-control-allow-methods", METHODS.encode()),
    (b"access-control-allow-headers", ALLOWED_HEADERS.encode()),
    (b"access-control-max-age", b"86400"),
]
_REQUEST_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}")
CLIENT_WENT = 499
"""What logs and metrics say of a request that nobody waits for any more."""
_encode = msgspec.json.Encoder(enc_hook=str).encode
_log = structlog.get_logger("cyan.api")


class Application:
    """Serves the routes of some tables in a world."""

    def __init__(
        self,
        world: World,
        tables: Iterable[Routes],
        authenticate: Authenticate,
    ) -> None:
        self.table = [route for routes in tables for route in routes.table]
        self._world = world
        self._router = Router(self.table)
        self._authenticate = authenticate
        self._metrics = RequestMetrics()
        self.streams = OpenStreams()
        self._described: dict[str, Any] | None = None

    def describe(self) -> dict[str, Any]:
        """The OpenAPI document, made when it is first asked for."""
        if self._described is None:
            self._described = openapi(self.table, __version__)
        return self._described

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            return
        exchange = _Exchange(scope, receive, send)
        began = time.perf_counter()
        with structlog.contextvars.bound_contextvars(request_id=exchange.request_id):
            await self._serve(exchange)
            seconds = time.perf_counter() - began
            template = exchange.route.path if exchange.route else "(none)"
            self._metrics.count(scope["method"], template, exchange.status, seconds)
            _log.info(
                "request",
                method=scope["method"],
                route=template,
                status=exchange.status,
                milliseconds=round(seconds * 1000, 1),
                address=exchange.address,
            )

    async def _serve(self, exchange: "_Exchange") -> None:
        try:
            await self._answer(exchange)
        except Refused as no:
            await exchange.refuse(no.refusal)
        except ClientDisconnect:  # whoever asked went away before the body was there
            exchange.status = CLIENT_WENT
        except StoreError:
            _log.exception("store_failed")
            await exchange.refuse(_BUSY)
        except Exception:
            _log.exception("request_failed")
            await exchange.refuse(_FAULT)

    async def _answer(self, exchange: "_Exchange") -> None:
        method = exchange.scope["method"]
        if method == "OPTIONS":
            await exchange.send_head(204, PREFLIGHT)
            await exchange.send_body(b"")
            return
        wait = self._world.throttle.take("requests", exchange.address)
        if wait is not None:
            raise refused(
                Code.RATE_LIMITED,
                "Too many requests from your address.",
                remedy="Wait for as long as Retry-After says, then go on.",
                retry_after=int(wait.total_seconds()) + 1,
            )
        found = self._find(exchange, method)
        exchange.route = found.route
        request = LimitedRequest(exchange.scope, exchange.receive)
        request.max_body = found.route.max_body
        given = await self._arguments(found, request, exchange)
        await exchange.reply(await found.route.handler(**given))

    def _find(self, exchange: "_Exchange", method: str) -> Found:
        raw = exchange.scope.get("raw_path") or exchange.scope["path"].encode()
        path = raw.partition(b"?")[0].decode("latin-1")
        found = self._router.find(method, path)
        if method == "HEAD" and not isinstance(found, Found):
            found = self._router.find("GET", path)
        match found:
            case Found():
                return found
            case OtherMethods(methods=methods):
                exchange.extra.append((b"allow", ", ".join(methods).encode()))
                raise refused(
                    Code.METHOD_NOT_ALLOWED,
                    f"{method} does nothing at this address.",
                    remedy=f"Use {' or '.join(methods)}.",
                )
            case None:
                raise refused(
                    Code.NO_SUCH_ROUTE,
                    "There is nothing at this address.",
                    remedy="See /openapi.json for what there is.",
                )

    async def _arguments(
        self, found: Found, request: LimitedRequest, exchange: "_Exchange"
    ) -> dict[str, Any]:
        route = found.route
        given: dict[str, Any] = {"world": self._world}
        if route.scope is not None:
            token = bearer_token(request) or await token_in_form(request)
            actor = await self._authenticate(token, exchange.address)
            _require_scope(actor, route.scope)
            given["actor"] = actor
        for name, kind in route.path_kinds.items():
            given[name] = _parse(kind, found.values[name])
        if route.query is not None:
            given["query"] = from_pairs(request.query_params.multi_items(), route.query)
        if route.body is not None:
            given["body"] = await read_body(request, route.body)
        if route.wants_request:
            request.state.address = exchange.address
            request.state.streams = self.streams
            request.state.describe = self.describe
            given["request"] = request
        return given


def _require_scope(actor: Actor, scope: str) -> None:
    """A program may use what its scopes open; a person's roles decide later."""
    if actor.scopes is None:
        return
    decision = decide_program(actor.scopes, Action(scope))
    if isinstance(decision, Refuse):
        raise Refused(decision)


def _parse(kind: Any, text: str) -> Any:
    if kind is str:
        return text
    try:
        return kind.parse(text)
    except MalformedIdentifier as error:
        raise refused(
            Code.INVALID_BODY,
            str(error),
            remedy="See /openapi.json for what is taken.",
        ) from None


_FAULT = Refuse(
    Code.FAULT,
    "Something went wrong on our side.",
    remedy="Try again; if it stays so, tell the operator the X-Request-Id.",
)
_BUSY = Refuse(
    Code.BUSY,
    "The database cannot take this at the moment; nothing was changed.",
    remedy="Try again in a moment.",
    retry_after=1,
)


class _Exchange:
    """One request and its answer."""

    __slots__ = (
        "_send",
        "address",
        "extra",
        "receive",
        "request_id",
        "route",
        "scope",
        "status",
    )

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.scope = scope
        self.receive = receive
        self._send = send
        self.address = str(scope["client"][0]) if scope.get("client") else ""
        self.request_id = _request_id(scope)
        self.route: Route | None = None
        self.status = 0
        self.extra: list[tuple[bytes, bytes]] = []

    async def reply(self, result: Any) -> None:
        if isinstance(result, Response):
            await result(self.scope, self.receive, self._send_response)
            return
        assert self.route is not None
        if result is None:
            await self.send_head(204, [])
            await self.send_body(b"")
            return
        await self._send_json(self.route.status, result)

    async def refuse(self, refusal: Refuse) -> None:
        if self.status:  # the head is out: all that is left is to break off
            return
        family = self.route.family if self.route else Family.SINGLE
        if refusal.retry_after is not None:
            self.extra.append((b"retry-after", str(refusal.retry_after).encode()))
        status = status_of(refusal.code, family)
        await self._send_json(status, body_of(refusal, family))

    async def _send_json(self, status: int, result: Any) -> None:
        data = _encode(result)
        headers = [(b"content-type", JSON), (b"content-length", b"%d" % len(data))]
        await self.send_head(status, headers)
        await self.send_body(b"" if self.scope["method"] == "HEAD" else data)

    async def send_head(self, status: int, headers: list[tuple[bytes, bytes]]) -> None:
        start = {"type": "http.response.start", "status": status, "headers": headers}
        await self._send_response(start)

    async def send_body(self, data: bytes) -> None:
        await self._send({"type": "http.response.body", "body": data})

    async def _send_response(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            message["headers"] = [
                *message["headers"],
                *EVERYWHERE,
                (b"x-request-id", self.request_id.encode()),
                *self.extra,
            ]
        await self._send(message)


def _request_id(scope: Scope) -> str:
    """The caller's id of this request if it has one that can be logged, else ours."""
    for name, value in scope["headers"]:
        if name == b"x-request-id" and _REQUEST_ID.fullmatch(value):
            return str(value.decode())
    return os.urandom(8).hex()
