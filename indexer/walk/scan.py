"""Which files of a workspace there are to index, in the order of their paths.

In a git repository they are those that `git ls-files -co --exclude-standard` prints, less what `Selection`
and `.codeassistignore` files take away and what is reported as a `Skip`. Git itself is never run: the
configuration of a repository nobody has vetted could have it execute commands.
"""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterator
from operator import itemgetter
from pathlib import Path

from ...models.errors import CodeassistdError
from .entry import FileEntry, Selection, Skip, SkipReason
from .folder import Fate, Folder, WorkspaceTop, open_workspace
from .scope import Scope
from .secrets import is_secret_path

_READABLE_BY_ALL = 0o444
_SLASH = ord("/")

_Listing = list[tuple[bytes, os.DirEntry[bytes]]]


def scan(
    root: Path, selection: Selection | None = None, scope: Scope | None = None
) -> Iterator[FileEntry | Skip]:
    """Files of a workspace in the order of their paths, compared byte by byte.

    Symbolic links are never followed, `.git` is never entered. A repository inside another one is one `Skip`;
    in a workspace that belongs to no repository, repositories are entered and each one's own rules apply in
    it. What vanishes while the walk is under way is left out.

    Args:
        root: The workspace root.
        selection: What the user wants; everything by default.
        scope: Looks only at this part, by the same rules; everything by default.

    Yields:
        A `FileEntry` for every file to index, a `Skip` for every file or folder left out that no rule
        ignores.

    Raises:
        CodeassistdError: The root is no folder, or cannot be read.
    """
    walk = _Walk(root, selection or Selection(), scope)
    pending: list[Iterator[FileEntry | Skip | Folder]] = [walk.children(walk.top.folder)]
    while pending:
        item = next(pending[-1], None)
        if item is None:
            pending.pop()
        elif isinstance(item, Folder):
            pending.append(walk.children(item))
        else:
            yield item


class _Walk:
    """One walk; it holds what is the same in every folder."""

    def __init__(self, root: Path, selection: Selection, scope: Scope | None) -> None:
        self.top: WorkspaceTop = open_workspace(root, selection)
        self._selection = selection
        self._scope = scope
        # Paths are relative to the top of the repository, which may lie above the root.
        self._relative = slice(self.top.prefix_length, None)

    def children(self, folder: Folder) -> Iterator[FileEntry | Skip | Folder]:
        """Files in a folder, and the folders to enter, in order."""
        location = self._location(folder)
        try:
            listing = _listing(location)
        except OSError as error:
            yield from self._unlisted(folder, error)
            return
        opened = self._opened(folder, location, {entry.name for _, entry in listing})
        if opened is None:
            yield Skip(self._shown(folder.path[:-1]), SkipReason.NESTED_REPOSITORY)
            return
        folder = opened
        ignore_case = folder.rules.ignore_case
        for key, entry in self._in_scope(folder, listing):
            name = entry.name
            if name == b".git" or (ignore_case and name.lower() == b".git"):
                continue
            path = folder.path + name
            is_directory = key[-1] == _SLASH
            fate = folder.fate(path, name, is_directory=is_directory)
            if fate is Fate.HIDDEN:
                continue
            if fate is Fate.SUBMODULE:
                yield Skip(self._shown(path), SkipReason.NESTED_REPOSITORY)
            elif is_directory:
                yield folder.child(path, name, fate)
            elif folder.includes(path, name, is_directory=False):
                yield from self._file(path, entry)

    def _in_scope(self, folder: Folder, listing: _Listing) -> _Listing:
        scope, relative = self._scope, folder.path[self._relative]
        if scope is None or scope.covers(relative[:-1]):
            return listing
        return [
            (key, entry)
            for key, entry in listing
            if relative + entry.name in scope.wanted
            or (key[-1] == _SLASH and relative + entry.name in scope.above)
        ]

    def _opened(self, folder: Folder, location: bytes, names: set[bytes]) -> Folder | None:
        """The folder with its own rules in force; None when it is a repository inside another one."""
        if b".git" in names and folder is not self.top.folder and folder.holds_other_repository(location):
            if folder.in_repository:
                return None
            folder = folder.as_repository(location, self._selection)
        return folder.opened(location, names)

    def _file(self, path: bytes, entry: os.DirEntry[bytes]) -> Iterator[FileEntry | Skip]:
        try:
            status = entry.stat(follow_symlinks=False)
        except FileNotFoundError:
            return
        except OSError as error:
            yield Skip(self._shown(path), SkipReason.UNREADABLE, error.strerror or "")
        else:
            yield classify(path[self._relative], entry.path, status, self._selection)

    def _unlisted(self, folder: Folder, error: OSError) -> Iterator[Skip]:
        if folder is self.top.folder:
            raise CodeassistdError(
                f"cannot read the folder {os.fsdecode(self.top.root)}: {error.strerror}",
                hint="name a folder that exists and that you may read",
            ) from error
        if not isinstance(error, FileNotFoundError | NotADirectoryError):
            yield Skip(self._shown(folder.path[:-1]), SkipReason.UNREADABLE, error.strerror or "")

    def _location(self, folder: Folder) -> bytes:
        relative = folder.path[self._relative]
        return self.top.root + b"/" + relative[:-1] if relative else self.top.root

    def _shown(self, path: bytes) -> str:
        return path[self._relative].decode("utf-8", "backslashreplace")


def classify(path: bytes, location: bytes, status: os.stat_result, selection: Selection) -> FileEntry | Skip:
    """What a file that the rules list is, going by its name and status.

    Args:
        path: Relative to the workspace root.
        location: Where it is on disk.
        status: Of the file itself: a symbolic link is not followed.
        selection: What the user wants.
    """
    mode = status.st_mode
    try:
        text = path.decode()
    except UnicodeDecodeError:
        return Skip(path.decode("utf-8", "backslashreplace"), SkipReason.UNDECODABLE_NAME)
    if not stat.S_ISREG(mode):
        return Skip(text, SkipReason.SYMLINK if stat.S_ISLNK(mode) else SkipReason.NOT_REGULAR)
    if not selection.index_secrets and is_secret_path(text):
        return Skip(text, SkipReason.SECRET)
    if status.st_size > selection.max_file_bytes:
        return Skip(text, SkipReason.TOO_LARGE, f"{status.st_size} bytes")
    if mode & _READABLE_BY_ALL != _READABLE_BY_ALL and not os.access(location, os.R_OK):
        return Skip(text, SkipReason.UNREADABLE, "Permission denied")
    return FileEntry(text, status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino)


def _listing(location: bytes) -> _Listing:
    """Entries of a folder under a key that sorts them as their whole paths sort: folders end in a slash."""
    with os.scandir(location) as entries:
        keyed = [(entry.name + b"/" if _is_directory(entry) else entry.name, entry) for entry in entries]
    keyed.sort(key=itemgetter(0))
    return keyed


def _is_directory(entry: os.DirEntry[bytes]) -> bool:
    if sys.version_info >= (3, 12) and os.name == "nt" and entry.is_junction():
        return False
    return entry.is_dir(follow_symlinks=False)
