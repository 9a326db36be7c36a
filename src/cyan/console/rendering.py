"""What all pages share: the template environment, headers, forms and refusals.

A page runs no script, loads nothing from elsewhere, is never stored and never sends
its address along: the address holds a ticket.
"""

from collections.abc import Awaitable, Callable, Mapping
from functools import cache
from importlib.resources import files
from urllib.parse import parse_qsl

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import Response

from cyan.interfaces import World
from cyan.model.decisions import RefusalCode, Refuse, Refused
from cyan.services.throttle import hold_back

MAX_FORM = 16 * 1024
MAX_FIELDS = 20

HEADERS = {
    "content-security-policy": (
        "default-src 'none'; style-src 'self'; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    ),
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "cache-control": "no-store",
}

_STATUS = {
    RefusalCode.LINK_OVER: 410,
    RefusalCode.SIGNUP_CLOSED: 403,
    RefusalCode.RATE_LIMITED: 429,
    RefusalCode.BUSY: 503,
    RefusalCode.BODY_TOO_LARGE: 413,
}

Page = Callable[[World, Request], Awaitable[Response]]


def render(template: str, status: int = 200, **context: object) -> Response:
    """A page from a template of `cyan.console.templates`."""
    text = _environment().get_template(template).render(context)
    return Response(text, status, HEADERS, media_type="text/html")


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("cyan.console", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


@cache
def stylesheet_text() -> str:
    """The one stylesheet."""
    return (files("cyan.console") / "static" / "cyan.css").read_text("utf-8")


async def stylesheet(_: Request) -> Response:
    """Serve the stylesheet."""
    headers = {"cache-control": "max-age=3600", "x-content-type-options": "nosniff"}
    return Response(stylesheet_text(), headers=headers, media_type="text/css")


def status_of(refusal: Refuse) -> int:
    """The HTTP status of a page that tells a refusal."""
    return _STATUS.get(refusal.code, 400)


def show_refusal(refusal: Refuse) -> Response:
    """A page that says no, why, and what to do."""
    response = render("refusal.html", status_of(refusal), refusal=refusal)
    if refusal.retry_after is not None:
        response.headers["retry-after"] = str(refusal.retry_after)
    return response


def guarded(world: World, page: Page) -> Callable[[Request], Awaitable[Response]]:
    """An endpoint of a page: counts requests by address, and shows refusals."""

    async def endpoint(request: Request) -> Response:
        try:
            hold_back(world, "requests", address_of(request))
            return await page(world, request)
        except Refused as no:
            return show_refusal(no.refusal)

    return endpoint


def address_of(request: Request) -> str:
    """Where a request comes from, as the server has put it into its scope."""
    return request.client.host if request.client else ""


async def read_form(request: Request) -> Mapping[str, str]:
    """The fields of a posted form; of a name that comes twice, the last."""
    data = bytearray()
    async for chunk in request.stream():
        data += chunk
        if len(data) > MAX_FORM:
            raise Refused(
                Refuse(
                    RefusalCode.BODY_TOO_LARGE,
                    "This form is too large to be ours.",
                    remedy="Go back to the page, and send it again.",
                )
            )
    try:
        pairs = parse_qsl(
            data.decode(), keep_blank_values=True, max_num_fields=MAX_FIELDS
        )
    except ValueError:
        raise Refused(
            Refuse(
                RefusalCode.INVALID_BODY,
                "This form cannot be read.",
                remedy="Go back to the page, and send it again.",
            )
        ) from None
    return dict(pairs)


async def read_answer(request: Request, answers: Mapping[str, bool]) -> bool:
    """Which of the two buttons of a question was pressed."""
    answer = (await read_form(request)).get("answer", "")
    if answer not in answers:
        raise Refused(
            Refuse(
                RefusalCode.INVALID_BODY,
                "Choose one of the buttons.",
                remedy="Go back to the page, and press one.",
            )
        )
    return answers[answer]
