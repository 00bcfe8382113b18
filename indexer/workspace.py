"""Which folder is a workspace, which may not be one, and the name its index goes by."""

from __future__ import annotations

import hashlib
import os
import re
import sys
from dataclasses import dataclass
from pathlib import Path

from ..models.errors import CodeassistdError, UsageError

SETTINGS_FILE = "codeassistd.toml"
MARKERS = (".git", SETTINGS_FILE)
"""A folder holding one of these is the root of a workspace."""

_SLUG_LENGTH = 40
_CASE_INSENSITIVE = sys.platform in {"darwin", "win32"}


class WorkspaceError(UsageError):
    """The folder named cannot be a workspace."""


@dataclass(frozen=True, slots=True)
class Workspace:
    """A folder to index.

    Attributes:
        root: Its real path.
        id: Folder-safe name of its index: readable, and different for every root.
    """

    root: Path
    id: str


def open_workspace(path: Path | None, *, start: Path | None = None, force: bool = False) -> Workspace:
    """Settle on a workspace and check that it can be one.

    Args:
        path: The folder the user named; None looks for the nearest marked parent of `start`.
        start: Where the search begins; the current folder when None.
        force: Accept the file system root, a drive root or the home folder.

    Returns:
        The workspace, its root resolved.

    Raises:
        WorkspaceError: The path is missing, is no folder, or is too large a place to index.
        CodeassistdError: The folder may not be read.
    """
    if path is not None and expanded(path).is_absolute():
        begin = Path(path.anchor)
    else:
        begin = _current_folder() if start is None else start
    root = _resolved(begin / expanded(path)) if path is not None else find_root(_resolved(begin))
    if not force:
        refuse_system_folder(root)
    return Workspace(root, workspace_id(root))


def find_root(start: Path) -> Path:
    """The nearest parent of `start` (itself included) that holds a marker, else `start`.

    A marker in the home folder or the file system root doesn't count for the folders below: people keep
    their dotfiles in such a repository, and it isn't what they want searched.
    """
    for folder in (start, *start.parents):
        if is_marked(folder) and (folder == start or not _is_system_folder(folder)):
            return folder
    return start


def is_marked(folder: Path) -> bool:
    """Whether the folder says of itself that it is the root of a workspace."""
    return any(os.path.lexists(folder / marker) for marker in MARKERS)


def workspace_id(root: Path, *, case_insensitive: bool = _CASE_INSENSITIVE) -> str:
    """A folder-safe name for the index of `root`.

    Args:
        root: Real path of the workspace.
        case_insensitive: Whether spellings that differ only in case are one folder.

    Returns:
        The folder's name, made safe, and 12 hex digits of the hash of its path.
    """
    spelling = str(root).casefold() if case_insensitive else str(root)
    digest = hashlib.sha256(os.fsencode(spelling)).hexdigest()[:12]
    slug = re.sub(r"[^a-z0-9._-]+", "-", root.name.lower())[:_SLUG_LENGTH].strip("-.")
    return f"{slug or 'root'}-{digest}"


def expanded(path: Path) -> Path:
    """The path with a leading `~` or `~user` replaced; left as it is when there is no such user."""
    try:
        return path.expanduser()
    except RuntimeError:
        return path


def _resolved(path: Path) -> Path:
    try:
        root = path.resolve(strict=True)
        if not root.is_dir():
            raise WorkspaceError(
                f"{path} is a file, not a folder", f"name the folder that holds it: {root.parent}"
            )
        with os.scandir(root):
            return root
    except FileNotFoundError:
        raise WorkspaceError(f"no such folder: {path}", "check the path for typing errors") from None
    except NotADirectoryError:
        raise WorkspaceError(f"{path} leads through a file, not a folder", "check the path") from None
    except PermissionError:
        raise CodeassistdError(
            f"no permission to read {path}", "run as a user who may read it, or choose another folder"
        ) from None
    except (OSError, RuntimeError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise WorkspaceError(f"cannot open {path}: {reason}", "check the path") from None


def _current_folder() -> Path:
    try:
        return Path.cwd()
    except OSError:
        raise WorkspaceError("the current folder no longer exists", "change to another folder") from None


def refuse_system_folder(root: Path) -> None:
    """Refuse places so large that indexing them is rarely meant.

    Raises:
        WorkspaceError: The folder is the root of the file system or a drive, or the home folder, or holds
            the home folder.
    """
    above_home = _is_above_home(root) and not is_marked(root)
    if not (_is_system_folder(root) or above_home):
        return
    if root == Path(root.anchor):
        what = "the root of the file system" if root.anchor == "/" else "the root of a drive"
    else:
        what = "above your home folder" if above_home and root != _home() else "your home folder"
    raise WorkspaceError(
        f"{root} is {what}, which is rarely what should be indexed",
        "name a project folder, or run `codeassistd index --force` to index it all the same",
    )


def _is_system_folder(folder: Path) -> bool:
    return folder in {Path(folder.anchor), _home()}


def _is_above_home(folder: Path) -> bool:
    home = _home()
    return home is not None and home.is_relative_to(folder)


def _home() -> Path | None:
    try:
        return Path.home().resolve()
    except (OSError, RuntimeError):
        return None
