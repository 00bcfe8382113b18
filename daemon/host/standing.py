"""How one workspace stands: what its updates have done and are doing. Pure."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .work import NOTHING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ...indexer.pipeline.report import Progress
    from ...lsp.service import WorkspaceState
    from ...models.errors import CodeassistdError
    from .index_messages import Committed
    from .work import Work

_STATES: Mapping[str, WorkspaceState] = {
    "wait": "indexing",
    "scan": "scanning",
    "chunk": "indexing",
    "embed": "embedding",
    "optimize": "indexing",
}


@dataclass(frozen=True, slots=True)
class Standing:
    """How a workspace stands at a moment.

    Attributes:
        work: What has changed and is not taken up yet.
        committed: What can be searched; None while nothing can.
        files: Files in it.
        progress: Where the update in hand is; None between updates.
        agreed_at: Monotonic time at which the last update began that took in every change.
        paused: Why nothing is indexed; empty when something may be.
        problem: What went wrong last, until an update goes well.
    """

    work: Work = NOTHING
    committed: Committed | None = None
    files: int = 0
    progress: Progress | None = None
    agreed_at: float | None = None
    paused: frozenset[str] = frozenset()
    problem: CodeassistdError | None = None

    @property
    def pending(self) -> int:
        """Chunks without a vector."""
        return self.committed.pending if self.committed else 0

    @property
    def revision(self) -> int:
        """The committed revision; 0 while there is none."""
        return self.committed.revision if self.committed else 0

    @property
    def is_embedding(self) -> bool:
        """Whether all words are in, and vectors are being made."""
        return self.progress is not None and self.progress.phase == "embed"

    @property
    def state(self) -> WorkspaceState:
        """In one word."""
        if self.paused:
            return "paused"
        if self.progress is not None:
            return _STATES[self.progress.phase]
        if self.problem is not None:
            return "failed"
        if self.agreed_at is None:
            return "starting"
        return "embedding" if self.pending else "ready"

    def freshness(self, now: float | None = None) -> float | None:
        """Seconds since the index agreed with the files as far as is known: 0 while it does.

        Args:
            now: Monotonic time; the clock's by default.

        Returns:
            None before it ever did.
        """
        if self.agreed_at is None:
            return None
        if not self.work and (self.progress is None or self.is_embedding):
            return 0.0
        return round((time.monotonic() if now is None else now) - self.agreed_at, 3)
