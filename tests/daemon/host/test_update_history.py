from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from codeassistd.daemon.host.update_history import PastUpdate, UpdateHistory, joined
from codeassistd.indexer.pipeline.report import UpdateReport

NOTHING = UpdateReport(
    workspace=Path("/w"),
    revision=1,
    model="m",
    files_seen=0,
    files_indexed=0,
    files_unchanged=0,
    files_pending=0,
    files_removed=0,
    skipped={},
    unreadable=(),
    chunks_total=0,
    chunks_embedded=0,
    chunks_reused=0,
    chunks_pending=0,
    seconds={},
    cancelled=False,
    rebuilt="",
)


def whole(**changes: object) -> PastUpdate:
    return PastUpdate(replace(NOTHING, **changes), everything=True)  # type: ignore[arg-type]


def part(**changes: object) -> PastUpdate:
    return PastUpdate(replace(NOTHING, **changes), everything=False)  # type: ignore[arg-type]


def test_one_update_is_told_as_it_was() -> None:
    report = replace(NOTHING, files_seen=3, files_indexed=2, skipped={"binary": 1}, seconds={"scan": 0.5})
    assert joined([PastUpdate(report, everything=True)]) == report
    assert joined([]) is None


def test_an_update_that_gave_way_and_the_next_are_one() -> None:
    first = whole(
        files_seen=12,
        files_indexed=10,
        skipped={"binary": 2},
        chunks_total=30,
        chunks_embedded=8,
        chunks_pending=22,
        cancelled=True,
        seconds={"scan": 0.1, "chunk": 1.0},
        rebuilt="the format is another",
    )
    second = whole(
        revision=3,
        files_seen=13,
        files_indexed=1,
        files_unchanged=10,
        skipped={"binary": 2},
        chunks_total=33,
        chunks_embedded=25,
        seconds={"scan": 0.1},
    )
    assert joined([first, second]) == replace(
        NOTHING,
        revision=3,
        files_seen=13,
        files_indexed=11,
        skipped={"binary": 2},
        chunks_total=33,
        chunks_embedded=33,
        seconds={"scan": 0.2, "chunk": 1.0},
        rebuilt="the format is another",
    )


def test_a_saved_file_changes_what_was_done_but_not_what_was_seen() -> None:
    look = whole(files_seen=9, files_unchanged=7, skipped={"too_large": 2}, unreadable=("a: b",))
    save = part(revision=2, files_seen=1, files_indexed=1, files_removed=1, chunks_total=8)
    report = joined([look, save])
    assert report is not None
    assert (report.files_seen, report.files_unchanged, report.skipped) == (9, 7, {"too_large": 2})
    assert (report.files_indexed, report.files_removed, report.chunks_total) == (1, 1, 8)
    assert report.unreadable == ("a: b",)


def test_a_list_of_files_that_was_broken_off_counts_for_nothing() -> None:
    report = joined([whole(files_seen=5, files_unchanged=5), whole(cancelled=True)])
    assert report is not None
    assert (report.files_seen, report.files_unchanged) == (5, 5)


def test_reports_are_told_from_a_moment_on() -> None:
    history = UpdateHistory()
    history.add(whole(files_seen=1, files_indexed=1))
    moment = history.count
    assert history.since(moment) is None
    for number in range(1, 2_500):
        history.add(whole(files_seen=number))
    report = history.since(moment)
    assert report is not None
    assert report.files_indexed == 0
    assert history.count == 2_500
