"""What an update has counted so far."""

from __future__ import annotations

import time
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(slots=True)
class Tally:
    """Counters of one update, shared by its stages.

    Attributes:
        seen: Files that the walk listed.
        read: Files that were opened.
        indexed: Files that were chunked.
        unchanged: Files whose rows stay.
        pending: Files left for another update.
        removed: Files that are gone.
        skipped: Files left out, by reason.
        unreadable: Files that could not be read, as "path: why".
        embedded: Chunks that the model was asked for.
        reused: New rows whose vector was known.
        seconds: Time by phase.
    """

    seen: int = 0
    read: int = 0
    indexed: int = 0
    unchanged: int = 0
    pending: int = 0
    removed: int = 0
    skipped: Counter[str] = field(default_factory=Counter)
    unreadable: list[str] = field(default_factory=list)
    embedded: int = 0
    reused: int = 0
    seconds: Counter[str] = field(default_factory=Counter)

    @contextmanager
    def timed(self, phase: str) -> Iterator[None]:
        """Add the time of a block to a phase."""
        started = time.monotonic()
        try:
            yield
        finally:
            self.seconds[phase] += time.monotonic() - started  # type: ignore[assignment]
