from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from codeassistd.models.backends.compute_thread import ComputeThread


@pytest.fixture
def thread() -> Iterator[ComputeThread]:
    made = ComputeThread()
    yield made
    made.close()


def test_all_calls_run_in_one_thread_and_give_their_own_results(thread: ComputeThread) -> None:
    where = set()

    def call(number: int) -> int:
        where.add(threading.get_ident())
        return number

    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(lambda number: thread.run(lambda: call(number)), range(200)))
    assert results == list(range(200))
    assert len(where) == 1
    assert threading.get_ident() not in where


def test_who_waits_may_end_the_wait(thread: ComputeThread) -> None:
    stop, looks = threading.Event(), []

    def call() -> int:
        stop.wait(30)
        return 2

    def look() -> None:
        looks.append(threading.get_ident())
        stop.set()

    assert thread.run(call, look) == 2
    assert looks[0] == threading.get_ident()


def test_an_error_is_raised_where_the_result_is_waited_for(thread: ComputeThread) -> None:
    def call() -> int:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        thread.run(call)
    assert thread.run(lambda: 1) == 1
