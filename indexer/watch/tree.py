"""Which folders of a workspace are worth watching, and what a change in one of them means.

These are the folders that a walk enters, by the walk's own rules: what is in a `.git`, in `node_modules` or
below any other ignored folder is nobody's business. On top of them come the few folders that hold files which
decide about the rules: git's own, and those between the top of the repository and a workspace further down.
The user's own git configuration, in the home folder, is not watched.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from ..walk.entry import Selection
from ..walk.folder import Fate, Folder, open_workspace
from ..walk.git_repository import Repository, enclosing_repository, repository_at
from ..walk.ignore_rules import GITIGNORE, OWN_IGNORE
from ..workspace import SETTINGS_FILE
from .source import RootLostError

_GIT = b".git"
_INDEX = b"index"
_RULE_FILES = frozenset({GITIGNORE, OWN_IGNORE, _GIT})
_IN_GIT_DIR = frozenset({b"HEAD", _INDEX, b"config", b"config.worktree", b"info"})
_IN_COMMON_DIR = frozenset({b"config", b"info"})
_IN_INFO = frozenset({b"exclude"})
_MAKES_REPOSITORY = frozenset({b"HEAD", b"objects", b"refs"})


@dataclass(frozen=True, slots=True)
class Rescan:
    """A change after which everything must be looked at, and why."""

    reason: str


class WatchedTree:
    """The folders to watch, by their location: absolute path as bytes, with slashes below the root.

    Args:
        root: The workspace root.
        selection: What the user wants.
        enter: Called with every folder before it is listed, so that what appears in between is noticed too.
            False when it can't be watched, because it is gone or may not be read; then it is left out.

    Raises:
        RootLostError: The root can't be watched.
    """

    def __init__(self, root: Path, selection: Selection, enter: Callable[[bytes], bool]) -> None:
        self._selection = selection
        self._enter = enter
        self._top = open_workspace(root, selection)
        self._relative = slice(self._top.prefix_length, None)
        self._folders: dict[bytes, Folder] = {}
        self._rule_files: dict[bytes, frozenset[bytes]] = {}
        self._repositories: dict[bytes, tuple[bytes, Folder]] = {}
        self._changed_indexes: set[bytes] = set()
        self._watch_above(Path(os.fsdecode(self._top.root)))
        self._walk(self._top.root, self._top.folder)
        if self._top.root not in self._folders:
            raise RootLostError

    @property
    def root(self) -> bytes:
        """Location of the root."""
        return self._top.root

    @property
    def outside(self) -> list[bytes]:
        """Locations of watched folders that do not lie below the root."""
        return [place for place in self._rule_files if not place.startswith(self.root + b"/")]

    def __contains__(self, location: bytes) -> bool:
        return location in self._folders

    def grow(self, location: bytes) -> None:
        """Take in a folder that is new, with all that is below it; its parent is one of the tree's."""
        above, _, name = location.rpartition(b"/")
        folder = self._folders[above]
        path = folder.path + name
        fate = folder.fate(path, name, is_directory=True)
        if fate in {Fate.LISTED, Fate.TRACKED_ONLY}:
            self._walk(location, folder.child(path, name, fate))

    def drop(self, location: bytes) -> None:
        """Leave out one folder that is gone; what was below it went before it."""
        self._folders.pop(location, None)
        self._rule_files.pop(location, None)

    def forget(self, location: bytes) -> list[bytes]:
        """Leave out a folder that is gone, and all below it; their locations."""
        if location not in self._folders and location not in self._rule_files:
            return []
        prefix = location + b"/"
        gone = [
            place
            for places in (self._folders, self._rule_files)
            for place in places
            if place == location or place.startswith(prefix)
        ]
        for place in gone:
            self.drop(place)
        return gone

    def notice(self, location: bytes, name: bytes, *, is_directory: bool) -> str | Rescan | None:
        """What a change of something in a folder means.

        Args:
            location: The folder.
            name: What has changed in it.
            is_directory: Whether that is, or was, a folder itself.

        Returns:
            The path to report; or that everything must be looked at; or None when it means nothing, or
            when `tracked_files_changed` will tell.
        """
        if name in self._rule_files.get(location, ()):
            return self._rule_change(location, name)
        folder = self._folders.get(location)
        if folder is None:
            return None
        path = folder.path + name
        shown = path[self._relative].decode("utf-8", "surrogateescape")
        if name.lower() in _RULE_FILES or shown == SETTINGS_FILE:
            return Rescan(f"{shown} changed")
        if folder.fate(path, name, is_directory=is_directory) in {Fate.HIDDEN, Fate.SUBMODULE}:
            return None
        if not is_directory and not folder.includes(path, name, is_directory=False):
            return None
        return shown

    def topmost_unknown(self, location: bytes) -> tuple[bytes, bytes] | None:
        """The topmost folder at or above a location that a notification for a whole tree told of too early.

        Returns:
            The location of its parent, which is one of the tree's, and its name; None when there is none: the
            location is outside, or in a repository inside another one, or in a `.git`.
        """
        name = b""
        while location not in self._folders:
            if location in self._rule_files or not location.startswith(self.root + b"/"):
                return None
            location, _, name = location.rpartition(b"/")
        return (location, name) if name and name.lower() != _GIT else None

    @property
    def has_new_index(self) -> bool:
        """Whether git wrote an index since `tracked_files_changed` was asked."""
        return bool(self._changed_indexes)

    def tracked_files_changed(self) -> bool:
        """Whether an index of git's that was written since the last call lists other files than before.

        Git writes its index on many occasions, most of which change no more than the times in it.
        """
        changed, self._changed_indexes = self._changed_indexes, set()
        return any(self._lists_other_files(git_dir) for git_dir in changed)

    def _lists_other_files(self, git_dir: bytes) -> bool:
        location, folder = self._repositories[git_dir]
        if location == self._top.root:
            now = open_workspace(Path(os.fsdecode(location)), self._selection).folder
        else:
            now = folder.as_repository(location, self._selection)
        return now.tracked != folder.tracked

    def _rule_change(self, location: bytes, name: bytes) -> Rescan | None:
        if name == _INDEX and location in self._repositories:
            self._changed_indexes.add(location)
            return None
        return Rescan(f"{os.fsdecode(location + b'/' + name)} changed")

    def _walk(self, location: bytes, folder: Folder) -> None:
        pending = [(location, folder)]
        while pending:
            location, folder = pending.pop()
            if self._enter(location):
                pending.extend(self._children(location, folder))

    def _children(self, location: bytes, folder: Folder) -> Iterable[tuple[bytes, Folder]]:
        try:
            with os.scandir(location) as entries:
                is_folder = {entry.name: entry.is_dir(follow_symlinks=False) for entry in entries}
        except OSError:
            return
        opened = self._opened(location, folder, is_folder)
        if opened is None:
            self._rule_files[location] = frozenset({_GIT})
            return
        self._folders[location] = opened
        for name, enters in is_folder.items():
            if enters and name.lower() != _GIT:
                path = opened.path + name
                fate = opened.fate(path, name, is_directory=True)
                if fate in {Fate.LISTED, Fate.TRACKED_ONLY}:
                    yield location + b"/" + name, opened.child(path, name, fate)

    def _opened(self, location: bytes, folder: Folder, names: dict[bytes, bool]) -> Folder | None:
        """The folder with its own rules; None when it is a repository inside another one."""
        repository = repository_at(Path(os.fsdecode(location))) if _GIT in names else None
        if _GIT in names and repository is None:  # one may be in the making
            self._watch_rule_files(Path(os.fsdecode(location), ".git"), _MAKES_REPOSITORY)
        if repository and folder is not self._top.folder and folder.holds_other_repository(location):
            if folder.in_repository:
                return None
            folder = folder.as_repository(location, self._selection)
            self._watch_repository(repository, location, folder)
        return folder.opened(location, names)

    def _watch_above(self, root: Path) -> None:
        repository = enclosing_repository(root)
        if repository is None:
            return
        self._watch_repository(repository, self._top.root, self._top.folder)
        for folder in root.parents:
            if not folder.is_relative_to(repository.top):
                break
            self._watch_rule_files(folder, _RULE_FILES)

    def _watch_repository(self, repository: Repository, location: bytes, folder: Folder) -> None:
        git_dir = Path(os.path.realpath(repository.git_dir))
        common_dir = Path(os.path.realpath(repository.common_dir))
        self._repositories[os.fsencode(git_dir)] = (location, folder)
        self._watch_rule_files(common_dir, _IN_COMMON_DIR)
        self._watch_rule_files(git_dir, _IN_GIT_DIR)
        self._watch_rule_files(common_dir / "info", _IN_INFO)

    def _watch_rule_files(self, folder: Path, names: frozenset[bytes]) -> None:
        location = os.fsencode(folder)
        if folder.is_dir() and self._enter(location):
            self._rule_files[location] = names | self._rule_files.get(location, frozenset())
