"""Takes what workspaces report, in their threads, to the client, on the event loop."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from typing import TYPE_CHECKING

from .decoding import encode
from .methods import INDEX_CHANGED
from .protocol import IndexChanged

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ..indexer.pipeline.report import Progress
    from .index_progress import IndexProgress
    from .session_protocol import SessionProtocol


class Follower:
    """The `Listener` of a session.

    Reports that come faster than the loop turns are merged: the last one counts. Nothing is sent before the
    client says `initialized`; what it missed until then is sent at once.

    Args:
        client: Who is told.
        shown: What shows the progress of indexing.
    """

    def __init__(self, client: SessionProtocol, shown: IndexProgress) -> None:
        self._client = client
        self._shown = shown
        self._loop = asyncio.get_running_loop()
        self._lock = threading.Lock()
        self._progress: dict[Path, Progress | None] = {}
        self._revisions: dict[Path, int] = {}
        self._is_scheduled = False
        self._is_started = False

    def progress(self, root: Path, progress: Progress | None) -> None:
        """Where indexing is; any thread."""
        with self._lock:
            self._progress[root] = progress
        self._schedule()

    def index_changed(self, root: Path, revision: int) -> None:
        """There is a new revision; any thread."""
        with self._lock:
            self._revisions[root] = revision
        self._schedule()

    def start(self) -> None:
        """Begin to send."""
        self._is_started = True
        self._deliver()

    def call_soon(self, what: Callable[[], None]) -> None:
        """Do something on the loop, unless that has ended; any thread."""
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(what)

    def _schedule(self) -> None:
        with self._lock:
            if self._is_scheduled:
                return
            self._is_scheduled = True
        self.call_soon(self._deliver)

    def _deliver(self) -> None:
        with self._lock:
            self._is_scheduled = False
            if not self._is_started:
                return
            progress, self._progress = self._progress, {}
            revisions, self._revisions = self._revisions, {}
        for root, revision in revisions.items():
            self._client.tell(INDEX_CHANGED, encode(IndexChanged(str(root), revision)))
        for root, latest in progress.items():
            self._shown.update(root, latest)
