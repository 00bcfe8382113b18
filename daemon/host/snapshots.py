"""Keeps the newest revision of an index open between searches, and lets go of it when asked to."""

from __future__ import annotations

import gc
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from ...indexer.freed_memory import give_back, page_out_libraries

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ...indexer.store.snapshot import IndexSnapshot
    from ...indexer.workspace_index import WorkspaceIndex

_TRUSTED_SECONDS = 1.0
"""For so long a revision is taken for the newest one unless told otherwise; then the manifest is asked."""


class _Pinned:
    """An open snapshot and how many searches use it."""

    def __init__(self, snapshot: IndexSnapshot, stack: ExitStack) -> None:
        self.snapshot = snapshot
        self.stack = stack
        self.uses = 0
        self.checked = time.monotonic()


class SnapshotCache:
    """The newest revision of one index, open for searches in any thread.

    An open snapshot keeps old versions from being deleted, so it is closed as soon as nobody uses it and
    a newer revision is there, before tidying up, and when it was not used for long.

    Args:
        index: Gives the index.
    """

    def __init__(self, index: Callable[[], WorkspaceIndex]) -> None:
        self._index = index
        self._lock = threading.Lock()
        self._current: _Pinned | None = None
        self._used = time.monotonic()
        self._is_used = False
        self._kept = True
        # The lock that an open snapshot holds is given back by the thread that took it.
        self._keeper = ThreadPoolExecutor(1, thread_name_prefix="snapshots")

    @contextmanager
    def pinned(self) -> Iterator[IndexSnapshot | None]:
        """The newest revision, for as long as the block runs; None while nothing is indexed.

        Raises:
            DamagedIndexError: The index can't be read.
        """
        pin = self._pin()
        try:
            yield pin.snapshot if pin else None
        finally:
            if pin is not None:
                self._unpin(pin)

    @property
    def is_open(self) -> bool:
        """Whether a revision is open."""
        return self._current is not None

    def outdated(self) -> None:
        """Let the next search look for a newer revision; one nobody uses is closed at once."""
        with self._lock:
            self._drop()

    def keep(self, *, open_between: bool) -> None:
        """Whether a revision stays open between searches."""
        with self._lock:
            self._kept = open_between
            if not open_between:
                self._drop()

    def close_if_idle(self, seconds: float) -> bool:
        """Close the revision unless there was a search within some seconds.

        Returns:
            Whether the searches since the last time that this was so are now long ago: what they have left in
            memory isn't needed, also when the revision was closed for another reason.
        """
        with self._lock:
            if not self._is_used or time.monotonic() - self._used <= seconds:
                return False
            self._is_used = False
            self._drop()
            return True

    def forget_caches(self) -> None:
        """Give back what reading has left in memory, once what is closed has let go of it."""
        self._keeper.submit(_forget_caches)

    def close(self) -> None:
        """Close what nobody uses, for good."""
        self.keep(open_between=False)
        self._keeper.shutdown(wait=False)

    def _pin(self) -> _Pinned | None:
        with self._lock:
            self._used = now = time.monotonic()
            self._is_used = True
            pin = self._current
            if pin is not None and now - pin.checked > _TRUSTED_SECONDS:
                if self._is_newest(pin):
                    pin.checked = now
                else:
                    self._drop()
                    pin = None
            if pin is None:
                pin = self._keeper.submit(self._open).result()
                self._current = pin
            if pin is not None:
                pin.uses += 1
            return pin

    def _is_newest(self, pin: _Pinned) -> bool:
        head = self._index().head()
        return head is not None and head.revision == pin.snapshot.revision

    def _unpin(self, pin: _Pinned) -> None:
        with self._lock:
            pin.uses -= 1
            if pin is self._current and not self._kept:
                self._drop()
            elif pin is not self._current and pin.uses == 0:
                self._keeper.submit(pin.stack.close)

    def _drop(self) -> None:
        pin, self._current = self._current, None
        if pin is not None and pin.uses == 0:
            self._keeper.submit(pin.stack.close)

    def _open(self) -> _Pinned | None:
        stack = ExitStack()
        snapshot = stack.enter_context(self._index().snapshot())
        if snapshot is None:
            stack.close()
            return None
        return _Pinned(snapshot, stack)


def _forget_caches() -> None:
    from ...indexer.store.snapshot import drop_caches

    drop_caches()
    gc.collect()  # tables and the tasks that read them refer to each other
    give_back()
    page_out_libraries()
