"""Finding the repository that a folder belongs to, from its files alone."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from .bounded_read import read_regular

_HEAD = re.compile(rb"(?:ref:\s*refs/|[0-9a-fA-F]{40})")


@dataclass(frozen=True, slots=True)
class Repository:
    """A work tree and where git keeps what belongs to it.

    Attributes:
        top: Top folder of the work tree.
        git_dir: What belongs to this work tree alone, such as the index.
        common_dir: What all work trees of the repository share, such as the configuration.
    """

    top: Path
    git_dir: Path
    common_dir: Path


def repository_at(top: Path) -> Repository | None:
    """The repository whose work tree has `top` as its top folder, or None."""
    git_dir = top / ".git"
    if git_dir.is_file():
        named = _gitfile_target(git_dir)
        if named is None:
            return None
        git_dir = named
    if not _is_git_directory(git_dir):
        return None
    return Repository(top, git_dir, _common_dir(git_dir))


def enclosing_repository(folder: Path) -> Repository | None:
    """The repository whose work tree holds `folder` (an absolute path without links), or None."""
    return next((found for top in (folder, *folder.parents) if (found := repository_at(top))), None)


def _gitfile_target(path: Path) -> Path | None:
    """Where a `.git` file, as in linked work trees and submodules, points to."""
    data = read_regular(path)
    if data is None or not data.startswith(b"gitdir: "):
        return None
    return path.parent / os.fsdecode(data.removeprefix(b"gitdir: ").rstrip(b"\r\n"))


def _is_git_directory(path: Path) -> bool:
    try:
        common = _common_dir(path)
        return (common / "objects").is_dir() and (common / "refs").is_dir() and _has_valid_head(path)
    except (OSError, ValueError):
        return False


def _has_valid_head(git_dir: Path) -> bool:
    head = git_dir / "HEAD"
    if head.is_symlink():
        return str(head.readlink()).startswith("refs/")
    return _HEAD.match(read_regular(head) or b"") is not None


def _common_dir(git_dir: Path) -> Path:
    named = read_regular(git_dir / "commondir")
    return git_dir / os.fsdecode(named.rstrip(b"\r\n")) if named else git_dir
