"""Who waits for which updates of an index, and how it stands: what its thread and those who ask share."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from ...lsp.service import CancelledError
from ...models.errors import CodeassistdError
from .update_history import UpdateHistory

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ...indexer.pipeline.report import Progress, UpdateReport
    from ...lsp.service import Cancelled
    from .standing import Standing
    from .turns import Turn

_POLL_SECONDS = 0.1


def _ignore(_progress: Progress) -> None:
    pass


class Ledger:
    """Tickets, and the updates that answer them. What is written in it is guarded by `changed`.

    Attributes:
        changed: Notified at each change.
        standing: How the index stands.
        asked: The last ticket that was given.
        answered: The last ticket whose changes can be searched.
        failed_ticket: The last ticket whose update failed.
        vectors_awaited: How many wait for vectors.
        turn: The update in hand.
        turns_ended: How many are over.
        history: What they did.
        is_stopping: Whether no more are begun.

    Args:
        standing: How it stands at first.
    """

    def __init__(self, standing: Standing) -> None:
        self.changed = threading.Condition()
        self.standing = standing
        self.asked = self.answered = 0
        self.failed_ticket = -1
        self.vectors_awaited = 0
        self.turn: Turn | None = None
        self.turns_ended = 0
        self.history = UpdateHistory()
        self.is_stopping = False

    @property
    def updates(self) -> int:
        """Updates carried out so far; names a moment for `wait_for_report`."""
        with self.changed:
            return self.history.count

    def wait(
        self,
        ticket: int,
        cancelled: Cancelled,
        *,
        vectors: bool,
        progress: Callable[[Progress], None] = _ignore,
    ) -> int:
        """Wait until a ticket is answered.

        Args:
            ticket: Which.
            cancelled: Polled.
            vectors: Whether to wait for every vector too.
            progress: Told where updates are, in this thread.

        Returns:
            The revision.

        Raises:
            CancelledError: The caller gave up.
            CodeassistdError: What was asked for failed, or indexing is paused.
        """

        def is_answered() -> bool:
            return self.answered >= ticket and not (vectors and self.standing.pending)

        with self._awaiting(vectors=vectors):
            return self._wait(is_answered, ticket, cancelled, progress)

    def _wait(
        self,
        is_over: Callable[[], bool],
        ticket: int,
        cancelled: Cancelled,
        progress: Callable[[Progress], None],
    ) -> int:
        told: Progress | None = None
        while True:
            with self.changed:
                if is_over():
                    return self.standing.revision
                if cancelled():
                    raise CancelledError
                self._raise_if_hopeless(ticket)
                if self.standing.progress is told:
                    self.changed.wait(_POLL_SECONDS)
                news = self.standing.progress
            if news is not None and news is not told:
                progress(news)
            told = news

    def wait_for_report(
        self, ticket: int, since: int, cancelled: Cancelled, progress: Callable[[Progress], None]
    ) -> UpdateReport:
        """Wait until a ticket is answered, every vector is there and the index was tidied up.

        Args:
            ticket: Which.
            since: The moment from which on to report; see `updates`.
            cancelled: Polled.
            progress: Told where updates are, in this thread.

        Returns:
            What was done since then.

        Raises:
            CancelledError: The caller gave up.
            CodeassistdError: As for `wait`.
        """
        self.wait(ticket, cancelled, vectors=True, progress=progress)
        with self.changed:
            turn = self.turn.number if self.turn else 0
        # What it did is known once it is over.
        self._wait(lambda: self.turns_ended >= turn, ticket, cancelled, progress)
        with self.changed:
            report = self.history.since(since)
        if report is None:
            raise AssertionError("an answered ticket has had an update")
        return report

    def wait_for_revision(self, seconds: float, cancelled: Cancelled) -> None:
        """Wait, for so long at most, until there is something to search, or no hope that there will be."""
        until = time.monotonic() + seconds
        with self.changed:
            while time.monotonic() < until:
                now = self.standing
                if now.committed or now.problem or now.paused:
                    return
                if cancelled():
                    raise CancelledError
                self.changed.wait(_POLL_SECONDS)

    def _raise_if_hopeless(self, ticket: int) -> None:
        if self.is_stopping:
            raise CodeassistdError("the daemon is stopping", "try again in a moment")
        if self.standing.paused:
            why = ", ".join(sorted(self.standing.paused))
            raise CodeassistdError(f"indexing is paused ({why})", "`codeassistd resume` goes on")
        if self.standing.problem is not None and self.failed_ticket >= ticket:
            raise self.standing.problem

    @contextmanager
    def _awaiting(self, *, vectors: bool) -> Iterator[None]:
        with self.changed:
            self.vectors_awaited += vectors
            self.changed.notify_all()
        try:
            yield
        finally:
            with self.changed:
                self.vectors_awaited -= vectors

    def set(self, **changes: object) -> None:
        """Change how it stands and wake whoever waits; the condition is held."""
        self.standing = replace(self.standing, **changes)  # type: ignore[arg-type]
        self.changed.notify_all()
