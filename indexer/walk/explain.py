"""Why a file is indexed or not, in one line."""

from __future__ import annotations

import os
from pathlib import Path

from ...models.errors import UsageError
from .content import inspect
from .entry import ContentLimits, FileEntry, Selection, SkipReason
from .folder import Fate, Folder, open_workspace
from .ignore_rules import Verdict
from .scan import classify

_OPAQUE = {
    SkipReason.SYMLINK: "a symbolic link; links are not followed",
    SkipReason.NESTED_REPOSITORY: "a repository of its own",
}


def explain(root: Path, path: str, selection: Selection | None = None) -> str:
    """One line about a path, such as ``ignored by .gitignore:3: *.log`` or ``indexed (tracked by git)``.

    Unlike `scan` it also looks into the file.

    Args:
        root: The workspace root.
        path: POSIX path relative to the root.
        selection: What the user wants; everything by default.

    Raises:
        UsageError: The path leads out of the workspace.
    """
    selection = selection or Selection()
    parts = [os.fsencode(part) for part in path.split("/") if part not in ("", ".")]
    if path.startswith("/") or b".." in parts:
        raise UsageError(
            f"not a path inside the workspace: {path}", hint="give it relative to the workspace root"
        )
    if not parts:
        return "the workspace itself"
    top = open_workspace(root, selection)
    folder, location, ignored_by = top.folder, top.root, ""
    for depth, name in enumerate(parts):
        is_last = depth == len(parts) - 1
        is_directory = not is_last or _on_disk(location + b"/" + name).is_dir()
        folder, reason = _entered(folder, location, selection, is_root=depth == 0)
        reason = reason or _hidden(folder, name, ignored_by, is_directory=is_directory)
        location += b"/" + name
        if not is_last and not reason and _on_disk(location).is_symlink():
            reason = f"not indexed: below {_OPAQUE[SkipReason.SYMLINK]}"
        if reason:
            return reason
        if not is_last:
            ignored_by = ignored_by or _deciding(folder, name, is_directory=True)
            fate = folder.fate(folder.path + name, name, is_directory=True)
            folder = folder.child(folder.path + name, name, fate)
    return _about_file(folder, location, parts[-1], path, selection)


def _entered(folder: Folder, location: bytes, selection: Selection, *, is_root: bool) -> tuple[Folder, str]:
    """The folder with its own rules in force, and why nothing in it is indexed."""
    relative = folder.path[:-1]
    try:
        names = {os.fsencode(child.name) for child in _on_disk(location).iterdir()}
    except OSError as error:
        return folder, f"not indexed: {_shown(relative)} is no folder that can be read: {error.strerror}"
    if not is_root and b".git" in names and folder.holds_other_repository(location):
        if folder.in_repository:
            return folder, f"not indexed: {_shown(relative)} is {_OPAQUE[SkipReason.NESTED_REPOSITORY]}"
        folder = folder.as_repository(location, selection)
    return folder.opened(location, names), ""


def _hidden(folder: Folder, name: bytes, ignored_by: str, *, is_directory: bool) -> str:
    """What keeps a child of a folder from being listed; empty when nothing does.

    Args:
        folder: The folder.
        name: The child.
        ignored_by: The rule by which git ignores the folder itself.
        is_directory: Whether the child is a directory.
    """
    path = folder.path + name
    if name == b".git":
        return "not indexed: git's own files never are"
    fate = folder.fate(path, name, is_directory=is_directory)
    if fate is Fate.SUBMODULE:
        return f"not indexed: {_shown(path)} is a submodule, {_OPAQUE[SkipReason.NESTED_REPOSITORY]}"
    if fate is Fate.HIDDEN:
        excluded = folder.rules.verdict(path, name, is_directory=is_directory) is Verdict.EXCLUDED
        own = _deciding(folder, name, is_directory=is_directory)
        return f"ignored by {own if excluded or not ignored_by else ignored_by}"
    if not is_directory and not folder.includes(path, name, is_directory=False):
        return "not indexed: no include glob matches it"
    return ""


def _deciding(folder: Folder, name: bytes, *, is_directory: bool) -> str:
    """The rule that decides about a child, as `file:line: pattern`; empty when it is listed."""
    decided = folder.rules.deciding(folder.path + name, name, is_directory=is_directory)
    if decided is None or decided[1].negated:
        return ""
    return f"{decided[0].source}:{decided[1].line}: {decided[1].text}"


def _about_file(folder: Folder, location: bytes, name: bytes, path: str, selection: Selection) -> str:
    if _on_disk(location).is_dir() and not _on_disk(location).is_symlink():
        return "a folder that is searched for files"
    try:
        item = classify(os.fsencode(path), location, os.lstat(location), selection)
    except OSError as error:
        return f"not indexed: {error.strerror}"
    if not isinstance(item, FileEntry):
        return f"not indexed: {_OPAQUE.get(item.reason, item.reason.replace('_', ' '))}"
    try:
        data = _on_disk(location).read_bytes()
    except OSError as error:
        return f"not indexed: {error.strerror}"
    limits = ContentLimits(max_file_bytes=selection.max_file_bytes, index_secrets=selection.index_secrets)
    content = inspect(path, data, limits)
    if isinstance(content, SkipReason):
        return f"not indexed: {content.replace('_', ' ')}"
    return "indexed (tracked by git)" if folder.tracked.has_file(folder.path + name) else "indexed"


def _on_disk(location: bytes) -> Path:
    return Path(os.fsdecode(location))


def _shown(path: bytes) -> str:
    return path.decode("utf-8", "backslashreplace")
