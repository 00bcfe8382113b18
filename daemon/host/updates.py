"""Keeps one index as the files are: a thread that has what changed brought into it, again and again."""

from __future__ import annotations

import logging
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from ...lsp.service import CancelledError
from ...models.errors import CodeassistdError
from .index_messages import Committed, UpdateJob
from .index_process import IndexProcess
from .standing import Standing
from .work import EVERYTHING, NOTHING, Work, retry_delay

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...indexer.pipeline.report import Progress, UpdateReport
    from ...lsp.service import Cancelled
    from .index_source import IndexSource

_LOG = logging.getLogger(__name__)

_POLL_SECONDS = 0.1
_AFTER_WORDS = frozenset({"embed", "optimize"})
_BATTERY_EMBED_SECONDS = 2.0


class Follower(Protocol):
    """Who is told what updates do, in their thread; must not block."""

    def progress(self, progress: Progress | None) -> None:
        """Where an update is; None when there is no more to do."""

    def committed(self, revision: int) -> None:
        """There is a new revision."""

    def failed(self, error: CodeassistdError) -> None:
        """An update failed; it is tried again."""


@dataclass(frozen=True, slots=True)
class _Turn:
    """One update: the work taken up, and the last request that it answers."""

    work: Work
    ticket: int
    began: float


class Updates:
    """The updates of one index, one after the other.

    Embedding a backlog gives way to changes: they are committed first, with their vectors when they are
    small, then it goes on. What fails is tried again, ever less often.

    Args:
        source: The index.
        follower: Told what happens.
    """

    def __init__(self, source: IndexSource, follower: Follower) -> None:
        self._source = source
        self._follower = follower
        self._process = IndexProcess(source.root, source.data_dir)
        self._changed = threading.Condition()
        self._standing = Standing(work=EVERYTHING)
        self._asked = self._answered = 0
        self._failed_ticket = -1
        self._failures = 0
        self._retry_at = 0.0
        self._saves_power = False
        self._vectors_awaited = 0
        self._turn: _Turn | None = None
        self._busy = True
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name=f"index {source.root.name}", daemon=True)

    @property
    def standing(self) -> Standing:
        """How it stands now."""
        with self._changed:
            return self._standing

    def start(self) -> None:
        """Begin to catch up, unless it was closed meanwhile."""
        with self._changed:
            if not self._stopping:
                self._thread.start()

    def close(self) -> None:
        """End: after the write in hand, within seconds."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        self._process.end()
        if self._thread.ident is not None:
            self._thread.join()
        self._process.end()

    def take(self, work: Work) -> int:
        """Note what has changed; returns the ticket that is answered once that is in the index."""
        with self._changed:
            self._set(work=self._standing.work | work)
            self._asked += 1
            self._retry_at = 0.0
            ticket, gives_way = self._asked, self._standing.is_embedding
        if gives_way:
            self._process.cancel()
        return ticket

    def pause(self, reason: str, *, paused: bool) -> None:
        """Stop for a reason, or stop stopping for it."""
        with self._changed:
            before = self._standing.paused
            self._set(paused=before | {reason} if paused else before - {reason})
        if paused and not before:
            self._process.cancel()

    def save_power(self, *, saves: bool) -> None:
        """Leave large amounts of text for later, unless somebody waits; words are kept up to date."""
        with self._changed:
            gives_way = saves and not self._saves_power and self._standing.is_embedding
            self._saves_power = saves
            self._changed.notify_all()
        if gives_way:
            self._process.cancel()

    def wait(self, ticket: int, cancelled: Cancelled, *, vectors: bool) -> int:
        """Wait until a ticket is answered.

        Args:
            ticket: Which.
            cancelled: Polled.
            vectors: Whether to wait for every vector too.

        Returns:
            The revision.

        Raises:
            CancelledError: The caller gave up.
            CodeassistdError: What was asked for failed, or indexing is paused.
        """
        with self._awaiting(vectors=vectors), self._changed:
            while self._answered < ticket or (vectors and self._standing.pending):
                if cancelled():
                    raise CancelledError
                self._raise_if_hopeless(ticket)
                self._changed.wait(_POLL_SECONDS)
            return self._standing.revision

    def wait_for_revision(self, seconds: float, cancelled: Cancelled) -> None:
        """Wait, for so long at most, until there is something to search."""
        until = time.monotonic() + seconds
        with self._changed:
            while self._standing.committed is None and time.monotonic() < until and not self._failures:
                if cancelled():
                    raise CancelledError
                self._changed.wait(_POLL_SECONDS)

    def end_idle_worker(self, seconds: float) -> None:
        """End the index worker unless it had work within some seconds; its memory goes with it."""
        self._process.end_if_idle(seconds)

    def _raise_if_hopeless(self, ticket: int) -> None:
        if self._stopping:
            raise CodeassistdError("the daemon is stopping", "try again in a moment")
        if self._standing.paused:
            why = ", ".join(sorted(self._standing.paused))
            raise CodeassistdError(f"indexing is paused ({why})", "`codeassistd resume` goes on")
        if self._standing.problem is not None and self._failed_ticket >= ticket:
            raise self._standing.problem

    @contextmanager
    def _awaiting(self, *, vectors: bool) -> Iterator[None]:
        with self._changed:
            self._vectors_awaited += vectors
            self._changed.notify_all()
        try:
            yield
        finally:
            with self._changed:
                self._vectors_awaited -= vectors

    def _set(self, **changes: object) -> None:
        """Change how it stands and wake whoever waits; the condition is held."""
        self._standing = replace(self._standing, **changes)  # type: ignore[arg-type]
        self._changed.notify_all()

    def _run(self) -> None:
        self._look_at_index()
        while (turn := self._next_turn()) is not None:
            try:
                self._carry_out(turn)
            except CodeassistdError as error:
                self._fail(error, turn)
            except Exception as error:  # noqa: BLE001 - whatever it is, the other workspaces go on
                _LOG.exception("indexing %s failed", self._source.root)
                self._fail(CodeassistdError(f"unexpected error: {error}", "see `codeassistd logs`"), turn)

    def _look_at_index(self) -> None:
        """Take in what is committed: what an earlier run left can be searched at once."""
        try:
            found = self._source.index().describe()
        except CodeassistdError:
            return  # the next update sees to it
        if found.revision is not None:
            with self._changed:
                self._set(files=found.files)
            self._commit(Committed(found.revision, found.complete, found.chunks, found.embedded))

    def _next_turn(self) -> _Turn | None:
        while not self._stopping:
            with self._changed:
                now = self._standing
                has_backlog = now.pending > 0 and not self._embeds_little
                if (now.work or has_backlog) and not now.paused and time.monotonic() >= self._retry_at:
                    self._set(work=NOTHING)
                    self._busy = True
                    self._turn = _Turn(now.work, self._asked, time.monotonic())
                    return self._turn
                if not self._busy:
                    self._changed.wait(1.0 if now.work else None)
                    continue
                self._busy = False
            self._follower.progress(None)
        return None

    @property
    def _embeds_little(self) -> bool:
        return self._saves_power and not self._vectors_awaited

    def _carry_out(self, turn: _Turn) -> None:
        job = UpdateJob(
            settings=self._source.settings(),
            full=turn.work.full,
            paths=turn.work.scope,
            embed_seconds=_BATTERY_EMBED_SECONDS if self._embeds_little else None,
        )
        report = self._process.update(job, self._on_progress, self._commit)
        self._done(turn, report)
        self._look_at_index()

    def _done(self, turn: _Turn, report: UpdateReport) -> None:
        with self._changed:
            if report.cancelled and self._answered < turn.ticket:
                self._set(work=self._standing.work | turn.work, progress=None)
            else:
                self._failures, self._retry_at = 0, 0.0
                self._has_every_change(turn)
                self._set(problem=None, progress=None)
        if report.rebuilt:
            why = f"the index of {self._source.root} was built anew: {report.rebuilt}"
            self._follower.failed(CodeassistdError(why))

    def _has_every_change(self, turn: _Turn) -> None:
        self._answered = max(self._answered, turn.ticket)
        self._set(agreed_at=turn.began)

    def _fail(self, error: CodeassistdError, turn: _Turn) -> None:
        with self._changed:
            if self._stopping:
                return
            self._failures += 1
            self._failed_ticket = turn.ticket
            self._retry_at = time.monotonic() + retry_delay(self._failures)
            # What of the work was done is unknown.
            self._set(work=self._standing.work | turn.work | EVERYTHING, problem=error, progress=None)
        self._follower.failed(error)

    def _on_progress(self, progress: Progress) -> None:
        with self._changed:
            self._set(progress=progress)
            if self._turn is not None and progress.phase in _AFTER_WORDS:
                self._has_every_change(self._turn)
            gives_way = self._standing.is_embedding and bool(self._standing.work)
        if gives_way:  # it came between the last file and the first vector
            self._process.cancel()
        self._follower.progress(progress)

    def _commit(self, committed: Committed) -> None:
        with self._changed:
            is_new = committed.revision != self._standing.revision
            self._set(committed=committed)
        if is_new:
            self._follower.committed(committed.revision)
