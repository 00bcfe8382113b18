"""A reranker that runs in the worker process of an embedding model."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import CancelledError
from typing import TYPE_CHECKING

import numpy as np

from ..identity import RerankerIdentity
from ..tokenization import trim_loosely
from .embedder import result, split
from .messages import Reranking

if TYPE_CHECKING:
    from concurrent.futures import Future

    from numpy.typing import NDArray

    from ..reranker_selection import RerankerRequest
    from .embedding_supervisor import EmbeddingSupervisor

_MOST_TOKENS = 512
"""No reranker reads more."""


class WorkerReranker:
    """A ``Reranker`` in another process.

    Args:
        request: Which one.
        supervisor: Of the process.
    """

    def __init__(self, request: RerankerRequest, supervisor: EmbeddingSupervisor) -> None:
        self._request = request
        self._supervisor = supervisor

    @property
    def identity(self) -> RerankerIdentity:
        """Which scores these are; known without a process."""
        return RerankerIdentity(self._request.name, _MOST_TOKENS)

    def score(
        self, query: str, passages: Sequence[str], cancelled: Callable[[], bool] | None = None
    ) -> NDArray[np.float32]:
        """Score passages; see ``Reranker``.

        Raises:
            CancelledError: Of concurrent.futures; ``cancelled`` said so.
            CodeassistdError: The reranker raised it.
            WorkerError: The worker was lost twice, keeps failing, or was closed.
        """
        # What the model doesn't read needn't go through the pipe.
        task = Reranking(self._request, trim_loosely(query, _MOST_TOKENS))
        read = []
        for passage in passages:
            if cancelled is not None and cancelled():
                raise CancelledError
            read.append(trim_loosely(passage, _MOST_TOKENS))
        answers: list[Future[NDArray[np.float32]]] = []
        try:
            answers.extend(self._supervisor.submit(part, task, "interactive") for part in split(read))
            parts = [result(answer, cancelled)[:, 0] for answer in answers]
        finally:
            for answer in answers:
                answer.cancel()
        return np.concatenate([np.empty(0, np.float32), *parts])
