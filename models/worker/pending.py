"""Requests for vectors and scores that a worker still owes an answer to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from .effort import NO_EFFORT, Effort
from .exchange import Exchange, Exchanges
from .frames import FrameError
from .messages import Embed, Rerank, Reranking, Vectors

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from .limits import WorkerLimits
    from .messages import Failure, Lane, Task

_FLOAT_BYTES = 4


@dataclass(slots=True, eq=False)
class PendingRequest(Exchange["NDArray[np.float32]"]):
    """A request from when it is made to when it is answered.

    Attributes:
        message: What the worker is told.
        answer: The vectors, of shape (texts, dimensions); or the scores, of shape (texts, 1).
        columns: Numbers for each text.
        on_effort: Told what the worker has done.
    """

    message: Embed | Rerank
    answer: Future[NDArray[np.float32]] = field(default_factory=Future)
    columns: int = 1
    on_effort: Callable[[Effort], None] = lambda _: None

    @property
    def texts(self) -> int:
        """How many texts it is about."""
        return len(self.message.texts)

    def counts(self, failure: Failure) -> bool:
        """Whether its failure says something about the embedding model; that of a reranker doesn't."""
        return isinstance(self.message, Embed) and not failure.is_usage

    def take(self, message: object) -> Callable[[], None]:
        """Take the vectors; see `Exchange.take`."""
        if not isinstance(message, Vectors):
            raise FrameError(f"{type(message).__name__} is not the answer to a request for numbers")
        if len(message.values) != self.texts * self.columns * _FLOAT_BYTES:
            raise FrameError(
                f"{len(message.values):,} bytes are not {self.texts:,} x {self.columns:,} numbers"
            )
        self.on_effort(message.effort)
        return partial(self._fulfil_with, message.values)

    def _fulfil_with(self, values: bytes | bytearray) -> None:
        import numpy as np  # noqa: PLC0415 - only who gets vectors pays for numpy

        vectors = np.frombuffer(values, dtype="<f4").reshape(self.texts, -1)
        self.fulfil(vectors.astype(np.float32, copy=False))


class PendingRequests(Exchanges[PendingRequest]):
    """Keeps them in the order in which they were made. Not thread-safe.

    Args:
        limits: How long a request may take.
        dimensions: Length of a vector.
    """

    def __init__(self, limits: WorkerLimits, dimensions: int = 1) -> None:
        super().__init__()
        self._effort = NO_EFFORT
        self._limits = limits
        self._dimensions = dimensions

    def add(self, texts: Sequence[str], task: Task, lane: Lane, now: float) -> PendingRequest:
        """Make a request.

        Args:
            texts: At least one.
            task: What is done with them.
            lane: Which queue of the worker they go to; reranking has one of its own.
            now: The time, in seconds.
        """
        number = self.next_number()
        waiting = len(texts) + sum(request.texts for request in self)
        patience = self._limits.request_seconds + self._limits.text_seconds * waiting
        if isinstance(task, Reranking):
            asked = Rerank(number, task, list(texts))
            request = PendingRequest(asked, patience, now, on_effort=self._count)
        else:
            message = Embed(number, lane, task, list(texts))
            request = PendingRequest(message, patience, now, columns=self._dimensions, on_effort=self._count)
        self.keep(request)
        return request

    @property
    def effort(self) -> Effort:
        """What all answers have cost."""
        return self._effort

    def _count(self, effort: Effort) -> None:
        self._effort += effort
