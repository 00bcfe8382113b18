"""Changes as macOS and Windows tell them, through watchdog: they watch the root with all that is below it."""

from __future__ import annotations

import os
import queue
from pathlib import Path
from typing import Literal

from watchdog.events import (
    DirCreatedEvent,
    DirDeletedEvent,
    DirMovedEvent,
    FileCreatedEvent,
    FileDeletedEvent,
    FileModifiedEvent,
    FileMovedEvent,
    FileSystemEvent,
    FileSystemEventHandler,
)
from watchdog.observers import Observer

from ..walk.entry import Selection
from .changes import PendingChanges
from .source import RootLostError
from .tree import Rescan, WatchedTree

# With its defaults watchdog also tells of files that are opened and closed: an indexer that reads what has
# changed would never come to rest.
_EVENTS: list[type[FileSystemEvent]] = [
    FileCreatedEvent, FileModifiedEvent, FileMovedEvent, FileDeletedEvent,
    DirCreatedEvent, DirMovedEvent, DirDeletedEvent,
]  # fmt: skip
_STOP_SECONDS = 5.0


class WatchdogSource:
    """Notices changes through watchdog's observer for this platform.

    Ignored folders can't be left out when a whole tree is watched; what happens in them is dropped here.

    Args:
        root: The workspace root.
        selection: What the user wants.

    Raises:
        RootLostError: There is no such folder, or it may not be read.
        OSError: The system refuses to notify.
    """

    kind: Literal["native", "poll"] = "native"

    def __init__(self, root: Path, selection: Selection) -> None:
        self._root = root
        self._selection = selection
        self._prefix = os.fsencode(root)
        self._outdated = False
        # None only wakes.
        self._events: queue.SimpleQueue[FileSystemEvent | None] = queue.SimpleQueue()
        self._handler = _Handler(self._events)
        self._observer = Observer()
        self._outside: set[bytes] = set()
        try:
            self._observer.schedule(self._handler, str(root), recursive=True, event_filter=_EVENTS)
            self._observer.start()
            self._tree = self._new_tree()
        except BaseException as error:
            self.close()
            if isinstance(error, FileNotFoundError | NotADirectoryError):
                raise RootLostError from error
            raise

    def read(self, timeout: float, pending: PendingChanges) -> None:
        """See `ChangeSource`."""
        if not (self._observer.is_alive() and all(emitter.is_alive() for emitter in self._observer.emitters)):
            if not self._root.is_dir():
                raise RootLostError
            raise OSError("the system's notifications ended")
        try:
            event = self._events.get(timeout=timeout)
        except queue.Empty:
            return
        self._take(event, pending)
        for _ in range(self._events.qsize()):
            self._take(self._events.get(), pending)

    def prepare(self, pending: PendingChanges) -> None:
        """See `ChangeSource`."""
        if not self._outdated and self._tree.tracked_files_changed():
            pending.ask_rescan("git tracks other files than before")
            self._outdated = True
        if self._outdated:
            self._outdated = False
            self._tree = self._new_tree()

    def wake(self) -> None:
        """See `ChangeSource`."""
        self._events.put(None)

    def close(self) -> None:
        """See `ChangeSource`."""
        if self._observer.is_alive():
            self._observer.stop()
            self._observer.join(_STOP_SECONDS)

    def _new_tree(self) -> WatchedTree:
        tree = WatchedTree(self._root, self._selection, enter=_is_readable)
        for location in set(tree.outside) - self._outside:
            self._observer.schedule(self._handler, os.fsdecode(location), event_filter=_EVENTS)
            self._outside.add(location)
        return tree

    def _take(self, event: FileSystemEvent | None, pending: PendingChanges) -> None:
        if event is None or self._outdated:
            return
        for path in (event.src_path, event.dest_path):
            if path:
                self._take_path(os.fsencode(path), pending, is_directory=event.is_directory)

    def _take_path(self, path: bytes, pending: PendingChanges, *, is_directory: bool) -> None:
        location, name = os.path.split(self._with_slashes(path))
        if location + b"/" + name == self._tree.root:
            return  # whether the root is still there is looked at anyway
        if location not in self._tree:
            unknown = self._tree.topmost_unknown(location)
            if unknown is not None:
                location, name = unknown
                is_directory = True
        found = self._tree.notice(location, name, is_directory=is_directory)
        if self._tree.has_new_index:
            pending.touch()
        if isinstance(found, Rescan):
            pending.ask_rescan(found.reason)
            self._outdated = True
        elif found is not None:
            if is_directory:
                place = location + b"/" + name
                self._tree.forget(place)
                self._tree.grow(place)
            pending.add(found)

    def _with_slashes(self, path: bytes) -> bytes:
        below = path.removeprefix(self._prefix)
        return path if below == path else self._prefix + below.replace(os.fsencode(os.sep), b"/")


class _Handler(FileSystemEventHandler):
    """Hands events from watchdog's thread to the one that reads."""

    def __init__(self, events: queue.SimpleQueue[FileSystemEvent | None]) -> None:
        self._events = events

    def dispatch(self, event: FileSystemEvent) -> None:
        """Take one event."""
        self._events.put(event)


def _is_readable(location: bytes) -> bool:
    return os.access(location, os.R_OK | os.X_OK)
