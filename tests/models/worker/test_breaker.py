"""The breaker against a plain statement of its rules."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codeassistd.models.worker.breaker import CircuitBreaker, restart_delay

EVENTS = st.lists(
    st.one_of(st.sampled_from(["success", "failure"]), st.floats(0, 100)),
    max_size=60,
)


class Clock:
    now = 1_000.0

    def __call__(self) -> float:
        return self.now


@given(EVENTS)
def test_the_rules_hold_for_any_history(events: list[str | float]) -> None:
    clock = Clock()
    breaker = CircuitBreaker(clock)
    opened: float | None = None
    failures_in_a_row = successes_since_opened = 0
    for event in events:
        lets_through = opened is None or clock.now >= opened + 60
        if isinstance(event, float):
            clock.now += event
        elif event == "failure":
            breaker.failed("why")
            failures_in_a_row += 1
            if lets_through and (opened is not None or failures_in_a_row >= 5):
                opened, successes_since_opened = clock.now, 0
        else:
            breaker.succeeded()
            if lets_through:
                successes_since_opened += 1
                if opened is None or successes_since_opened == 3:
                    opened, failures_in_a_row = None, 0
        expected = "closed" if opened is None else "half-open" if clock.now >= opened + 60 else "open"
        assert breaker.state == expected
        assert (breaker.retry_in > 0) == (expected == "open")
        assert breaker.failures == failures_in_a_row
        assert bool(breaker.last_failure) == (failures_in_a_row > 0)


def test_a_whole_life() -> None:
    clock = Clock()
    breaker = CircuitBreaker(clock)
    for number in range(5):
        assert breaker.state == "closed"
        breaker.failed(f"failure {number}")
    assert (breaker.state, breaker.retry_in, breaker.last_failure) == ("open", 60.0, "failure 4")
    clock.now += 59
    breaker.succeeded()
    assert (breaker.state, breaker.retry_in) == ("open", 1.0)
    clock.now += 1
    assert breaker.state == "half-open"
    breaker.failed("still")
    assert breaker.state == "open"
    clock.now += 60
    for _ in range(3):
        assert breaker.state == "half-open"
        breaker.succeeded()
    assert (breaker.state, breaker.failures, breaker.last_failure) == ("closed", 0, "")


@pytest.mark.parametrize(
    ("failures", "seconds"), [(0, 0), (1, 0), (2, 0.2), (3, 0.4), (5, 1.6), (7, 5), (10**6, 5)]
)
def test_restarts_take_longer_each_time(failures: int, seconds: float) -> None:
    assert restart_delay(failures) == pytest.approx(seconds)


def test_delays_never_shrink() -> None:
    delays = [restart_delay(failures) for failures in range(20)]
    assert all(first <= second for first, second in itertools.pairwise(delays))
