"""What an account does: sign in, own devices, hear events, have products."""

from collections.abc import AsyncIterator, Mapping
from typing import Any

from cyan.client.connection import Connection, Json, path_of
from cyan.client.products import ProductClient
from cyan.client.teams import TeamClient


class Client(Connection):
    """The REST API of one server, as one account uses it.

    Where a method takes `product`, the device is a member of that product, named by
    its id or slug, and the team's rights count instead of the owner's.
    """

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

    async def list_devices(self) -> list[Json]:
        """All own devices."""
        devices: list[Json] = await self.call("GET", "/v1/devices")
        return devices

    async def device(self, wanted: str) -> Json:
        """One own device, by id or name."""
        found: Json = await self.call("GET", _device(wanted))
        return found

    async def claim(self, device_id: str, *, transfer: bool) -> Json:
        """Claim a device, or ask its owner for it."""
        body = {"id": device_id, "request_transfer": transfer}
        claimed: Json = await self.call("POST", "/v1/devices", json=body)
        return claimed

    async def unclaim(self, wanted: str) -> None:
        """Give a device up."""
        await self.call("DELETE", _device(wanted))

    async def change(self, wanted: str, **changes: Any) -> Json:
        """Rename a device, note something, or let it signal."""
        changed: Json = await self.call("PUT", _device(wanted), json=changes)
        return changed

    async def read(self, wanted: str, variable: str, product: str | None = None) -> Any:
        """A variable's value."""
        answer = await self.call("GET", _device(wanted, variable, product=product))
        return answer["result"]

    async def call_function(
        self, wanted: str, function: str, argument: str, product: str | None = None
    ) -> int:
        """What a function returned."""
        path = _device(wanted, function, product=product)
        answer = await self.call("POST", path, json={"args": argument})
        return int(answer["return_value"])

    async def explain(
        self, wanted: str, product: str | None = None, *, removed: bool = False
    ) -> Json:
        """Where a device stands, what it may do, and why not.

        With `removed`, as it would be once it was removed from its product.
        """
        path = _device(wanted, "explain", product=product)
        query = {"if": "remove"} if removed else {}
        told: Json = await self.call("GET", path, params=query)
        return told

    async def usage(
        self,
        month: str | None,
        product: str | None = None,
        organization: str | None = None,
    ) -> Json:
        """Data operations of a month, by default the present one, and devices."""
        query = {"month": month} if month else {}
        whose = ("products", product) if product else _of(organization)
        told: Json = await self.call("GET", path_of(*whose, "usage"), params=query)
        return told

    async def transfers(self) -> list[Json]:
        """Requests to and by the account."""
        found: list[Json] = (await self.call("GET", "/v1/transfers"))["transfers"]
        return found

    async def answer_transfer(self, transfer_id: str, action: str) -> str:
        """Approve or deny; the state that came of it."""
        path = path_of("transfers", transfer_id)
        answer = await self.call("PUT", path, json={"action": action})
        return str(answer["state"])

    async def publish(
        self,
        name: str,
        data: str | None,
        product: str | None = None,
        as_device: str | None = None,
    ) -> None:
        """Publish an event to one's own streams and devices, or to a product's.

        `as_device` is the member of the product in whose name it is published.
        """
        body: Json = {"name": name, "data": data, "private": True}
        if as_device is not None:
            body["as_device_id"] = as_device
        whose = ("products", product) if product else ("devices",)
        await self.call("POST", path_of(*whose, "events"), json=body)

    def events(
        self, prefix: str = "", device: str | None = None, product: str | None = None
    ) -> AsyncIterator[Json]:
        """Events as they come, until the server ends the stream."""
        parts = ("events", prefix) if prefix else ("events",)
        if device or product is None:
            path = _device(*([device] if device else []), *parts, product=product)
        else:
            path = path_of("products", product, *parts)
        return self.listen(path)

    async def list_products(self, organization: str | None = None) -> list[Json]:
        """The products in whose team one is, or those of an organization."""
        path = path_of(*_of(organization), "products")
        found: list[Json] = (await self.call("GET", path))["products"]
        return found

    async def create_product(
        self, product: Mapping[str, Any], organization: str | None = None
    ) -> Json:
        """Make a product of one's own, or of an organization."""
        path = path_of(*_of(organization), "products")
        answer = await self.call("POST", path, json={"product": product})
        made: Json = answer["product"]
        return made

    async def list_organizations(self) -> list[Json]:
        """The organizations in whose team one is."""
        found: list[Json] = (await self.call("GET", "/v1/orgs"))["organizations"]
        return found

    async def create_organization(self, name: str) -> Json:
        """Make an organization, whose owner one is."""
        answer = await self.call("POST", "/v1/orgs", json={"name": name})
        made: Json = answer["organization"]
        return made

    async def organization(self, wanted: str) -> Json:
        """One organization, by id or slug."""
        answer = await self.call("GET", path_of("orgs", wanted))
        found: Json = answer["organization"]
        return found

    async def remove_organization(self, wanted: str) -> None:
        """Delete an organization that has no products."""
        await self.call("DELETE", path_of("orgs", wanted))

    def product(self, wanted: str) -> ProductClient:
        """One product, by id or slug."""
        return ProductClient(self, wanted)

    def team(self, owner: str, *, of_organization: bool = False) -> TeamClient:
        """The team of a product or of an organization."""
        return TeamClient(self, "orgs" if of_organization else "products", owner)


def _device(*parts: str, product: str | None = None) -> str:
    within = ("products", product) if product else ()
    return path_of(*within, "devices", *parts)


def _of(organization: str | None) -> tuple[str, ...]:
    return ("orgs", organization) if organization else ("user",)
