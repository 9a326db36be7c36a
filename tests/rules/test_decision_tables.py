"""The pages of docs/rules, executed: no combination of facts without its line."""

import inspect
import itertools
from importlib import import_module

import pytest
from tests.rules import device_cases, event_cases, product_cases
from tests.rules.wording import in_words
from tests.support.decision_tables import Table, combinations, read_pages

from cyan.model.decisions import Refuse

CASES = {**device_cases.CASES, **product_cases.CASES, **event_cases.CASES}
TABLES = {table.decider: table for table in read_pages()}


each_table = pytest.mark.parametrize("table", TABLES.values(), ids=list(TABLES))


def test_every_decision_table_is_executed_and_every_case_has_a_table() -> None:
    assert set(TABLES) == set(CASES)


def test_every_decider_is_a_function_of_the_rules() -> None:
    for decider in TABLES:
        module, name = decider.split(".")
        function = getattr(import_module(f"cyan.rules.{module}"), name)
        assert inspect.isfunction(inspect.unwrap(function))


def test_no_number_of_a_line_is_given_twice() -> None:
    numbers = [line.number for table in TABLES.values() for line in table.lines]
    assert len(numbers) == len(set(numbers))


@each_table
def test_the_columns_and_words_of_a_table_are_known(table: Table) -> None:
    known = CASES[table.decider].columns
    assert list(table.columns) == list(known)
    assert table.unknown_words(known) == set()


@each_table
def test_every_combination_of_facts_has_exactly_one_line(table: Table) -> None:
    for words in combinations(CASES[table.decider].columns):
        numbers = [line.number for line in table.matching(words)]
        assert len(numbers) == 1, (words, numbers)


@each_table
def test_no_line_of_a_table_is_dead(table: Table) -> None:
    every = list(combinations(CASES[table.decider].columns))
    for line in table.lines:
        assert any(line.matches(words) for words in every), line.number


@each_table
def test_the_function_answers_what_the_page_says(table: Table) -> None:
    case = CASES[table.decider]
    for words in combinations(case.columns):
        [line] = table.matching(words)
        values = [case.columns[column][word] for column, word in words.items()]
        for facts in itertools.product(*values):
            decision = case.ask(*facts)
            assert in_words(decision) == line.outcome, (line.number, facts)
            assert getattr(decision, "rule", line.rule) == line.rule, facts


@each_table
def test_every_refusal_has_a_reason_and_a_remedy(table: Table) -> None:
    case = CASES[table.decider]
    for words in combinations(case.columns):
        values = [case.columns[column][word] for column, word in words.items()]
        for facts in itertools.product(*values):
            decision = case.ask(*facts)
            if isinstance(decision, Refuse):
                assert decision.reason
                assert decision.remedy
