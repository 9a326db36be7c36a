"""Requests to one server, and its refusals with rule and remedy."""

import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote, urlsplit

import httpx

TIMEOUT = httpx.Timeout(60.0, connect=5.0)

Json = dict[str, Any]
"""What the server answers with."""


@dataclass(eq=False)  # an exception must stay open to its traceback
class ServerRefused(Exception):
    """The server said no; what it says of rule and remedy is kept."""

    status: int
    message: str
    rule: str | None = None
    remedy: str | None = None
    body: Mapping[str, Any] | None = None

    def __str__(self) -> str:
        return self.message


class ServerUnreachable(Exception):
    """Nobody answers at the server's address."""


class Connection:
    """Requests to the REST API of one server, with a token or without.

    `ValueError` for a URL that is none.
    """

    def __init__(self, url: str, token: str | None = None) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"{url} is no address such as http://127.0.0.1:8080")
        if parts.port == 0:  # reading it raises ValueError if it is no number
            raise ValueError(f"{url}: no server listens on port 0")
        headers = {"authorization": f"Bearer {token}"} if token else {}
        # To read all authorities takes longer than a request, and is for HTTPS only.
        self._http = httpx.AsyncClient(
            base_url=url.rstrip("/"),
            headers=headers,
            timeout=TIMEOUT,
            verify=parts.scheme == "https",
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._http.aclose()

    async def call(self, method: str, path: str, **more: Any) -> Any:
        """One request; its JSON. Raises `ServerRefused`, `ServerUnreachable`."""
        answer = await self.send(method, path, **more)
        return answer.json() if answer.content else None

    async def send(self, method: str, path: str, **more: Any) -> httpx.Response:
        """One request; the whole answer. Raises as `call` does."""
        try:
            answer = await self._http.request(method, path, **more)
        except httpx.TransportError as error:
            raise ServerUnreachable(str(error) or type(error).__name__) from None
        if answer.status_code >= 400:
            raise _refusal(answer)
        return answer

    async def listen(self, path: str) -> AsyncIterator[Json]:
        """Events as they come, until the server ends the stream."""
        try:
            async with self._http.stream("GET", path) as answer:
                if answer.status_code >= 400:
                    await answer.aread()
                    raise _refusal(answer)
                name = ""
                async for line in answer.aiter_lines():
                    if line.startswith("event: "):
                        name = line.removeprefix("event: ")
                    elif line.startswith("data: "):
                        yield {"name": name, **json.loads(line.removeprefix("data: "))}
        except httpx.TransportError as error:
            raise ServerUnreachable(str(error) or type(error).__name__) from None


def path_of(*parts: str) -> str:
    """The path of `/v1` with these parts, each of them quoted."""
    return "/".join(("/v1", *(quote(part, "") for part in parts)))


def _refusal(answer: httpx.Response) -> ServerRefused:
    try:
        body = answer.json()
    except ValueError:
        body = {}
    message = body.get("error_description") or "; ".join(body.get("errors", ()))
    message = message or body.get("info") or body.get("error")
    return ServerRefused(
        answer.status_code,
        str(message or f"HTTP {answer.status_code}"),
        body.get("rule"),
        body.get("remedy"),
        body,
    )
