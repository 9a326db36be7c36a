"""Serving HTTP: the API and the pages on one port, by uvicorn."""

import asyncio
import contextlib
import socket
from collections.abc import Iterator
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from cyan.api.proxies import Proxies
from cyan.config import Config
from cyan.console import page_routes
from cyan.interfaces import World

GRACE_SECONDS = 5
HEAD_SECONDS, BODY_SECONDS = 15.0, 120.0
MAX_HEAD = 64 * 1024


class Front:
    """Sends a request to the pages or to the API, with its client's real address."""

    def __init__(self, world: World, api: ASGIApp, proxies: Proxies) -> None:
        routes = page_routes(world)
        self._pages = Starlette(routes=routes)
        self._page_paths = {getattr(route, "path", "") for route in routes}
        self._api = api
        self._proxies = proxies

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            return
        scope["client"] = (self._proxies.address_of(scope), 0)
        chosen = self._pages if scope["path"] in self._page_paths else self._api
        await chosen(scope, receive, send)


class _Uvicorn(uvicorn.Server):
    """uvicorn that tells when it is up, and leaves signals to the server."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.up = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to accept."""
        await super().startup(sockets)
        self.up.set()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class Impatient(HttpToolsProtocol):
    """uvicorn's connection, with an end to how long and large a head may be.

    A stranger could otherwise hold connections by sending nothing, or fill the
    memory with a head that never ends.
    """

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._deadline: asyncio.TimerHandle | None = None
        self._head_bytes: int | None = 0  # None once a head is complete

    # uvicorn narrows the transport of asyncio's protocol likewise.
    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A stranger may begin."""
        super().connection_made(transport)
        self._expect_within(HEAD_SECONDS)

    def data_received(self, data: bytes) -> None:
        """Take bytes, and no more than a head may have."""
        if self._head_bytes is not None:
            self._head_bytes += len(data)
        super().data_received(data)
        if self._head_bytes is not None and self._head_bytes > MAX_HEAD:
            self.transport.abort()

    def on_message_begin(self) -> None:
        """A request begins."""
        self._head_bytes = self._head_bytes or 0
        self._expect_within(HEAD_SECONDS)
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """The head is there; the body may follow."""
        self._head_bytes = None
        self._expect_within(BODY_SECONDS)
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """The request is there."""
        self._expect_nothing()
        super().on_message_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """It is over."""
        self._expect_nothing()
        super().connection_lost(exc)

    def _expect_within(self, seconds: float) -> None:
        self._expect_nothing()
        self._deadline = self.loop.call_later(seconds, self.transport.abort)

    def _expect_nothing(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None


class HttpServer:
    """Listens at once, serves once started, and stops gracefully."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._socket = socket.create_server(
            (config.host, config.http_port),
            family=socket.AF_INET6 if ":" in config.host else socket.AF_INET,
            backlog=1024,
        )
        scheme = "https" if config.tls_certificate else "http"
        self.url = f"{scheme}://{address_of(self._socket)}"
        self._uvicorn: _Uvicorn | None = None
        self._task: asyncio.Task[None] | None = None

    async def start(self, app: ASGIApp) -> None:
        """Serve from now on; back when requests are answered."""
        self._uvicorn = _Uvicorn(
            uvicorn.Config(
                app,
                loop="none",
                http=Impatient,
                ws="none",
                lifespan="off",
                log_config=None,
                access_log=False,
                server_header=False,
                proxy_headers=False,
                timeout_graceful_shutdown=GRACE_SECONDS,
                ssl_certfile=self._config.tls_certificate,
                ssl_keyfile=self._config.tls_key,
            )
        )
        self._task = asyncio.create_task(self._uvicorn.serve([self._socket]))
        up = asyncio.create_task(self._uvicorn.up.wait())
        await asyncio.wait((up, self._task), return_when=asyncio.FIRST_COMPLETED)
        if self._task.done():
            self._task.result()

    async def stop(self) -> None:
        """Accept nothing more, and let the requests that run finish."""
        if self._uvicorn is not None and self._task is not None:
            self._uvicorn.should_exit = True
            await self._task


def address_of(listening: socket.socket) -> str:
    """Where a socket listens, as host:port; IPv6 in brackets."""
    host, port = listening.getsockname()[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
