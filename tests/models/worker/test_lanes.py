"""Which texts are embedded when."""

from __future__ import annotations

import threading
from collections import Counter, deque
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codeassistd.models.worker.lanes import Lanes, Portion, Work, take
from codeassistd.models.worker.portion_size import PortionSize

WORKS = st.lists(
    st.tuples(st.sampled_from(["query", "document"]), st.lists(st.text(max_size=5), min_size=1, max_size=9)),
    max_size=6,
)


def work(number: int, *texts: str, lane: str = "bulk", kind: str = "document") -> Work:
    return Work(number, lane, kind, texts)  # type: ignore[arg-type]


@given(WORKS, st.integers(1, 6), st.integers(1, 6))
def test_every_text_is_taken_once_and_turns_are_fair(
    works: list[tuple[str, list[str]]], most: int, share: int
) -> None:
    queue = deque(work(number, *texts, kind=kind) for number, (kind, texts) in enumerate(works))
    expected = Counter((each.id, position) for each in queue for position in range(len(each.texts)))
    taken: Counter[tuple[int, int]] = Counter()
    while queue:
        first = queue[0]
        portions = take(queue, most, share)
        assert portions[0].work is first
        assert len({portion.work.kind for portion in portions}) == 1
        assert sum(len(portion.positions) for portion in portions) <= most
        for portion in portions:
            assert 1 <= len(portion.positions) <= share
            taken.update((portion.work.id, position) for position in portion.positions)
        assert all(each.left for each in queue)
    assert taken == expected
    assert take(queue, most, share) == []


def test_the_longest_texts_come_first() -> None:
    queue = deque([work(1, "a", "ccc", "bb", "dddd")])
    assert [take(queue, 2, 2)[0].positions for _ in range(2)] == [[3, 1], [2, 0]]


def test_a_request_that_is_not_finished_goes_to_the_end() -> None:
    queue = deque([work(1, *"abcdef"), work(2, "x", kind="query"), work(3, "y")])
    assert [portion.work.id for portion in take(queue, 8, 4)] == [1, 3]
    assert [each.id for each in queue] == [2, 1]


def in_thread(action: Callable[[], object]) -> tuple[threading.Thread, list[object]]:
    results: list[object] = []
    thread = threading.Thread(target=lambda: results.append(action()), daemon=True)
    thread.start()
    return thread, results


def test_bulk_stands_back_while_the_interactive_lane_has_work() -> None:
    lanes = Lanes(patience_seconds=60)
    lanes.put(work(1, "bulk"))
    lanes.put(work(2, "query", lane="interactive"))
    lanes.put(work(3, *"abcdefg", lane="interactive", kind="query"))
    thread, results = in_thread(lambda: lanes.take_bulk(8))
    for _ in range(3):
        portions = lanes.take_interactive(4)
        assert results == []
        lanes.finished(portions)
    thread.join()
    assert results == [[Portion(portions_work(results), [0])]]
    assert portions_work(results).id == 1


def test_bulk_waits_for_every_interactive_turn() -> None:
    lanes = Lanes(patience_seconds=60)
    lanes.put(work(1, "bulk"))
    lanes.put(work(2, *"ab", lane="interactive"))
    first, second = lanes.take_interactive(1), lanes.take_interactive(1)
    thread, results = in_thread(lambda: lanes.take_bulk(8))
    assert lanes.finished(second) == []
    thread.join(0.05)
    assert results == []
    assert [each.id for each in lanes.finished(first)] == [2]
    thread.join()
    assert portions_work(results).id == 1


def portions_work(results: list[object]) -> Work:
    [[portion]] = results  # type: ignore[misc]
    assert isinstance(portion, Portion)
    return portion.work


def test_waiting_requests_share_a_turn() -> None:
    lanes = Lanes()
    lanes.put(work(1, *"abcdefgh", lane="interactive"))
    assert [len(portion.positions) for portion in lanes.take_interactive(4)] == [4]
    for number in (2, 3):
        lanes.put(work(number, *"abc", lane="interactive"))
    assert [(portion.work.id, len(portion.positions)) for portion in lanes.take_interactive(6)] == [
        (1, 2),
        (2, 2),
        (3, 2),
    ]


def test_bulk_is_not_kept_waiting_for_ever() -> None:
    lanes = Lanes(patience_seconds=0.01)
    lanes.put(work(1, "bulk"))
    lanes.put(work(2, "query", lane="interactive"))
    lanes.take_interactive(16)
    assert [portion.work.id for portion in lanes.take_bulk(8)] == [1]


def test_a_request_is_complete_when_all_its_portions_are() -> None:
    lanes = Lanes()
    lanes.put(work(1, *"abc"))
    first, second = lanes.take_bulk(2), lanes.take_bulk(2)
    assert lanes.finished(second) == []
    assert [each.id for each in lanes.finished(first)] == [1]


@pytest.mark.parametrize("taken", [0, 2, 3])
def test_cancelled_work_leaves_the_queue_and_is_never_complete(taken: int) -> None:
    lanes = Lanes()
    lanes.put(work(1, *"abc"))
    portions = lanes.take_bulk(taken) if taken else []
    lanes.cancel(1)
    lanes.cancel(1)
    lanes.put(work(2, "other"))
    if portions:
        assert lanes.finished(portions) == []
    assert [portion.work.id for portion in lanes.take_bulk(8)] == [2]


def test_failed_work_is_reported_once() -> None:
    lanes = Lanes()
    lanes.put(work(1, *"abcdef"))
    first, second = lanes.take_bulk(2), lanes.take_bulk(2)
    assert [each.id for each in lanes.failed(first)] == [1]
    assert lanes.failed(second) == []
    lanes.put(work(2, "other"))
    assert [portion.work.id for portion in lanes.take_bulk(8)] == [2]


def test_closing_lets_waiting_threads_go() -> None:
    lanes = Lanes(patience_seconds=60)
    waiting = [in_thread(lambda: lanes.take_interactive(4)), in_thread(lambda: lanes.take_bulk(4))]
    lanes.close()
    for thread, results in waiting:
        thread.join(10)
        assert results == [[]]


@given(st.lists(st.tuples(st.integers(1, 600), st.floats(0, 10)), max_size=50))
def test_portions_stay_within_bounds(history: list[tuple[int, float]]) -> None:
    size = PortionSize(0.04)
    for texts, seconds in history:
        size.took(min(texts, size.texts), seconds)
        assert 2 <= size.texts <= 512


@pytest.mark.parametrize("text_seconds", [0.0001, 0.001, 0.005])
def test_portions_come_to_last_about_as_long_as_they_should(text_seconds: float) -> None:
    size = PortionSize(0.04)
    for _ in range(20):
        size.took(size.texts, size.texts * text_seconds)
    assert size.target_seconds * 0.6 <= size.texts * text_seconds <= size.target_seconds * 1.5


def test_the_last_and_small_portion_of_a_request_says_nothing_of_larger_ones() -> None:
    size = PortionSize(0.04, texts=64)
    size.took(1, 0.001)
    assert size.texts == 64
