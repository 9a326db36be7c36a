"""The front page: what this is, and how to point a command line at it."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from cyan.console.rendering import guarded, render
from cyan.interfaces import World
from cyan.model.settings import SignUp


def landing_routes(world: World) -> list[BaseRoute]:
    """The pages of this module."""
    return [Route("/", guarded(world, _page), methods=["GET"])]


async def _page(world: World, request: Request) -> Response:
    ready = await world.store.read(lambda tx: tx.accounts.count()) > 0
    return render(
        "landing.html",
        server=world.settings.public_url,
        ready=ready,
        open=world.settings.sign_up is SignUp.OPEN,
    )
