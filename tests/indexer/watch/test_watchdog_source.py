"""The source for macOS and Windows, which works with any of watchdog's observers."""

from __future__ import annotations

from pathlib import Path

import pytest

from codeassistd.indexer.walk.entry import Selection
from codeassistd.indexer.watch import watch as watch_module
from codeassistd.indexer.watch.source import RootLostError
from codeassistd.indexer.watch.watchdog_source import WatchdogSource

from .conftest import Watching, git, write

# Of watchdog's inotify observer, when a folder is moved as soon as it is made.
pytestmark = pytest.mark.filterwarnings("ignore:Callback with id:RuntimeWarning")


@pytest.fixture(autouse=True)
def _watchdog_everywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch_module, "_native", WatchdogSource)


def test_files_and_folders(root: Path, watching: Watching) -> None:
    running, reports = watching(root)
    assert running.health.kind == "native"
    write(root / "src" / "a.py", "changed = 1\n")
    (root / "c.py").unlink()
    (root / "src" / "deep").rename(root / "depth")
    write(root / "new" / "x" / "y.py")
    reports.wait_for("src/a.py", "c.py", "src/deep", "depth", "new/x/y.py")
    reports.clear()
    write(root / "depth" / "x.py")
    write(root / "new" / "x" / "z.py")
    reports.wait_for("depth/x.py", "new/x/z.py")
    assert reports.reasons == []


def test_ignored_folders_are_silent(root: Path, watching: Watching) -> None:
    git(root, "init", "-q", "inner")
    _, reports = watching(root)
    for path in ("node_modules/m/x.js", "build/x/y.py", "inner/z.py", "inner/new/z.py", ".git/objects/aa/x"):
        write(root / path)
    write(root / "src" / "last.py")
    reports.wait_for("src/last.py")
    assert reports.paths == {"src/last.py"}
    assert reports.reasons == []


def test_rules(root: Path, watching: Watching) -> None:
    _, reports = watching(root / "src")
    write(root / ".gitignore", "deep/\n")
    reports.wait_for_rescan(".gitignore")
    git(root, "rm", "-q", "--cached", "-r", "src/deep")
    reports.wait_for_rescan("git tracks other files")
    reports.settle(root / "src")
    reports.clear()
    write(root / "src" / "deep" / "silent.py")
    write(root / "src" / "seen.py")
    reports.wait_for("seen.py")
    assert reports.paths == {"seen.py"}


def test_a_root_that_goes_and_comes_back(tmp_path: Path, watching: Watching) -> None:
    root = tmp_path / "root"
    write(root / "a.py")
    running, reports = watching(root)
    root.rename(tmp_path / "elsewhere")
    reports.wait_for_rescan("is gone")
    assert "is gone" in running.health.problem
    write(root / "b.py")
    reports.wait_for_rescan("may have been missed")
    reports.settle(root)


def test_the_root_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(RootLostError):
        WatchdogSource(tmp_path / "gone", Selection())
