"""Gathering single changes into reports, on a clock of the test's own."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from codeassistd.indexer.watch.changes import Changes, PendingChanges, Timing, topmost

_paths = st.lists(st.sampled_from(["a", "b", "a.c", "a0", "é"]), min_size=1, max_size=4).map("/".join)


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@given(st.sets(_paths, max_size=8))
def test_topmost_covers_all_and_holds_nothing_twice(paths: set[str]) -> None:
    kept = topmost(paths)
    assert kept <= paths
    assert all(any(path == each or path.startswith(f"{each}/") for each in kept) for path in paths)
    assert not any(path.startswith(f"{each}/") for path in kept for each in kept)


def test_nothing_is_pending_at_first() -> None:
    pending = PendingChanges(Timing())
    assert pending.seconds_left() is None
    assert pending.take() is None


# Eighths, which floats add up exactly.
@given(st.lists(st.integers(0, 24).map(lambda eighths: eighths / 8), min_size=1, max_size=30))
def test_reports_come_when_it_is_quiet_or_has_lasted_long_enough(pauses: list[float]) -> None:
    clock, timing = Clock(), Timing(settle=1.0, longest=5.0)
    pending = PendingChanges(timing, clock=clock)
    first = clock.now
    for pause in pauses:
        pending.add("a")
        left = pending.seconds_left()
        assert left is not None
        assert left <= timing.settle
        assert clock.now + left <= max(clock.now, first + timing.longest)
        clock.now += pause
        if pending.seconds_left() == 0:
            assert pause >= timing.settle or clock.now >= first + timing.longest
            assert pending.take() == Changes(frozenset({"a"}))
            first = clock.now


def test_many_paths_become_a_rescan() -> None:
    pending = PendingChanges(Timing(), most_paths=3)
    for name in "abcd":
        assert pending.take() is None
        for each in "abc":
            pending.add(each)
        pending.add(name)
        changes = pending.take()
        assert changes is not None
        assert changes.rescan is (name == "d")
    assert changes == Changes(frozenset(), rescan=True, reason="more than 3 paths changed at once")


def test_the_first_reason_counts_and_paths_no_longer_do() -> None:
    pending = PendingChanges(Timing())
    pending.add("a")
    pending.ask_rescan("one")
    pending.ask_rescan("two")
    pending.add("b")
    assert pending.take() == Changes(frozenset(), rescan=True, reason="one")
    pending.add("c")
    assert pending.take() == Changes(frozenset({"c"}))


def test_a_touch_alone_reports_nothing() -> None:
    clock = Clock()
    pending = PendingChanges(Timing(), clock=clock)
    pending.touch()
    clock.now += 1
    assert pending.seconds_left() == 0
    assert pending.take() is None
    assert pending.seconds_left() is None
