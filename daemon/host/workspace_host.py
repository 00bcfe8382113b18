"""One workspace in the daemon: kept up to date by a thread of its own, searched from any thread."""

from __future__ import annotations

import logging
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...indexer.store.errors import DamagedIndexError
from ...lsp.service import CancelledError, WorkspaceSummary
from ...models.errors import CodeassistdError
from .index_messages import Committed, UpdateJob
from .index_process import IndexProcess
from .snapshots import SnapshotCache
from .work import EVERYTHING, NOTHING, Work, retry_delay

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from contextlib import AbstractContextManager
    from pathlib import Path

    from ...indexer.pipeline.report import Progress, UpdateReport
    from ...indexer.store.snapshot import IndexSnapshot
    from ...indexer.watch import Changes, Watch
    from ...indexer.workspace_index import WorkspaceIndex
    from ...lsp.service import Cancelled, Listener, WorkspaceState

_LOG = logging.getLogger(__name__)

_POLL_SECONDS = 0.1
_BATTERY_EMBED_SECONDS = 2.0
_WORKER_IDLE_SECONDS = 300.0
_SNAPSHOT_IDLE_SECONDS = 60.0
_STATES: Mapping[str, WorkspaceState] = {
    "wait": "indexing",
    "scan": "scanning",
    "chunk": "indexing",
    "embed": "embedding",
    "optimize": "indexing",
}


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a workspace takes from the daemon around it.

    Attributes:
        data_dir: Where indexes are kept.
        index: Gives the index as the settings in force want it.
        settings: Gives these settings by dotted key, those at their default left out.
        watch: Starts to watch the workspace.
        failed: Told each error.
    """

    data_dir: Path
    index: Callable[[], WorkspaceIndex]
    settings: Callable[[], Mapping[str, object]]
    watch: Callable[[Callable[[Changes], None]], Watch]
    failed: Callable[[CodeassistdError], None]


@dataclass(frozen=True, slots=True)
class _Turn:
    """One update that the thread carries out: the work taken, and the last request it answers."""

    work: Work
    ticket: int


class WorkspaceHost:
    """Keeps the index of one workspace as the files are.

    A thread takes what has changed and has the index worker bring it into the index. Embedding a backlog
    gives way to changes: these are committed first, then it goes on.

    Args:
        root: The workspace.
        surroundings: What it takes from the daemon.
    """

    def __init__(self, root: Path, surroundings: Surroundings) -> None:
        self.root = root
        self._around = surroundings
        self.snapshots = SnapshotCache(surroundings.index)
        self._process = IndexProcess(root, surroundings.data_dir)
        self._changed = threading.Condition()
        self._listeners: list[Listener] = []
        self._work = EVERYTHING
        self._asked = 1
        self._answered = 0
        self._committed: Committed | None = None
        self._files = 0
        self._progress: Progress | None = None
        self._busy = True
        self._pauses: frozenset[str] = frozenset()
        self._saves_power = False
        self._vectors_awaited = 0
        self._problem: CodeassistdError | None = None
        self._problem_ticket = 0
        self._failures = 0
        self._retry_at = 0.0
        self._agreed_at: float | None = None
        self._stopping = False
        self._watch: Watch | None = None
        self._thread = threading.Thread(target=self._run, name=f"index {root.name}", daemon=True)

    def start(self) -> None:
        """Begin to watch and to catch up."""
        self._thread.start()

    def close(self) -> None:
        """End: after the write in hand, within seconds."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        if self._watch is not None:
            self._watch.close()
        self._process.end()
        self._thread.join()
        self._process.end()
        self.snapshots.close()

    def add(self, listener: Listener) -> None:
        """Let someone follow."""
        with self._changed:
            self._listeners.append(listener)

    def remove(self, listener: Listener) -> int:
        """Let them go; returns how many are left."""
        with self._changed:
            if listener in self._listeners:
                self._listeners.remove(listener)
            return len(self._listeners)

    def reindex(self, *, full: bool) -> None:
        """Look at every file again, in the background; `full` chunks them anew."""
        self._take(Work(everything=True, full=full))

    def settings_changed(self) -> None:
        """Take the settings anew, which may select other files."""
        self.snapshots.outdated()
        self._take(EVERYTHING)

    def pause(self, reason: str, *, paused: bool) -> None:
        """Stop indexing for a reason, or stop stopping for it; searches go on."""
        with self._changed:
            before = self._pauses
            self._pauses = before | {reason} if paused else before - {reason}
            self._changed.notify_all()
        if self._pauses and not before:
            self._process.cancel()

    def save_power(self, *, saves: bool) -> None:
        """Leave large amounts of text for later, unless somebody waits for them; words are kept up to date."""
        with self._changed:
            began = saves and not self._saves_power and self._is_embedding()
            self._saves_power = saves
            self._changed.notify_all()
        if began:
            self._process.cancel()

    def wait_until_current(self, cancelled: Cancelled, *, vectors: bool = True) -> int:
        """Wait until every change made before the call can be searched.

        The files are compared with the index anew, so this is exact whatever the watcher missed.

        Args:
            cancelled: Polled.
            vectors: Whether to wait for the vectors too; else words and names do.

        Returns:
            The revision.

        Raises:
            CancelledError: The caller gave up.
            CodeassistdError: The index can't be brought up to date.
        """
        ticket = self._take(EVERYTHING)
        with self._awaiting(vectors), self._changed:
            while not self._is_answered(ticket, vectors=vectors):
                if cancelled():
                    raise CancelledError
                if self._stopping:
                    raise CodeassistdError("the daemon is stopping", "try again in a moment")
                if self._pauses:
                    raise CodeassistdError(
                        f"indexing is paused ({', '.join(sorted(self._pauses))})",
                        "`codeassistd start` resumes it",
                    )
                if self._problem is not None and self._problem_ticket >= ticket:
                    raise self._problem
                self._changed.wait(_POLL_SECONDS)
            return self._committed.revision if self._committed else 0

    @contextmanager
    def _awaiting(self, vectors: bool) -> Iterator[None]:  # noqa: FBT001 - a count of those that do
        with self._changed:
            self._vectors_awaited += vectors
            self._changed.notify_all()
        try:
            yield
        finally:
            with self._changed:
                self._vectors_awaited -= vectors

    def wait_for_revision(self, seconds: float, cancelled: Cancelled) -> None:
        """Wait, for so long at most, until there is something to search."""
        until = time.monotonic() + seconds
        with self._changed:
            while self._committed is None and self._problem is None and time.monotonic() < until:
                if cancelled():
                    raise CancelledError
                self._changed.wait(_POLL_SECONDS)

    def pinned(self) -> AbstractContextManager[IndexSnapshot | None]:
        """The newest revision, open for as long as the block runs."""
        return self.snapshots.pinned()

    def tick(self) -> None:
        """Let go of what was not used for long; called every second or so."""
        self._process.end_if_idle(_WORKER_IDLE_SECONDS)
        self.snapshots.close_if_idle(_SNAPSHOT_IDLE_SECONDS)

    @property
    def worker_pid(self) -> int | None:
        """The index worker's process, while there is one."""
        return self._process.pid

    def summary(self) -> WorkspaceSummary:
        """How it stands."""
        with self._changed:
            committed, watch = self._committed, self._watch
            health = watch.health if watch is not None else None
            problem = self._problem.message if self._problem else (health.problem if health else "")
            return WorkspaceSummary(
                root=self.root,
                revision=committed.revision if committed else 0,
                state=self._state(),
                files=self._files,
                chunks=committed.chunks if committed else 0,
                pending=self._pending,
                freshness=self._freshness(),
                watch=health.kind if health else "starting",
                problem=problem,
            )

    def _state(self) -> WorkspaceState:
        if self._pauses:
            return "paused"
        if self._progress is not None:
            return _STATES[self._progress.phase]
        if self._problem is not None:
            return "failed"
        if self._agreed_at is None:
            return "starting"
        return "embedding" if self._pending else "ready"

    def _freshness(self) -> float | None:
        if self._agreed_at is None:
            return None
        agrees = not self._work and not (self._busy and self._progress and self._progress.phase != "embed")
        return 0.0 if agrees else round(time.monotonic() - self._agreed_at, 3)

    def _is_answered(self, ticket: int, *, vectors: bool) -> bool:
        return self._answered >= ticket and not (vectors and self._pending)

    @property
    def _pending(self) -> int:
        return self._committed.pending if self._committed else 0

    def _take(self, work: Work) -> int:
        """Note work; returns the ticket that is answered once it is done."""
        with self._changed:
            self._work |= work
            self._asked += 1
            self._retry_at = 0.0
            embedding = self._is_embedding()
            self._changed.notify_all()
            ticket = self._asked
        if embedding:  # a backlog waits
            self._process.cancel()
        return ticket

    def _is_embedding(self) -> bool:
        return self._progress is not None and self._progress.phase == "embed"

    def _embeds_little(self) -> bool:
        return self._saves_power and not self._vectors_awaited

    def _on_changes(self, changes: Changes) -> None:
        if changes.reason:
            _LOG.info("%s: looking at every file: %s", self.root, changes.reason)
        self._take(EVERYTHING if changes.rescan else Work(paths=changes.paths))

    def _run(self) -> None:
        try:
            self._watch = self._around.watch(self._on_changes)
        except CodeassistdError as error:
            self._fail(error, 0)
        self._look_at_index()
        while (turn := self._next_turn()) is not None:
            try:
                self._carry_out(turn)
            except CodeassistdError as error:
                self._fail(error, turn.ticket, turn.work)
            except Exception as error:  # noqa: BLE001 - whatever it is, the other workspaces go on
                _LOG.exception("indexing %s failed", self.root)
                said = CodeassistdError(f"unexpected error: {error}", "see `codeassistd logs`")
                self._fail(said, turn.ticket, turn.work)

    def _look_at_index(self) -> None:
        """What an earlier run left can be searched before this one has looked at a file."""
        try:
            found = self._around.index().describe()
        except CodeassistdError:
            return  # the first update sees to it
        if found.revision is not None:
            with self._changed:
                self._files = found.files
            self._commit(Committed(found.revision, found.complete, found.chunks, found.embedded))

    def _next_turn(self) -> _Turn | None:
        with self._changed:
            while not self._stopping:
                pending = self._pending > 0 and not self._embeds_little()
                ready = (self._work or pending) and not self._pauses and time.monotonic() >= self._retry_at
                if ready:
                    work, self._work = self._work, NOTHING
                    self._busy = True
                    return _Turn(work, self._asked)
                self._rest()
                self._changed.wait(1.0 if self._retry_at or self._pauses else None)
            return None

    def _rest(self) -> None:
        """Nothing is to be done for now: say so once."""
        if self._busy:
            self._busy = False
            self._progress = None
            for listener in self._listeners:
                listener.progress(self.root, None)

    def _carry_out(self, turn: _Turn) -> None:
        began = time.monotonic()
        job = UpdateJob(
            settings=self._around.settings(),
            full=turn.work.full,
            paths=turn.work.scope,
            embed_seconds=_BATTERY_EMBED_SECONDS if self._embeds_little() else None,
        )
        try:
            report = self._process.update(job, self._on_progress, self._commit)
        finally:
            self.snapshots.keep(True)
        self._done(turn, report, began)

    def _done(self, turn: _Turn, report: UpdateReport, began: float) -> None:
        with self._changed:
            if report.cancelled and not self._is_embedding():
                self._work |= turn.work
            else:
                self._answered = max(self._answered, turn.ticket)
                self._agreed_at = began
                self._problem, self._failures, self._retry_at = None, 0, 0.0
            self._progress = None
            self._changed.notify_all()
        if report.rebuilt:
            why = f"the index of {self.root} was built anew: {report.rebuilt}"
            self._around.failed(CodeassistdError(why))
        self._look_at_index()

    def _fail(self, error: CodeassistdError, ticket: int, work: Work = NOTHING) -> None:
        with self._changed:
            if self._stopping:
                return
            self._failures += 1
            self._problem, self._problem_ticket = error, ticket
            self._retry_at = time.monotonic() + retry_delay(self._failures)
            self._work |= work | EVERYTHING
            self._progress = None
            self._changed.notify_all()
        if isinstance(error, DamagedIndexError):
            self.snapshots.outdated()
        self._around.failed(error)

    def _on_progress(self, progress: Progress) -> None:
        with self._changed:
            tidies = progress.phase == "optimize"
            self._progress = progress
            listeners = tuple(self._listeners)
            waiting = self._is_embedding() and bool(self._work)
        if tidies:  # an open revision would keep old versions from being deleted
            self.snapshots.keep(False)
        if waiting:  # work came between the last file and the first vector
            self._process.cancel()
        for listener in listeners:
            listener.progress(self.root, progress)

    def _commit(self, committed: Committed) -> None:
        with self._changed:
            is_new = self._committed is None or committed.revision != self._committed.revision
            self._committed = committed
            listeners = tuple(self._listeners)
            self._changed.notify_all()
        if is_new:
            self.snapshots.outdated()
            for listener in listeners:
                listener.index_changed(self.root, committed.revision)
