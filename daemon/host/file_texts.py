"""The present texts of files that were read lately, read again only when they have changed."""

from __future__ import annotations

import os
import threading
import time
from collections import OrderedDict
from typing import TYPE_CHECKING

from ...indexer.walk.bounded_read import read_below
from ...indexer.walk.content import decode
from ...indexer.walk.entry import SkipReason

if TYPE_CHECKING:
    from pathlib import Path

_LARGEST_FILE = 100_000_000  # the most that index.max_file_bytes allows
_MOST_CHARACTERS = 2_000_000

_SETTLED_NANOSECONDS = 100_000_000

_Stamp = tuple[int, int, int, int, int]


class FileTexts:
    """Texts of a workspace's files, as searches show them. For any thread.

    A file is recognised by its inode, size and times; reading it, which looks at every folder on the way for
    links that lead out, takes ten times as long as asking for these.

    Args:
        root: The workspace.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._lock = threading.Lock()
        self._texts: OrderedDict[str, tuple[_Stamp, str]] = OrderedDict()
        self._characters = 0

    def read(self, path: str) -> str | None:
        """The text of a file as it is now; None when there is none."""
        stamp = self._stamp(path)
        if stamp is None:
            return None
        with self._lock:
            known = self._texts.get(path)
            if known is not None and known[0] == stamp:
                self._texts.move_to_end(path)
                return known[1]
        data = read_below(self._root, path, max_bytes=_LARGEST_FILE)
        text = None if data is None else decode(data)
        if text is None or isinstance(text, SkipReason):
            return None
        # What changed while it was read, or so lately that one more change may bear the same
        # time, is read again.
        if self._stamp(path) == stamp and time.time_ns() - max(stamp[3:]) > _SETTLED_NANOSECONDS:
            self._keep(path, stamp, text)
        return text

    def clear(self) -> None:
        """Forget all texts."""
        with self._lock:
            self._texts.clear()
            self._characters = 0

    def _keep(self, path: str, stamp: _Stamp, text: str) -> None:
        with self._lock:
            before = self._texts.pop(path, None)
            self._characters += len(text) - (len(before[1]) if before else 0)
            self._texts[path] = (stamp, text)
            while self._characters > _MOST_CHARACTERS:
                _, (_, oldest) = self._texts.popitem(last=False)
                self._characters -= len(oldest)

    def _stamp(self, path: str) -> _Stamp | None:
        try:
            found = os.lstat(os.fsencode(self._root) + b"/" + path.encode())
        except (OSError, ValueError):
            return None
        return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns
