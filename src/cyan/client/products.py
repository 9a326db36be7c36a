"""What a team does with a product: its devices, imports, groups and clients."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from cyan.client.connection import Connection, Json, path_of

UPLOADING = httpx.Timeout(600.0, connect=5.0)
"""Seconds that a file of millions of lines may take to be kept."""

PAGE = 1_000


@dataclass(frozen=True, slots=True)
class ImportWish:
    """How devices shall be added: in whose name, and whether only as a trial."""

    claim_user: str | None = None
    dry_run: bool = False

    def query(self, *switches: str) -> dict[str, Any]:
        """What the server is asked for, with more switches that are on."""
        told: dict[str, Any] = dict.fromkeys(switches, True)
        if self.dry_run:
            told["dry_run"] = True
        if self.claim_user:
            told["claim_user"] = self.claim_user
        return told


class ProductClient:
    """One product, named by its id or slug."""

    def __init__(self, connection: Connection, product: str) -> None:
        self._connection = connection
        self._product = product

    async def _call(self, method: str, *parts: str, **more: Any) -> Any:
        return await self._connection.call(method, self._path(*parts), **more)

    def _path(self, *parts: str) -> str:
        return path_of("products", self._product, *parts)

    async def info(self) -> Json:
        """The product, its settings and how many devices it has."""
        found: Json = (await self._call("GET"))["product"]
        return found

    async def change(self, changes: Mapping[str, Any]) -> Json:
        """Change the product; what is left out stays."""
        changed: Json = (await self._call("PUT", json={"product": changes}))["product"]
        return changed

    async def remove(self) -> None:
        """Delete the product, which must have no members."""
        await self._call("DELETE")

    async def list_devices(self, query: Mapping[str, Any]) -> Json:
        """One page of the devices: `devices`, and `meta` with where the page is."""
        page: Json = await self._call("GET", "devices", params=query)
        return page

    async def device(self, wanted: str) -> Json:
        """One device, a quarantined one too."""
        found: Json = await self._call("GET", "devices", wanted)
        return found

    async def add(self, ids: Sequence[str], wish: ImportWish) -> Json:
        """Add devices, or approve them; `lines` tells what came of each."""
        query = wish.query("lines")
        done: Json = await self._call(
            "POST", "devices", json={"ids": ids}, params=query, timeout=UPLOADING
        )
        return done

    async def import_file(self, file: Path, wish: ImportWish) -> Json:
        """Send a file of identifiers, read as it is sent; the import, maybe at work."""
        query = wish.query("background")
        with file.open("rb") as stream:
            begun = await self._call(
                "POST",
                "devices",
                files={"file": (file.name, stream)},
                params=query,
                timeout=UPLOADING,
            )
        record: Json = begun["import"]
        return record

    async def list_imports(self) -> list[Json]:
        """The imports, newest first."""
        found: list[Json] = (await self._call("GET", "imports"))["imports"]
        return found

    async def find_import(self, import_id: str) -> Json:
        """An import, and how far it is."""
        found: Json = (await self._call("GET", "imports", import_id))["import"]
        return found

    async def import_lines(self, import_id: str) -> AsyncIterator[Json]:
        """What came of each line of an import, in their order."""
        after = -1
        while True:
            query = {"after": after, "limit": PAGE}
            answer = await self._call(
                "GET", "imports", import_id, "lines", params=query
            )
            for line in answer["lines"]:
                yield line
            if len(answer["lines"]) < PAGE:
                return
            after = answer["lines"][-1]["line"] - 1

    async def undo_import(self, import_id: str) -> Json:
        """Have removed what an import added; the import, at work."""
        answer = await self._call("POST", "imports", import_id, "undo")
        record: Json = answer["import"]
        return record

    async def remove_device(self, device_id: str, *, deny: bool) -> bool:
        """Remove a member, or dismiss or deny who waits; whether an owner keeps it."""
        path = self._path("devices", device_id)
        answer = await self._connection.send("DELETE", path, json={"deny": deny})
        return "cyan-still-owned" in answer.headers

    async def unclaim(self, device_id: str) -> None:
        """Unclaim a member, whoever owns it; it stays a member."""
        await self._call("DELETE", "devices", device_id, "owner")

    async def retire(self, device_id: str) -> None:
        """Unclaim a member and remove it, in one act."""
        await self._call("POST", "devices", device_id, "retire")

    async def list_groups(self) -> list[Json]:
        """The groups, by name."""
        found: list[Json] = (await self._call("GET", "groups"))["groups"]
        return found

    async def create_group(self, wish: Mapping[str, Any]) -> Json:
        """Make a group."""
        made: Json = (await self._call("POST", "groups", json=wish))["group"]
        return made

    async def change_group(self, name: str, changes: Mapping[str, Any]) -> Json:
        """Change a group; what is left out stays."""
        changed: Json = (await self._call("PUT", "groups", name, json=changes))["group"]
        return changed

    async def remove_group(self, name: str) -> None:
        """Remove a group; its devices stay members."""
        await self._call("DELETE", "groups", name)

    async def move_devices(
        self, ids: Sequence[str], *, add: Sequence[str] = (), remove: Sequence[str] = ()
    ) -> None:
        """Put members into groups, and take them out of others."""
        moves = {"add": list(add), "remove": list(remove)}
        body = {"action": "groups", "devices": list(ids), "metadata": moves}
        await self._call("PUT", "devices", json=body)

    async def list_clients(self) -> list[Json]:
        """The OAuth clients, without their secrets."""
        found: list[Json] = (await self._call("GET", "clients"))["clients"]
        return found

    async def create_client(self, wish: Mapping[str, Any]) -> Json:
        """Make an OAuth client; its secret is told now and never again."""
        made: Json = (await self._call("POST", "clients", json=wish))["client"]
        return made

    async def remove_client(self, client_id: str) -> None:
        """Remove an OAuth client; the tokens that it was given end."""
        await self._call("DELETE", "clients", client_id)
