"""All tables of routes: what serves them and what documents them cannot differ."""

from cyan.api.routes import (
    accounts,
    calls,
    clients,
    devices,
    events,
    explain,
    keys,
    operations,
    signing_in,
    tokens,
    transfers,
    usage,
)
from cyan.api.routing import Routes

TABLES: tuple[Routes, ...] = (
    signing_in.routes,
    tokens.routes,
    accounts.routes,
    clients.routes,
    devices.routes,
    explain.routes,
    keys.routes,
    transfers.routes,
    events.routes,
    calls.routes,
    usage.routes,
    operations.routes,
)
