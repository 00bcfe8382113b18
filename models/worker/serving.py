"""The embedding worker's own side: two lanes for texts, and one for a reranker beside them."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from ..reranker_selection import load_reranker
from .effort import EffortCounter
from .lanes import Lanes, Portion, Work
from .messages import (
    Cancel,
    Embed,
    Failure,
    Load,
    Ready,
    RequestFailed,
    Rerank,
    Vectors,
    Working,
    decode,
    encode,
)
from .portion_size import PortionSize
from .process import Dialect
from .program import run_program
from .rerank_lane import RerankLane

if TYPE_CHECKING:
    from ..roles import Embedder
    from ..selection import EmbedderRequest, LoadedEmbedder
    from .program import Send

# The second thread's portion keeps the engine busy where the first one's ends.
_THREADS_A_LANE = 2
_INTERACTIVE_SECONDS = 0.04
# A query that comes meanwhile goes to the engine beside it and waits for a batch at most, so that a portion
# may be long enough for its beginning and end not to count.
_BULK_SECONDS = 0.6
_log = logging.getLogger(__name__)


def run_worker(load: Callable[[EmbedderRequest], LoadedEmbedder], *, stuck_seconds: float = 120.0) -> int:
    """Be a worker that embeds texts; see `run_program`.

    Args:
        load: Loads the model.
        stuck_seconds: See `guard.ParentGuard`.

    Returns:
        The exit status.
    """
    return run_program(lambda send: EmbeddingService(load, send), Dialect(encode, decode), stuck_seconds)


class EmbeddingService:
    """Embeds and scores texts.

    Args:
        load: Loads the model.
        send: Sends a message to the parent.
    """

    first_message = Load

    def __init__(self, load: Callable[[EmbedderRequest], LoadedEmbedder], send: Send) -> None:
        self._load = load
        self._send = send
        self._lanes = Lanes()
        self._reranking = RerankLane(load_reranker, send)
        self._embedder: Embedder
        self._effort = EffortCounter(lambda: 0)

    def load(self, first: Load) -> Ready:
        """Load the embedding model; a reranker is loaded when it is first used."""
        loaded = self._load(first.request)
        self._embedder = loaded.embedder
        if loaded.tokens is not None:
            self._effort = EffortCounter(loaded.tokens)
        return Ready(loaded.embedder.identity.id, loaded.reason)

    def start(self) -> list[threading.Thread]:
        """Begin to answer on all lanes."""
        lanes = [
            (self._lanes.take_interactive, _INTERACTIVE_SECONDS),
            (self._lanes.take_bulk, _BULK_SECONDS),
        ] * _THREADS_A_LANE
        threads = [threading.Thread(target=self._run_lane, args=lane, daemon=True) for lane in lanes]
        for thread in threads:
            thread.start()
        self._reranking.start()
        return threads

    def put(self, message: object) -> bool:
        """Queue a request, or forget one; False for other messages."""
        match message:
            case Embed(id=id, lane=lane, kind=kind, texts=texts) if texts:
                self._lanes.put(Work(id, lane, kind, texts))
            case Rerank(texts=texts) if texts:
                self._reranking.put(message)
            case Cancel(id=id):
                self._lanes.cancel(id)
                self._reranking.cancel(id)
            case _:
                return False
        return True

    def close(self) -> None:
        """Let all lanes end."""
        self._lanes.close()
        self._reranking.close()

    def _run_lane(self, take: Callable[[int], list[Portion]], seconds: float) -> None:
        size = PortionSize(seconds)
        while portions := take(size.texts):
            begun = time.perf_counter()
            self._compute(portions)
            size.took(sum(len(portion.positions) for portion in portions), time.perf_counter() - begun)

    def _compute(self, portions: list[Portion]) -> None:
        self._send(Working([portion.work.id for portion in portions]))
        rows = [(portion.work, at) for portion in portions for at in portion.positions]
        begun = time.perf_counter()
        try:
            vectors = self._embedder.embed([work.texts[at] for work, at in rows], portions[0].work.kind)
            self._effort.add(time.perf_counter() - begun)
            for (work, at), vector in zip(rows, vectors.astype("<f4"), strict=True):
                work.results[at] = vector.tobytes()
        except Exception as error:  # noqa: BLE001 - the one who asked hears of it
            _log.exception("Embedding %d texts failed.", len(rows))
            for work in self._lanes.failed(portions):
                self._send(RequestFailed(work.id, Failure.of(error)))
        else:
            for work in self._lanes.finished(portions):
                self._send(Vectors(work.id, b"".join(work.results), self._effort.take()))
