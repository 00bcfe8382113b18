"""What goes wrong with notifications, and what a watch then does."""

from __future__ import annotations

import errno
import itertools
import os
import shutil
import sys
import threading
from pathlib import Path

import pytest

from codeassistd.indexer.walk.entry import Selection
from codeassistd.indexer.watch import watch as watch_module
from codeassistd.indexer.watch.changes import Changes
from codeassistd.indexer.watch.inotify import Inotify, InotifyEvent
from codeassistd.indexer.watch.watch import watch

from .conftest import FAST, Reports, Watching, write

linux = pytest.mark.skipif(sys.platform != "linux", reason="inotify is Linux's")
_QUEUE = Path("/proc/sys/fs/inotify/max_queued_events")


@linux
def test_a_queue_that_really_overflows(root: Path) -> None:
    length = int(_QUEUE.read_text())
    if length > 100_000:
        pytest.skip("the queue is too long to overflow it here")
    reports, entered, go_on = Reports(), threading.Event(), threading.Event()

    def on_changes(changes: Changes) -> None:
        entered.set()
        go_on.wait(30)
        reports(changes)

    running = watch(root, Selection(), on_changes, "native", timing=FAST)
    try:
        write(root / "first.py")
        assert entered.wait(30)
        for _ in range(length // 2 + 100):  # in turns: the same event twice in a row is queued once
            os.utime(root / "c.py")
            os.utime(root / "src" / "a.py")
        write(root / "lost" / "deep" / "x.py")
        go_on.set()
        reports.wait_for_rescan("dropped notifications")
        reports.settle(root)
        reports.clear()
        write(root / "lost" / "deep" / "y.py")
        reports.wait_for("lost/deep/y.py")
        assert running.health.kind == "native"
    finally:
        go_on.set()
        running.close()


def limit_watches(monkeypatch: pytest.MonkeyPatch, allowed: int, number: int = errno.ENOSPC) -> None:
    count = itertools.count()
    real = Inotify.add

    def add(self: Inotify, location: bytes) -> int:
        if next(count) >= allowed:
            raise OSError(number, os.strerror(number))
        return real(self, location)

    monkeypatch.setattr(Inotify, "add", add)


@linux
@pytest.mark.parametrize("allowed", [0, 3])
def test_too_few_watches_for_the_workspace(
    allowed: int, root: Path, watching: Watching, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit_watches(monkeypatch, allowed)
    running, reports = watching(root)
    assert running.health.kind == "poll"
    assert "sysctl fs.inotify.max_user_watches" in running.health.problem
    write(root / "src" / "x.py")
    reports.wait_for("src/x.py")


@linux
@pytest.mark.parametrize(
    ("number", "problem"), [(errno.ENOSPC, "max_user_watches"), (errno.ENOMEM, "changes can't be noticed")]
)
def test_watches_that_run_out_later(
    number: int, problem: str, root: Path, watching: Watching, monkeypatch: pytest.MonkeyPatch
) -> None:
    running, reports = watching(root)
    limit_watches(monkeypatch, 0, number)
    write(root / "new" / "x.py")
    reports.wait_for_rescan(problem)
    assert running.health.kind == "poll"
    assert problem in running.health.problem
    reports.settle(root)
    write(root / "new" / "y.py")
    reports.wait_for("new/y.py")


@linux
def test_too_many_instances(root: Path, watching: Watching, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: Inotify) -> None:
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))

    monkeypatch.setattr(Inotify, "__init__", refuse)
    running, _ = watching(root)
    assert running.health.kind == "poll"
    assert "max_user_instances" in running.health.problem


@linux
def test_notifications_that_break(root: Path, watching: Watching, monkeypatch: pytest.MonkeyPatch) -> None:
    running, reports = watching(root)

    def broken(self: Inotify, timeout: float) -> list[InotifyEvent]:
        raise RuntimeError("broken")

    monkeypatch.setattr(Inotify, "read", broken)
    write(root / "src" / "x.py")
    reports.wait_for_rescan("RuntimeError: broken")
    assert running.health.kind == "poll"
    reports.settle(root)
    write(root / "src" / "y.py")
    reports.wait_for("src/y.py")


@pytest.mark.parametrize("how", ["native", "poll"])
@pytest.mark.parametrize("removal", ["deleted", "moved", "above"])
def test_a_root_that_goes_and_comes_back(how: str, removal: str, tmp_path: Path, watching: Watching) -> None:
    root = tmp_path / "above" / "root"
    write(root / "src" / "a.py")
    running, reports = watching(root, how)
    if removal == "deleted":
        shutil.rmtree(root)
    elif removal == "moved":
        root.rename(tmp_path / "elsewhere")
    else:
        root.parent.rename(tmp_path / "elsewhere")
    reports.wait_for_rescan("is gone")
    assert "is gone" in running.health.problem
    write(root / "src" / "b.py")
    reports.wait_for_rescan("may have been missed")
    assert running.health.problem == ""
    reports.settle(root)
    write(root / "src" / "c.py")
    reports.wait_for("src/c.py")


def test_a_root_replaced_at_once(root: Path, watching: Watching) -> None:
    _, reports = watching(root)
    new = root.parent / "new"
    write(new / "other.py")
    root.rename(root.parent / "old")
    new.rename(root)
    reports.wait_for_rescan(str(root))
    reports.wait_for_rescan("may have been missed")
    reports.settle(root)
    write(root / "seen.py")
    reports.wait_for("seen.py")


def test_polling_that_fails_is_tried_again(
    root: Path, watching: Watching, monkeypatch: pytest.MonkeyPatch
) -> None:
    running, reports = watching(root, "poll")

    def broken(*arguments: object) -> object:
        raise OSError(errno.EIO, "Input/output error")

    with monkeypatch.context() as patches:
        patches.setattr("codeassistd.indexer.watch.poll_source.scan", broken)
        reports.wait_for_rescan("Input/output error")
        assert "Input/output error" in running.health.problem
    reports.wait_for_rescan("may have been missed")
    assert running.health.problem == ""
    reports.settle(root)
    write(root / "src" / "x.py")
    reports.wait_for("src/x.py")


def test_shared_file_systems_are_polled(
    root: Path, watching: Watching, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch_module, "remote_file_system", lambda _: "nfs4")
    running, _ = watching(root, "auto")
    assert running.health.kind == "poll"
    assert "nfs4" in running.health.problem
    running, _ = watching(root, "native")
    assert running.health.kind == "native"
