"""Who waits for a worker, for how long, and what the loss of one costs."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codeassistd.models.worker.embedder import split
from codeassistd.models.worker.health import Signs, find_problem
from codeassistd.models.worker.limits import WorkerLimits
from codeassistd.models.worker.pending import PendingRequests

LIMITS = WorkerLimits(request_seconds=60, text_seconds=0.5)


def test_time_is_given_for_what_waits_ahead() -> None:
    requests = PendingRequests(LIMITS)
    first = requests.add(["a"] * 100, "document", "bulk", now=0)
    second = requests.add(["b"], "query", "interactive", now=0)
    assert (first.patience_seconds, second.patience_seconds) == (110, 110.5)
    requests.remove(first)
    assert not requests.remove(first)
    assert requests.add(["c"], "query", "interactive", now=0).patience_seconds == 61
    assert not requests.is_overdue(61)
    assert requests.is_overdue(61.5)


def test_a_sign_gives_a_request_new_time() -> None:
    requests = PendingRequests(LIMITS)
    request = requests.add(["a"], "query", "interactive", now=0)
    requests.worked_on([request.message.id, 999], now=50)
    assert not requests.is_overdue(100)
    assert requests.is_overdue(111)
    requests.wait_from(200)
    assert not requests.is_overdue(260)


def test_a_lost_worker_costs_an_attempt_of_what_it_worked_on() -> None:
    requests = PendingRequests(LIMITS)
    begun = requests.add(["a"], "query", "interactive", now=0)
    waiting = requests.add(["b"], "document", "bulk", now=0)
    for expected in ([], [begun]):
        requests.worked_on([begun.message.id], now=1)
        assert requests.lose_worker(was_ready=True) == expected
    assert list(requests) == [waiting]
    assert requests.lose_worker(was_ready=False) == []
    assert requests.lose_worker(was_ready=False) == [waiting]
    assert len(requests) == 0


WELL = Signs(end=None, is_ready=True, running_seconds=1e6, is_overdue=False, rss_bytes=1)


@pytest.mark.parametrize(
    ("signs", "words"),
    [
        (replace(WELL, end="was ended by signal 9 (SIGKILL)"), "model m was ended by signal 9"),
        (replace(WELL, rss_bytes=4 * 1024**3), "took 4,096 MiB of memory and was ended: 3,072 MiB is"),
        (replace(WELL, is_ready=False), "did not load it within 120 s"),
        (replace(WELL, is_overdue=True), "gave no sign for 60 s or more"),
    ],
)
def test_problems_say_what_happened_and_what_to_do(signs: Signs, words: str) -> None:
    problem = find_problem("m", signs, WorkerLimits())
    assert problem is not None
    assert words in problem.message
    assert problem.hint


@pytest.mark.parametrize("signs", [WELL, replace(WELL, is_ready=False, is_overdue=True, running_seconds=1)])
def test_nothing_is_wrong_with_a_worker_within_its_limits(signs: Signs) -> None:
    assert find_problem("m", signs, WorkerLimits()) is None


@given(st.lists(st.integers(0, 3_000_000).map(range), max_size=8), st.integers(0, 2_500))
def test_texts_are_split_in_order_into_parts_that_fit(long: list[range], short: int) -> None:
    texts = [*long, *[range(1)] * short]
    parts = list(split(texts))  # type: ignore[type-var,arg-type]  # only lengths matter
    assert [text for part in parts for text in part] == texts
    for part in parts:
        assert 1 <= len(part) <= 1_024
        assert len(part) == 1 or sum(map(len, part)) <= 4_000_000
