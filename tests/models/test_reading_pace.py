"""How long a prompt may be, by how quickly others were read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codeassistd.models.reading_pace import CPU_TOKENS, LEAST_TOKENS, MOST_TOKENS, ReadingPace


def test_a_budget_is_given_before_anything_is_known() -> None:
    assert ReadingPace(CPU_TOKENS).tokens == CPU_TOKENS


@pytest.mark.parametrize(
    ("speed", "budget"),
    [(10, 512), (150, 512), (700, 1_024), (1_700, 2_048), (10_000, 8_192), (10**9, 65_536)],
)
def test_the_budget_is_read_in_about_the_time_there_is(speed: float, budget: int) -> None:
    pace = ReadingPace(CPU_TOKENS)
    for _ in range(20):
        pace.add(1_000, 1_000 / speed)
    assert pace.tokens == budget
    assert pace.tokens_per_second == pytest.approx(speed)


def test_small_changes_of_speed_leave_it() -> None:
    pace = ReadingPace(CPU_TOKENS)
    for speed in (690, 600, 750, 900, 640, 1_300, 560) * 10:
        pace.add(200, 200 / speed)
        assert pace.tokens == CPU_TOKENS


def test_a_few_tokens_tell_nothing() -> None:
    pace = ReadingPace(CPU_TOKENS)
    pace.add(5, 60.0)
    pace.add(0, 0.0)
    assert (pace.tokens, pace.tokens_per_second) == (CPU_TOKENS, 0.0)


def test_one_pause_of_the_machine_is_forgotten() -> None:
    pace = ReadingPace(CPU_TOKENS)
    for seconds in (1.0, 1.0, 30.0, 1.0, 1.0):
        pace.add(1_000, seconds)
    assert pace.tokens == CPU_TOKENS


@given(
    st.lists(st.tuples(st.integers(0, 100_000), st.floats(0, 1e6, allow_nan=False)), max_size=30),
)
def test_it_is_always_a_power_of_two_within_bounds(read: list[tuple[int, float]]) -> None:
    pace = ReadingPace(CPU_TOKENS)
    for tokens, seconds in read:
        pace.add(tokens, seconds)
        assert LEAST_TOKENS <= pace.tokens <= MOST_TOKENS
        assert pace.tokens.bit_count() == 1
