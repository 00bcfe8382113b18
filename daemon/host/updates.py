"""Keeps one index as the files are: a thread that has what changed brought into it, again and again."""

from __future__ import annotations

import logging
import threading
import time
from typing import TYPE_CHECKING

from ...models.errors import CodeassistdError
from .index_messages import Committed, UpdateJob
from .index_process import IndexProcess
from .ledger import Ledger
from .root_presence import RootPresence
from .standing import Standing
from .turns import Turn
from .update_history import PastUpdate
from .work import EVERYTHING, NOTHING, Work, retry_delay

if TYPE_CHECKING:
    from ...indexer.pipeline.report import Progress, UpdateReport
    from .index_source import IndexSource
    from .turns import Follower

_LOG = logging.getLogger(__name__)

_AFTER_WORDS = frozenset({"embed", "optimize"})
_BATTERY_EMBED_SECONDS = 2.0


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
        self._presence = RootPresence(source.root)
        self._process = IndexProcess(source.root, source.data_dir)
        self._ledger = Ledger(Standing(work=EVERYTHING))
        self._changed = self._ledger.changed
        self._failures = 0
        self._retry_at = 0.0
        self._saves_power = False
        self._busy = True
        self._thread = threading.Thread(target=self._run, name=f"index {source.root.name}", daemon=True)

    @property
    def standing(self) -> Standing:
        """How it stands now."""
        with self._changed:
            return self._ledger.standing

    @property
    def ledger(self) -> Ledger:
        """For whoever waits for them."""
        return self._ledger

    def start(self) -> None:
        """Begin to catch up, unless it was closed meanwhile."""
        with self._changed:
            if not self._ledger.is_stopping:
                self._thread.start()

    def close(self) -> None:
        """End: after the write in hand, within seconds."""
        with self._changed:
            self._ledger.is_stopping = True
            self._changed.notify_all()
        self._process.end()
        if self._thread.ident is not None:
            self._thread.join()
        self._process.end()

    def take(self, work: Work) -> int:
        """Note what has changed; returns the ticket that is answered once that is in the index."""
        with self._changed:
            self._ledger.set(work=self._ledger.standing.work | work)
            self._ledger.asked += 1
            self._retry_at = 0.0
            ticket, gives_way = self._ledger.asked, self._ledger.standing.is_embedding
        if gives_way:
            self._process.cancel()
        return ticket

    def pause(self, reason: str, *, paused: bool) -> None:
        """Stop for a reason, or stop stopping for it."""
        with self._changed:
            before = self._ledger.standing.paused
            self._ledger.set(paused=before | {reason} if paused else before - {reason})
        if paused and not before:
            self._process.cancel()

    def save_power(self, *, saves: bool) -> None:
        """Leave large amounts of text for later, unless somebody waits; words are kept up to date."""
        with self._changed:
            gives_way = saves and not self._saves_power and self._ledger.standing.is_embedding
            self._saves_power = saves
            self._changed.notify_all()
        if gives_way:
            self._process.cancel()

    def end_idle_worker(self, seconds: float) -> bool:
        """End the index worker unless it had work within some seconds; its memory goes with it.

        Returns:
            Whether there was one and it has ended.
        """
        return self._process.end_if_idle(seconds)

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
            with self._changed:
                self._ledger.turn, self._ledger.turns_ended = None, turn.number
                self._changed.notify_all()

    def _look_at_index(self) -> None:
        """Take in what is committed: what an earlier run left can be searched at once."""
        try:
            found = self._source.index().describe()
        except CodeassistdError:
            return  # the next update sees to it
        if found.revision is not None:
            with self._changed:
                self._ledger.set(files=found.files)
            self._commit(Committed(found.revision, found.complete, found.chunks, found.embedded))

    def _next_turn(self) -> Turn | None:
        while not self._ledger.is_stopping:
            with self._changed:
                now = self._ledger.standing
                has_backlog = now.pending > 0 and not self._embeds_little
                if (now.work or has_backlog) and not now.paused and time.monotonic() >= self._retry_at:
                    self._ledger.set(work=NOTHING)
                    self._busy = True
                    number = self._ledger.turns_ended + 1
                    turn = Turn(number, now.work, self._ledger.asked, time.monotonic())
                    self._ledger.turn = turn
                    return turn
                if not self._busy:
                    self._changed.wait(1.0 if now.work else None)
                    continue
                self._busy = False
            self._follower.progress(None)
        return None

    @property
    def _embeds_little(self) -> bool:
        return self._saves_power and not self._ledger.vectors_awaited

    def _carry_out(self, turn: Turn) -> None:
        self._presence.check(has_files=self.standing.files > 0)
        job = UpdateJob(
            settings=self._source.settings(),
            full=turn.work.full,
            paths=turn.work.scope,
            embed_seconds=_BATTERY_EMBED_SECONDS if self._embeds_little else None,
        )
        report = self._process.update(job, self._on_progress, self._commit)
        self._done(turn, report)
        self._look_at_index()

    def _done(self, turn: Turn, report: UpdateReport) -> None:
        with self._changed:
            self._ledger.history.add(PastUpdate(report, everything=turn.work.scope is None))
            if report.cancelled and self._ledger.answered < turn.ticket:
                self._ledger.set(work=self._ledger.standing.work | turn.work, progress=None)
            else:
                self._failures, self._retry_at = 0, 0.0
                self._has_every_change(turn)
                self._ledger.set(problem=None, progress=None)
        if report.rebuilt:
            why = f"the index of {self._source.root} was built anew: {report.rebuilt}"
            self._follower.failed(CodeassistdError(why))

    def _has_every_change(self, turn: Turn) -> None:
        self._ledger.answered = max(self._ledger.answered, turn.ticket)
        self._ledger.set(agreed_at=turn.began)

    def _fail(self, error: CodeassistdError, turn: Turn) -> None:
        with self._changed:
            if self._ledger.is_stopping:
                return
            self._failures += 1
            self._ledger.failed_ticket = turn.ticket
            self._retry_at = time.monotonic() + retry_delay(self._failures)
            # What of the work was done is unknown.
            work = self._ledger.standing.work | turn.work | EVERYTHING
            self._ledger.set(work=work, problem=error, progress=None)
        self._follower.failed(error)

    def _on_progress(self, progress: Progress) -> None:
        with self._changed:
            self._ledger.set(progress=progress)
            if self._ledger.turn is not None and progress.phase in _AFTER_WORDS:
                self._has_every_change(self._ledger.turn)
            gives_way = self._ledger.standing.is_embedding and bool(self._ledger.standing.work)
        if gives_way:  # it came between the last file and the first vector
            self._process.cancel()
        self._follower.progress(progress)

    def _commit(self, committed: Committed) -> None:
        with self._changed:
            is_new = committed.revision != self._ledger.standing.revision
            self._ledger.set(committed=committed)
        if is_new:
            self._follower.committed(committed.revision)
