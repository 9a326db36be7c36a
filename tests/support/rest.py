"""People and products over the REST API of a running server."""

import time
import uuid
from dataclasses import dataclass
from typing import Any

import httpx
from tests.support.mails import link_in_mail
from tests.support.servers import Account, Server


def somebody(server: Server) -> Account:
    return server.new_account(f"{uuid.uuid4().hex[:10]}@example.com")


def as_account(server: Server, who: Account) -> httpx.Client:
    return httpx.Client(base_url=server.url, headers=who.headers, timeout=40)


def username_of(client: httpx.Client) -> str:
    return str(client.get("/v1/user").json()["username"])


@dataclass
class Fleet:
    """A product, by the hands of its owner."""

    client: httpx.Client
    id: int
    name: str
    slug: str

    @property
    def path(self) -> str:
        return f"/v1/products/{self.slug}"

    @property
    def devices(self) -> str:
        return f"{self.path}/devices"

    def add(self, *ids: str, **more: Any) -> dict[str, Any]:
        """Import devices; what came of it."""
        answer = self.client.post(self.devices, json={"ids": ids, **more})
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def change(self, **changes: Any) -> httpx.Response:
        return self.client.put(self.path, json={"product": changes})

    def invite(self, server: Server, mate: httpx.Client, role: str) -> None:
        """Invite somebody, who joins by the link of the mail."""
        username = username_of(mate)
        body = {"username": username, "role": role}
        self.client.post(f"{self.path}/team", json=body).raise_for_status()
        join(server, username)


def a_fleet(client: httpx.Client, platform_id: int = 6) -> Fleet:
    """A product with a name of its own."""
    name = f"Pumps {uuid.uuid4().hex[:8]}"
    body = {"product": {"name": name, "platform_id": platform_id}}
    answer = client.post("/v1/user/products", json=body)
    assert answer.status_code == 201, answer.text
    made = answer.json()["product"]
    return Fleet(client, made["id"], name, made["slug"])


def join(server: Server, username: str) -> None:
    """Answer the invitation to a team that was mailed."""
    link = link_in_mail(server, username, "team-invitation")
    httpx.post(link, data={"answer": "join"}).raise_for_status()


def until_offline(server: Server, device_id: str) -> None:
    """The operator may look at any device; its goodbye is served in order."""
    until = time.monotonic() + 30
    with as_account(server, server.set_up_account) as root:
        while time.monotonic() < until:
            told = root.get(f"/v1/devices/{device_id}/explain").json()
            if "offline" in str(told["states"]):
                return
    raise AssertionError("it did not go offline")
