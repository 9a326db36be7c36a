"""Names: an arriving device always finds one that is free (IDN-6)."""

from hypothesis import given
from hypothesis import strategies as st

from cyan.model.decisions import Refuse
from cyan.model.identifiers import looks_like_device_id
from cyan.rules.naming import (
    MAX_NAME_LENGTH,
    NameFacts,
    SetName,
    decide_name,
    free_name,
    name_key,
    name_stem,
    tidy_name,
)

DEVICE_ID = "0123456789abcdef01234567"


def is_usable(name: str) -> bool:
    return decide_name(NameFacts(name, taken=False)) == SetName(name)


usable_names = (
    st.text(min_size=1, max_size=MAX_NAME_LENGTH)
    .map(lambda text: tidy_name(text) or "lamp")
    .filter(is_usable)
)
colliding_names = st.one_of(
    usable_names,
    st.sampled_from(["lamp", "Straße", "x" * 63, "x" * 64, "é" * 64, "ﬃ" * 64]),
)


@st.composite
def crowded_names(draw: st.DrawFn) -> tuple[str, list[str]]:
    """A name, and names of which many would be chosen next."""
    wanted = draw(colliding_names)
    crowd = [wanted.upper()]
    for _ in range(draw(st.integers(0, 30))):
        crowd.append(free_name(wanted, crowd))
    return wanted, crowd + draw(st.lists(usable_names, max_size=3))


@given(crowded_names())
def test_a_free_name_is_free_and_usable(crowded: tuple[str, list[str]]) -> None:
    wanted, taken = crowded
    name = free_name(wanted, taken)
    assert name_key(name) not in {name_key(other) for other in taken}
    assert len(name) <= MAX_NAME_LENGTH
    assert not looks_like_device_id(name)
    assert is_usable(name)


@given(crowded_names())
def test_a_look_up_by_the_stem_finds_all_names_that_matter(
    crowded: tuple[str, list[str]],
) -> None:
    wanted, taken = crowded
    stem = name_stem(wanted)
    found = [name for name in taken if name_key(name).startswith(stem)]
    assert free_name(wanted, found) == free_name(wanted, taken)


@given(st.text(max_size=80))
def test_a_name_that_is_set_is_tidy_and_stays_so(text: str) -> None:
    decision = decide_name(NameFacts(text, taken=False))
    if isinstance(decision, SetName) and decision.name is not None:
        assert tidy_name(decision.name) == decision.name
        assert is_usable(decision.name)


def test_a_name_that_nobody_has_stays_as_it_is() -> None:
    assert free_name("Lamp", []) == "Lamp"
    assert free_name("Lamp", ["fan", "lamp-2"]) == "Lamp"


def test_a_taken_name_gets_the_first_free_number_in_either_case() -> None:
    assert free_name("Lamp", ["lAMP"]) == "Lamp-2"
    assert free_name("Lamp", ["lamp", "LAMP-2", "lamp-3"]) == "Lamp-4"


def test_a_long_name_is_cut_before_its_number() -> None:
    longest = "x" * 64
    assert free_name(longest, [longest]) == "x" * 62 + "-2"
    tenth = [longest, *("x" * 62 + f"-{number}" for number in range(2, 10))]
    assert free_name(longest, tenth) == "x" * 61 + "-10"


def test_the_refusal_of_a_long_name_tells_both_lengths() -> None:
    decision = decide_name(NameFacts("x" * 70, taken=False))
    assert isinstance(decision, Refuse)
    assert "64" in decision.reason
    assert "70" in decision.reason


def test_a_name_typed_on_another_keyboard_is_the_same_name() -> None:
    assert tidy_name("Cafe\N{COMBINING ACUTE ACCENT}") == "Café"
    assert name_key("STRASSE") == name_key("Straße")
