"""One's own account: make, read, change, end it; one-time codes (REST contract §1.3).

Inviting somebody is ours: Particle has no such endpoint.
"""

from msgspec import UNSET, Struct, UnsetType
from msgspec.structs import asdict
from starlette.requests import Request

from cyan.api.errors import Family
from cyan.api.routing import Routes
from cyan.api.wire.accounts import AccountInfo, User, user_of
from cyan.api.wire.replies import Okay, OkayMessage
from cyan.interfaces import World
from cyan.model.accounts import Actor
from cyan.model.decisions import RefusalCode as Code
from cyan.model.decisions import refused
from cyan.services import accounts, devices, one_time_codes, sign_up
from cyan.services.accounts import AccountChanges
from cyan.services.sign_up import Newcomer

routes = Routes()

PASSWORD_ASKED = (
    Code.WRONG_PASSWORD,
    Code.REQUEST_INCOMPLETE,
    Code.RATE_LIMITED,
    Code.BUSY,
)
NAME_AND_PASSWORD = (
    Code.USERNAME_UNUSABLE,
    Code.USERNAME_TAKEN,
    Code.PASSWORD_UNUSABLE,
)


class NewUser(Struct):
    """Somebody who wants an account."""

    username: str | None = None
    password: str | None = None
    account_info: AccountInfo | None = None


class UserChanges(Struct):
    """What shall change; a new name or password needs the current password."""

    username: str | None = None
    password: str | None = None
    account_info: AccountInfo | None = None
    current_password: str | None = None
    invalidate_tokens: bool | None = None


class ChangedUser(User, kw_only=True):
    """The account as it is now."""

    ok: bool = True
    message: str


class OwnPassword(Struct):
    """The password, asked for again."""

    password: str | None = None


class CurrentPassword(Struct):
    """The password, asked for again."""

    current_password: str | None = None


class Username(Struct):
    """Whom it is about."""

    username: str | None = None


class ResetBody(Struct):
    """The token of the mailed link, and the new password."""

    token: str | None = None
    password: str | None = None


class IdentifyQuery(Struct):
    """Who only tracks needs no address."""

    tracking: str | None = None


class Identity(Struct):
    """Who it is."""

    id: str
    email: str | UnsetType = UNSET


class EnrolmentReply(Struct):
    """What an authenticator app is given."""

    mfa_token: str
    qr_url: str
    secret: str


class Confirmation(Struct):
    """The first code, as proof that the app has the secret."""

    mfa_token: str | None = None
    otp: str | None = None
    invalidate_tokens: bool | None = None


class Confirmed(Struct):
    """Codes are on; `tokens` holds a fresh one if all others ended."""

    enrolled: bool = True
    tokens: list[str] | UnsetType = UNSET


def _required(value: str | None, name: str) -> str:
    if not value:
        raise refused(
            Code.REQUEST_INCOMPLETE, f"{name} is required", remedy=f"Send {name}."
        )
    return value


@routes(
    "POST /v1/users",
    scope=None,
    family=Family.LIST,
    refusals=(
        *NAME_AND_PASSWORD,
        Code.SIGNUP_CLOSED,
        Code.REQUEST_INCOMPLETE,
        Code.RATE_LIMITED,
        Code.BUSY,
    ),
)
async def create_user(world: World, request: Request, body: NewUser) -> Okay:
    """Make an account, where sign-up is open."""
    newcomer = Newcomer(
        _required(body.username, "username"),
        _required(body.password, "password"),
        asdict(body.account_info) if body.account_info else {},
    )
    await sign_up.sign_up(world, newcomer, request.state.address)
    return Okay()


@routes(
    "POST /v1/invitations",
    scope="users:invite",
    family=Family.LIST,
    refusals=(
        Code.SIGNUP_CLOSED,
        Code.USERNAME_UNUSABLE,
        Code.USERNAME_TAKEN,
        Code.REQUEST_INCOMPLETE,
    ),
)
async def invite_user(world: World, actor: Actor, body: Username) -> OkayMessage:
    """Mail somebody a link by which to sign up; for the operator."""
    wanted = _required(body.username, "username")
    invited = await sign_up.invite(world, actor, wanted)
    return OkayMessage(f"Invitation sent to {invited.username}.")


@routes("GET /v1/user", scope="user:get", family=Family.LIST)
async def get_user(world: World, actor: Actor) -> User:
    """Tell about your account."""
    account = await accounts.get_account(world, actor)
    return user_of(account, await devices.list_devices(world, actor))


@routes(
    "PUT /v1/user",
    scope="user:update",
    family=Family.LIST,
    refusals=(*NAME_AND_PASSWORD, *PASSWORD_ASKED),
)
async def change_user(world: World, actor: Actor, body: UserChanges) -> ChangedUser:
    """Change your name, password or profile; end your tokens if you ask for it."""
    changes = AccountChanges(
        username=body.username,
        password=body.password,
        info=_told(body.account_info) if body.account_info else None,
        invalidate_tokens=bool(body.invalidate_tokens),
    )
    account = await accounts.update_account(
        world, actor, changes, body.current_password
    )
    user = user_of(account, await devices.list_devices(world, actor))
    return ChangedUser(**asdict(user), message=_what_changed(changes))


def _told(info: AccountInfo) -> dict[str, object]:
    """The members that were sent: those left out stay as they are."""
    return {name: value for name, value in asdict(info).items() if value is not None}


def _what_changed(changes: AccountChanges) -> str:
    if changes.password is not None:
        return "User's password updated."
    if changes.username is not None:
        return "User's username updated."
    return "User's account updated."


@routes(
    "DELETE /v1/user",
    scope="user:remove",
    family=Family.LIST,
    refusals=(*PASSWORD_ASKED, Code.ONLY_OPERATOR),
)
async def delete_user(world: World, actor: Actor, body: OwnPassword) -> OkayMessage:
    """End your account; your devices are nobody's afterwards."""
    await accounts.delete_account(world, actor, _required(body.password, "password"))
    return OkayMessage("User's account has been deleted.")


@routes(
    "GET /v1/user/identify",
    scope="user:get",
    family=Family.LIST,
)
async def identify(world: World, actor: Actor, query: IdentifyQuery) -> Identity:
    """Tell who you are, in short."""
    if query.tracking in ("1", "true"):
        return Identity(actor.account_id)
    return Identity(actor.account_id, actor.username)


@routes(
    "POST /v1/user/password-reset",
    scope=None,
    family=Family.LIST,
    refusals=(Code.REQUEST_INCOMPLETE, Code.RATE_LIMITED),
)
async def request_reset(world: World, request: Request, body: Username) -> OkayMessage:
    """Mail a link to choose a new password; says the same for unknown names."""
    username = _required(body.username, "username")
    await accounts.request_password_reset(world, username, request.state.address)
    return OkayMessage("Password reset email sent.")


@routes(
    "PUT /v1/user/password-reset",
    scope=None,
    family=Family.LIST,
    refusals=(
        Code.LINK_OVER,
        Code.PASSWORD_UNUSABLE,
        Code.REQUEST_INCOMPLETE,
        Code.RATE_LIMITED,
        Code.BUSY,
    ),
)
async def reset_password(world: World, request: Request, body: ResetBody) -> Okay:
    """Choose a new password with the token of the mailed link."""
    token = _required(body.token, "token")
    password = _required(body.password, "password")
    await accounts.reset_password(world, token, password, request.state.address)
    return Okay()


@routes(
    "GET /v1/user/mfa-enable",
    scope="user:update",
    family=Family.OAUTH,
    refusals=(Code.MFA_ALREADY_ON,),
)
async def begin_mfa(world: World, actor: Actor) -> EnrolmentReply:
    """Begin with one-time codes: a secret for your authenticator app."""
    enrolment = await one_time_codes.begin_enrolment(world, actor)
    return EnrolmentReply(enrolment.token, enrolment.uri, enrolment.secret)


@routes(
    "POST /v1/user/mfa-enable",
    scope="user:update",
    family=Family.OAUTH,
    refusals=(
        Code.WRONG_CODE,
        Code.MFA_ALREADY_ON,
        Code.REQUEST_INCOMPLETE,
        Code.RATE_LIMITED,
    ),
)
async def confirm_mfa(world: World, actor: Actor, body: Confirmation) -> Confirmed:
    """Switch one-time codes on, with the first code."""
    fresh = await one_time_codes.confirm_enrolment(
        world,
        actor,
        _required(body.mfa_token, "mfa_token"),
        _required(body.otp, "otp"),
        invalidate_tokens=bool(body.invalidate_tokens),
    )
    return Confirmed(tokens=UNSET if fresh is None else [fresh])


@routes(
    "PUT /v1/user/mfa-disable",
    scope="user:update",
    family=Family.LIST,
    refusals=(*PASSWORD_ASKED, Code.MFA_NOT_ON),
)
async def disable_mfa(world: World, actor: Actor, body: CurrentPassword) -> Okay:
    """Switch one-time codes off."""
    password = _required(body.current_password, "current_password")
    await one_time_codes.disable_codes(world, actor, password)
    return Okay()
