"""Teams: who may get which role, and who may go (REST contract §3.6).

Each team has exactly one owner, to whom its products belong: the role is handed over
by its holder, never given twice. See docs/rules/authority.md.
"""

from collections.abc import Collection
from dataclasses import dataclass

from cyan.model.decisions import Allow, RefusalCode, Refuse
from cyan.model.products import TeamRole
from cyan.rules.authority import FURTHER_SCOPES, SCOPES

MAX_MEMBERS = 500
MAX_API_USERS = 100
MAX_FRIENDLY_NAME = 100


@dataclass(frozen=True, slots=True)
class RoleChangeFacts:
    """What a change of a role is decided by.

    `present` is the role that the person has, None if they are not on the team;
    `wanted` the one that they shall have, None to leave it. `by_owner` is whether
    the team's owner asks.
    """

    present: TeamRole | None
    wanted: TeamRole | None
    by_owner: bool


@dataclass(frozen=True, slots=True)
class HandOver:
    """They become the owner, and who was the owner an administrator (LIM-2)."""

    rule: str = "LIM-2"


def decide_role_change(facts: RoleChangeFacts) -> Allow | HandOver | Refuse:
    """Decide whether somebody of a team gets another role, or leaves it."""
    if facts.present is None:
        return unknown_member()
    if facts.present is TeamRole.OWNER and facts.wanted is not TeamRole.OWNER:
        return Refuse(
            RefusalCode.TEAM_UNUSABLE,
            "The owner of a team cannot be removed, and keeps the role.",
            rule="UNC-7",
            remedy="Let the owner hand the role over to somebody of the team first.",
        )
    if facts.wanted is not TeamRole.OWNER or facts.present is TeamRole.OWNER:
        return Allow("CLM-2")
    if not facts.by_owner:
        return owner_only()
    return HandOver()


def owner_only() -> Refuse:
    """Nobody but the owner gives that role away."""
    return Refuse(
        RefusalCode.TEAM_UNUSABLE,
        "A team has one owner, and only the owner hands the role over.",
        rule="LIM-2",
        remedy="Choose Administrator, Developer, Support or View-only.",
    )


def unknown_member() -> Refuse:
    """What the team hears of somebody who is not on it."""
    return Refuse(
        RefusalCode.TEAM_MEMBER_UNKNOWN,
        "There is nobody of this name on the team.",
        rule="MEM-1",
        remedy="See the list of the team. Who was only invited can be invited again, "
        "with another role; API users have scopes and no role.",
    )


def decide_api_user(friendly_name: str, scopes: Collection[str]) -> Allow | Refuse:
    """Decide whether an API user can be called so, and be given these scopes."""
    if not 1 <= len(friendly_name) <= MAX_FRIENDLY_NAME or (
        not friendly_name.isprintable()
    ):
        return _unusable(
            f"An API user's friendly_name has 1 to {MAX_FRIENDLY_NAME} printable "
            "characters.",
            "Choose another name.",
        )
    if not scopes:
        return _unusable("An API user needs scopes.", "Send at least one scope.")
    unknown = sorted(set(scopes) - SCOPES - FURTHER_SCOPES)
    if unknown:
        named = ", ".join(each[:64] for each in unknown[:5])
        return _unusable(
            f"There are no such scopes: {named}.",
            "See the scopes in docs/rules/authority.md.",
        )
    return Allow("MEM-1")


def _unusable(reason: str, remedy: str) -> Refuse:
    return Refuse(RefusalCode.TEAM_UNUSABLE, reason, rule="MEM-1", remedy=remedy)
