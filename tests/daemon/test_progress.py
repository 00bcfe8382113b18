from __future__ import annotations

import pytest

from codeassistd.daemon.cli.models_pull_command import TransferProgress
from codeassistd.daemon.cli.progress import (
    ProgressBars,
    ProgressLines,
    duration,
    progress_line,
    show_progress,
)
from codeassistd.daemon.cli.streams import Streams
from codeassistd.indexer.pipeline.report import Progress


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0.0 s"),
        (0.44, "0.4 s"),
        (12.3, "12 s"),
        (59.4, "59 s"),
        (59.6, "1 min 0 s"),
        (200, "3 min 20 s"),
        (7500, "2 h 5 min"),
    ],
)
def test_durations_are_said_as_people_say_them(seconds: float, words: str) -> None:
    assert duration(seconds) == words


@pytest.mark.parametrize(
    ("report", "done_since", "elapsed", "line"),
    [
        (Progress("scan", 0, None, "files"), 0, 0.0, "scanning: 0 files"),
        (Progress("scan", 5_000, None, "files"), 5_000, 2.0, "scanning: 5,000 files, 2,500/s"),
        (
            Progress("embed", 1_200, 3_120, "chunks"),
            1_200,
            5.0,
            "embedding: 1,200 of 3,120 chunks, 240/s, 8.0 s left",
        ),
        (Progress("embed", 3, 6, "chunks"), 1, 4.0, "embedding: 3 of 6 chunks, 0.25/s, 12 s left"),
        (Progress("chunk", 9, 9, "files"), 9, 3.0, "reading: 9 of 9 files, 3/s"),
        (Progress("wait", 0, None, "", "process 12"), 0, 0.0, "waiting for process 12"),
        (
            TransferProgress("download", 1_200_000_000, 4_680_000_000, "model.gguf"),
            340_000_000,
            10.0,
            "downloading: 1.20 GB of 4.68 GB, 34.0 MB/s, 1 min 42 s left",
        ),
        (TransferProgress("check", 0, 4_000, "model.gguf"), 0, 0.0, "checking: 0 bytes of 4.00 kB"),
    ],
)
def test_a_line_says_how_far_how_fast_and_how_long(
    report: Progress | TransferProgress, done_since: int, elapsed: float, line: str
) -> None:
    assert progress_line(report, done_since, elapsed) == line


def test_lines_come_every_few_seconds_and_rates_are_of_the_phase() -> None:
    now = [100.0]
    lines: list[str] = []
    progress = ProgressLines(lines.append, clock=lambda: now[0], interval=5.0)
    for second, report in [
        (0, Progress("wait", 0, None, detail="process 12")),
        (1, Progress("scan", 10, None, "files")),
        (4, Progress("scan", 40, None, "files")),
        (6, Progress("chunk", 2, 20, "files")),
        (7, Progress("chunk", 4, 20, "files")),
        (12, Progress("chunk", 14, 20, "files")),
    ]:
        now[0] = 100.0 + second
        progress(report)
    assert lines.pop(0) == "waiting for process 12"
    assert lines == ["reading: 2 of 20 files", "reading: 14 of 20 files, 2/s, 3.0 s left"]


def test_quiet_shows_nothing_and_pipes_get_no_bar(capsys: pytest.CaptureFixture[str]) -> None:
    for streams in (Streams(quiet=True), Streams()):
        with show_progress(streams) as progress:
            progress(Progress("embed", 1, 2, "chunks"))
    assert capsys.readouterr().err == ""


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Streams:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "100")
    return Streams(err_terminal=True, err_color=True)


def test_a_terminal_gets_a_bar_for_each_phase(terminal: Streams, capsys: pytest.CaptureFixture[str]) -> None:
    bars = ProgressBars(patience=0.0)
    bars(Progress("scan", 500, None, "files"))
    bars(Progress("chunk", 1, 2, "files"))
    bars(Progress("embed", 50, 100, "chunks"))
    bars(Progress("embed", 75, 100, "chunks"))
    bars.close()
    shown = capsys.readouterr().err
    last = shown[shown.rindex("reading") :]
    assert "scanning" in shown
    assert "scanning" not in last
    assert "1 of 2 files" in last
    assert "embedding" in last
    assert "75 of 100 chunks" in last


def test_work_done_at_once_shows_no_bar(terminal: Streams, capsys: pytest.CaptureFixture[str]) -> None:
    with show_progress(terminal) as progress:
        progress(Progress("scan", 0, None, "files"))
    assert capsys.readouterr().err == ""
