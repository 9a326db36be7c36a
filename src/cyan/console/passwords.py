"""Three forms that end in a password: set up, sign up, reset.

Each opens by a ticket in its address. Opening one changes nothing; posting it acts,
once.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from cyan.console.rendering import (
    address_of,
    guarded,
    read_form,
    render,
    status_of,
)
from cyan.interfaces import World
from cyan.model.decisions import RefusalCode, Refused, refused
from cyan.services import accounts, sign_up
from cyan.services.credentials import MAX_PASSWORD, MAX_USERNAME, MIN_PASSWORD
from cyan.services.tickets import Page

_CORRECTABLE = (
    RefusalCode.PASSWORD_UNUSABLE,
    RefusalCode.USERNAME_UNUSABLE,
    RefusalCode.USERNAME_TAKEN,
    RefusalCode.BUSY,
)


@dataclass(frozen=True, slots=True)
class Words:
    """What a form says, before and after."""

    title: str
    lead: str
    button: str
    done: str


@dataclass(frozen=True, slots=True)
class Visit:
    """One request for a page: its ticket, the fields, and where it came from."""

    world: World
    ticket: str
    fields: Mapping[str, str]
    address: str


@dataclass(frozen=True, slots=True)
class PasswordForm:
    """A form: `look` says whose account it is (None: they tell), `act` does it."""

    page: Page
    words: Words
    look: Callable[[Visit], Awaitable[str | None]]
    act: Callable[[Visit], Awaitable[None]]


async def _look_at_set_up(visit: Visit) -> str | None:
    await sign_up.look_at_set_up(visit.world, visit.ticket)
    return None


async def _set_up(visit: Visit) -> None:
    newcomer = sign_up.Newcomer(
        visit.fields.get("username", ""), _password(visit.fields), {}
    )
    await sign_up.set_up(visit.world, visit.ticket, newcomer)


async def _look_at_invitation(visit: Visit) -> str | None:
    return await sign_up.look_at_invitation(visit.world, visit.ticket)


async def _accept_invitation(visit: Visit) -> None:
    password = _password(visit.fields)
    await sign_up.accept_invitation(visit.world, visit.ticket, password)


async def _look_at_reset(visit: Visit) -> str | None:
    return await accounts.look_at_reset(visit.world, visit.ticket)


async def _reset(visit: Visit) -> None:
    password = _password(visit.fields)
    await accounts.reset_password(visit.world, visit.ticket, password, visit.address)


def _password(fields: Mapping[str, str]) -> str:
    password = fields.get("password", "")
    if password != fields.get("again", ""):
        raise refused(
            RefusalCode.PASSWORD_UNUSABLE,
            "The two passwords are not the same.",
            remedy="Type the same password twice.",
        )
    return password


FORMS = (
    PasswordForm(
        Page.SET_UP,
        Words(
            "Welcome to Cyan",
            "This server is new. The account that you make now is its operator: it "
            "may invite others and help with their devices.",
            "Make the first account",
            "Your account is ready",
        ),
        _look_at_set_up,
        _set_up,
    ),
    PasswordForm(
        Page.SIGN_UP,
        Words(
            "You are invited",
            "Choose a password, and the account is yours.",
            "Make my account",
            "Your account is ready",
        ),
        _look_at_invitation,
        _accept_invitation,
    ),
    PasswordForm(
        Page.PASSWORD_RESET,
        Words(
            "Choose a new password",
            "It replaces the old one and signs you out everywhere.",
            "Set the new password",
            "Your password is changed",
        ),
        _look_at_reset,
        _reset,
    ),
)


def password_routes(world: World) -> list[BaseRoute]:
    """The pages of this module."""
    return [
        Route(
            f"/{form.page}",
            guarded(world, _endpoint(form)),
            methods=["GET", "POST"],
            name=form.page,
        )
        for form in FORMS
    ]


def _endpoint(form: PasswordForm) -> Callable[[World, Request], Awaitable[Response]]:
    async def page(world: World, request: Request) -> Response:
        posted = request.method == "POST"
        visit = Visit(
            world,
            request.query_params.get("ticket", ""),
            await read_form(request) if posted else {},
            address_of(request),
        )
        username = await form.look(visit)
        if not posted:
            return _show(form, visit, username)
        try:
            await form.act(visit)
        except Refused as no:
            if no.refusal.code not in _CORRECTABLE:
                raise
            return _show(form, visit, username, no)
        known = username or visit.fields["username"].strip().lower()
        return render(
            "done.html",
            words=form.words,
            username=known,
            server=world.settings.public_url,
        )

    return page


def _show(
    form: PasswordForm, visit: Visit, username: str | None, no: Refused | None = None
) -> Response:
    """The form, with what stood in the way of the last try."""
    return render(
        "password_form.html",
        status_of(no.refusal) if no else 200,
        words=form.words,
        asks_username=username is None,
        username=username or visit.fields.get("username", "")[:MAX_USERNAME],
        obstacle=no.refusal if no else None,
        max_username=MAX_USERNAME,
        min_password=MIN_PASSWORD,
        max_password=MAX_PASSWORD,
    )
