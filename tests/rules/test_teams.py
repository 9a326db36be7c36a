"""Teams: exactly one owner, whatever is asked (LIM-2)."""

from hypothesis import given
from hypothesis import strategies as st

from cyan.model.decisions import Allow, Refuse
from cyan.model.products import TeamRole
from cyan.rules.teams import (
    HandOver,
    RoleChangeFacts,
    decide_api_user,
    decide_role_change,
)

WANTED = [*TeamRole, None]


@st.composite
def changes(draw: st.DrawFn) -> tuple[int, TeamRole | None, bool]:
    who = draw(st.integers(0, 5))
    return who, draw(st.sampled_from(WANTED)), draw(st.booleans())


@given(st.lists(changes(), max_size=30))
def test_a_team_has_one_owner_whatever_is_asked(
    asked: list[tuple[int, TeamRole | None, bool]],
) -> None:
    team = {0: TeamRole.OWNER, 1: TeamRole.ADMINISTRATOR, 2: TeamRole.VIEW_ONLY}
    for who, wanted, by_owner in asked:
        present = team.get(who)
        match decide_role_change(RoleChangeFacts(present, wanted, by_owner)):
            case HandOver():
                [former] = [one for one, role in team.items() if role is TeamRole.OWNER]
                team[former] = TeamRole.ADMINISTRATOR
                team[who] = TeamRole.OWNER
            case Allow() if wanted is None:
                del team[who]
            case Allow() if wanted is not None:
                team[who] = wanted
            case _:
                pass
        assert list(team.values()).count(TeamRole.OWNER) == 1


def test_scopes_that_do_not_exist_are_named_and_not_all_of_them() -> None:
    decision = decide_api_user("robot", [f"toys:{n}" for n in range(9)] + ["x" * 99])
    assert isinstance(decision, Refuse)
    assert "toys:0" in decision.reason
    assert "toys:8" not in decision.reason
