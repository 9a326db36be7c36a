"""Throttling: windows, locks, and the page that tells their numbers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.decision_tables import RULES, read_rows

from cyan.rules.throttling import (
    AT_ONCE,
    LIMITS,
    Admit,
    Limit,
    Wait,
    Window,
    decide_admission,
)

THREE_A_MINUTE = Limit(3, 60)
THREE_IN_A_ROW = Limit(3, 3600, lock_seconds=600)


def try_at(
    limit: Limit, *moments: float, window: Window | None = None
) -> tuple[list[Admit | Wait], Window]:
    decisions = []
    for moment in moments:
        decision, window = decide_admission(window, limit, moment)
        decisions.append(decision)
    assert window is not None
    return decisions, window


def test_tries_within_the_limit_are_admitted() -> None:
    decisions, window = try_at(THREE_A_MINUTE, 100, 110, 120)
    assert decisions == [Admit()] * 3
    assert window == Window(3, 160)


def test_one_too_many_waits_for_the_end_of_the_window() -> None:
    _, window = try_at(THREE_A_MINUTE, 100, 110, 120)
    decisions, after = try_at(THREE_A_MINUTE, 130, 159.5, window=window)
    assert decisions == [Wait(30), Wait(0.5)]
    assert after == window, "waiting counts for nothing"


def test_a_new_window_begins_with_the_first_try_after_the_old_one() -> None:
    _, window = try_at(THREE_A_MINUTE, 100, 110, 120)
    decisions, after = try_at(THREE_A_MINUTE, 160, window=window)
    assert decisions == [Admit()]
    assert after == Window(1, 220)


def test_a_try_may_count_for_several() -> None:
    decision, window = decide_admission(None, THREE_A_MINUTE, 100, cost=2)
    assert (decision, window) == (Admit(), Window(2, 160))
    decision, window = decide_admission(window, THREE_A_MINUTE, 100, cost=2)
    assert (decision, window) == (Wait(60), Window(2, 160))


def test_the_last_allowed_failure_locks() -> None:
    decisions, window = try_at(THREE_IN_A_ROW, 0, 1000, 2000)
    assert decisions == [Admit()] * 3
    assert window == Window(3, 2600)
    decisions, after = try_at(THREE_IN_A_ROW, 2001, 2600, window=window)
    assert decisions == [Wait(599), Admit()]
    assert after == Window(1, 6200)


def test_ten_failures_in_a_row_lock_for_half_an_hour() -> None:
    failures = LIMITS["token_failures"]
    _, window = try_at(failures, *range(10))
    decision, _ = decide_admission(window, failures, 9)
    assert decision == Wait(1800)


def test_a_limit_can_be_scaled_and_never_to_nothing() -> None:
    assert LIMITS["token"].scaled(2.5) == Limit(250, 300)
    assert THREE_IN_A_ROW.scaled(0.01) == Limit(1, 3600, lock_seconds=600)


EIGHTHS = st.integers(0, 400).map(lambda eighths: eighths / 8)
"""Seconds whose sums are exact, so that a wait is not longer by a rounding."""


@given(st.lists(EIGHTHS, max_size=60))
def test_no_window_ever_admits_more_than_its_limit(pauses: list[float]) -> None:
    now, window = 0.0, None
    admitted: dict[float, int] = {}
    for pause in pauses:
        now += pause
        decision, window = decide_admission(window, THREE_A_MINUTE, now)
        if isinstance(decision, Admit):
            admitted[window.ends_at] = admitted.get(window.ends_at, 0) + 1
        else:
            assert 0 < decision.seconds <= 60
    assert all(count <= 3 for count in admitted.values())


SECONDS = {
    "10 seconds": 10,
    "5 minutes": 300,
    "1 hour": 3600,
    "24 hours": 86400,
}
THEN = {"wait for the end of the window": 0, "locked for 30 minutes": 1800}


def test_the_page_tells_the_numbers_of_the_limits() -> None:
    page = (RULES / "limits.md").read_text()
    rates, at_once = page.split("## How often")[1].split("At the same time")
    _, *rows = read_rows(rates.splitlines())
    told = {
        name.strip("`"): Limit(
            int(tries.replace(",", "")), SECONDS[within], lock_seconds=THEN[then]
        )
        for name, tries, within, _, then in rows
    }
    assert told == dict(LIMITS)
    _, *rows = read_rows(at_once.splitlines())
    assert {name.strip("`"): int(times) for name, times in rows} == dict(AT_ONCE)


@pytest.mark.parametrize(
    ("name", "times", "seconds"),
    [
        ("requests", 10_000, 300),
        ("token", 100, 300),
        ("tokens_admin", 100, 300),
        ("users", 100, 300),
        ("password_reset", 100, 300),
        ("streams", 100, 300),
        ("serial_numbers", 50, 3600),  # IDN-2
        ("products", 100, 86_400),  # MEM-14
        ("claim_refusals", 30, 300),  # CLM-12
    ],
)
def test_the_limits_are_those_of_the_contract(
    name: str, times: int, seconds: int
) -> None:
    assert LIMITS[name] == Limit(times, seconds)
