"""Embedding beside everything else: windows of pending chunks go in, their vectors come out."""

from __future__ import annotations

import queue
import threading
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
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

_SLICE, _AT_ONCE = 64, 2
"""Texts a call, and calls at the same time: the last batches of one leave threads to the first of the next.

Together a second of work at most, so that stopping and progress stay prompt.
"""


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
        """End after the calls in hand.

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
                self._embed_windows(cache)
            finally:
                cache.close()
        except BaseException as error:  # noqa: BLE001 - handed to the thread that asks for results
            self._error = error
            self._results.put(None)

    def _embed_windows(self, cache: VectorCache) -> None:
        embedder: Embedder | None = None
        with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="embedding-call") as calls:
            while (window := self._windows.get()) is not None and not self._stopping.is_set():
                missing = self._from_cache(cache, window)
                if missing and embedder is None:
                    embedder = self._load_embedder()
                if embedder is not None:
                    self._compute(cache, embedder, missing, calls)

    def _from_cache(self, cache: VectorCache, window: Sequence[PendingChunk]) -> list[PendingChunk]:
        known = cache.get([chunk.vector_key for chunk in window])
        found = [chunk for chunk in window if chunk.vector_key in known]
        if found:
            vectors = np.stack([known[chunk.vector_key] for chunk in found])
            self._results.put(EmbeddedChunks(tuple(chunk.id for chunk in found), vectors, 0))
        return [chunk for chunk in window if chunk.vector_key not in known]

    def _compute(
        self, cache: VectorCache, embedder: Embedder, chunks: list[PendingChunk], calls: ThreadPoolExecutor
    ) -> None:
        alike: dict[str, list[PendingChunk]] = {}
        for chunk in sorted(chunks, key=lambda chunk: len(chunk.text)):
            alike.setdefault(chunk.vector_key, []).append(chunk)
        groups = list(alike.values())
        running: deque[tuple[list[list[PendingChunk]], Future[NDArray[np.float32]]]] = deque()
        for start in range(0, len(groups), _SLICE):
            if self._stopping.is_set():
                break
            batch = groups[start : start + _SLICE]
            texts = [passage(group[0]) for group in batch]
            running.append((batch, calls.submit(embedder.embed, texts, "document")))
            if len(running) == _AT_ONCE:
                self._keep(cache, *running.popleft())
        while running:
            self._keep(cache, *running.popleft())

    def _keep(
        self, cache: VectorCache, batch: list[list[PendingChunk]], found: Future[NDArray[np.float32]]
    ) -> None:
        vectors = _kept(cache, [group[0] for group in batch], found.result())
        ids = [chunk.id for group in batch for chunk in group]
        rows = [row for row, group in enumerate(batch) for _ in group]
        self._results.put(EmbeddedChunks(tuple(ids), vectors[rows], len(batch)))


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
    return _kept(cache, chunks, embedder.embed([passage(chunk) for chunk in chunks], "document"))


def _kept(
    cache: VectorCache, chunks: Sequence[PendingChunk], vectors: NDArray[np.float32]
) -> NDArray[np.float16]:
    halves = vectors.astype(np.float16)
    cache.put({chunk.vector_key: vector for chunk, vector in zip(chunks, halves, strict=True)})
    return halves


def passage(chunk: PendingChunk) -> str:
    """The exact text that the model gets for a stored chunk."""
    return embedding_text(
        Chunk(0, 0, chunk.language, chunk.kind, chunk.symbol, chunk.text, chunk.context), chunk.path
    )
