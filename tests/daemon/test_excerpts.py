"""Files and places as the command line names them."""

from __future__ import annotations

from pathlib import Path

import pytest

from codeassistd.daemon.cli.excerpts import read_excerpt, read_place
from codeassistd.indexer.workspace import Workspace, open_workspace
from codeassistd.models.errors import UsageError

TEXT = "first\nsecond 😀\n\nfourth"


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    (tmp_path / "a.py").write_text(TEXT)
    (tmp_path / "empty.py").write_text("")
    (tmp_path / "b:7.py").write_text("odd\n")
    (tmp_path / "binary.bin").write_bytes(b"\xff\xfe\xfa")
    monkeypatch.chdir(tmp_path)
    return open_workspace(tmp_path, force=True)


@pytest.mark.parametrize(
    ("named", "part"),
    [
        ("a.py", TEXT),
        ("a.py:1", "first\n"),
        ("a.py:2-3", "second 😀\n\n"),
        ("a.py:3-99", "\nfourth"),
        ("empty.py", ""),
        ("b:7.py", "odd\n"),
        ("b:7.py:1", "odd\n"),
    ],
)
def test_lines_of_a_file(workspace: Workspace, named: str, part: str) -> None:
    excerpt = read_excerpt(named, workspace)
    assert excerpt.text[excerpt.start : excerpt.end] == part


@pytest.mark.parametrize(
    ("named", "before"),
    [
        ("a.py:1:1", ""),
        ("a.py:2:9", "first\nsecond 😀"),
        ("a.py:3:1", "first\nsecond 😀\n"),
        ("empty.py:1:1", ""),
    ],
)
def test_places_in_a_file(workspace: Workspace, named: str, before: str) -> None:
    excerpt = read_place(named, workspace)
    assert (excerpt.text[: excerpt.start], excerpt.end) == (before, excerpt.start)


def test_a_place_after_the_last_line_break(workspace: Workspace) -> None:
    assert read_place("b:7.py:2:1", workspace).start == len("odd\n")


@pytest.mark.parametrize(
    "named", ["a.py:0", "a.py:3-2", "a.py:9", "none.py", "../a.py", "binary.bin", "empty.py:1"]
)
def test_other_lines_are_refused(workspace: Workspace, named: str) -> None:
    with pytest.raises(UsageError) as raised:
        read_excerpt(named, workspace)
    assert raised.value.hint


@pytest.mark.parametrize(
    "named", ["a.py", "a.py:1", "a.py:0:1", "a.py:1:0", "a.py:1:7", "a.py:5:1", "none.py:1:1"]
)
def test_other_places_are_refused(workspace: Workspace, named: str) -> None:
    with pytest.raises(UsageError) as raised:
        read_place(named, workspace)
    assert raised.value.hint
