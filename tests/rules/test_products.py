"""Products: numbers, addresses, platforms, and what the refusals tell."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.decision_tables import RULES, read_rows

from cyan.model.decisions import Allow, RefusalCode, Refuse
from cyan.model.platforms import PLATFORMS
from cyan.model.products import LineOutcome
from cyan.rules.additions import OUTCOMES
from cyan.rules.groups import tidy_color
from cyan.rules.membership import Generation, generation_of
from cyan.rules.products import (
    FIRST_ID,
    LAST_ID,
    NewProductFacts,
    choose_id,
    decide_product,
    decide_product_texts,
    slug_of,
    unknown_product,
)


def test_the_page_shows_the_platforms_that_products_have() -> None:
    page = (RULES / "products.md").read_text()
    _, *rows = read_rows(page.splitlines())
    told = [(int(number), name) for number, name, _ in rows]
    assert told == [
        (each.id, each.display_name)
        for each in PLATFORMS.values()
        if each.product_eligible  # MEM-2
    ]


def test_a_wrong_platform_is_answered_with_the_right_ones() -> None:
    decision = decide_product(NewProductFacts(31, "Pumps", "", None, False, False))
    assert isinstance(decision, Refuse)
    assert decision.rule == "MEM-2"
    assert decision.remedy is not None
    assert "13 Boron" in decision.remedy
    assert "Raspberry" not in decision.remedy


@given(st.sets(st.integers(FIRST_ID, FIRST_ID + 50)))
def test_the_number_of_a_product_is_the_lowest_that_none_ever_had(
    used: set[int],
) -> None:
    chosen = choose_id(used)
    assert chosen is not None
    assert chosen not in used  # MEM-14
    assert set(range(FIRST_ID, chosen)) <= used


def test_there_are_only_so_many_numbers() -> None:
    assert choose_id(range(FIRST_ID, LAST_ID)) == LAST_ID
    assert choose_id(range(FIRST_ID, LAST_ID + 1)) is None  # MEM-14


def test_no_number_of_a_platform_is_chosen() -> None:
    assert max(PLATFORMS) < FIRST_ID  # MEM-14


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Pumps", "pumps"),
        ("Pumps, Größe 2", "pumps-grosse-2"),
        ("  Weiß & Söhne  ", "weiss-sohne"),
        ("---", ""),
        ("水", ""),
    ],
)
def test_an_address_is_made_of_the_name(name: str, slug: str) -> None:
    assert slug_of(name) == slug


@given(st.text(max_size=120))
def test_a_name_that_is_taken_has_an_address_that_is_no_number(name: str) -> None:
    if isinstance(decide_product_texts(name, "", name_used=False), Allow):
        slug = slug_of(name)
        assert slug
        assert not slug.isdecimal()
        assert slug_of(slug) == slug


def test_an_unknown_product_is_refused_in_the_words_that_clients_look_for() -> None:
    refusal = unknown_product()  # MEM-1
    assert refusal.code is RefusalCode.PRODUCT_UNKNOWN
    assert refusal.reason == "Permission denied"


def test_every_outcome_of_a_line_is_told_and_what_stands_in_the_way_has_a_remedy() -> (
    None
):
    assert set(OUTCOMES) == set(LineOutcome)  # MEM-4
    fine = {LineOutcome.ADDED, LineOutcome.APPROVED, LineOutcome.ALREADY_THERE}
    for outcome, told in OUTCOMES.items():
        assert told.outcome is outcome
        assert told.reason
        assert (told.remedy is None) == (outcome in fine)
        assert told.joins == (outcome in fine - {LineOutcome.ALREADY_THERE})


def test_the_wildcard_came_with_1_5_and_went_with_4_0() -> None:
    told = [generation_of(version) for version in (1499, 1500, 3999, 4000)]
    assert told == [
        Generation.EXPLICIT,  # MEM-6
        Generation.WILDCARD,
        Generation.WILDCARD,
        Generation.LIST_ONLY,  # MEM-5
    ]


@pytest.mark.parametrize("color", ["00aeef", "#00aeef", "#00AEEF"])
def test_a_color_is_kept_in_one_form(color: str) -> None:
    assert tidy_color(color) == "#00AEEF"
