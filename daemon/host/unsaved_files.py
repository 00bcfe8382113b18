"""Lays the unsaved texts of a session over a snapshot, as an index would have them."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from ...indexer.search.overlaid import overlaid
from ...indexer.search.overlay import Overlay, OverlayCache, UnsavedFile
from ...indexer.store.vector_cache import VectorCache
from ...indexer.walk.entry import FileEntry
from ...indexer.walk.scan import scan
from ...indexer.walk.scope import scope_of
from ...models.errors import CodeassistdError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from ...indexer.store.rows import Snapshot
    from ...indexer.store.snapshot import IndexSnapshot
    from ...indexer.workspace_index import IndexConfig
    from ...lsp.service import Unsaved
    from ...models.roles import Embedder

_EMBED_SECONDS = 0.3
"""A search waits no longer than this for the vectors of what was typed; until then its words are found."""

_RULES_SECONDS = 5.0


class UnsavedFiles:
    """What sessions have on screen of one workspace. For any thread.

    Args:
        root: The workspace.
        config: Gives what is indexed, and how.
        embedder: Gives the model.
        vectors: Gives the file of the vectors that are known, by model identity.
    """

    def __init__(
        self,
        root: Path,
        config: Callable[[], IndexConfig],
        embedder: Callable[[], Embedder],
        vectors: Callable[[str], Path],
    ) -> None:
        self._root = root
        self._config = config
        self._embedder = embedder
        self._vectors = vectors
        self._lock = threading.Lock()
        self._caches: dict[str, OverlayCache] = {}
        self._rules: dict[str, tuple[bool, float]] = {}

    def over(self, snapshot: IndexSnapshot, unsaved: Unsaved) -> Snapshot:
        """A snapshot as the session sees it: with these texts in the place of their files."""
        embedder = self._embedder()
        files = self._files(unsaved)
        cache, limits = self._cache(embedder), self._config().limits
        try:
            overlay = Overlay.of(files, embedder, cache, limits=limits, seconds=_EMBED_SECONDS)
        except CodeassistdError:  # the model is out of order; words do without it
            overlay = Overlay.of(files, None, cache, limits=limits)
        return overlaid(snapshot, overlay)

    def by_words_over(self, snapshot: IndexSnapshot, unsaved: Unsaved) -> Snapshot:
        """The same for who can't wait for vectors: these texts are found by their words and names."""
        cache, limits = self._cache(self._embedder()), self._config().limits
        return overlaid(snapshot, Overlay.of(self._files(unsaved), None, cache, limits=limits))

    def _files(self, unsaved: Unsaved) -> list[UnsavedFile]:
        return [UnsavedFile(path, text) for path, text in unsaved.items() if self.is_selected(path)]

    def _cache(self, embedder: Embedder) -> OverlayCache:
        identity = embedder.identity
        with self._lock:
            cache = self._caches.get(identity.id)
            if cache is None:
                known = _KnownVectors(self._vectors(identity.id), identity.dimensions)
                cache = self._caches[identity.id] = OverlayCache(known)
            return cache

    def is_selected(self, path: str) -> bool:
        """Whether an index would have the file; one that is not on disk yet would."""
        now = time.monotonic()
        with self._lock:
            selected, until = self._rules.get(path, (False, 0.0))
        if now >= until:
            selected = self._would_be_indexed(path)
            with self._lock:
                self._rules[path] = (selected, now + _RULES_SECONDS)
        return selected

    def _would_be_indexed(self, path: str) -> bool:
        scope = scope_of([path])
        if scope is None or not (self._root / path).exists():
            return True
        try:
            found = list(scan(self._root, self._config().selection, scope))
        except CodeassistdError:
            return False
        return any(isinstance(item, FileEntry) and item.path == path for item in found)


class _KnownVectors:
    """The vectors on disk, opened for each look: connections don't change threads."""

    def __init__(self, path: Path, dimensions: int) -> None:
        self._path = path
        self._dimensions = dimensions

    def get(self, keys: Sequence[str]) -> Mapping[str, NDArray[np.float16]]:
        """Vectors by the hash of their passage."""
        cache = VectorCache(self._path, self._dimensions)
        try:
            return cache.get(keys)
        finally:
            cache.close()
