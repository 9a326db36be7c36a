"""Authority: the matrix on the page is the table in the code, and is obeyed."""

import itertools

import pytest
from tests.support.decision_tables import RULES, read_rows

from cyan.model.decisions import Allow
from cyan.rules.authority import (
    WHO_MAY,
    Action,
    AuthorityFacts,
    Role,
    decide_action,
    roles_of,
)
from cyan.rules.claiming import Ownership, unknown_device


def page_rows() -> list[list[str]]:
    return read_rows((RULES / "authority.md").read_text().splitlines())


def test_the_page_shows_the_table_as_it_is() -> None:
    head = ["action", *Role, "rule", "then"]
    rows = [
        [
            action.value,
            *("yes" if role in entry.roles else "no" for role in Role),
            entry.rule,
            entry.then or "-",
        ]
        for action, entry in WHO_MAY.items()
    ]
    assert page_rows() == [head, *rows]


def test_every_action_is_in_the_table() -> None:
    assert set(WHO_MAY) == set(Action)


@pytest.mark.parametrize("operator", [True, False])
@pytest.mark.parametrize("ownership", Ownership)
def test_who_has_several_roles_may_what_either_may(
    ownership: Ownership, operator: bool
) -> None:
    facts = AuthorityFacts(ownership, operator)
    roles = {Role.OWNER} if ownership is Ownership.ACTORS else set()
    roles |= {Role.OPERATOR} if operator else set()
    roles = roles or {Role.STRANGER}
    assert roles_of(facts) == roles
    head, *rows = page_rows()
    for row in rows:
        cells = dict(zip(head, row, strict=True))
        allowed = any(cells[role] == "yes" for role in roles)
        answer = Allow(cells["rule"]) if allowed else unknown_device()  # UNC-5
        assert decide_action(facts, Action(cells["action"])) == answer


def test_the_operator_neither_listens_nor_calls() -> None:
    facts = AuthorityFacts(Ownership.ANOTHERS, operator=True)
    for action in (Action.HEAR_EVENTS, Action.CALL, Action.READ):  # EVT-1
        assert decide_action(facts, action) == unknown_device()


def test_a_stranger_may_only_try_what_another_rule_decides() -> None:
    tried = {
        action
        for action, ownership in itertools.product(
            Action, [Ownership.NOBODYS, Ownership.ANOTHERS]
        )
        if isinstance(
            decide_action(AuthorityFacts(ownership, operator=False), action), Allow
        )
    }
    assert tried == {Action.CLAIM, Action.UPLOAD_KEY}
    assert all(WHO_MAY[action].then for action in tried)
