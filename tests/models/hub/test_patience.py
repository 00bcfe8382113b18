from __future__ import annotations

from datetime import UTC, datetime

import pytest

from codeassistd.models.hub.errors import HubError, InterruptedTransferError
from codeassistd.models.hub.patience import Patience, RetryPolicy, parse_retry_after

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("failures", "asked", "chance", "seconds"),
    [(1, None, 1, 1.0), (3, None, 1, 4.0), (3, None, 0, 2.0), (50, None, 1, 30.0), (1, 7.0, 0, 7.0)],
)
def test_waits_double_up_to_a_limit(
    failures: int, asked: float | None, chance: float, seconds: float
) -> None:
    assert RetryPolicy().wait(failures, asked, chance) == seconds


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (None, None),
        ("", None),
        ("12", 12.0),
        ("soon", None),
        ("-3", None),
        ("Sun, 01 Mar 2026 12:00:30 GMT", 30.0),
        ("Sun, 01 Mar 2026 11:00:00 GMT", 0.0),
    ],
)
def test_retry_after_is_a_number_or_a_date(value: str | None, seconds: float | None) -> None:
    assert parse_retry_after(value, NOW) == seconds


def test_the_wait_that_is_asked_for_is_waited() -> None:
    slept: list[float] = []
    patience = Patience(RetryPolicy(attempts=3), lambda _text: None, slept.append)
    patience.endure(InterruptedTransferError("busy", 11.0), "the listing")
    assert slept == [11.0]


def test_failures_in_a_row_count_and_progress_forgives_them() -> None:
    slept: list[float] = []
    patience = Patience(RetryPolicy(attempts=3), lambda _text: None, slept.append)
    for _ in range(10):
        patience.endure(InterruptedTransferError("cut"), "a file")
        patience.endure(InterruptedTransferError("cut"), "a file")
        patience.reward()
    assert len(slept) == 20
    patience.endure(InterruptedTransferError("cut"), "a file")
    patience.endure(InterruptedTransferError("cut"), "a file")
    with pytest.raises(HubError, match="gave up on a file after 3 attempts in a row: cut"):
        patience.endure(InterruptedTransferError("cut"), "a file")
