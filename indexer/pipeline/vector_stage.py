"""The second half of an update: rows without a vector get theirs."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np

from ..freed_memory import give_back
from .embedding_thread import EmbeddedChunks, EmbeddingThread

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ...models.roles import Embedder
    from ..store.writer import IndexWriter
    from .tally import Tally

_WINDOW = 1_536
_IN_FLIGHT = 2 * _WINDOW
_COMMIT_ROWS = 6_000
_COMMIT_SECONDS = 20.0  # the cache has each vector at once; a crash before the commit loses none


class VectorStage:
    """Feeds an embedding thread with committed rows and commits what comes back.

    Args:
        writer: The index, its write lock held.
        cache_path: The shared vector cache's file.
        dimensions: Length of a vector.
        load_embedder: Gives the embedder when the first text needs it.
        tally: Counts what is done.
    """

    def __init__(
        self,
        writer: IndexWriter,
        cache_path: Path,
        dimensions: int,
        load_embedder: Callable[[], Embedder],
        tally: Tally,
    ) -> None:
        self._writer = writer
        self._tally = tally
        self._thread = EmbeddingThread(cache_path, dimensions, load_embedder)
        self._in_flight: set[str] = set()
        self._finished: list[EmbeddedChunks] = []
        self._unwritten = 0
        self._since = time.monotonic()

    @property
    def done(self) -> int:
        """Rows that have their vector, written or not."""
        head = self._writer.head
        return (head.embedded if head else 0) + self._unwritten

    def feed(self) -> bool:
        """Hand committed rows to the thread while it has little to do.

        Returns:
            Whether the thread has work.
        """
        waiting = len(self._in_flight) - self._unwritten
        head = self._writer.head
        if waiting > _WINDOW or head is None or head.chunks - head.embedded <= len(self._in_flight):
            return waiting > 0
        pending = self._writer.table().pending(_WINDOW + len(self._in_flight))
        window = [chunk for chunk in pending if chunk.id not in self._in_flight]
        if window:
            self._in_flight.update(chunk.id for chunk in window)
            self._thread.submit(window)
        return bool(window) or waiting > 0

    def collect(self, timeout: float) -> None:
        """Take what the thread has finished, and commit it when it is much or old.

        Args:
            timeout: Seconds to wait for a result.

        Raises:
            BaseException: What ended the thread, after everything it finished was committed.
        """
        try:
            with self._tally.timed("embed"):
                results = self._thread.finished(timeout)
        except BaseException:
            self.flush()
            raise
        self._take(results)
        if self._unwritten >= _COMMIT_ROWS or time.monotonic() - self._since > _COMMIT_SECONDS:
            self.flush()

    def flush(self) -> None:
        """Write and commit the vectors at hand."""
        if self._finished:
            ids = [row for result in self._finished for row in result.ids]
            vectors = np.concatenate([result.vectors for result in self._finished])
            with self._tally.timed("write"):
                self._writer.set_vectors(ids, vectors)
                give_back()
            self._in_flight.difference_update(ids)
        self._finished = []
        self._unwritten = 0
        self._since = time.monotonic()

    def stop(self) -> None:
        """End the thread after the texts in hand, and commit what it gave."""
        self._take(self._thread.stop())
        self.flush()

    def _take(self, results: list[EmbeddedChunks]) -> None:
        for result in results:
            self._finished.append(result)
            self._unwritten += len(result.ids)
            self._tally.embedded += result.computed
            self._tally.reused += len(result.ids) - result.computed
