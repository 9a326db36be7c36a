"""What services need from a store for teams, organizations and programs."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from cyan.model.products import (
    ApiUser,
    Organization,
    ProductClient,
    ProductToken,
    TeamInvitation,
    TeamMember,
    TeamRole,
)


class Teams(Protocol):
    """Who has a role in a team: of a product, or of an organization."""

    async def roles_of(
        self, account_id: str, team_ids: Sequence[str]
    ) -> Sequence[TeamRole]:
        """The roles that an account has in some teams."""

    async def members_of(self, team_id: str) -> Sequence[TeamMember]:
        """A team's members, in the order in which they came."""

    async def account_ids(self, team_ids: Sequence[str]) -> Sequence[str]:
        """Everybody who is in one of some teams."""

    async def list_of(self, account_id: str) -> Sequence[TeamMember]:
        """All roles of an account."""

    async def set(self, member: TeamMember) -> None:
        """Give an account a role, instead of the one that it has."""

    async def remove(self, team_id: str, account_id: str) -> None:
        """Take a role away."""

    async def dissolve(self, team_id: str) -> None:
        """Forget a team: members, invitations, API users."""

    async def invite(self, invitation: TeamInvitation) -> None:
        """Keep an invitation, instead of an earlier one of the same person."""

    async def find_invitation(self, invitation_id: str) -> TeamInvitation | None:
        """The invitation of this id."""

    async def invitations_of(self, team_id: str) -> Sequence[TeamInvitation]:
        """A team's open invitations."""

    async def withdraw(self, team_id: str, username: str) -> str | None:
        """Forget an invitation; its id, None if there is none."""

    async def remove_expired(self, before: datetime, limit: int) -> int:
        """Forget so many invitations that ended before a moment; how many."""


class Organizations(Protocol):
    """Organizations by id and by slug."""

    async def add(self, organization: Organization) -> None:
        """Keep a new organization; `Conflict` if its slug is taken."""

    async def find(self, id_or_slug: str) -> Organization | None:
        """The organization of this id or slug."""

    async def list_of_account(self, account_id: str) -> Sequence[Organization]:
        """Organizations in whose team an account is, by name."""

    async def remove(self, organization_id: str) -> None:
        """Forget an organization."""


class Programs(Protocol):
    """What is not a person: API users, product clients and their tokens."""

    async def add_api_user(self, user: ApiUser) -> None:
        """Keep a new API user."""

    async def find_api_user(self, username: str) -> ApiUser | None:
        """The API user of this username."""

    async def find_by_token(self, token_hash: str) -> ApiUser | None:
        """The API user whose one token this is."""

    async def api_users_of(self, team_id: str) -> Sequence[ApiUser]:
        """A team's API users, oldest first."""

    async def update_api_user(self, user: ApiUser) -> None:
        """Replace name, scopes and token."""

    async def remove_api_user(self, username: str) -> None:
        """Forget an API user, and its token."""

    async def add_client(self, client: ProductClient) -> None:
        """Keep a new client; `Conflict` if its id is taken."""

    async def find_client(self, client_id: str) -> ProductClient | None:
        """The client of this id."""

    async def clients_of(self, product_id: int) -> Sequence[ProductClient]:
        """A product's clients, oldest first."""

    async def update_client(self, client_id: str, name: str, scope: str | None) -> None:
        """Change what may be changed."""

    async def remove_client(self, client_id: str) -> Sequence[str]:
        """Forget a client and its tokens; their hashes."""

    async def add_token(self, token: ProductToken) -> None:
        """Keep a new token."""

    async def find_token(self, token_hash: str) -> ProductToken | None:
        """The token of this hash, expired or not."""

    async def remove_token(self, token_hash: str) -> bool:
        """Forget a token; whether there was one."""

    async def remove_expired(self, before: datetime, limit: int) -> int:
        """Forget tokens that ended before a moment."""

    async def tokens_of_product(self, product_id: int) -> Sequence[str]:
        """The hashes of all tokens of a product's clients."""
