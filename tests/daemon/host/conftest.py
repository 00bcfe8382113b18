"""Workspaces in the daemon, with real index workers and real indexes."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from codeassistd.daemon.composition import index_config
from codeassistd.daemon.host.index_source import IndexSource
from codeassistd.daemon.host.session_settings import SettingsSource
from codeassistd.indexer.pipeline.report import Progress
from codeassistd.indexer.workspace_index import IndexConfig, WorkspaceIndex
from codeassistd.models.errors import CodeassistdError
from codeassistd.models.roles import Embedder

Rows = set[tuple[str, ...]]


def never() -> bool:
    return False


def wait_for(condition: Callable[[], object], seconds: float = 30.0) -> None:
    """Wait for something that other threads or processes bring about."""
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "it did not happen"
        time.sleep(0.01)


def rows_of(index: WorkspaceIndex) -> Rows:
    """Everything but revisions: what makes two indexes equal. Vectors count as there or not."""
    with index.snapshot() as snapshot:
        assert snapshot is not None
        table = snapshot.every_row()
    names = [name for name in table.column_names if name != "vector"]
    has_vector = ["vector" if valid else "none" for valid in table["vector"].is_valid().to_pylist()]
    columns = [list(map(str, table[name].to_pylist())) for name in names]
    return set(zip(*columns, has_vector, strict=True))


class Recorder:
    """Follows updates, and a workspace."""

    def __init__(self) -> None:
        self.reports: list[Progress | None] = []
        self.revisions: list[int] = []
        self.errors: list[CodeassistdError] = []

    def progress(self, *progress: object) -> None:
        self.reports.append(progress[-1])  # type: ignore[arg-type]

    def committed(self, revision: int) -> None:
        self.revisions.append(revision)

    def index_changed(self, root: Path, revision: int) -> None:
        self.revisions.append(revision)

    def failed(self, error: CodeassistdError) -> None:
        self.errors.append(error)

    @property
    def phases(self) -> list[str]:
        return [report.phase for report in self.reports if report is not None]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = (tmp_path / "project").resolve()
    (folder / "src").mkdir(parents=True)
    for name in ("alpha", "beta", "gamma"):
        (folder / "src" / f"{name}.py").write_text(f"def {name}(value):\n    return value + 1\n")
    return folder


@pytest.fixture
def data_dir(tmp_path: Path, model_cache: Path) -> Path:
    """A data directory of the test's own, in which the model is compiled already."""
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "models").symlink_to(model_cache)
    return folder


@pytest.fixture
def settings() -> SettingsSource:
    return SettingsSource()


@pytest.fixture
def source(root: Path, data_dir: Path, settings: SettingsSource, embedder: Embedder) -> IndexSource:
    def index() -> WorkspaceIndex:
        config = index_config(settings.of(root))
        return WorkspaceIndex(root, data_dir, embedder.identity, lambda: embedder, config)

    return IndexSource(root, data_dir, index, lambda: settings.of(root).chosen)


@pytest.fixture
def fresh_rows(root: Path, tmp_path: Path, embedder: Embedder) -> Callable[[], Rows]:
    """Gives the rows of an index that is made anew from the files as they are."""
    number = 0

    def rows() -> Rows:
        nonlocal number
        number += 1
        data = tmp_path / f"fresh-{number}"
        index = WorkspaceIndex(root, data, embedder.identity, lambda: embedder, IndexConfig(workers=0))
        index.update()
        return rows_of(index)

    return rows
