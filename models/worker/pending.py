"""The requests that a worker still owes an answer to."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .frames import FrameError
from .messages import Embed, Rerank, Reranking

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from ..errors import CodeassistdError
    from .limits import WorkerLimits
    from .messages import Lane, Task

_MOST_ATTEMPTS = 2
_FLOAT_BYTES = 4


@dataclass(slots=True, eq=False)
class PendingRequest:
    """A request from when it is made to when it is answered.

    Attributes:
        message: What the worker is told.
        patience_seconds: Longest time without anything happening to it.
        last_sign: When something happened to it last.
        is_worked_on: Whether the worker has begun with it.
        attempts: Workers that were lost while it was worked on.
        answer: The vectors, of shape (texts, dimensions); or the scores, of shape (texts, 1).
    """

    message: Embed | Rerank
    patience_seconds: float
    last_sign: float
    is_worked_on: bool = False
    attempts: int = 0
    answer: Future[NDArray[np.float32]] = field(default_factory=Future)

    @property
    def uses_model(self) -> bool:
        """Whether its failure says something about the embedding model; that of a reranker doesn't."""
        return isinstance(self.message, Embed)

    def check(self, values: bytes | bytearray, dimensions: int) -> None:
        """See whether these are as many numbers as there must be.

        Args:
            values: Little-endian float32, row by row.
            dimensions: Length of a vector.

        Raises:
            FrameError: They are not.
        """
        texts, columns = len(self.message.texts), dimensions if self.uses_model else 1
        if len(values) != texts * columns * _FLOAT_BYTES:
            raise FrameError(f"{len(values):,} bytes are not {texts:,} x {columns:,} numbers")

    def fulfil(self, values: bytes | bytearray) -> None:
        """Give the vectors to whoever waits, unless they gave up.

        Args:
            values: What was checked.
        """
        import numpy as np  # noqa: PLC0415 - only who gets vectors pays for numpy

        if self.answer.set_running_or_notify_cancel():
            vectors = np.frombuffer(values, dtype="<f4").reshape(len(self.message.texts), -1)
            self.answer.set_result(vectors.astype(np.float32, copy=False))

    def fail(self, error: CodeassistdError) -> None:
        """Raise an error where the vectors are waited for, unless they gave up.

        Args:
            error: Copied, as each waiting thread adds its own traceback.
        """
        if self.answer.set_running_or_notify_cancel():
            self.answer.set_exception(type(error)(error.message, error.hint))


class PendingRequests:
    """Keeps them in the order in which they were made. Not thread-safe.

    Args:
        limits: How long a request may take.
    """

    def __init__(self, limits: WorkerLimits) -> None:
        self._limits = limits
        self._numbers = itertools.count(1)
        self._requests: dict[int, PendingRequest] = {}
        self._texts = 0

    def __len__(self) -> int:
        return len(self._requests)

    def __iter__(self) -> Iterator[PendingRequest]:
        return iter(self._requests.values())

    def add(self, texts: Sequence[str], task: Task, lane: Lane, now: float) -> PendingRequest:
        """Make a request.

        Args:
            texts: At least one.
            task: What is done with them.
            lane: Which queue of the worker they go to; reranking has one of its own.
            now: The time, in seconds.
        """
        self._texts += len(texts)
        number = next(self._numbers)
        request = PendingRequest(
            message=Rerank(number, task, list(texts))
            if isinstance(task, Reranking)
            else Embed(number, lane, task, list(texts)),
            patience_seconds=self._limits.request_seconds + self._limits.text_seconds * self._texts,
            last_sign=now,
        )
        self._requests[request.message.id] = request
        return request

    def get(self, number: int) -> PendingRequest | None:
        """The request of that number, unless it was answered or given up."""
        return self._requests.get(number)

    def remove(self, request: PendingRequest) -> bool:
        """Forget a request; False if it was forgotten before."""
        if self._requests.pop(request.message.id, None) is None:
            return False
        self._texts -= len(request.message.texts)
        return True

    def worked_on(self, numbers: Sequence[int], now: float) -> None:
        """Note that a worker has begun with a part of these."""
        for number in numbers:
            if (request := self._requests.get(number)) is not None:
                request.is_worked_on = True
                request.last_sign = now

    def wait_from(self, now: float) -> None:
        """Count the time without a sign from now on: a worker has just become ready."""
        for request in self._requests.values():
            request.last_sign = now

    def is_overdue(self, now: float) -> bool:
        """Whether something should have happened to one of them."""
        return any(now - each.last_sign > each.patience_seconds for each in self._requests.values())

    def lose_worker(self, *, was_ready: bool) -> list[PendingRequest]:
        """Note that the worker was lost, whatever it was doing.

        Args:
            was_ready: Whether it had loaded the model. If not, it was lost to all requests alike; else to
                those that it worked on, and the others have lost nothing.

        Returns:
            The requests that were lost twice, which are forgotten here; the others wait for the next worker.
        """
        given_up = []
        for request in list(self._requests.values()):
            request.attempts += request.is_worked_on or not was_ready
            request.is_worked_on = False
            if request.attempts >= _MOST_ATTEMPTS:
                self.remove(request)
                given_up.append(request)
        return given_up

    def clear(self) -> list[PendingRequest]:
        """Forget all requests and return them."""
        forgotten = list(self._requests.values())
        self._requests.clear()
        self._texts = 0
        return forgotten
