"""Teams, organizations, and the programs that act in them."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import bindparam, delete, or_, select, update
from sqlalchemy.dialects.postgresql import insert as insert_or

from cyan.model.products import (
    ApiUser,
    Organization,
    ProductClient,
    ProductToken,
    TeamInvitation,
    TeamMember,
    TeamRole,
)
from cyan.storage.lists import among_few
from cyan.storage.product_tables import (
    api_users,
    organizations,
    product_clients,
    product_tokens,
    team_invitations,
    team_members,
)
from cyan.storage.statements import (
    Runner,
    Statement,
    choose,
    columns_of,
    delete_where,
    first,
    insert_noun,
    values_of,
)

ROLES_OF = Statement[TeamRole](
    select(team_members.c.role)
    .where(team_members.c.account_id == bindparam("account_id"))
    .where(among_few(team_members.c.team_id, "team_ids")),
    TeamRole,
)
MEMBERS_OF = Statement[TeamMember](
    choose(team_members, TeamMember)
    .where(team_members.c.team_id == bindparam("team_id"))
    .order_by(team_members.c.since, team_members.c.account_id),
    TeamMember,
)
ACCOUNT_IDS = Statement[str](
    select(team_members.c.account_id)
    .where(among_few(team_members.c.team_id, "team_ids"))
    .distinct(),
    str,
)
ROLES_OF_ACCOUNT = Statement[TeamMember](
    choose(team_members, TeamMember)
    .where(team_members.c.account_id == bindparam("account_id"))
    .order_by(team_members.c.since, team_members.c.team_id),
    TeamMember,
)
_member = insert_or(team_members).values(
    {c.name: bindparam(c.name) for c in team_members.columns}
)
SET_MEMBER = Statement[None](
    _member.on_conflict_do_update(
        index_elements=["team_id", "account_id"],
        set_={"role": _member.excluded.role},
    ),
    None,
)
REMOVE_MEMBER = Statement[None](
    delete_where(team_members, "team_id", "account_id"), None
)
DISSOLVE = tuple(
    Statement[None](delete_where(table, "team_id"), None)
    for table in (team_members, team_invitations, api_users)
)
INVITE = insert_noun(team_invitations, TeamInvitation)
FIND_INVITATION = Statement[TeamInvitation](
    choose(team_invitations, TeamInvitation).where(
        team_invitations.c.id == bindparam("wanted")
    ),
    TeamInvitation,
)
INVITATIONS_OF = Statement[TeamInvitation](
    choose(team_invitations, TeamInvitation)
    .where(team_invitations.c.team_id == bindparam("team_id"))
    .order_by(team_invitations.c.username),
    TeamInvitation,
)
WITHDRAW = Statement[str](
    delete_where(team_invitations, "team_id", "username").returning(
        team_invitations.c.id
    ),
    str,
)
REMOVE_EXPIRED_INVITATIONS = Statement[str](
    delete(team_invitations)
    .where(
        team_invitations.c.id.in_(
            select(team_invitations.c.id)
            .where(team_invitations.c.expires_at <= bindparam("before"))
            .limit(bindparam("at_most"))
        )
    )
    .returning(team_invitations.c.id),
    str,
)


class Teams:
    """See `cyan.interfaces.Teams`."""

    __slots__ = ("_run",)

    def __init__(self, run: Runner) -> None:
        self._run = run

    async def roles_of(
        self, account_id: str, team_ids: Sequence[str]
    ) -> Sequence[TeamRole]:
        """The roles that an account has in some teams."""
        return await self._run(ROLES_OF, account_id=account_id, team_ids=team_ids)

    async def members_of(self, team_id: str) -> Sequence[TeamMember]:
        """A team's members, in the order in which they came."""
        return await self._run(MEMBERS_OF, team_id=team_id)

    async def account_ids(self, team_ids: Sequence[str]) -> Sequence[str]:
        """Everybody who is in one of some teams."""
        return await self._run(ACCOUNT_IDS, team_ids=team_ids)

    async def list_of(self, account_id: str) -> Sequence[TeamMember]:
        """All roles of an account."""
        return await self._run(ROLES_OF_ACCOUNT, account_id=account_id)

    async def set(self, member: TeamMember) -> None:
        """Give an account a role, instead of the one that it has."""
        await self._run(SET_MEMBER, **values_of(member))

    async def remove(self, team_id: str, account_id: str) -> None:
        """Take a role away."""
        await self._run(REMOVE_MEMBER, team_id=team_id, account_id=account_id)

    async def dissolve(self, team_id: str) -> None:
        """Forget a team: members, invitations, API users."""
        for statement in DISSOLVE:
            await self._run(statement, team_id=team_id)

    async def invite(self, invitation: TeamInvitation) -> None:
        """Keep an invitation, instead of an earlier one of the same person."""
        await self.withdraw(invitation.team_id, invitation.username)
        await self._run(INVITE, **values_of(invitation))

    async def find_invitation(self, invitation_id: str) -> TeamInvitation | None:
        """The invitation of this id."""
        return first(await self._run(FIND_INVITATION, wanted=invitation_id))

    async def invitations_of(self, team_id: str) -> Sequence[TeamInvitation]:
        """A team's open invitations."""
        return await self._run(INVITATIONS_OF, team_id=team_id)

    async def withdraw(self, team_id: str, username: str) -> str | None:
        """Forget an invitation; its id, None if there is none."""
        return first(await self._run(WITHDRAW, team_id=team_id, username=username))

    async def remove_expired(self, before: datetime, limit: int) -> int:
        """Forget invitations that ended before a moment."""
        gone = await self._run(REMOVE_EXPIRED_INVITATIONS, before=before, at_most=limit)
        return len(gone)


ADD_ORGANIZATION = insert_noun(organizations, Organization)
FIND_ORGANIZATION = Statement[Organization](
    choose(organizations, Organization).where(
        or_(
            organizations.c.id == bindparam("wanted"),
            organizations.c.slug == bindparam("wanted"),
        )
    ),
    Organization,
)
ORGANIZATIONS_OF = Statement[Organization](
    select(*columns_of(organizations, Organization))
    .join(team_members, team_members.c.team_id == organizations.c.id)
    .where(team_members.c.account_id == bindparam("account_id"))
    .order_by(organizations.c.name, organizations.c.id),
    Organization,
)
REMOVE_ORGANIZATION = Statement[None](delete_where(organizations, "id"), None)


class Organizations:
    """See `cyan.interfaces.Organizations`."""

    __slots__ = ("_run",)

    def __init__(self, run: Runner) -> None:
        self._run = run

    async def add(self, organization: Organization) -> None:
        """Keep a new organization."""
        await self._run(ADD_ORGANIZATION, **values_of(organization))

    async def find(self, id_or_slug: str) -> Organization | None:
        """The organization of this id or slug."""
        return first(await self._run(FIND_ORGANIZATION, wanted=id_or_slug))

    async def list_of_account(self, account_id: str) -> Sequence[Organization]:
        """Organizations in whose team an account is, by name."""
        return await self._run(ORGANIZATIONS_OF, account_id=account_id)

    async def remove(self, organization_id: str) -> None:
        """Forget an organization."""
        await self._run(REMOVE_ORGANIZATION, id=organization_id)


ADD_API_USER = insert_noun(api_users, ApiUser)
FIND_API_USER = Statement[ApiUser](
    choose(api_users, ApiUser).where(api_users.c.username == bindparam("wanted")),
    ApiUser,
)
FIND_BY_TOKEN = Statement[ApiUser](
    choose(api_users, ApiUser).where(api_users.c.token_hash == bindparam("wanted")),
    ApiUser,
)
API_USERS_OF = Statement[ApiUser](
    choose(api_users, ApiUser)
    .where(api_users.c.team_id == bindparam("team_id"))
    .order_by(api_users.c.created_at, api_users.c.id),
    ApiUser,
)
UPDATE_API_USER = Statement[None](
    update(api_users)
    .where(api_users.c.id == bindparam("wanted"))
    .values(
        {
            name: bindparam(f"new_{name}")
            for name in ("friendly_name", "scopes", "token_hash")
        }
    ),
    None,
)
REMOVE_API_USER = Statement[None](delete_where(api_users, "username"), None)
ADD_CLIENT = insert_noun(product_clients, ProductClient)
FIND_CLIENT = Statement[ProductClient](
    choose(product_clients, ProductClient).where(
        product_clients.c.id == bindparam("wanted")
    ),
    ProductClient,
)
CLIENTS_OF = Statement[ProductClient](
    choose(product_clients, ProductClient)
    .where(product_clients.c.product_id == bindparam("product_id"))
    .order_by(product_clients.c.created_at, product_clients.c.id),
    ProductClient,
)
UPDATE_CLIENT = Statement[None](
    update(product_clients)
    .where(product_clients.c.id == bindparam("wanted"))
    .values(name=bindparam("new_name"), scope=bindparam("new_scope")),
    None,
)
REMOVE_CLIENT = Statement[None](delete_where(product_clients, "id"), None)
ADD_TOKEN = insert_noun(product_tokens, ProductToken)
FIND_TOKEN = Statement[ProductToken](
    choose(product_tokens, ProductToken).where(
        product_tokens.c.hash == bindparam("wanted")
    ),
    ProductToken,
)
REMOVE_TOKEN = Statement[str](
    delete_where(product_tokens, "hash").returning(product_tokens.c.hash), str
)
REMOVE_CLIENT_TOKENS = Statement[str](
    delete_where(product_tokens, "client_id").returning(product_tokens.c.hash), str
)
PRODUCT_TOKENS = Statement[str](
    select(product_tokens.c.hash).where(
        product_tokens.c.product_id == bindparam("product_id")
    ),
    str,
)
REMOVE_EXPIRED_TOKENS = Statement[str](
    delete(product_tokens)
    .where(
        product_tokens.c.hash.in_(
            select(product_tokens.c.hash)
            .where(product_tokens.c.expires_at <= bindparam("before"))
            .limit(bindparam("at_most"))
        )
    )
    .returning(product_tokens.c.hash),
    str,
)


class Programs:
    """See `cyan.interfaces.Programs`."""

    __slots__ = ("_run",)

    def __init__(self, run: Runner) -> None:
        self._run = run

    async def add_api_user(self, user: ApiUser) -> None:
        """Keep a new API user."""
        await self._run(ADD_API_USER, **values_of(user))

    async def find_api_user(self, username: str) -> ApiUser | None:
        """The API user of this username."""
        return first(await self._run(FIND_API_USER, wanted=username))

    async def find_by_token(self, token_hash: str) -> ApiUser | None:
        """The API user whose one token this is."""
        return first(await self._run(FIND_BY_TOKEN, wanted=token_hash))

    async def api_users_of(self, team_id: str) -> Sequence[ApiUser]:
        """A team's API users, oldest first."""
        return await self._run(API_USERS_OF, team_id=team_id)

    async def update_api_user(self, user: ApiUser) -> None:
        """Replace name, scopes and token."""
        await self._run(
            UPDATE_API_USER,
            wanted=user.id,
            new_friendly_name=user.friendly_name,
            new_scopes=user.scopes,
            new_token_hash=user.token_hash,
        )

    async def remove_api_user(self, username: str) -> None:
        """Forget an API user, and its token."""
        await self._run(REMOVE_API_USER, username=username)

    async def add_client(self, client: ProductClient) -> None:
        """Keep a new client."""
        await self._run(ADD_CLIENT, **values_of(client))

    async def find_client(self, client_id: str) -> ProductClient | None:
        """The client of this id."""
        return first(await self._run(FIND_CLIENT, wanted=client_id))

    async def clients_of(self, product_id: int) -> Sequence[ProductClient]:
        """A product's clients, oldest first."""
        return await self._run(CLIENTS_OF, product_id=product_id)

    async def update_client(self, client_id: str, name: str, scope: str | None) -> None:
        """Change what may be changed."""
        await self._run(UPDATE_CLIENT, wanted=client_id, new_name=name, new_scope=scope)

    async def remove_client(self, client_id: str) -> Sequence[str]:
        """Forget a client and its tokens; their hashes."""
        ended = await self._run(REMOVE_CLIENT_TOKENS, client_id=client_id)
        await self._run(REMOVE_CLIENT, id=client_id)
        return ended

    async def add_token(self, token: ProductToken) -> None:
        """Keep a new token."""
        await self._run(ADD_TOKEN, **values_of(token))

    async def find_token(self, token_hash: str) -> ProductToken | None:
        """The token of this hash, expired or not."""
        return first(await self._run(FIND_TOKEN, wanted=token_hash))

    async def remove_token(self, token_hash: str) -> bool:
        """Forget a token; whether there was one."""
        return bool(await self._run(REMOVE_TOKEN, hash=token_hash))

    async def remove_expired(self, before: datetime, limit: int) -> int:
        """Forget tokens that ended before a moment."""
        return len(await self._run(REMOVE_EXPIRED_TOKENS, before=before, at_most=limit))

    async def tokens_of_product(self, product_id: int) -> Sequence[str]:
        """The hashes of all tokens of a product's clients."""
        return await self._run(PRODUCT_TOKENS, product_id=product_id)
