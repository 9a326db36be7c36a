"""Metering: what is counted, in steps of 1,024 bytes (EVT-3)."""

from hypothesis import given
from hypothesis import strategies as st

from cyan.rules.metering import (
    BYTES_PER_OPERATION,
    CALL_COST,
    READ_COST,
    cost_of_event,
    product_holder,
)


@given(st.integers(1, 10**9))
def test_each_started_block_of_bytes_is_one_operation(size: int) -> None:
    operations = cost_of_event("temperature", size)
    assert (operations - 1) * BYTES_PER_OPERATION < size
    assert size <= operations * BYTES_PER_OPERATION


def test_a_call_and_a_read_are_one_operation_each() -> None:
    assert CALL_COST == READ_COST == 1


def test_a_product_is_never_taken_for_an_account() -> None:
    assert product_holder(1001) != product_holder(1002)
    assert "/" in product_holder(1001), "which no id of an account has"
