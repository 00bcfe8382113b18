from __future__ import annotations

import contextlib
import os
import random
import shutil
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from codeassistd.daemon.host.index_source import IndexSource
from codeassistd.daemon.host.updates import Updates
from codeassistd.daemon.host.work import EVERYTHING, Work
from codeassistd.lsp.service import CancelledError
from codeassistd.models.errors import CodeassistdError

from .conftest import Recorder, Rows, never, rows_of, wait_for


@pytest.fixture
def follower() -> Recorder:
    return Recorder()


@pytest.fixture
def updates(source: IndexSource, follower: Recorder) -> Iterator[Updates]:
    running = Updates(source, follower)
    running.start()
    yield running
    running.close()
    assert not _workers()


def _workers() -> list[int]:
    return [child.pid for child in psutil.Process().children() if "index_worker" in " ".join(child.cmdline())]


def catch_up(updates: Updates) -> int:
    return updates.ledger.wait(updates.take(EVERYTHING), never, vectors=True)


def test_an_index_is_made_and_then_followed(
    updates: Updates, source: IndexSource, follower: Recorder, fresh_rows: Callable[[], Rows]
) -> None:
    revision = catch_up(updates)
    assert revision >= 1
    assert rows_of(source.index()) == fresh_rows()
    assert updates.standing.files == 3
    wait_for(lambda: updates.standing.state == "ready" and follower.reports and follower.reports[-1] is None)
    assert updates.standing.freshness() == 0.0
    assert follower.revisions[-1] == revision
    assert {"scan", "chunk"} <= set(follower.phases)

    (source.root / "src" / "alpha.py").write_text("def renamed(value):\n    return value - 1\n")
    updates.take(Work(paths=frozenset({"src/alpha.py"})))
    wait_for(lambda: updates.standing.revision > revision)
    assert rows_of(source.index()) == fresh_rows()


@pytest.mark.parametrize("seed", range(2))
def test_after_a_wait_the_index_is_that_of_the_files(
    updates: Updates, source: IndexSource, fresh_rows: Callable[[], Rows], seed: int
) -> None:
    """Nobody says what has changed: a wait finds every edit made before it."""
    edits = _Edits(source.root, seed)
    for step in range(12):
        for _ in range(100):
            edits.one()
        revision = catch_up(updates)
        assert revision == updates.standing.revision
        if step % 4 == 3:
            assert rows_of(source.index()) == fresh_rows()


class _Edits:
    """Edits of all kinds, each a pure function of the seed and the files."""

    def __init__(self, root: Path, seed: int) -> None:
        self._root = root
        self._random = random.Random(seed)
        self._kinds = (self._write, self._write, self._write, self._move, self._remove, self._rename_folder)

    def one(self) -> None:
        with contextlib.suppress(OSError):
            self._random.choice(self._kinds)()

    def _path(self) -> Path:
        folder = self._random.choice(["src", "src/deep", "lib", "lib/a/b", "docs"])
        return self._root / folder / f"m{self._random.randrange(8)}.py"

    def _write(self) -> None:
        path = self._path()
        path.parent.mkdir(parents=True, exist_ok=True)
        number = self._random.randrange(40)  # the same content comes up again, as in life
        path.write_text(f"def work_{number}(value):\n    return value * {number}\n")

    def _move(self) -> None:
        target = self._path()
        target.parent.mkdir(parents=True, exist_ok=True)
        self._path().replace(target)

    def _remove(self) -> None:
        self._path().unlink()

    def _rename_folder(self) -> None:
        names = ["src/deep", "lib/a", "docs", "lib/moved"]
        before, after = self._random.sample(names, 2)
        if self._random.random() < 0.2:
            shutil.rmtree(self._root / before)
        else:
            (self._root / before).rename(self._root / after)


def test_a_worker_that_is_killed_is_replaced(
    updates: Updates, source: IndexSource, follower: Recorder, fresh_rows: Callable[[], Rows]
) -> None:
    catch_up(updates)
    for number in range(400):
        (source.root / f"f{number}.py").write_text(f"def function_{number}(): return {number}\n")
    seen = len(follower.reports)
    ticket = updates.take(EVERYTHING)
    wait_for(lambda: "chunk" in [report.phase for report in follower.reports[seen:] if report is not None])
    for worker in _workers():
        os.kill(worker, signal.SIGKILL)
    with pytest.raises(CodeassistdError, match="index worker ended"):
        updates.ledger.wait(ticket, never, vectors=True)
    assert updates.standing.state == "failed"
    catch_up(updates)
    wait_for(lambda: updates.standing.problem is None)
    assert rows_of(source.index()) == fresh_rows()


def test_a_backlog_gives_way_to_changes(updates: Updates, source: IndexSource, follower: Recorder) -> None:
    catch_up(updates)
    for number in range(300):
        steps = "".join(f"    value = value * {number} + {step}\n" for step in range(25))
        (source.root / f"f{number}.py").write_text(f"def function_{number}(value):\n{steps}")
    updates.take(EVERYTHING)
    wait_for(lambda: follower.phases[-1] == "embed")
    (source.root / "urgent.py").write_text("def urgent(): return 1\n")
    ticket = updates.take(Work(paths=frozenset({"urgent.py"})))
    updates.ledger.wait(ticket, never, vectors=False)
    assert updates.standing.pending > 0
    with source.index().snapshot() as snapshot:
        assert snapshot is not None
        [chunk] = snapshot.chunks_of("urgent.py")
        assert chunk.vector is not None
    catch_up(updates)
    assert updates.standing.pending == 0


def test_a_pause_stops_everything_until_it_ends(updates: Updates, source: IndexSource) -> None:
    catch_up(updates)
    updates.pause("by command", paused=True)
    assert updates.standing.state == "paused"
    (source.root / "new.py").write_text("def new(): return 1\n")
    with pytest.raises(CodeassistdError, match=r"paused \(by command\)"):
        catch_up(updates)
    assert source.index().file_record("new.py") is None
    updates.pause("by command", paused=False)
    catch_up(updates)
    assert source.index().file_record("new.py") is not None


def test_on_battery_large_amounts_of_text_wait_until_asked_for(
    updates: Updates, source: IndexSource, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("codeassistd.daemon.host.updates._BATTERY_EMBED_SECONDS", 0.0)
    catch_up(updates)
    updates.save_power(saves=True)
    for number in range(300):
        (source.root / f"f{number}.py").write_text(f"def function_{number}(): return {number}\n")
    updates.ledger.wait(updates.take(EVERYTHING), never, vectors=False)
    wait_for(lambda: updates.standing.progress is None)
    assert updates.standing.pending == 300
    catch_up(updates)
    assert updates.standing.pending == 0


def test_who_gives_up_stops_waiting(updates: Updates) -> None:
    updates.pause("by command", paused=False)
    with pytest.raises(CancelledError):
        updates.ledger.wait(10_000, lambda: True, vectors=True)
    with pytest.raises(CancelledError):
        updates.ledger.wait_for_revision(60.0, lambda: True)


def test_what_cannot_be_indexed_is_a_problem_that_passes(
    source: IndexSource, follower: Recorder, tmp_path: Path
) -> None:
    away = tmp_path / "away"
    source.root.rename(away)
    updates = Updates(source, follower)
    updates.start()
    try:
        with pytest.raises(CodeassistdError, match="project"):
            catch_up(updates)
        assert updates.standing.state == "failed"
        assert follower.errors
        away.rename(source.root)
        assert catch_up(updates) >= 1
        assert updates.standing.state != "failed"
    finally:
        updates.close()


def test_closing_in_the_midst_of_work_leaves_a_consistent_index(
    source: IndexSource, follower: Recorder, fresh_rows: Callable[[], Rows]
) -> None:
    for number in range(400):
        (source.root / f"f{number}.py").write_text(f"def function_{number}(): return {number}\n")
    updates = Updates(source, follower)
    updates.start()
    wait_for(lambda: follower.phases and follower.phases[-1] == "embed")
    updates.close()
    assert not _workers()
    again = Updates(source, Recorder())
    again.start()
    try:
        catch_up(again)
        assert rows_of(source.index()) == fresh_rows()
    finally:
        again.close()


def test_an_idle_worker_is_ended_and_started_again(updates: Updates, source: IndexSource) -> None:
    catch_up(updates)
    wait_for(lambda: updates.standing.state == "ready")
    assert not updates.end_idle_worker(3600.0)
    wait_for(lambda: updates.end_idle_worker(0.0))
    assert not _workers()
    assert not updates.end_idle_worker(0.0)
    (source.root / "new.py").write_text("def new(): return 1\n")
    catch_up(updates)
    assert source.index().file_record("new.py") is not None
