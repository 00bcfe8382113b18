"""A watch on a real folder, and what it reports."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from codeassistd.indexer.walk.entry import Selection
from codeassistd.indexer.watch.changes import Changes, Timing
from codeassistd.indexer.watch.watch import How, Watch, watch

_PATIENCE = 30.0  # of a test that is about to fail
FAST = Timing(poll=0.02, check=0.05)


class Reports:
    """All that a watch has reported so far."""

    def __init__(self) -> None:
        self._news = threading.Condition()
        self.all: list[Changes] = []

    def __call__(self, changes: Changes) -> None:
        with self._news:
            self.all.append(changes)
            self._news.notify_all()

    @property
    def paths(self) -> set[str]:
        """Paths reported so far, but for the probes of `settle`."""
        return {path for path in self._every_path() if not path.startswith("probe")}

    def _every_path(self) -> set[str]:
        return {path for changes in list(self.all) for path in changes.paths}

    @property
    def reasons(self) -> list[str]:
        return [changes.reason for changes in list(self.all) if changes.rescan]

    def covers(self, path: str) -> bool:
        paths = self.paths
        return any(path == each or path.startswith(f"{each}/") for each in paths)

    def clear(self) -> None:
        with self._news:
            self.all.clear()

    def wait(self, until: Callable[[Reports], bool]) -> None:
        with self._news:
            assert self._news.wait_for(lambda: until(self), _PATIENCE), self.all[-3:]

    def wait_for(self, *paths: str) -> None:
        self.wait(lambda reports: all(map(reports.covers, paths)))

    def wait_for_rescan(self, reason: str) -> None:
        self.wait(lambda reports: any(reason in each for each in reports.reasons))

    def settle(self, root: Path) -> None:
        """Wait until all that was done so far is reported, and single files are reported as such again."""
        for attempt in range(100):
            probe = f"probe{attempt}.py"
            rescans = len(self.reasons)
            write(root / probe)
            self.wait(lambda _: probe in self._every_path() or len(self.reasons) > rescans)  # noqa: B023
            if probe in self._every_path():
                return
        pytest.fail("only rescans")


Watching = Callable[..., tuple[Watch, Reports]]


@pytest.fixture
def watching() -> Iterator[Watching]:
    """Starts watches, which end with the test."""
    running: list[Watch] = []

    def start(
        root: Path, how: How = "native", selection: Selection | None = None, timing: Timing = FAST
    ) -> tuple[Watch, Reports]:
        reports = Reports()
        running.append(watch(root, selection or Selection(), reports, how, timing=timing))
        return running[-1], reports

    yield start
    for each in running:
        each.close()


def write(path: Path, text: str = "x = 1\n") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def git(folder: Path, *arguments: str) -> None:
    identity = ("-c", "user.name=a", "-c", "user.email=a@example.org")
    subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A small git repository."""
    top = tmp_path / "workspace"
    for path in ("src/a.py", "src/deep/b.py", "node_modules/m/index.js", "build/out.py", "c.py"):
        write(top / path)
    write(top / ".gitignore", "node_modules/\nbuild/\n*.log\n")
    git(top, "init", "-q", "-b", "main")
    git(top, "add", ".")
    git(top, "commit", "-q", "-m", "first")
    return top
