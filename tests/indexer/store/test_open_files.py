"""What stays open while an index goes from revision to revision."""

from __future__ import annotations

from pathlib import Path

import pytest

from codeassistd.indexer.search.request import SearchFilter
from codeassistd.indexer.store import lance_runtime, writer
from codeassistd.indexer.workspace_index import IndexConfig, WorkspaceIndex
from codeassistd.models.roles import Embedder

OPEN = Path("/proc/self/fd")
REVISIONS = 40


def deleted_files(folder: Path) -> int:
    """Open files below a folder that have no name any more."""
    found = 0
    for each in OPEN.iterdir():
        try:
            name = str(each.readlink())
        except OSError:
            continue  # of the listing itself
        found += name.startswith(str(folder)) and name.endswith(" (deleted)")
    return found


def function(number: int) -> str:
    """A text that is a chunk of its own."""
    lines = "".join(f"    value = value + {number * 100 + line}\n" for line in range(10))
    return f"def function_{number}(value):\n{lines}    return value\n\n\n"


def searched_revisions(root: Path, data: Path, embedder: Embedder) -> int:
    """Files that no longer have a name and are open after many revisions that were searched each."""
    config = IndexConfig(workers=0, lock_wait=0.0)
    index = WorkspaceIndex(root, data, embedder.identity, lambda: embedder, config)
    for number in range(REVISIONS):
        (root / "module.py").write_text(function(number))
        index.update()
        with index.snapshot() as snapshot:
            assert snapshot is not None
            assert snapshot.explained(["return"], "terms", 5, SearchFilter()).result()
    return deleted_files(data)


@pytest.mark.skipif(not OPEN.is_dir(), reason="open files are listed on Linux alone")
def test_files_of_old_revisions_are_let_go(
    tmp_path: Path, embedder: Embedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "project"
    root.mkdir()
    (root / "large.py").write_text("".join(map(function, range(100))))
    monkeypatch.setattr(writer, "_MAX_VERSIONS", 6)
    monkeypatch.setattr(lance_runtime, "_MOST_OPENED", 10 * REVISIONS)
    kept = searched_revisions(root, tmp_path / "kept", embedder)
    monkeypatch.setattr(lance_runtime, "_MOST_OPENED", 4)
    lance_runtime.drop_caches()
    assert searched_revisions(root, tmp_path / "let-go", embedder) < kept / 2
