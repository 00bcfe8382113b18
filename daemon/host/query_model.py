"""The model that reads queries, exchanged for another when the settings name one."""

from __future__ import annotations

import concurrent.futures
import threading
from typing import TYPE_CHECKING

from ...lsp.service import CancelledError, Embeddings, ModelSummary, Reranked
from ..composition import embedder_request, reranker_request

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from ...lsp.service import Cancelled
    from ...models.roles import EmbedKind, Reranker
    from ...models.worker.embedder import WorkerEmbedder
    from ..settings import Settings


class QueryModel:
    """The embedding model that all sessions share, and the reranker beside it. For any thread.

    Args:
        make: Gives the model that settings name, in a process of its own.
        settings: The settings to begin with.
        data_dir: Where models are kept.
    """

    def __init__(
        self, make: Callable[[Settings], WorkerEmbedder], settings: Settings, data_dir: Path
    ) -> None:
        self._make = make
        self._data_dir = data_dir
        self._lock = threading.Lock()
        self._request = embedder_request(settings, data_dir)
        self._embedder = make(settings)

    @property
    def embedder(self) -> WorkerEmbedder:
        """The model in force; ask anew each time, for it may be exchanged."""
        return self._embedder

    def apply(self, settings: Settings) -> None:
        """Exchange the model if the settings name another, or want it run in another way."""
        request = embedder_request(settings, self._data_dir)
        with self._lock:
            if request == self._request:
                return
            before, self._embedder = self._embedder, self._make(settings)
            self._request = request
        before.close()

    def reranker(self, settings: Settings) -> Reranker:
        """The reranker that the settings name, in the model's process."""
        return self._embedder.reranker(reranker_request(settings, self._data_dir))

    def embed(self, texts: Sequence[str], kind: EmbedKind, cancelled: Cancelled) -> Embeddings:
        """Embed texts on the interactive lane."""
        embedder = self._embedder
        try:
            return Embeddings(embedder.identity.id, embedder.embed(texts, kind, cancelled))
        except concurrent.futures.CancelledError:
            raise CancelledError from None

    def rerank(
        self, settings: Settings, query: str, passages: Sequence[str], cancelled: Cancelled
    ) -> Reranked:
        """Score passages by how well each answers a query."""
        reranker = self.reranker(settings)
        try:
            return Reranked(reranker.identity.name, reranker.score(query, passages, cancelled))
        except concurrent.futures.CancelledError:
            raise CancelledError from None

    def summaries(self) -> tuple[ModelSummary, ...]:
        """How the models stand."""
        embedder = self._embedder
        usage = embedder.usage()
        summary = ModelSummary(
            name=embedder.identity.name,
            role="embed",
            state=usage.state,
            engine=usage.engine,
            uses=usage.uses,
            idle_seconds=usage.idle_seconds,
            texts=usage.texts,
            tokens=usage.tokens,
            computing_seconds=usage.computing_seconds,
            errors=usage.failures,
            queued=usage.waiting,
            memory=usage.rss_bytes,
            problem=usage.problem,
        )
        return (summary,)

    def close(self) -> None:
        """End the model's process."""
        self._embedder.close()
