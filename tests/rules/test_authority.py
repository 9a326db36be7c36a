"""Authority: the matrix on the page is the table in the code, and is obeyed."""

import re

import pytest
from tests.support.decision_tables import RULES, read_rows

from cyan.model.decisions import Allow, RefusalCode, Refuse
from cyan.model.products import TeamRole
from cyan.rules.authority import (
    FURTHER_SCOPES,
    SCOPES,
    WHO_MAY,
    Action,
    AuthorityFacts,
    Role,
    decide_action,
    decide_program,
    decide_team_action,
    device_roles,
    may,
)
from cyan.rules.claiming import Ownership, unknown_device
from cyan.rules.products import unknown_product

PAGE = (RULES / "authority.md").read_text()
TEAM = {Role(each.value) for each in TeamRole}

each_role = pytest.mark.parametrize("role", Role)


def page_cells() -> list[dict[str, str]]:
    head, *rows = read_rows(PAGE.splitlines())
    return [dict(zip(head, row, strict=True)) for row in rows]


def named_scopes(paragraph: str) -> set[str]:
    _, after = PAGE.split(paragraph)
    return set(re.findall(r"`([a-z._:]+)`", after.split("\n\n")[1]))


def test_the_page_shows_the_table_as_it_is() -> None:
    rows = [
        {
            "action": action.value,
            **{role: "yes" if role in entry.roles else "no" for role in Role},
            "scope": entry.scope or "-",
            "rule": entry.rule,
            "then": entry.then or "-",
        }
        for action, entry in WHO_MAY.items()
    ]
    assert page_cells() == rows


def test_the_page_lists_every_scope() -> None:
    assert named_scopes("mean something here:") == SCOPES
    assert named_scopes("they have no effect:") == FURTHER_SCOPES - SCOPES


def test_every_action_is_in_the_table() -> None:
    assert set(WHO_MAY) == set(Action)


def test_the_roles_of_a_team_are_those_of_the_wire() -> None:
    assert {role.value for role in Role} >= {each.value for each in TeamRole}


@each_role
def test_who_has_a_role_may_what_the_page_says(role: Role) -> None:
    roles = frozenset({role, Role.ANYONE})
    for cells in page_cells():
        action = Action(cells["action"])
        allowed = "yes" in (cells[role], cells[Role.ANYONE])
        assert may(AuthorityFacts(roles), action) is allowed
        for decide in (decide_action, decide_team_action):
            decision = decide(AuthorityFacts(roles), action)
            assert isinstance(decision, Allow) is allowed
            if allowed:
                assert decision.rule == cells["rule"]


@each_role
def test_a_program_also_needs_the_scope(role: Role) -> None:
    for action, entry in WHO_MAY.items():
        without = AuthorityFacts(frozenset({role}), SCOPES - {entry.scope or ""})
        assert not may(without, action)
        if entry.scope is not None:
            held = AuthorityFacts(frozenset({role}), {entry.scope})
            assert may(held, action) is (role in entry.roles)


def test_who_has_several_roles_may_what_either_may() -> None:
    both = AuthorityFacts(frozenset({Role.VIEW_ONLY, Role.DEVICE_OWNER}))
    assert may(both, Action.PRODUCTS_GET)
    assert may(both, Action.FUNCTION_CALL)  # CLM-13
    assert not may(both, Action.DEVICES_REMOVE)


def test_the_owner_of_a_member_has_no_rights_of_its_product() -> None:
    owner = AuthorityFacts(frozenset({Role.ANYONE, Role.DEVICE_OWNER}))
    of_product = [Action.DEVICES_IMPORT, Action.DEVICES_REMOVE, Action.PRODUCTS_GET]
    for action in of_product:  # CLM-13
        assert decide_team_action(owner, action) == unknown_product()


def test_the_operator_neither_listens_nor_calls() -> None:
    facts = AuthorityFacts(device_roles(Ownership.ANOTHERS, operator=True))
    for action in (Action.EVENTS_GET, Action.FUNCTION_CALL, Action.VARIABLE_GET):
        assert decide_action(facts, action) == unknown_device()  # EVT-1


def test_a_stranger_learns_of_no_device_and_of_no_product() -> None:
    for ownership in (Ownership.NOBODYS, Ownership.ANOTHERS):
        facts = AuthorityFacts(device_roles(ownership, operator=False))
        assert facts.roles == {Role.ANYONE}
        assert decide_action(facts, Action.DEVICES_GET) == unknown_device()  # UNC-5
        assert decide_team_action(facts, Action.PRODUCTS_GET) == unknown_product()


def test_the_owner_of_a_device_is_told_by_its_role() -> None:
    roles = device_roles(Ownership.ACTORS, operator=False)
    assert roles == {Role.ANYONE, Role.DEVICE_OWNER}


@pytest.mark.parametrize("decide", [decide_action, decide_team_action])
def test_who_sees_a_thing_is_told_which_roles_may(decide: object) -> None:
    assert callable(decide)
    refusal = decide(AuthorityFacts(frozenset({Role.SUPPORT})), Action.DEVICES_REMOVE)
    assert isinstance(refusal, Refuse)
    assert refusal.code is RefusalCode.ROLE_MISSING
    assert refusal.remedy is not None
    assert "Owner, Administrator, Developer" in refusal.remedy


@pytest.mark.parametrize("decide", [decide_action, decide_team_action])
def test_a_program_that_sees_a_thing_is_told_the_scope(decide: object) -> None:
    assert callable(decide)
    facts = AuthorityFacts(frozenset({Role.DEVELOPER}), {"devices:get"})
    refusal = decide(facts, Action.DEVICES_SIGNAL)
    assert isinstance(refusal, Refuse)
    assert refusal.code is RefusalCode.SCOPE_MISSING
    assert "devices:update" in refusal.reason


def test_a_program_is_stopped_at_the_door() -> None:
    for action, entry in WHO_MAY.items():
        if entry.scope is None:
            closed = decide_program(SCOPES, action)
            assert isinstance(closed, Refuse)
            assert closed.code is RefusalCode.MACHINE_REFUSED
        else:
            assert decide_program({entry.scope}, action) == Allow(entry.rule)
            missing = decide_program(SCOPES - {entry.scope}, action)
            assert isinstance(missing, Refuse)
            assert missing.code is RefusalCode.SCOPE_MISSING


def test_programs_own_nothing_and_form_no_team() -> None:
    closed = {action for action, entry in WHO_MAY.items() if entry.scope is None}
    assert closed >= {Action.DEVICES_CLAIM, Action.TEAM_INVITE, Action.PRODUCTS_UPDATE}


def test_the_more_a_role_may_the_less_another_lacks() -> None:
    ranks = [Role(each.value) for each in TeamRole]
    assert set(ranks) == TEAM
    for action, entry in WHO_MAY.items():
        able = [role in entry.roles for role in ranks]
        assert able == sorted(able, reverse=True), action
