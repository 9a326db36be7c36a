"""The team of a product or of an organization: people, and programs."""

from collections.abc import Mapping
from typing import Any

from cyan.client.connection import Connection, Json, path_of


class TeamClient:
    """One team; `kind` is `products` or `orgs`, `owner` an id or slug of it."""

    def __init__(self, connection: Connection, kind: str, owner: str) -> None:
        self._connection = connection
        self._parts = (kind, owner, "team")

    async def _call(self, method: str, *parts: str, **more: Any) -> Any:
        path = path_of(*self._parts, *parts)
        return await self._connection.call(method, path, **more)

    async def list_team(self) -> list[Json]:
        """People, who was invited, and API users."""
        found: list[Json] = (await self._call("GET"))["team"]
        return found

    async def invite(self, username: str, role: str) -> str:
        """Mail somebody an invitation; whom."""
        body = {"username": username, "role": role}
        answer = await self._call("POST", json=body)
        return str(answer["invited"]["username"])

    async def change_role(self, username: str, role: str) -> Json:
        """Give somebody another role; `Owner` hands the team over."""
        answer = await self._call("POST", username, json={"role": role})
        changed: Json = answer["updated"]
        return changed

    async def remove(self, username: str) -> None:
        """Remove a person, an invitation or an API user."""
        await self._call("DELETE", username)

    async def create_api_user(self, wish: Mapping[str, Any]) -> Json:
        """Make an API user; its token is told now and never again."""
        made: Json = (await self._call("POST", json=wish))["created"]
        return made

    async def change_api_user(self, username: str, changes: Mapping[str, Any]) -> Json:
        """Change an API user; its former token ends, the new one is told now."""
        changed: Json = (await self._call("PUT", username, json=changes))["updated"]
        return changed

    async def renew_token(self, username: str) -> Json:
        """Draw a new token for an API user; the former one ends."""
        changed: Json = (await self._call("PUT", username, "token"))["updated"]
        return changed
