"""The page that the owner's mail opens: give the device away, or keep it.

Opening it changes nothing, since mail programs open links by themselves; a button
does, once (TRF-3).
"""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from cyan.console.rendering import guarded, read_answer, render, status_of
from cyan.interfaces import World
from cyan.model.decisions import RefusalCode, Refuse, Refused
from cyan.services.tickets import Page
from cyan.services.transfers import TransferView, answer_by_link, look_at_link

ANSWERS = {"approve": True, "deny": False}


def transfer_routes(world: World) -> list[BaseRoute]:
    """The pages of this module."""
    page = guarded(world, _page)
    return [Route(f"/{Page.TRANSFER}", page, methods=["GET", "POST"])]


async def _page(world: World, request: Request) -> Response:
    ticket = request.query_params.get("ticket", "")
    asked = await look_at_link(world, ticket)
    if request.method != "POST":
        return _show(asked)
    yes = await read_answer(request, ANSWERS)
    try:
        answered = await answer_by_link(world, ticket, approve=yes)
    except Refused as no:
        if no.refusal.code is not RefusalCode.DEVICE_LIMIT:
            raise
        return _show(asked, no.refusal)
    return render("transfer_answered.html", told=answered, given=yes)


def _show(asked: TransferView, obstacle: Refuse | None = None) -> Response:
    """The question, with what stood in the way of the last answer."""
    status = status_of(obstacle) if obstacle else 200
    return render("transfer.html", status, asked=asked, obstacle=obstacle)
