"""A typed client of the REST API, as the `cyan` command uses it."""

from cyan.client.client import Client
from cyan.client.connection import ServerRefused, ServerUnreachable
from cyan.client.products import ImportWish, ProductClient
from cyan.client.teams import TeamClient

__all__ = [
    "Client",
    "ImportWish",
    "ProductClient",
    "ServerRefused",
    "ServerUnreachable",
    "TeamClient",
]
