"""Changes found by looking at all files again and again, where the system tells of none."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Literal

from ...models.errors import CodeassistdError
from ..walk.entry import FileEntry, Selection, Skip
from ..walk.ignore_rules import GITIGNORE, OWN_IGNORE
from ..walk.scan import scan
from ..workspace import SETTINGS_FILE
from .changes import PendingChanges
from .source import RootLostError

_MOST_OF_THE_TIME = 10
_RULE_FILES = frozenset({GITIGNORE.decode(), OWN_IGNORE.decode()})

Listing = Mapping[str, FileEntry | Skip]
"""What a walk yields, by path."""


class PollSource:
    """Notices changes by comparing what two walks list.

    What git says about the files is part of each walk, so a change of git's own files shows in what the next
    walk lists.

    Args:
        root: The workspace root.
        selection: What the user wants.
        interval: Seconds between two walks; more where walks are slow.

    Raises:
        RootLostError: There is no such folder, or it may not be read.
    """

    kind: Literal["native", "poll"] = "poll"

    def __init__(self, root: Path, selection: Selection, interval: float) -> None:
        self._root = root
        self._selection = selection
        self._interval = interval
        self._woken = threading.Event()
        self._next = 0.0
        self._before = self._listing() or {}

    def read(self, timeout: float, pending: PendingChanges) -> None:
        """See `ChangeSource`."""
        until_next = max(0.0, self._next - time.monotonic())
        if self._woken.wait(min(timeout, until_next)):
            self._woken.clear()
        elif until_next <= timeout:
            now = self._listing()
            if now is not None:
                for path in differing(self._before, now):
                    _report(path, pending)
                self._before = now

    def prepare(self, pending: PendingChanges) -> None:
        """See `ChangeSource`: each walk goes by the rules of its time."""

    def wake(self) -> None:
        """See `ChangeSource`."""
        self._woken.set()

    def close(self) -> None:
        """See `ChangeSource`."""

    def _listing(self) -> Listing | None:
        """What a walk lists now; None when it was woken on the way."""
        started = time.monotonic()
        found: dict[str, FileEntry | Skip] = {}
        try:
            for item in scan(self._root, self._selection):
                if self._woken.is_set():
                    return None
                found[item.path] = item
        except CodeassistdError as error:
            raise RootLostError from error
        ended = time.monotonic()
        self._next = ended + max(self._interval, (ended - started) * _MOST_OF_THE_TIME)
        return found


def differing(before: Listing, now: Listing) -> Iterable[str]:
    """Paths that only one of two listings has, or that differ in them."""
    for path, item in now.items():
        if before.get(path) != item:
            yield path
    for path in before:
        if path not in now:
            yield path


def _report(path: str, pending: PendingChanges) -> None:
    if path == SETTINGS_FILE or path.rpartition("/")[2].lower() in _RULE_FILES:
        pending.ask_rescan(f"{path} changed")
    else:
        # A name that is not UTF-8 is shown with escapes; the file itself is never indexed.
        pending.add(path)
