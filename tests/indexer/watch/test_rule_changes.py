"""Changes of the rules: everything is to be looked at, and other folders are watched."""

from __future__ import annotations

from pathlib import Path

import pytest

from .conftest import Watching, git, write


@pytest.mark.parametrize("path", [".gitignore", "src/.gitignore", ".codeassistignore", ".git/info/exclude"])
def test_ignore_files(path: str, root: Path, watching: Watching) -> None:
    _, reports = watching(root)
    write(root / path, "deep/\n")
    reports.wait_for_rescan(path)
    reports.settle(root)
    reports.clear()
    write(root / "src" / "deep" / "silent.py")
    write(root / "src" / "seen.py")
    reports.wait_for("src/seen.py")
    assert reports.paths == {"src/seen.py"}


def test_folders_that_are_ignored_no_longer(root: Path, watching: Watching) -> None:
    _, reports = watching(root)
    write(root / ".gitignore", "node_modules/\n")
    reports.wait_for_rescan(".gitignore")
    reports.settle(root)
    reports.clear()
    write(root / "build" / "seen.py")
    reports.wait_for("build/seen.py")


def test_settings(root: Path, watching: Watching) -> None:
    _, reports = watching(root)
    write(root / "codeassistd.toml", "")
    reports.wait_for_rescan("codeassistd.toml")


def test_another_branch(root: Path, watching: Watching) -> None:
    git(root, "branch", "other")
    _, reports = watching(root)
    git(root, "switch", "-q", "other")
    reports.wait_for_rescan("HEAD")


def test_what_git_tracks(root: Path, watching: Watching) -> None:
    _, reports = watching(root)
    git(root, "update-index", "--refresh")
    git(root, "add", "-f", "build/out.py")
    reports.wait_for_rescan("git tracks other files")
    reports.settle(root)
    reports.clear()
    write(root / "build" / "out.py", "changed = 1\n")
    reports.wait_for("build/out.py")


def test_an_index_written_anew_is_no_news(root: Path, watching: Watching) -> None:
    _, reports = watching(root)
    index = root / ".git" / "index"
    lock = root / ".git" / "index.lock"
    lock.write_bytes(index.read_bytes())
    lock.rename(index)
    write(root / "src" / "seen.py")
    reports.wait_for("src/seen.py")
    assert reports.reasons == []


def test_a_folder_becomes_a_repository(tmp_path: Path, watching: Watching) -> None:
    write(tmp_path / "src" / "a.py")
    _, reports = watching(tmp_path)
    git(tmp_path, "init", "-q")
    reports.wait_for_rescan(".git")
    reports.settle(tmp_path)
    reports.clear()
    git(tmp_path, "add", ".")
    reports.wait_for_rescan("git tracks other files")


def test_a_repository_inside_is_left_alone(root: Path, watching: Watching) -> None:
    _, reports = watching(root)
    git(root, "init", "-q", "inner")
    reports.wait_for_rescan("inner/.git")
    reports.settle(root)
    reports.clear()
    write(root / "inner" / "silent.py")
    write(root / "seen.py")
    reports.wait_for("seen.py")
    assert reports.paths == {"seen.py"}


def test_a_workspace_below_the_top_of_its_repository(root: Path, watching: Watching) -> None:
    _, reports = watching(root / "src")
    write(root / "c.py", "changed = 1\n")
    write(root / ".gitignore", "deep/\n")
    reports.wait_for_rescan(".gitignore")
    assert reports.paths == set()
    git(root, "rm", "-q", "--cached", "src/a.py")
    reports.wait_for_rescan("git tracks other files")
    reports.settle(root / "src")
