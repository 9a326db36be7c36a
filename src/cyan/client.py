"""A typed client of the REST API, as the `cyan` command uses it."""

import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote, urlsplit

import httpx

TIMEOUT = httpx.Timeout(60.0, connect=5.0)


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


class Client:
    """The REST API of one server, with a token or without.

    `ValueError` for a URL that is none.
    """

    def __init__(self, url: str, token: str | None = None) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"{url} is no address such as http://127.0.0.1:8080")
        if parts.port == 0:  # reading it raises ValueError if it is no number
            raise ValueError(f"{url}: no server listens on port 0")
        headers = {"authorization": f"Bearer {token}"} if token else {}
        self._http = httpx.AsyncClient(
            base_url=url.rstrip("/"), headers=headers, timeout=TIMEOUT
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
        try:
            answer = await self._http.request(method, path, **more)
        except httpx.TransportError as error:
            raise ServerUnreachable(str(error) or type(error).__name__) from None
        if answer.status_code >= 400:
            raise _refusal(answer)
        return answer.json() if answer.content else None

    async def sign_in(self, email: str, password: str) -> str:
        """A token for an account; with MFA, `ServerRefused` carries `mfa_token`."""
        fields = {"grant_type": "password", "username": email, "password": password}
        return await self._grant(fields)

    async def send_code(self, mfa_token: str, code: str) -> str:
        """The second step of signing in with MFA: a token."""
        fields = {"grant_type": "urn:custom:mfa-otp", "mfa_token": mfa_token}
        return await self._grant({**fields, "otp": code})

    async def _grant(self, fields: Mapping[str, str]) -> str:
        answer = await self.call(
            "POST", "/oauth/token", data=fields, auth=("particle", "particle")
        )
        return str(answer["access_token"])

    async def whoami(self) -> str:
        """The username that the token belongs to."""
        return str((await self.call("GET", "/v1/user"))["username"])

    async def list_devices(self) -> list[dict[str, Any]]:
        """All own devices."""
        devices: list[dict[str, Any]] = await self.call("GET", "/v1/devices")
        return devices

    async def device(self, wanted: str) -> dict[str, Any]:
        """One own device, by id or name."""
        found: dict[str, Any] = await self.call("GET", _device(wanted))
        return found

    async def claim(self, device_id: str, *, transfer: bool) -> dict[str, Any]:
        """Claim a device, or ask its owner for it."""
        body = {"id": device_id, "request_transfer": transfer}
        claimed: dict[str, Any] = await self.call("POST", "/v1/devices", json=body)
        return claimed

    async def unclaim(self, wanted: str) -> None:
        """Give a device up."""
        await self.call("DELETE", _device(wanted))

    async def change(self, wanted: str, **changes: Any) -> dict[str, Any]:
        """Rename a device, note something, or let it signal."""
        changed: dict[str, Any] = await self.call("PUT", _device(wanted), json=changes)
        return changed

    async def read(self, wanted: str, variable: str) -> Any:
        """A variable's value."""
        answer = await self.call("GET", f"{_device(wanted)}/{quote(variable, '')}")
        return answer["result"]

    async def call_function(self, wanted: str, function: str, argument: str) -> int:
        """What a function returned."""
        path = f"{_device(wanted)}/{quote(function, '')}"
        answer = await self.call("POST", path, json={"args": argument})
        return int(answer["return_value"])

    async def explain(self, wanted: str) -> dict[str, Any]:
        """Where a device stands, what it may do, and why not."""
        told: dict[str, Any] = await self.call("GET", f"{_device(wanted)}/explain")
        return told

    async def usage(self, month: str | None) -> dict[str, Any]:
        """Data operations of a month, by default the present one, and devices."""
        query = {"month": month} if month else {}
        told: dict[str, Any] = await self.call("GET", "/v1/user/usage", params=query)
        return told

    async def transfers(self) -> list[dict[str, Any]]:
        """Requests to and by the account."""
        answer = await self.call("GET", "/v1/transfers")
        found: list[dict[str, Any]] = answer["transfers"]
        return found

    async def answer_transfer(self, transfer_id: str, action: str) -> str:
        """Approve or deny; the state that came of it."""
        path = f"/v1/transfers/{quote(transfer_id, '')}"
        answer = await self.call("PUT", path, json={"action": action})
        return str(answer["state"])

    async def publish(self, name: str, data: str | None) -> None:
        """Publish an event to one's own streams and devices."""
        body = {"name": name, "data": data, "private": True}
        await self.call("POST", "/v1/devices/events", json=body)

    async def events(
        self, prefix: str = "", device: str | None = None
    ) -> AsyncIterator[dict[str, Any]]:
        """Events as they come, until the server ends the stream."""
        path = f"{_device(device)}/events" if device else "/v1/devices/events"
        path += f"/{quote(prefix, '')}" if prefix else ""
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


def _device(wanted: str) -> str:
    return f"/v1/devices/{quote(wanted, '')}"


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
