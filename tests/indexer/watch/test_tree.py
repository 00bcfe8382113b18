"""Which folders are watched, and what changes in them mean."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from codeassistd.indexer.walk.entry import FileEntry, Selection
from codeassistd.indexer.walk.scan import scan
from codeassistd.indexer.watch.source import RootLostError
from codeassistd.indexer.watch.tree import Rescan, WatchedTree

from .conftest import git, write


def entered(root: Path, selection: Selection | None = None) -> tuple[WatchedTree, set[str]]:
    """The tree, and the folders it asks to watch, relative to the folder above the root."""
    places: list[bytes] = []

    def enter(location: bytes) -> bool:
        places.append(location)
        return True

    tree = WatchedTree(root, selection or Selection(), enter)
    return tree, {os.path.relpath(os.fsdecode(place), root.parent) for place in places}


def test_folders_that_a_walk_enters_and_those_with_rules(root: Path) -> None:
    write(root / "inner" / "x.py")
    git(root / "inner", "init", "-q")
    _, places = entered(root, Selection(exclude=("deep/",)))
    assert places == {
        "workspace",
        "workspace/src",
        "workspace/inner",
        "workspace/.git",
        "workspace/.git/info",
    }


def test_every_listed_file_lies_in_a_watched_folder(root: Path) -> None:
    git(root, "add", "-f", "build/out.py")
    _, places = entered(root)
    for item in scan(root):
        if isinstance(item, FileEntry):
            assert os.path.dirname(f"workspace/{item.path}") in places  # noqa: PTH120 - relative text
    assert "workspace/build" in places
    assert "workspace/node_modules" not in places


def test_a_workspace_inside_a_repository(root: Path) -> None:
    tree, places = entered(root / "src")
    assert places == {"src", "src/deep", ".", ".git", ".git/info"}
    assert {os.path.relpath(os.fsdecode(place), root) for place in tree.outside} == {".", ".git", ".git/info"}
    assert isinstance(tree.notice(bytes(root), b".gitignore", is_directory=False), Rescan)
    assert tree.notice(bytes(root), b"c.py", is_directory=False) is None
    assert tree.notice(bytes(root / "src"), b"c.py", is_directory=False) == "c.py"


def test_a_linked_work_tree_keeps_its_rules_elsewhere(root: Path) -> None:
    git(root, "worktree", "add", "-q", "../linked")
    _, places = entered(root.parent / "linked")
    assert {"linked/src", "workspace/.git/worktrees/linked", "workspace/.git/info"} <= places


def test_repositories_in_a_plain_folder_are_entered(root: Path) -> None:
    tree, places = entered(root.parent)
    assert f"{root.parent.name}/workspace/.git" in places
    (root / "build" / "out.py").touch()
    assert tree.notice(bytes(root), b"x.log", is_directory=False) is None
    git(root, "add", "-f", "build/out.py")
    assert tree.notice(bytes(root / ".git"), b"index", is_directory=False) is None
    assert tree.tracked_files_changed()


def test_the_root_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(RootLostError):
        WatchedTree(tmp_path / "gone", Selection(), lambda location: Path(os.fsdecode(location)).is_dir())


@pytest.mark.parametrize(
    ("folder", "name", "is_directory", "expected"),
    [
        ("", "d.py", False, "d.py"),
        ("src", "d.py", False, "src/d.py"),
        ("src", "new", True, "src/new"),
        ("src", "node_modules", True, None),
        ("src", "x.log", False, None),
        ("", "x.log", True, None),
        ("", "src.tmp", False, None),
        ("src", ".gitignore", False, "rescan"),
        ("", ".codeassistignore", False, "rescan"),
        ("", "codeassistd.toml", False, "rescan"),
        ("src", "codeassistd.toml", False, "src/codeassistd.toml"),
        ("", ".git", True, "rescan"),
        (".git", "HEAD", False, "rescan"),
        (".git", "FETCH_HEAD", False, None),
        (".git/info", "exclude", False, "rescan"),
        ("node_modules", "x.js", False, None),
    ],
)
def test_what_a_change_means(
    folder: str, name: str, is_directory: bool, expected: str | None, root: Path
) -> None:
    tree, _ = entered(root, Selection(exclude=("*.tmp",)))
    found = tree.notice(bytes(root / folder), name.encode(), is_directory=is_directory)
    assert ("rescan" if isinstance(found, Rescan) else found) == expected


def test_files_that_no_include_glob_matches_mean_nothing(root: Path) -> None:
    tree, _ = entered(root, Selection(include=("src/",)))
    assert tree.notice(bytes(root), b"c.py", is_directory=False) is None
    assert tree.notice(bytes(root), b"new", is_directory=True) == "new"
    assert tree.notice(bytes(root / "src"), b"a.py", is_directory=False) == "src/a.py"


def test_only_other_tracked_files_make_an_index_news(root: Path) -> None:
    tree, _ = entered(root)
    assert not tree.tracked_files_changed()
    assert tree.notice(bytes(root / ".git"), b"index", is_directory=False) is None
    assert not tree.tracked_files_changed()
    git(root, "rm", "-q", "--cached", "c.py")
    assert not tree.tracked_files_changed()
    tree.notice(bytes(root / ".git"), b"index", is_directory=False)
    assert tree.tracked_files_changed()


def test_unknown_folders_are_told_by_the_topmost(root: Path) -> None:
    tree, _ = entered(root)
    assert tree.topmost_unknown(bytes(root / "src/x/y/z")) == (bytes(root / "src"), b"x")
    assert tree.topmost_unknown(bytes(root / "src/deep")) is None
    assert tree.topmost_unknown(bytes(root / ".git/objects/aa")) is None
    assert tree.topmost_unknown(bytes(root.parent)) is None
