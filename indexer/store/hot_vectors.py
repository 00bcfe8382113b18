"""Exact nearest neighbours in memory, for a revision that is searched again and again."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import numpy as np

from .rows import Hit

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

MOST_VECTORS = 20_000
"""More take too much memory (at 384 dimensions, 30 MB), and the approximate index is quicker."""

_WARM_SEARCHES = 6
"""Reading all vectors takes as long as some searches do, and every saved file makes a new revision."""


class HotVectors:
    """The vectors of one revision, read when it has been searched a few times. For any thread.

    Searching 10,000 vectors takes a millisecond of one processor, a quarter of what the index on disk takes.

    Args:
        count: How many vectors there are.
        read: Reads their row numbers, int64 of shape (count,), and themselves, float32 of shape (count,
            dimensions).
    """

    def __init__(self, count: int, read: Callable[[], tuple[NDArray[np.int64], NDArray[np.float32]]]) -> None:
        self._read = read
        self._fits = 0 < count <= MOST_VECTORS
        self._lock = threading.Lock()
        self._searches = 0
        self._vectors: tuple[NDArray[np.int64], NDArray[np.float32]] | None = None

    def nearest(self, vector: NDArray[np.float32], limit: int) -> list[Hit] | None:
        """The rows nearest to a vector by inner product, best first; None while they are not in memory."""
        if not self._fits:
            return None
        with self._lock:
            self._searches += 1
            if self._vectors is None and self._searches > _WARM_SEARCHES:
                self._vectors = self._read()
            found = self._vectors
        if found is None:
            return None
        rows, vectors = found
        scores = vectors @ vector
        best = np.argpartition(scores, -limit)[-limit:] if limit < len(scores) else np.arange(len(scores))
        best = best[np.lexsort((rows[best], -scores[best]))]
        return list(map(Hit, rows[best].tolist(), scores[best].tolist()))
