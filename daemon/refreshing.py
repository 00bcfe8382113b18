"""Brings an index up to date before a search, and yields to another process that writes it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..indexer.store.locking import IndexBusyError
from ..models.errors import CodeassistdError

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..indexer.pipeline.reading_order import AwaitedSearch
    from ..indexer.pipeline.report import Progress, UpdateReport
    from ..indexer.workspace_index import WorkspaceIndex

_FIRST_INDEX_POLL_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Watcher:
    """Who follows an update.

    Attributes:
        progress: Told where it is.
        cancelled: Polled; true ends it at the next consistent state.
        warn: Told what the user should know.
    """

    progress: Callable[[Progress], None]
    cancelled: Callable[[], bool]
    warn: Callable[[str], None]


def refresh_for_search(
    index: WorkspaceIndex,
    watcher: Watcher,
    *,
    embed_until: float | None,
    awaited: AwaitedSearch | None = None,
    full: bool = False,
) -> UpdateReport | None:
    """Bring an index up to date before it is searched, without waiting for another process that does so.

    Only when there is nothing to search at all is the other process waited for, until it has committed
    the words of the files.

    Args:
        index: The index.
        watcher: Who follows it.
        embed_until: Monotonic time after which no more text is embedded; None embeds all, and waits for
            another writer.
        awaited: The search, when it may be answered before every file of a new index was read.
        full: Whether to read every file again.

    Returns:
        What was done; None when another process is writing the index.

    Raises:
        CodeassistdError: The update failed.
    """
    lock_wait = None if embed_until is None else 0.0
    while True:
        try:
            return index.update(
                full=full,
                embed_until=embed_until,
                awaited=awaited,
                lock_wait=lock_wait,
                progress=watcher.progress,
                cancelled=watcher.cancelled,
            )
        except IndexBusyError as busy:
            if watcher.cancelled():
                return None
            if _has_revision(index):
                watcher.warn(f"{busy.message}; answering from the index as it stands")
                return None
            lock_wait = _FIRST_INDEX_POLL_SECONDS


def _has_revision(index: WorkspaceIndex) -> bool:
    try:
        return index.describe().revision is not None
    except CodeassistdError:
        return False
