"""API users: programs in a team, each with scopes and exactly one token (§1.5).

The token is told when it is drawn and never again; drawing a new one, changing the
scopes or removing the API user ends the old one at once.
"""

import re
from dataclasses import dataclass, replace

from cyan.interfaces import Tx, World, subjects
from cyan.model.accounts import Actor
from cyan.model.decisions import RefusalCode, Refuse, Refused, refused
from cyan.model.products import ApiUser
from cyan.rules.authority import Action
from cyan.rules.teams import MAX_API_USERS, decide_api_user, unknown_member
from cyan.services.teams import TeamOf, find_team
from cyan.services.tokens import announce_ends

DOMAIN = "@api.particle.io"
"""What an API user's name ends with on the wire: clients tell them by it."""


@dataclass(frozen=True, slots=True)
class ApiUserWish:
    """What an API user shall be; None stays as it is."""

    friendly_name: str | None
    scopes: list[str] | None


@dataclass(frozen=True, slots=True)
class ApiUserWithToken:
    """An API user, and the text of its token: the only moment at which it exists."""

    user: ApiUser
    token: str


async def create_api_user(
    world: World, actor: Actor, team: TeamOf, wish: ApiUserWish
) -> ApiUserWithToken:
    """Make an API user; its token never expires."""
    token = world.secrets.token()
    name, scopes = wish.friendly_name or "", list(dict.fromkeys(wish.scopes or ()))
    slug = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:40] or "api"
    username = f"{slug}+{world.secrets.token()[:10]}{DOMAIN}"
    id_, at = world.secrets.id(), world.clock.now()

    async def body(tx: Tx) -> ApiUser:
        found = await find_team(tx, actor, team, Action.TEAM_INVITE)
        _require(name, scopes)
        if len(await tx.programs.api_users_of(found.id)) >= MAX_API_USERS:
            raise refused(
                RefusalCode.TEAM_UNUSABLE,
                f"A team has at most {MAX_API_USERS} API users.",
                remedy="Remove one first.",
            )
        token_hash = world.secrets.hash_token(token)
        user = ApiUser(id_, found.id, username, name, scopes, token_hash, at)
        await tx.programs.add_api_user(user)
        return user

    return ApiUserWithToken(await world.store.transact(body), token)


async def change_api_user(
    world: World, actor: Actor, team: TeamOf, username: str, wish: ApiUserWish | None
) -> ApiUserWithToken:
    """Change what is wished for, and draw a new token; the old one ends.

    Without a wish there is a new token alone.
    """
    token = world.secrets.token()

    async def body(tx: Tx) -> tuple[ApiUser, str]:
        user = await _find(tx, actor, team, username, Action.TEAM_UPDATE)
        changed = replace(
            user if wish is None else _changed(user, wish),
            token_hash=world.secrets.hash_token(token),
        )
        await tx.programs.update_api_user(changed)
        return changed, user.token_hash

    changed, ended = await world.store.transact(body)
    announce_ends(world, [ended])
    world.bus.publish(subjects.account_changes(changed.id), None)
    return ApiUserWithToken(changed, token)


def _changed(user: ApiUser, wish: ApiUserWish) -> ApiUser:
    if wish == ApiUserWish(None, None):
        raise refused(
            RefusalCode.REQUEST_INCOMPLETE,
            "There is nothing to change.",
            remedy="Send friendly_name or scopes; …/token just draws another token.",
        )
    changed = replace(
        user,
        friendly_name=wish.friendly_name or user.friendly_name,
        scopes=list(dict.fromkeys(wish.scopes or user.scopes)),
    )
    _require(changed.friendly_name, changed.scopes)
    return changed


async def remove_api_user(
    world: World, actor: Actor, team: TeamOf, username: str
) -> None:
    """Remove an API user; its token ends."""

    async def body(tx: Tx) -> str:
        user = await _find(tx, actor, team, username, Action.TEAM_REMOVE)
        await tx.programs.remove_api_user(user.username)
        return user.token_hash

    announce_ends(world, [await world.store.transact(body)])


def is_api_user(username: str) -> bool:
    """Whether a name of a team is that of a program."""
    return username.strip().lower().endswith(DOMAIN)


async def _find(
    tx: Tx, actor: Actor, team: TeamOf, username: str, action: Action
) -> ApiUser:
    found = await find_team(tx, actor, team, action)
    user = await tx.programs.find_api_user(username.strip().lower())
    if user is None or user.team_id != found.id:
        raise Refused(unknown_member())
    return user


def _require(friendly_name: str, scopes: list[str]) -> None:
    decision = decide_api_user(friendly_name, scopes)
    if isinstance(decision, Refuse):
        raise Refused(decision)
