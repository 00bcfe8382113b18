"""What is noticed through the system's notifications, in real folders."""

from __future__ import annotations

import os
import shutil
import threading
from pathlib import Path

import pytest

from codeassistd.indexer.walk.entry import Selection
from codeassistd.indexer.watch.changes import Changes
from codeassistd.indexer.watch.watch import watch
from codeassistd.models.errors import CodeassistdError

from .conftest import Watching, git, write


def test_files_written_removed_and_moved(root: Path, watching: Watching) -> None:
    health, reports = watching(root)
    assert health.health.kind == "native"
    assert health.health.problem == ""
    with (root / "src" / "a.py").open("a") as file:
        file.write("y = 2\n")
        file.flush()  # not closed: what is on disk counts
        reports.wait_for("src/a.py")
    (root / "c.py").unlink()
    (root / "src" / "deep" / "b.py").rename(root / "src" / "moved.py")
    write(root / "src" / "new é.py")
    reports.wait_for("c.py", "src/deep/b.py", "src/moved.py", "src/new é.py")
    assert reports.reasons == []


def test_atomic_save(root: Path, watching: Watching) -> None:
    _, reports = watching(root)
    write(root / "src" / "a.py.tmp", "y = 2\n")
    (root / "src" / "a.py.tmp").replace(root / "src" / "a.py")
    reports.wait_for("src/a.py", "src/a.py.tmp")


def test_renamed_folders_are_watched_under_their_new_name(root: Path, watching: Watching) -> None:
    _, reports = watching(root)
    for name in ("one", "two", "three"):
        before = next(root.glob("*/deep")).parent
        before.rename(root / name)
        reports.wait_for(before.name, name)
        reports.clear()
        write(root / name / "deep" / f"{name}.py")
        reports.wait_for(f"{name}/deep/{name}.py")
        assert reports.paths == {f"{name}/deep/{name}.py"}


def test_folders_moved_in_and_out(root: Path, watching: Watching) -> None:
    _, reports = watching(root)
    outside = root.parent / "outside"
    (root / "src").rename(outside)
    reports.wait_for("src")
    reports.clear()
    write(outside / "deep" / "unseen.py")
    outside.rename(root / "back")
    reports.wait_for("back")
    write(root / "back" / "deep" / "seen.py")
    reports.wait_for("back/deep/seen.py")
    assert not reports.covers("src/deep/unseen.py")


def test_a_folder_that_takes_the_place_of_another(root: Path, watching: Watching) -> None:
    _, reports = watching(root)
    for index in range(20):
        shutil.rmtree(root / "src")
        write(root / "src" / "deep" / f"{index}.py")
    reports.wait_for("src/deep/19.py")
    reports.clear()
    write(root / "src" / "deep" / "after.py")
    reports.wait_for("src/deep/after.py")


def test_nothing_is_missed_in_new_folders(root: Path, watching: Watching) -> None:
    _, reports = watching(root)
    paths = [f"new{index}/b/c/f.py" for index in range(200)]
    for path in paths:
        write(root / path)
    reports.wait_for(*paths)
    reports.clear()
    late = [f"new{index}/b/c/g.py" for index in range(200)]
    for path in late:
        write(root / path)
    reports.wait(lambda reports: set(late) <= reports.paths)


def test_a_storm_is_a_rescan(root: Path, watching: Watching) -> None:
    git(root, "switch", "-q", "-c", "many")
    for index in range(3_000):
        write(root / "src" / f"folder{index % 50}" / f"{index}.py")
    git(root, "add", ".")
    git(root, "commit", "-q", "-m", "many")
    _, reports = watching(root)
    git(root, "switch", "-q", "main")
    reports.wait_for_rescan("")
    reports.clear()
    git(root, "switch", "-q", "many")
    reports.wait_for_rescan("")
    reports.settle(root)
    write(root / "src" / "folder49" / "late.py")
    reports.wait_for("src/folder49/late.py")


def test_ignored_folders_and_files_are_silent(root: Path, watching: Watching) -> None:
    _, reports = watching(root, selection=Selection(exclude=("vendor/",)))
    for path in ("node_modules/m/x.js", "build/x/y.py", "src/build/z.py", "vendor/v.py", "src/x.log"):
        write(root / path)
    (root / ".git" / "objects" / "noise").touch()
    write(root / "src" / "last.py")
    reports.wait_for("src/last.py")
    assert reports.paths == {"src/last.py"}
    assert reports.reasons == []


def test_links_are_not_followed(root: Path, watching: Watching) -> None:
    (root / "link").symlink_to(root / "src")
    _, reports = watching(root)
    write(root / "src" / "seen.py")
    (root / "other").symlink_to(root / "src")
    reports.wait_for("src/seen.py", "other")
    assert reports.paths == {"src/seen.py", "other"}


def test_a_folder_that_becomes_readable(root: Path, watching: Watching) -> None:
    (root / "src" / "deep").chmod(0)
    if os.access(root / "src" / "deep", os.R_OK):
        (root / "src" / "deep").chmod(0o700)
        pytest.skip("nothing is closed to whoever runs this")
    _, reports = watching(root)
    (root / "src" / "deep").chmod(0o700)
    reports.wait_for("src/deep")
    write(root / "src" / "deep" / "x.py")
    reports.wait_for("src/deep/x.py")


@pytest.mark.parametrize("how", ["native", "poll", "auto"])
def test_closing_leaves_no_thread_and_no_file(how: str, root: Path, watching: Watching) -> None:
    threads = set(threading.enumerate())
    files = _open_files()
    running, reports = watching(root, how)
    write(root / "src" / "x.py")
    reports.wait_for("src/x.py")
    running.close()
    running.close()
    assert set(threading.enumerate()) == threads
    assert _open_files() == files
    reports.clear()
    write(root / "src" / "y.py")
    assert reports.all == []


def test_a_report_may_close_the_watch_or_fail(root: Path, caplog: pytest.LogCaptureFixture) -> None:
    calls: list[Changes] = []
    second = threading.Event()

    def on_changes(changes: Changes) -> None:
        calls.append(changes)
        if len(calls) == 1:
            write(root / "src" / "y.py")
            raise ValueError
        running.close()
        second.set()

    running = watch(root, Selection(), on_changes, "native")
    write(root / "src" / "x.py")
    assert second.wait(30)
    running.close()
    assert len(calls) == 2
    assert "could not be handled" in caplog.text


@pytest.mark.parametrize("how", ["native", "poll"])
def test_the_root_must_be_a_folder(how: str, tmp_path: Path, watching: Watching) -> None:
    with pytest.raises(CodeassistdError, match="cannot watch the folder") as raised:
        watching(tmp_path / "gone", how)
    assert raised.value.hint


def _open_files() -> int:
    listing = Path("/proc/self/fd")
    return len(list(listing.iterdir())) if listing.is_dir() else 0
