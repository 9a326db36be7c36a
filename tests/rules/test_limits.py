"""Limits: the refusals tell both numbers (LIM-5), and the sandbox holds 100 (LIM-1)."""

from cyan.model.settings import Settings
from cyan.rules.limits import own_sandbox_full, requesters_sandbox_full


def test_a_sandbox_holds_100_devices_unless_set_otherwise() -> None:
    assert Settings("https://cloud.example").sandbox_devices == 100  # LIM-1


def test_both_numbers_are_in_the_answer() -> None:
    for refusal in (own_sandbox_full(117, 100), requesters_sandbox_full(117, 100)):
        assert "117" in refusal.reason  # LIM-5
        assert "100" in refusal.reason
        assert "device limit" in refusal.reason
