"""Pages for people: small forms that the links of mails and of the start open."""

from starlette.routing import BaseRoute, Route

from cyan.console.landing import landing_routes
from cyan.console.passwords import password_routes
from cyan.console.rendering import stylesheet
from cyan.console.teams import team_routes
from cyan.console.transfers import transfer_routes
from cyan.interfaces import World


def page_routes(world: World) -> list[BaseRoute]:
    """All pages, and the stylesheet that every page uses."""
    return [
        *landing_routes(world),
        *password_routes(world),
        *transfer_routes(world),
        *team_routes(world),
        Route("/console/cyan.css", stylesheet),
    ]


__all__ = ["page_routes"]
