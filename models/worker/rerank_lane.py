"""The worker's own side of reranking: one request after the other, beside the embedding lanes."""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from .effort import Effort
from .messages import Failure, FromWorker, RequestFailed, Rerank, Vectors, Working

if TYPE_CHECKING:
    from ..reranker_selection import RerankerRequest
    from ..roles import Reranker

_log = logging.getLogger(__name__)


class RerankLane:
    """Answers requests for scores in a thread of its own, and keeps the last reranker loaded.

    Args:
        load: Loads a reranker.
        send: Sends a message to the parent.
    """

    def __init__(
        self, load: Callable[[RerankerRequest], Reranker], send: Callable[[FromWorker], None]
    ) -> None:
        self._load = load
        self._send = send
        self._queue: queue.SimpleQueue[Rerank | None] = queue.SimpleQueue()
        self._waiting: set[int] = set()
        self._loaded: tuple[RerankerRequest, Reranker] | None = None

    def start(self) -> None:
        """Begin to answer."""
        threading.Thread(target=self._run, name="rerank", daemon=True).start()

    def put(self, request: Rerank) -> None:
        """Queue a request."""
        self._waiting.add(request.id)
        self._queue.put(request)

    def cancel(self, number: int) -> None:
        """Forget a request, if it is one of these."""
        self._waiting.discard(number)

    def close(self) -> None:
        """Let the thread go, after what it works on."""
        self._waiting.clear()
        self._queue.put(None)

    def _run(self) -> None:
        while (request := self._queue.get()) is not None:
            if request.id in self._waiting:
                self._answer(request)
                self._waiting.discard(request.id)

    def _answer(self, request: Rerank) -> None:
        self._send(Working([request.id]))
        try:
            reranker = self._reranker(request.task.reranker)
            begun = time.perf_counter()
            scores = reranker.score(
                request.task.query, request.texts, lambda: request.id not in self._waiting
            )
            effort = Effort(seconds=time.perf_counter() - begun)
            self._send(Vectors(request.id, scores.astype("<f4").tobytes(), effort))
        except Exception as error:  # noqa: BLE001 - the one who asked hears of it
            # Of a request that was cancelled nobody wants to know.
            if request.id in self._waiting:
                _log.exception("Scoring %d texts failed.", len(request.texts))
                self._send(RequestFailed(request.id, Failure.of(error)))

    def _reranker(self, request: RerankerRequest) -> Reranker:
        if self._loaded is None or self._loaded[0] != request:
            self._loaded = None
            self._loaded = (request, self._load(request))
        return self._loaded[1]
