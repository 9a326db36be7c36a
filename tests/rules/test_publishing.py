"""Publishing: a refusal tells what is wrong with this very event."""

import pytest

from cyan.model.decisions import Refuse
from cyan.rules.publishing import PublishFacts, decide_publish


@pytest.mark.parametrize(
    ("name", "data_bytes", "told"),
    [
        ("", 0, ["needs a name"]),
        ("é" * 40, 0, ["64", "80"]),
        ("two\nlines", 0, ["line breaks"]),
        ("t", 1025, ["1024", "1025"]),
    ],
)
def test_the_reason_tells_the_numbers(
    name: str, data_bytes: int, told: list[str]
) -> None:
    decision = decide_publish(PublishFacts(name, data_bytes))
    assert isinstance(decision, Refuse)
    for word in told:
        assert word in decision.reason


def test_a_name_that_cannot_be_encoded_is_refused_and_no_fault() -> None:
    decision = decide_publish(PublishFacts("half\ud800", 0))
    assert isinstance(decision, Refuse)
