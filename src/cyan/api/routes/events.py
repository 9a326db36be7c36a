"""Publishing events and listening to them (REST contract §3.10)."""

from cyan.api.routing import Routes

routes = Routes()
