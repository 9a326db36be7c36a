"""The page that the mail of a team's invitation opens: join the team, or do not.

Opening it changes nothing, since mail programs open links by themselves; a button
does, once.
"""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from cyan.console.rendering import guarded, read_answer, render, status_of
from cyan.interfaces import World
from cyan.model.decisions import RefusalCode, Refuse, Refused
from cyan.services.teams import (
    InvitationView,
    answer_team_invitation,
    look_at_team_invitation,
)
from cyan.services.tickets import Page

ANSWERS = {"join": True, "decline": False}


def team_routes(world: World) -> list[BaseRoute]:
    """The pages of this module."""
    page = guarded(world, _page)
    return [Route(f"/{Page.TEAM_INVITATION}", page, methods=["GET", "POST"])]


async def _page(world: World, request: Request) -> Response:
    ticket = request.query_params.get("ticket", "")
    asked = await look_at_team_invitation(world, ticket)
    if request.method != "POST":
        return _show(asked)
    yes = await read_answer(request, ANSWERS)
    try:
        await answer_team_invitation(world, ticket, accept=yes)
    except Refused as no:
        if no.refusal.code is not RefusalCode.TEAM_UNUSABLE:
            raise
        return _show(asked, no.refusal)
    return render("team_answered.html", asked=asked, joined=yes)


def _show(asked: InvitationView, obstacle: Refuse | None = None) -> Response:
    """The question, with what stood in the way of the last answer."""
    status = status_of(obstacle) if obstacle else 200
    return render("team_invitation.html", status, asked=asked, obstacle=obstacle)
