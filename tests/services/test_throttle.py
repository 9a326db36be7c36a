"""Counting tries in memory."""

from datetime import timedelta

import pytest

from cyan.model.decisions import RefusalCode, Refused
from cyan.rules.throttling import LIMITS
from cyan.services.throttle import MemoryThrottle, refuse_if_waiting

ANN, BOB = "192.0.2.1", "192.0.2.2"


class Seconds:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def seconds() -> Seconds:
    return Seconds()


def test_each_key_has_its_own_window(seconds: Seconds) -> None:
    throttle = MemoryThrottle(1.0, seconds)
    times = LIMITS["token"].times
    assert [throttle.take("token", ANN) for _ in range(times)] == [None] * times
    seconds.now += 100
    assert throttle.take("token", ANN) == timedelta(seconds=200)
    assert throttle.take("token", BOB) is None
    assert throttle.take("users", ANN) is None
    seconds.now += 200
    assert throttle.take("token", ANN) is None


def test_looking_counts_nothing_and_forgetting_starts_anew(seconds: Seconds) -> None:
    throttle = MemoryThrottle(1.0, seconds)
    for _ in range(10):
        assert throttle.peek("token_failures", ANN) is None
        throttle.take("token_failures", ANN)
    assert throttle.peek("token_failures", ANN) == timedelta(minutes=30)
    throttle.forget("token_failures", ANN)
    throttle.forget("token_failures", BOB)
    assert throttle.peek("token_failures", ANN) is None


def test_a_factor_makes_limits_laxer_and_none_takes_them_away(seconds) -> None:
    twice = MemoryThrottle(2.0, seconds)
    times = 2 * LIMITS["token"].times
    assert all(twice.take("token", ANN) is None for _ in range(times))
    assert twice.take("token", ANN) is not None
    off = MemoryThrottle(0.0, seconds)
    assert all(off.take("token", ANN) is None for _ in range(times + 1))
    assert off.peek("token", ANN) is None


def test_one_household_of_ipv6_counts_as_one(seconds: Seconds) -> None:
    throttle = MemoryThrottle(1.0, seconds)
    for number in range(LIMITS["token"].times):
        assert throttle.take("token", f"2001:db8:1:2::{number:x}") is None
    assert throttle.take("token", "2001:db8:1:2:ffff::1") is not None
    assert throttle.take("token", "2001:db8:1:3::1") is None


def test_a_mapped_ipv4_address_counts_as_itself(seconds: Seconds) -> None:
    throttle = MemoryThrottle(1.0, seconds)
    for _ in range(LIMITS["token"].times):
        throttle.take("token", ANN)
    assert throttle.take("token", f"::ffff:{ANN}") is not None
    assert throttle.take("token", f"::ffff:{BOB}") is None
    assert throttle.take("token", "not:an:address") is None


def test_strangers_cannot_fill_the_memory(seconds: Seconds) -> None:
    throttle = MemoryThrottle(1.0, seconds, room=100)
    for _ in range(LIMITS["token_failures"].times):
        throttle.take("token_failures", ANN)
    seconds.now += 600
    for number in range(1000):
        throttle.take("token", f"10.0.{number // 250}.{number % 250}")
        assert len(throttle._windows["token"]) <= 100
    assert throttle.peek("token_failures", ANN) is not None, "other names keep theirs"
    seconds.now += 300
    for number in range(101):
        throttle.take("token", f"10.1.0.{number}")
    assert len(throttle._windows["token"]) <= 100


def test_the_wait_is_told_in_whole_seconds_rounded_up() -> None:
    refuse_if_waiting(None, "why")
    with pytest.raises(Refused) as caught:
        refuse_if_waiting(timedelta(seconds=1.2), "why")
    refusal = caught.value.refusal
    assert (refusal.code, refusal.retry_after) == (RefusalCode.RATE_LIMITED, 2)
