"""Changes as Linux tells them: one inotify watch for each folder that is worth watching."""

from __future__ import annotations

import errno
from pathlib import Path
from typing import Literal

from ..walk.entry import Selection
from .changes import PendingChanges
from .inotify import (
    IN_ATTRIB,
    IN_CREATE,
    IN_DELETE,
    IN_DELETE_SELF,
    IN_IGNORED,
    IN_ISDIR,
    IN_MOVE_SELF,
    IN_MOVED_FROM,
    IN_MOVED_TO,
    IN_Q_OVERFLOW,
    IN_UNMOUNT,
    Inotify,
    InotifyEvent,
)
from .source import RootLostError, WatchLimitError
from .tree import Rescan, WatchedTree

_LIMITS = Path("/proc/sys/fs/inotify")
_LOST = IN_DELETE_SELF | IN_MOVE_SELF | IN_UNMOUNT | IN_IGNORED
_VANISHED = frozenset({errno.ENOENT, errno.ENOTDIR, errno.EACCES, errno.ELOOP, errno.ENAMETOOLONG})


class InotifySource:
    """Notices changes through inotify.

    Args:
        root: The workspace root.
        selection: What the user wants.

    Raises:
        RootLostError: There is no such folder, or it may not be read.
        WatchLimitError: There are more folders than the system lets a user watch.
    """

    kind: Literal["native", "poll"] = "native"

    def __init__(self, root: Path, selection: Selection) -> None:
        self._root = root
        self._selection = selection
        self._locations: dict[int, bytes] = {}
        self._descriptors: dict[bytes, int] = {}
        # Set when the watches may no longer be the right ones; everything is then looked at anyway.
        self._outdated = False
        try:
            self._inotify = Inotify()
        except OSError as error:
            raise WatchLimitError(_limit_message("max_user_instances", "instances")) from error
        try:
            self._tree = WatchedTree(root, selection, self._enter)
        except BaseException:
            self._inotify.close()
            raise

    def read(self, timeout: float, pending: PendingChanges) -> None:
        """See `ChangeSource`."""
        for event in self._inotify.read(timeout):
            self._take(event, pending)

    def prepare(self, pending: PendingChanges) -> None:
        """See `ChangeSource`: after a change of the rules, other folders are watched than before."""
        if not self._outdated and self._tree.tracked_files_changed():
            pending.ask_rescan("git tracks other files than before")
            self._outdated = True
        if self._outdated:
            self._outdated = False
            before, self._locations, self._descriptors = self._locations, {}, {}
            self._tree = WatchedTree(self._root, self._selection, self._enter)
            for descriptor in before.keys() - self._locations.keys():
                self._inotify.remove(descriptor)

    def wake(self) -> None:
        """See `ChangeSource`."""
        self._inotify.wake()

    def close(self) -> None:
        """See `ChangeSource`."""
        self._inotify.close()

    def _enter(self, location: bytes) -> bool:
        try:
            descriptor = self._inotify.add(location)
        except OSError as error:
            if error.errno in _VANISHED:
                return False
            if error.errno == errno.ENOSPC:
                raise WatchLimitError(_limit_message("max_user_watches", "watches")) from error
            raise
        self._locations[descriptor] = location
        self._descriptors[location] = descriptor
        return True

    def _take(self, event: InotifyEvent, pending: PendingChanges) -> None:
        if event.mask & IN_Q_OVERFLOW:
            pending.ask_rescan("so much changed at once that the system dropped notifications")
            self._outdated = True
            return
        location = self._locations.get(event.descriptor)
        if location is None:  # of a folder that was moved or left out since
            return
        if event.mask & _LOST:
            self._take_lost(event, location, pending)
        elif event.name and not self._outdated:
            self._take_named(event, location, pending)

    def _take_lost(self, event: InotifyEvent, location: bytes, pending: PendingChanges) -> None:
        if location == self._tree.root:
            raise RootLostError
        if event.mask & IN_IGNORED:
            del self._locations[event.descriptor]
            # The path may already belong to a folder that took the place of this one.
            if self._descriptors.get(location) == event.descriptor:
                del self._descriptors[location]
                self._tree.drop(location)
        elif event.mask & IN_UNMOUNT:
            pending.ask_rescan(f"{location.decode('utf-8', 'backslashreplace')} was unmounted")
            self._outdated = True

    def _take_named(self, event: InotifyEvent, location: bytes, pending: PendingChanges) -> None:
        is_directory = bool(event.mask & IN_ISDIR)
        place = location + b"/" + event.name
        if is_directory and event.mask & IN_MOVED_FROM:
            self._unwatch(place)
        elif is_directory and event.mask & IN_DELETE:
            self._tree.drop(place)
        found = self._tree.notice(location, event.name, is_directory=is_directory)
        if self._tree.has_new_index:
            pending.touch()
        if isinstance(found, Rescan):
            pending.ask_rescan(found.reason)
            self._outdated = True
        elif found is not None and (not is_directory or self._is_news(place, event)):
            pending.add(found)

    def _is_news(self, place: bytes, event: InotifyEvent) -> bool:
        """Whether a folder came or went; one that came is watched from here on."""
        if event.mask & (IN_CREATE | IN_MOVED_TO):
            self._tree.grow(place)
            return True
        if event.mask & IN_ATTRIB:
            # New rights matter when it could not be watched before.
            if place in self._tree:
                return False
            self._tree.grow(place)
            return place in self._tree
        return True

    def _unwatch(self, location: bytes) -> None:
        """Forget a folder that was moved: its watches would go on under paths that are no longer true."""
        for place in self._tree.forget(location):
            descriptor = self._descriptors.pop(place, None)
            if descriptor is not None:
                self._locations.pop(descriptor, None)
                self._inotify.remove(descriptor)


def _limit_message(setting: str, what: str) -> str:
    try:
        limit = f"{int((_LIMITS / setting).read_text(encoding='ascii')):,}"
    except (OSError, ValueError):
        limit = "limited"
    return (
        f"the inotify {what} that one user may have ({limit}) are used up; raise the limit with "
        f"`sysctl fs.inotify.{setting}=…` and restart codeassistd"
    )
