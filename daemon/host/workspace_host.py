"""One workspace in the daemon: watched, kept up to date, open for searches."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING

from ...lsp.service import WorkspaceSummary
from ...models.errors import CodeassistdError
from .file_texts import FileTexts
from .snapshots import SnapshotCache
from .updates import Updates
from .work import EVERYTHING, Work

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from pathlib import Path

    from ...indexer.pipeline.report import Progress, UpdateReport
    from ...indexer.store.snapshot import IndexSnapshot
    from ...indexer.watch.changes import Changes
    from ...indexer.watch.watch import Watch
    from ...lsp.service import Cancelled, Listener
    from .index_source import IndexSource

_LOG = logging.getLogger(__name__)

_SNAPSHOT_IDLE_SECONDS = 60.0


class WorkspaceHost:
    """Everything that sessions share of one workspace.

    Args:
        source: Its index.
        watch: Starts to watch it.
        on_error: Told each error.
    """

    def __init__(
        self,
        source: IndexSource,
        watch: Callable[[Callable[[Changes], None]], Watch],
        on_error: Callable[[CodeassistdError], None],
    ) -> None:
        self.root: Path = source.root
        self.texts = FileTexts(source.root)
        self._start_watch = watch
        self._on_error = on_error
        self._watch: Watch | None = None
        self._watch_problem = ""
        self._watching = threading.Lock()
        self._closed = False
        self._snapshots = SnapshotCache(source.index)
        self._lock = threading.Lock()
        self._listeners: tuple[Listener, ...] = ()
        self._tidies = False
        self._updates = Updates(source, self)

    def start(self) -> None:
        """Begin to watch and to catch up."""
        # First, so that no change falls between the first scan and the first event.
        self._watch_anew()
        self._updates.start()

    def close(self) -> None:
        """End: after the write in hand, within seconds."""
        with self._watching:
            self._closed = True
            if self._watch is not None:
                self._watch.close()
        self._updates.close()
        self._snapshots.close()

    def add(self, listener: Listener) -> None:
        """Let someone follow."""
        with self._lock:
            self._listeners = (*self._listeners, listener)

    def remove(self, listener: Listener) -> int:
        """Let them go; returns how many are left."""
        with self._lock:
            self._listeners = tuple(one for one in self._listeners if one is not listener)
            return len(self._listeners)

    def reindex(self, *, full: bool) -> None:
        """Look at every file again, in the background; `full` chunks them anew."""
        self._updates.take(Work(everything=True, full=full))

    def settings_changed(self) -> None:
        """Take the settings anew, which may select other files."""
        self._snapshots.outdated()
        self._watch_anew()
        self._updates.take(EVERYTHING)

    def pause(self, reason: str, *, paused: bool) -> None:
        """Stop indexing for a reason, or stop stopping for it; searches go on."""
        self._updates.pause(reason, paused=paused)

    def save_power(self, *, saves: bool) -> None:
        """Leave large amounts of text for later, unless somebody waits for them."""
        self._updates.save_power(saves=saves)

    def wait_until_current(self, cancelled: Cancelled, *, vectors: bool = True) -> int:
        """Wait until every change made before the call can be searched.

        The files are compared with the index anew, so this is exact whatever the watch has missed.

        Args:
            cancelled: Polled.
            vectors: Whether to wait for the vectors too; else words and names do.

        Returns:
            The revision.

        Raises:
            CancelledError: The caller gave up.
            CodeassistdError: The index can't be brought up to date.
        """
        return self._updates.ledger.wait(self._updates.take(EVERYTHING), cancelled, vectors=vectors)

    @property
    def updates(self) -> int:
        """Updates carried out so far; names a moment for `index`."""
        return self._updates.ledger.updates

    def index(
        self, *, full: bool, since: int, progress: Callable[[Progress], None], cancelled: Cancelled
    ) -> UpdateReport:
        """Bring the index up to date and wait for all of it, upkeep included.

        Args:
            full: Whether to chunk every file anew.
            since: From which moment on to report; see `updates`.
            progress: Told where updates are, in this thread.
            cancelled: Polled.

        Returns:
            What was done since then.

        Raises:
            CancelledError: The caller gave up; the work goes on.
            CodeassistdError: The index can't be brought up to date.
        """
        ticket = self._updates.take(Work(everything=True, full=full))
        return self._updates.ledger.wait_for_report(ticket, since, cancelled, progress)

    def wait_for_revision(self, seconds: float, cancelled: Cancelled) -> None:
        """Wait, for so long at most, until there is something to search."""
        self._updates.ledger.wait_for_revision(seconds, cancelled)

    def pinned(self) -> AbstractContextManager[IndexSnapshot | None]:
        """The newest revision, open for as long as the block runs."""
        return self._snapshots.pinned()

    def tick(self, unload_seconds: float) -> None:
        """Let go of what was not used for long; called every second or so."""
        worker_ended = self._updates.end_idle_worker(unload_seconds)
        if went_idle := self._snapshots.close_if_idle(min(_SNAPSHOT_IDLE_SECONDS, unload_seconds)):
            self.texts.clear()
        # Pages of libraries that the worker uses as well stay in memory as long as it lives.
        if went_idle or (worker_ended and not self._snapshots.is_open):
            self._snapshots.forget_caches()

    def summary(self) -> WorkspaceSummary:
        """How it stands."""
        now = self._updates.standing
        health = self._watch.health if self._watch is not None else None
        problem = now.problem.message if now.problem else self._watch_problem
        return WorkspaceSummary(
            root=self.root,
            revision=now.revision,
            state=now.state,
            files=now.files,
            chunks=now.committed.chunks if now.committed else 0,
            pending=now.pending,
            freshness=now.freshness(),
            watch=health.kind if health else "none",
            problem=problem or (health.problem if health else ""),
        )

    def progress(self, progress: Progress | None) -> None:
        """Where an update is; see `Follower`."""
        tidies = progress is not None and progress.phase == "optimize"
        if tidies != self._tidies:
            # An open revision would keep old versions from being deleted.
            self._tidies = tidies
            self._snapshots.keep(open_between=not tidies)
        for listener in self._listeners:
            listener.progress(self.root, progress)

    def committed(self, revision: int) -> None:
        """There is a new revision; see `Follower`."""
        self._snapshots.outdated()
        for listener in self._listeners:
            listener.index_changed(self.root, revision)

    def failed(self, error: CodeassistdError) -> None:
        """An update failed; see `Follower`."""
        self._snapshots.outdated()
        self._on_error(error)

    def _watch_anew(self) -> None:
        """Watch what the settings in force select; what is watched already is let go after that."""
        with self._watching:
            if self._closed:
                return
            before, self._watch_problem = self._watch, ""
            try:
                self._watch = self._start_watch(self._on_changes)
            except CodeassistdError as error:
                self._watch, self._watch_problem = None, error.message
                self._on_error(error)
            if before is not None:
                before.close()

    def _on_changes(self, changes: Changes) -> None:
        if changes.reason:
            _LOG.info("%s: looking at every file: %s", self.root, changes.reason)
        self._updates.take(EVERYTHING if changes.rescan else Work(paths=changes.paths))
