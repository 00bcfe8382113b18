"""Embedding beside everything else: windows of pending chunks go in, their vectors come out."""

from __future__ import annotations

import queue
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..chunk.chunk import Chunk
from ..chunk.passage import embedding_text
from ..store.vector_cache import VectorCache

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from ...models.roles import Embedder
    from ..store.rows import PendingChunk

_SLICE = 128
"""Texts a call: a second of work at most, so that stopping and progress stay prompt."""


@dataclass(frozen=True, slots=True)
class EmbeddedChunks:
    """Vectors for some rows.

    Attributes:
        ids: Row keys.
        vectors: float16 array of shape (len(ids), dimensions).
        computed: How many of them the model was asked for; the others were in the cache.
    """

    ids: tuple[str, ...]
    vectors: NDArray[np.float16]
    computed: int


class EmbeddingThread:
    """Embeds windows of chunks in a thread of its own, cache first.

    The model is loaded in that thread when the first text needs it. An error ends the thread and is
    raised by `finished`.

    Args:
        cache_path: The vector cache's file.
        dimensions: Length of a vector.
        load_embedder: Gives the embedder; called at most once.
    """

    def __init__(self, cache_path: Path, dimensions: int, load_embedder: Callable[[], Embedder]) -> None:
        self._cache_path = cache_path
        self._dimensions = dimensions
        self._load_embedder = load_embedder
        self._windows: queue.SimpleQueue[Sequence[PendingChunk] | None] = queue.SimpleQueue()
        self._results: queue.SimpleQueue[EmbeddedChunks | None] = queue.SimpleQueue()
        self._stopping = threading.Event()
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="embedding", daemon=True)
        self._thread.start()

    def submit(self, window: Sequence[PendingChunk]) -> None:
        """Hand over chunks; they come out of `finished` in some order."""
        self._windows.put(window)

    def finished(self, timeout: float) -> list[EmbeddedChunks]:
        """What was embedded since the last call.

        Args:
            timeout: Seconds to wait for a first result.

        Raises:
            BaseException: What ended the thread, if anything did.
        """
        results: list[EmbeddedChunks] = []
        try:
            while True:
                result = self._results.get(timeout=0 if results else timeout)
                if result is None:
                    break
                results.append(result)
        except queue.Empty:
            pass
        if self._error is not None and not results:
            raise self._error
        return results

    def stop(self) -> list[EmbeddedChunks]:
        """End after the call in hand.

        Returns:
            What was embedded and not yet fetched.
        """
        self._stopping.set()
        self._windows.put(None)
        self._thread.join()
        results = []
        while not self._results.empty():
            result = self._results.get()
            if result is not None:
                results.append(result)
        return results

    def _run(self) -> None:
        try:
            cache = VectorCache(self._cache_path, self._dimensions)
            try:
                embedder: Embedder | None = None
                while (window := self._windows.get()) is not None and not self._stopping.is_set():
                    missing = self._from_cache(cache, window)
                    if missing and embedder is None:
                        embedder = self._load_embedder()
                    if embedder is not None:
                        self._compute(cache, embedder, missing)
            finally:
                cache.close()
        except BaseException as error:  # noqa: BLE001 - handed to the thread that asks for results
            self._error = error
            self._results.put(None)

    def _from_cache(self, cache: VectorCache, window: Sequence[PendingChunk]) -> list[PendingChunk]:
        known = cache.get([chunk.vector_key for chunk in window])
        found = [chunk for chunk in window if chunk.vector_key in known]
        if found:
            vectors = np.stack([known[chunk.vector_key] for chunk in found])
            self._results.put(EmbeddedChunks(tuple(chunk.id for chunk in found), vectors, 0))
        return [chunk for chunk in window if chunk.vector_key not in known]

    def _compute(self, cache: VectorCache, embedder: Embedder, chunks: list[PendingChunk]) -> None:
        by_key: dict[str, list[PendingChunk]] = {}
        for chunk in sorted(chunks, key=lambda chunk: len(chunk.text)):
            by_key.setdefault(chunk.vector_key, []).append(chunk)
        keys = list(by_key)
        for start in range(0, len(keys), _SLICE):
            if self._stopping.is_set():
                return
            batch = keys[start : start + _SLICE]
            embedded = embed_pending(cache, embedder, [by_key[key][0] for key in batch])
            ids = [chunk.id for key in batch for chunk in by_key[key]]
            rows = [row for row, key in enumerate(batch) for _ in by_key[key]]
            self._results.put(EmbeddedChunks(tuple(ids), embedded[rows], len(batch)))


def embed_pending(
    cache: VectorCache, embedder: Embedder, chunks: Sequence[PendingChunk]
) -> NDArray[np.float16]:
    """Embed chunks and keep the vectors in the cache.

    Args:
        cache: Where the vectors are kept.
        embedder: The model.
        chunks: Chunks with different vector keys.

    Returns:
        float16 array of shape (len(chunks), dimensions).

    Raises:
        BrokenVectorError: The model gave something else than finite vectors of the right length.
    """
    vectors = embedder.embed([passage(chunk) for chunk in chunks], "document").astype(np.float16)
    cache.put({chunk.vector_key: vector for chunk, vector in zip(chunks, vectors, strict=True)})
    return vectors


def passage(chunk: PendingChunk) -> str:
    """The exact text that the model gets for a stored chunk."""
    return embedding_text(
        Chunk(0, 0, chunk.language, chunk.kind, chunk.symbol, chunk.text, chunk.context), chunk.path
    )
