"""The server: the one place where everything is put together, started and stopped."""

from cyan.server.process import serve

__all__ = ["serve"]
