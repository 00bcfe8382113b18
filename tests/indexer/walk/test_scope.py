"""Which changes can be looked at alone, and what a walk of them lists."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codeassistd.indexer.walk.entry import FileEntry
from codeassistd.indexer.walk.scan import scan
from codeassistd.indexer.walk.scope import scope_of

_names = st.sampled_from(["a", "b", "a.c", "a0", "é"])
_paths = st.lists(_names, min_size=1, max_size=4).map("/".join)


@given(st.sets(_paths, max_size=4), _paths)
def test_a_scope_covers_its_paths_and_what_is_below(wanted: set[str], path: str) -> None:
    scope = scope_of(wanted)
    assert scope is not None
    expected = any(path == each or path.startswith(f"{each}/") for each in wanted)
    assert scope.covers(path.encode()) is expected
    assert (path.encode() in scope.above) is any(each.startswith(f"{path}/") for each in wanted)


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/",
        ".",
        "a/../b",
        "../x",
        "/etc",
        "a//b",
        ".gitignore",
        "src/.codeassistignore",
        ".git/index",
        "sub/.git",
    ],
)
def test_changes_that_concern_more_than_themselves_have_no_scope(path: str) -> None:
    assert scope_of(["fine.py", path]) is None


def test_a_walk_of_a_scope_lists_what_a_whole_walk_lists_of_it(tmp_path: Path) -> None:
    for path in ["a/b/c.py", "a/b/ignored.log", "a/d.py", "a/b.py", "e.py", "f/g/h.py", "f/x.log"]:
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text("x = 1\n")
    (tmp_path / ".gitignore").write_text("*.log\n")
    (tmp_path / "f" / ".gitignore").write_text("!x.log\n/g\n")
    everything = [item.path for item in scan(tmp_path) if isinstance(item, FileEntry)]
    for wanted in (["a/b"], ["a/b/c.py", "e.py"], ["f"], ["f/g/h.py"], ["gone/far.py", "a/d.py/x"], []):
        scope = scope_of(wanted)
        assert scope is not None
        found = [item.path for item in scan(tmp_path, None, scope) if isinstance(item, FileEntry)]
        assert found == [path for path in everything if scope.covers(path.encode())]
