from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from codeassistd.indexer.workspace import WorkspaceError, find_root, open_workspace, workspace_id
from codeassistd.models.errors import CodeassistdError


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = (tmp_path / "people" / "someone").resolve()
    folder.mkdir(parents=True)
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.setenv("USERPROFILE", str(folder))
    return folder


def _tree(root: Path, *paths: str) -> None:
    for path in paths:
        target = root / path
        if path.endswith("/"):
            target.mkdir(parents=True, exist_ok=True)
        else:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text("")


@pytest.mark.parametrize(
    ("paths", "start", "root"),
    [
        (["a/.git/", "a/b/c/"], "a/b/c", "a"),
        (["a/.git", "a/b/"], "a/b", "a"),  # a worktree's .git is a file
        (["a/codeassistd.toml", "a/b/"], "a/b", "a"),
        (["a/.git/", "a/b/codeassistd.toml", "a/b/c/"], "a/b/c", "a/b"),
        (["a/.git/", "a/b/.git/"], "a/b", "a/b"),
        (["a/b/"], "a/b", "a/b"),
    ],
)
def test_the_nearest_marked_parent_is_the_root(home: Path, paths: list[str], start: str, root: str) -> None:
    _tree(home, *paths)
    assert open_workspace(None, start=home / start).root == home / root


def test_dotfiles_kept_in_a_repository_at_home_claim_no_folder_below(home: Path) -> None:
    _tree(home, ".git/", "notes/")
    assert find_root(home / "notes") == home / "notes"
    assert find_root(home) == home


def test_a_path_is_taken_as_it_is(home: Path) -> None:
    _tree(home, "a/.git/", "a/b/")
    assert open_workspace(Path("b"), start=home / "a").root == home / "a" / "b"
    assert open_workspace(Path("~/a"), start=home).root == home / "a"


def test_a_link_is_the_folder_it_leads_to(home: Path) -> None:
    _tree(home, "a/.git/")
    (home / "link").symlink_to(home / "a", target_is_directory=True)
    assert open_workspace(home / "link") == open_workspace(home / "a")


@pytest.mark.parametrize("place", ["home", "root", "above"])
def test_places_too_large_need_force(home: Path, place: str) -> None:
    path = {"home": home, "root": Path(home.anchor), "above": home.parent}[place]
    with pytest.raises(WorkspaceError, match="rarely what should be indexed") as caught:
        open_workspace(path)
    assert "--force" in caught.value.hint
    assert open_workspace(path, force=True).root == path


def test_a_marked_folder_above_home_is_a_project(home: Path) -> None:
    _tree(home.parent, "codeassistd.toml")
    assert open_workspace(home.parent).root == home.parent


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("missing", "no such folder"),
        ("file.txt", "is a file, not a folder"),
        ("file.txt/inside", "a file, not a folder"),
        ("nul\0byte", "cannot open"),
        ("x" * 5000, "cannot open"),
    ],
)
def test_what_is_no_folder_is_one_clear_error(home: Path, path: str, message: str) -> None:
    _tree(home, "file.txt")
    with pytest.raises(WorkspaceError, match=message) as caught:
        open_workspace(Path(path), start=home)
    assert caught.value.hint


if sys.platform != "win32":  # which has neither mode bits nor a current folder to lose

    def test_a_current_folder_that_is_gone_is_an_error(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        gone = home / "gone"
        gone.mkdir()
        monkeypatch.chdir(gone)
        gone.rmdir()
        with pytest.raises(WorkspaceError, match="no longer exists"):
            open_workspace(None)

    def test_a_folder_that_may_not_be_read_is_an_error(home: Path) -> None:
        closed = home / "closed"
        closed.mkdir(mode=0)
        user = os.geteuid()
        if user == 0:  # whom mode bits don't stop
            os.seteuid(65534)
        try:
            with pytest.raises(CodeassistdError, match="no permission to read") as caught:
                open_workspace(closed)
        finally:
            os.seteuid(user)
        assert caught.value.hint


def test_ids_are_readable_safe_and_different() -> None:
    assert workspace_id(Path("/src/My Project")).startswith("my-project-")
    assert workspace_id(Path("/")).startswith("root-")
    assert workspace_id(Path("/src/…")).startswith("root-")
    assert workspace_id(Path("/a/same")) != workspace_id(Path("/b/same"))
    assert len(workspace_id(Path("/" + "n" * 200))) == 40 + 1 + 12
    assert workspace_id(Path("/src/caf\udce9")) != workspace_id(Path("/src/caf"))


@pytest.mark.parametrize(("insensitive", "same"), [(True, True), (False, False)])
def test_ids_follow_the_case_of_the_file_system(*, insensitive: bool, same: bool) -> None:
    upper = workspace_id(Path("/src/App"), case_insensitive=insensitive)
    assert (upper == workspace_id(Path("/src/app"), case_insensitive=insensitive)) is same
