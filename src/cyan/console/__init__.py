"""Pages for people: small forms that the links of mails and of the start open."""

from cyan.console.pages import page_routes

__all__ = ["page_routes"]
