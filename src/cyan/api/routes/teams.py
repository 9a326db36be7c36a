"""Teams of products and organizations, API users included (contract §1.5, §3.6)."""

from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from cyan.api.errors import Family
from cyan.api.routing import Routes
from cyan.api.wire.replies import Okay
from cyan.interfaces import World
from cyan.model.accounts import Actor
from cyan.model.decisions import RefusalCode as Code
from cyan.model.decisions import refused
from cyan.model.products import ApiUser, TeamRole
from cyan.services import api_users, teams
from cyan.services.api_users import ApiUserWish, ApiUserWithToken, is_api_user
from cyan.services.teams import TeamKind, Teammate, TeamOf, TeamView

routes = Routes()

Text = Annotated[str, Meta(max_length=500)]
SEEN = (Code.PRODUCT_UNKNOWN,)
MANAGED = (
    Code.PRODUCT_UNKNOWN,
    Code.ROLE_MISSING,
    Code.TEAM_UNUSABLE,
    Code.USERNAME_UNUSABLE,
)
KNOWN = (*MANAGED, Code.TEAM_MEMBER_UNKNOWN, Code.REQUEST_INCOMPLETE)


class RoleAttributes(Struct):
    """A role, by its name."""

    id: str
    name: TeamRole


class MateAttributes(Struct, kw_only=True):
    """Somebody of a team: a person with a role, or a program with scopes."""

    _id: str
    username: str
    is_programmatic: bool = False
    role: RoleAttributes | UnsetType = UNSET
    no_mfa: bool | UnsetType = UNSET
    pending: bool | UnsetType = UNSET
    friendly_name: str | UnsetType = UNSET
    scopes: list[str] | UnsetType = UNSET
    product_id: int | UnsetType = UNSET


class TeamReply(Struct):
    """A whole team."""

    team: list[MateAttributes]
    ok: bool = True


class Newcomer(Struct):
    """Whom to invite and as what; or what an API user is called and may do."""

    username: Text | None = None
    role: TeamRole | None = None
    friendly_name: Text | None = None
    scopes: list[Text] | None = None


class RoleChange(Struct):
    """The role that somebody shall have."""

    role: TeamRole | None = None


class ApiUserChange(Struct):
    """What shall change of an API user; it gets a new token."""

    friendly_name: Text | None = None
    scopes: list[Text] | None = None


class TokenText(Struct):
    """A token, told this once."""

    token: str


class ProgramAttributes(Struct):
    """An API user, with the token that it has from now on."""

    username: str
    tokens: list[TokenText]
    is_programmatic: bool = True


class Invited(Struct):
    """Who was mailed an invitation."""

    username: str


class InvitedReply(Struct, omit_defaults=True, kw_only=True):
    """Who was invited, or which API user was made."""

    ok: bool
    invited: Invited | UnsetType = UNSET
    created: ProgramAttributes | UnsetType = UNSET


class UpdatedMate(Struct):
    """Somebody with the role that they have from now on."""

    updated: MateAttributes
    ok: bool = True


class UpdatedProgram(Struct):
    """An API user with its new token."""

    updated: ProgramAttributes
    ok: bool = True


def _person(mate: Teammate) -> MateAttributes:
    return MateAttributes(
        _id=mate.account_id,
        username=mate.username,
        role=RoleAttributes(mate.role.value.lower(), mate.role),
        no_mfa=not mate.has_codes,
        pending=True if mate.invited else UNSET,
    )


def _program(user: ApiUser, product_id: int | None) -> MateAttributes:
    return MateAttributes(
        _id=user.id,
        username=user.username,
        is_programmatic=True,
        friendly_name=user.friendly_name,
        scopes=user.scopes,
        product_id=UNSET if product_id is None else product_id,
    )


def _with_token(made: ApiUserWithToken) -> ProgramAttributes:
    return ProgramAttributes(made.user.username, [TokenText(made.token)])


def _reply(team: TeamView) -> TeamReply:
    people = [_person(each) for each in team.people]
    return TeamReply(
        people + [_program(each, team.product_id) for each in team.programs]
    )


async def _add(
    world: World, actor: Actor, team: TeamOf, body: Newcomer
) -> InvitedReply:
    if body.friendly_name is not None or body.scopes is not None:
        wish = ApiUserWish(body.friendly_name, body.scopes)
        made = await api_users.create_api_user(world, actor, team, wish)
        return InvitedReply(ok=True, created=_with_token(made))
    if not body.username:
        raise refused(
            Code.REQUEST_INCOMPLETE,
            "Whom to invite is missing.",
            remedy="Send username and role; or friendly_name and scopes for an "
            "API user.",
        )
    role = body.role or TeamRole.DEVELOPER
    invited = await teams.invite(world, actor, team, body.username, role)
    return InvitedReply(ok=True, invited=Invited(invited))


async def _change(
    world: World, actor: Actor, team: TeamOf, username: str, role: TeamRole | None
) -> UpdatedMate:
    if role is None:
        raise refused(
            Code.REQUEST_INCOMPLETE,
            "The role is missing.",
            remedy="Send role: Administrator, Developer, Support or View-only.",
        )
    mate = await teams.change_role(world, actor, team, username, role)
    return UpdatedMate(_person(mate))


async def _renew(
    world: World, actor: Actor, team: TeamOf, username: str, wish: ApiUserWish | None
) -> UpdatedProgram:
    made = await api_users.change_api_user(world, actor, team, username, wish)
    return UpdatedProgram(_with_token(made))


async def _remove(world: World, actor: Actor, team: TeamOf, username: str) -> Okay:
    if is_api_user(username):
        await api_users.remove_api_user(world, actor, team, username)
    else:
        await teams.change_role(world, actor, team, username, None)
    return Okay()


def _declare(kind: TeamKind, path: str) -> None:
    """The routes of one kind of team; products and organizations have the same."""

    @routes(
        f"GET {path}", scope="teams.users:list", family=Family.SINGLE, refusals=SEEN
    )
    async def list_team(world: World, actor: Actor, owner: str) -> TeamReply:
        """List a team: people, who was invited, and API users."""
        return _reply(await teams.list_team(world, actor, TeamOf(kind, owner)))

    @routes(
        f"POST {path}",
        scope="teams.users:invite",
        family=Family.SINGLE,
        refusals=(*MANAGED, Code.REQUEST_INCOMPLETE, Code.RATE_LIMITED),
    )
    async def add_to_team(
        world: World, actor: Actor, owner: str, body: Newcomer
    ) -> InvitedReply:
        """Invite somebody by mail, or make an API user."""
        return await _add(world, actor, TeamOf(kind, owner), body)

    @routes(
        f"POST {path}/{{username}}",
        scope="teams.users:update",
        family=Family.SINGLE,
        refusals=(*KNOWN, Code.DEVICE_LIMIT),
    )
    async def change_role(
        world: World, actor: Actor, owner: str, username: str, body: RoleChange
    ) -> UpdatedMate:
        """Give somebody another role; Owner hands the team over."""
        return await _change(world, actor, TeamOf(kind, owner), username, body.role)

    @routes(
        f"PUT {path}/{{username}}",
        scope="teams.users:update",
        family=Family.SINGLE,
        refusals=KNOWN,
    )
    async def change_api_user(
        world: World, actor: Actor, owner: str, username: str, body: ApiUserChange
    ) -> UpdatedProgram:
        """Change an API user; its former token ends, the new one is told now."""
        wish = ApiUserWish(body.friendly_name, body.scopes)
        return await _renew(world, actor, TeamOf(kind, owner), username, wish)

    @routes(
        f"PUT {path}/{{username}}/token",
        scope="teams.users:update",
        family=Family.SINGLE,
        refusals=KNOWN,
    )
    async def renew_token(
        world: World, actor: Actor, owner: str, username: str
    ) -> UpdatedProgram:
        """Draw a new token for an API user; the former one ends."""
        return await _renew(world, actor, TeamOf(kind, owner), username, None)

    @routes(
        f"POST {path}/{{username}}/token",
        scope="teams.users:update",
        family=Family.SINGLE,
        refusals=KNOWN,
    )
    async def renew_token_by_post(
        world: World, actor: Actor, owner: str, username: str
    ) -> UpdatedProgram:
        """Draw a new token for an API user; the former one ends."""
        return await _renew(world, actor, TeamOf(kind, owner), username, None)

    @routes(
        f"DELETE {path}/{{username}}",
        scope="teams.users:remove",
        family=Family.SINGLE,
        refusals=KNOWN,
    )
    async def remove_from_team(
        world: World, actor: Actor, owner: str, username: str
    ) -> Okay:
        """Remove a person, an invitation or an API user; everybody may leave."""
        return await _remove(world, actor, TeamOf(kind, owner), username)


_declare(TeamKind.PRODUCT, "/v1/products/{owner}/team")
_declare(TeamKind.ORGANIZATION, "/v1/orgs/{owner}/team")
