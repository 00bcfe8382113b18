"""Changes found by looking again and again."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from codeassistd.indexer.walk.entry import FileEntry
from codeassistd.indexer.watch.poll_source import differing

from .conftest import Watching, git, write

_listings = st.dictionaries(
    st.sampled_from("abcde"), st.builds(FileEntry, st.just("x"), *[st.integers(0, 2)] * 4), max_size=5
)


@given(_listings, _listings)
def test_differing_paths(before: dict[str, FileEntry], now: dict[str, FileEntry]) -> None:
    expected = {path for path in before.keys() | now.keys() if before.get(path) != now.get(path)}
    found = list(differing(before, now))
    assert len(found) == len(set(found))
    assert set(found) == expected


def test_files_written_removed_and_moved(root: Path, watching: Watching) -> None:
    running, reports = watching(root, "poll")
    assert running.health.kind == "poll"
    assert running.health.problem == ""
    write(root / "src" / "a.py", "longer = 'than before'\n")
    (root / "c.py").unlink()
    (root / "src" / "deep").rename(root / "src" / "depth")
    write(root / "build" / "silent.py")
    reports.wait_for("src/a.py", "c.py", "src/deep/b.py", "src/depth/b.py")
    assert reports.paths == {"src/a.py", "c.py", "src/deep/b.py", "src/depth/b.py"}
    assert reports.reasons == []


def test_rules(root: Path, watching: Watching) -> None:
    _, reports = watching(root, "poll")
    git(root, "add", "-f", "build/out.py")
    reports.wait_for("build/out.py")
    write(root / "src" / ".gitignore", "deep/\n")
    reports.wait_for_rescan("src/.gitignore")
    write(root / "codeassistd.toml", "")
    reports.wait_for_rescan("codeassistd.toml")
