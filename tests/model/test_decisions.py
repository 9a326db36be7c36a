"""Decisions: a refusal travels to the door that renders it."""

import pytest

from cyan.model.decisions import RefusalCode, Refuse, Refused, refused


def test_a_refusal_carries_all_that_an_entitled_caller_may_know() -> None:
    refusal = refused(
        RefusalCode.NAME_TAKEN,
        "Name already in use",
        rule="IDN-6",
        remedy="Choose another name.",
    )
    assert refusal.refusal == Refuse(
        RefusalCode.NAME_TAKEN,
        "Name already in use",
        rule="IDN-6",
        remedy="Choose another name.",
    )
    assert str(refusal) == "Name already in use"
    with pytest.raises(Refused):
        raise refusal


def test_codes_are_the_words_that_programs_see() -> None:
    for code in RefusalCode:
        assert code.value == code.name.lower()
