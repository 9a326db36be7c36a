"""Teams of products and organizations: invite, join, change a role, remove.

A team is named by the product that it runs, or by its organization. Losing a role
takes effect at once: streams end, and what was remembered of a token is forgotten.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from cyan.interfaces import Tx, World, subjects
from cyan.interfaces.subjects import DeviceChanged, TeamChanged
from cyan.model.accounts import Account, Actor, Ticket, TicketPurpose
from cyan.model.decisions import RefusalCode, Refuse, Refused, refused
from cyan.model.notices import NoticeKind
from cyan.model.products import (
    ApiUser,
    Product,
    TeamInvitation,
    TeamMember,
    TeamRole,
)
from cyan.model.settings import SignUp
from cyan.rules.authority import Action
from cyan.rules.limits import has_room, requesters_sandbox_full
from cyan.rules.teams import (
    MAX_MEMBERS,
    HandOver,
    RoleChangeFacts,
    decide_role_change,
    owner_only,
    unknown_member,
)
from cyan.services.credentials import parse_username
from cyan.services.organizations import find_organization
from cyan.services.ownership import announce
from cyan.services.products import find_product
from cyan.services.throttle import hold_back
from cyan.services.tickets import Page, find_ticket, link_over, link_to, ticket_id_of

INVITATION_LIFETIME = timedelta(days=7)
OFTEN = "They were mailed several invitations."
_FIRST_AN_ACCOUNT = {
    SignUp.OPEN: "Make an account of this address first, then open the link of the "
    "mail again.",
    SignUp.INVITE: "Ask the operator of this server to invite this address; when you "
    "have an account, open the link of the mail again.",
    SignUp.CLOSED: "This server takes no new accounts: ask its operator.",
}


class TeamKind(StrEnum):
    """What a team belongs to."""

    PRODUCT = "product"
    ORGANIZATION = "organization"


@dataclass(frozen=True, slots=True)
class TeamOf:
    """Which team: that of a product (id or slug), or of an organization."""

    kind: TeamKind
    wanted: str


@dataclass(frozen=True, slots=True)
class FoundTeam:
    """A team, what it is called, and the products that it runs."""

    id: str
    name: str
    products: Sequence[Product]


@dataclass(frozen=True, slots=True)
class Teammate:
    """Somebody of a team; an invited one has no account id yet."""

    account_id: str
    username: str
    role: TeamRole
    has_codes: bool
    invited: bool = False


@dataclass(frozen=True, slots=True)
class TeamView:
    """A whole team: people first, then programs."""

    people: Sequence[Teammate]
    programs: Sequence[ApiUser]
    product_id: int | None


async def find_team(tx: Tx, actor: Actor, team: TeamOf, action: Action) -> FoundTeam:
    """The team, for an action; unknown and foreign ones are refused alike."""
    if team.kind is TeamKind.PRODUCT:
        product = await find_product(tx, actor, team.wanted, action)
        return FoundTeam(product.team_id, product.name, (product,))
    organization = await find_organization(tx, actor, team.wanted, action)
    products = await tx.products.list_of_team(organization.id)
    return FoundTeam(organization.id, organization.name, products)


async def list_team(world: World, actor: Actor, team: TeamOf) -> TeamView:
    """Everybody of a team, who was invited, and its API users."""
    now = world.clock.now()

    async def body(tx: Tx) -> TeamView:
        found = await find_team(tx, actor, team, Action.TEAM_LIST)
        people = []
        for member in await tx.teams.members_of(found.id):
            account = await tx.accounts.find(member.account_id)
            if account is not None:
                people.append(_teammate(account, member.role))
        for invited in await tx.teams.invitations_of(found.id):
            if invited.expires_at > now:
                people.append(
                    Teammate("", invited.username, invited.role, False, invited=True)
                )
        programs = await tx.programs.api_users_of(found.id)
        of_product = team.kind is TeamKind.PRODUCT
        return TeamView(people, programs, found.products[0].id if of_product else None)

    return await world.store.read(body)


def _teammate(account: Account, role: TeamRole) -> Teammate:
    return Teammate(account.id, account.username, role, account.mfa_secret is not None)


async def invite(
    world: World, actor: Actor, team: TeamOf, username: str, role: TeamRole
) -> str:
    """Mail somebody a link by which to join a team; their username."""
    if role is TeamRole.OWNER:
        raise Refused(owner_only())
    hold_back(world, "users", actor.address, "Too many invitations.")
    invited = parse_username(username)
    now = world.clock.now()
    ticket = Ticket(
        id=world.secrets.token(),
        purpose=TicketPurpose.TEAM_INVITATION,
        subject=invited,
        body={},
        expires_at=now + INVITATION_LIFETIME,
    )

    async def body(tx: Tx) -> None:
        found = await find_team(tx, actor, team, Action.TEAM_INVITE)
        hold_back(world, "invitation_mails", f"{actor.account_id} {invited}", OFTEN)
        members = await tx.teams.members_of(found.id)
        await _require_absent(tx, members, invited)
        if len(members) >= MAX_MEMBERS:
            raise refused(
                RefusalCode.TEAM_UNUSABLE,
                f"A team has at most {MAX_MEMBERS} people.",
                remedy="Remove somebody first.",
            )
        former = await tx.teams.withdraw(found.id, invited)
        if former is not None:
            await tx.tickets.take(former)
        await tx.teams.invite(
            TeamInvitation(
                ticket.id, found.id, invited, role, actor.username, ticket.expires_at
            )
        )
        await tx.tickets.add(ticket)
        told = {
            "inviter": actor.username,
            "team": found.name,
            "role": role.value,
            "ticket_id": ticket.id,
            "expires_at": ticket.expires_at.isoformat(),
        }
        await tx.outbox.put(NoticeKind.TEAM_INVITED, invited, told, now)

    await world.store.transact(body)
    world.bus.publish(subjects.OUTBOX, None)
    return invited


async def _require_absent(tx: Tx, members: Sequence[TeamMember], username: str) -> None:
    account = await tx.accounts.find_by_username(username)
    if account is not None and any(m.account_id == account.id for m in members):
        raise refused(
            RefusalCode.TEAM_UNUSABLE,
            f"{username} is on the team already.",
            remedy="Change the role instead.",
        )


@dataclass(frozen=True, slots=True)
class InvitationView:
    """What the page of an invitation says."""

    team: str
    role: TeamRole
    username: str
    inviter: str
    link: str


async def look_at_team_invitation(world: World, presented: str) -> InvitationView:
    """What an invitation is to; looking changes nothing."""
    ticket_id, now = ticket_id_of(world, presented), world.clock.now()

    async def body(tx: Tx) -> InvitationView:
        invitation = await _invitation(tx, ticket_id, now)
        return InvitationView(
            await _team_name(tx, invitation.team_id),
            invitation.role,
            invitation.username,
            invitation.invited_by,
            link_to(world, Page.TEAM_INVITATION, invitation.id),
        )

    return await world.store.read(body)


async def _invitation(tx: Tx, ticket_id: str | None, now: datetime) -> TeamInvitation:
    ticket = await find_ticket(tx, ticket_id, TicketPurpose.TEAM_INVITATION, now)
    invitation = await tx.teams.find_invitation(ticket.id) if ticket else None
    if invitation is None:
        raise link_over("Ask an administrator of the team to invite you again.")
    return invitation


async def _team_name(tx: Tx, team_id: str) -> str:
    organization = await tx.organizations.find(team_id)
    if organization is not None:
        return organization.name
    products = await tx.products.list_of_team(team_id)
    return products[0].name if products else ""


async def answer_team_invitation(
    world: World, presented: str, *, accept: bool
) -> InvitationView:
    """Join the team, or do not; the link works once.

    The mail proves who answers. Somebody without an account makes one first: the
    link stays good.
    """
    view = await look_at_team_invitation(world, presented)
    ticket_id, now = ticket_id_of(world, presented), world.clock.now()

    async def body(tx: Tx) -> _Changed:
        invitation = await _invitation(tx, ticket_id, now)
        account = await tx.accounts.find_by_username(invitation.username)
        if accept and account is None:
            raise refused(
                RefusalCode.TEAM_UNUSABLE,
                f"There is no account of {invitation.username} here yet.",
                remedy=_FIRST_AN_ACCOUNT[world.settings.sign_up],
            )
        await tx.tickets.take(invitation.id)
        await tx.teams.withdraw(invitation.team_id, invitation.username)
        if not accept or account is None:
            return _Changed(invitation.team_id)
        member = TeamMember(invitation.team_id, account.id, invitation.role, now)
        await tx.teams.set(member)
        moved = await _positions(tx, invitation.team_id, account.id)
        return _Changed(invitation.team_id, [(account.id, invitation.role)], moved)

    _announce(world, await world.store.transact(body))
    return view


Roles = Sequence[tuple[str, TeamRole | None]]
"""Accounts, and the role that each has from now on, None for none."""


@dataclass(frozen=True, slots=True)
class _Changed:
    """Who has another role in a team, and which devices are heard otherwise for it."""

    team_id: str
    roles: Roles = ()
    moved: Sequence[DeviceChanged] = ()


def _announce(world: World, changed: _Changed) -> None:
    """Tell streams, caches and devices of a change in a team, once it is durable."""
    for account_id, role in changed.roles:
        change = TeamChanged(account_id, role)
        world.bus.publish(subjects.team_changes(changed.team_id), change)
        world.bus.publish(subjects.account_changes(account_id), None)
    if changed.roles:
        announce(world, *changed.moved)


async def _positions(tx: Tx, team_id: str, account_id: str) -> Sequence[DeviceChanged]:
    """The members of a team's products that an account owns: who hears them changes.

    EVT-5: an owner outside the team keeps their events from unowned members.
    """
    found = []
    for product in await tx.products.list_of_team(team_id):
        outside = not await tx.teams.roles_of(account_id, product.team_ids)
        for device in await tx.fleets.owned_in(product.id, account_id):
            found.append(
                DeviceChanged(
                    device.id,
                    account_id,
                    product.id,
                    device.standing,
                    outsider=outside and device.member_of is not None,
                )
            )
    return found


async def change_role(
    world: World, actor: Actor, team: TeamOf, username: str, role: TeamRole | None
) -> Teammate:
    """Give somebody of a team another role, or take it (None); `Owner` hands over.

    Everybody may leave a team by themselves. Taking back an invitation is removing
    whom it was sent to.
    """
    at = world.clock.now()
    wanted = username.strip().lower()

    async def body(tx: Tx) -> tuple[_Changed, Teammate]:
        leaves = role is None and wanted == actor.username
        action = _action_for(role, leaves=leaves)
        found = await find_team(tx, actor, team, action)
        account = await tx.accounts.find_by_username(wanted)
        members = {m.account_id: m for m in await tx.teams.members_of(found.id)}
        member = members.get(account.id) if account else None
        if member is None or account is None:
            await _take_back(tx, found.id, wanted, role)
            gone = Teammate("", wanted, TeamRole.VIEW_ONLY, False, invited=True)
            return _Changed(found.id), gone
        own = members.get(actor.account_id)
        by_owner = own is not None and own.role is TeamRole.OWNER
        decision = decide_role_change(RoleChangeFacts(member.role, role, by_owner))
        if isinstance(decision, Refuse):
            raise Refused(decision)
        changes = [(account.id, role)]
        if isinstance(decision, HandOver):
            await _hand_over(tx, world, found, account.id)
            changes.append((actor.account_id, TeamRole.ADMINISTRATOR))
        await _give_roles(tx, found.id, changes, at)
        moved = await _positions(tx, found.id, account.id)
        mate = _teammate(account, role or member.role)
        return _Changed(found.id, changes, moved), mate

    changed, mate = await world.store.transact(body)
    _announce(world, changed)
    return mate


async def _give_roles(tx: Tx, team_id: str, changes: Roles, at: datetime) -> None:
    for account_id, role in changes:
        if role is None:
            await tx.teams.remove(team_id, account_id)
        else:
            await tx.teams.set(TeamMember(team_id, account_id, role, at))


def _action_for(role: TeamRole | None, *, leaves: bool) -> Action:
    if leaves:
        return Action.TEAM_LIST
    if role is TeamRole.OWNER:
        return Action.PRODUCTS_HAND_OVER
    return Action.TEAM_REMOVE if role is None else Action.TEAM_UPDATE


async def _take_back(
    tx: Tx, team_id: str, username: str, role: TeamRole | None
) -> None:
    ticket_id = None
    if role is None:
        ticket_id = await tx.teams.withdraw(team_id, username)
    if ticket_id is None:
        raise Refused(unknown_member())
    await tx.tickets.take(ticket_id)


async def _hand_over(tx: Tx, world: World, team: FoundTeam, account_id: str) -> None:
    """The products of a team come to belong to its new owner (LIM-2, LIM-5)."""
    for product in team.products:
        if product.payer_id == team.id:  # it belongs to the organization itself
            continue
        count = await tx.counts.of_product(product.id)
        before = await tx.counts.toward_sandbox(account_id)
        handed = product.handed_to(account_id)
        await tx.products.update(handed)
        after = await tx.counts.toward_sandbox(account_id)
        limit = world.settings.sandbox_devices
        if not has_room(before, limit, after - before):
            raise Refused(requesters_sandbox_full(before + count.members, limit))
