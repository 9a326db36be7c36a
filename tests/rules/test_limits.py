"""Limits: the refusals tell both numbers (LIM-5), and the sandbox holds 100 (LIM-1)."""

import pytest

from cyan.model.products import Plan
from cyan.model.settings import Settings
from cyan.rules.limits import (
    own_sandbox_full,
    product_full,
    requesters_sandbox_full,
)


def test_a_sandbox_holds_100_devices_unless_set_otherwise() -> None:
    assert Settings("https://cloud.example").sandbox_devices == 100  # LIM-1


def test_both_numbers_are_in_the_answer() -> None:
    for refusal in (own_sandbox_full(117, 100), requesters_sandbox_full(117, 100)):
        assert "117" in refusal.reason  # LIM-5
        assert "100" in refusal.reason
        assert "device limit" in refusal.reason


@pytest.mark.parametrize("plan", Plan)
def test_a_full_product_tells_all_numbers_and_whose_they_are(plan: Plan) -> None:
    refusal = product_full(9_990, 10_000, 20, plan)  # LIM-5
    for number in ("9,990", "10,000", "20 devices more"):
        assert number in refusal.reason
    assert ("block" in refusal.reason) is (plan is Plan.BLOCK)
    assert refusal.details == {"count": 9_990, "limit": 10_000}


def test_one_device_too_many_is_one_device() -> None:
    assert "1 device more" in product_full(100, 100, 1, Plan.BLOCK).reason
