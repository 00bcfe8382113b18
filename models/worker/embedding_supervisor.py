"""The supervisor of a worker that embeds and scores texts."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from .limits import WorkerLimits, WorkerPlan, WorkerUsage
from .messages import Load, decode_from_worker, encode
from .pending import PendingRequests
from .process import Dialect
from .supervisor import Supervisor

if TYPE_CHECKING:
    from concurrent.futures import Future

    import numpy as np
    from numpy.typing import NDArray

    from ..identity import ModelIdentity
    from ..selection import EmbedderRequest
    from .messages import Lane, Task


class EmbeddingSupervisor:
    """Keeps an embedding model's worker running while it is needed.

    Args:
        identity: The vectors that are expected.
        request: The model.
        command: The program that loads it, and its arguments.
        limits: What it may take.
        on_log: Gets each line that it writes to standard error.
        clock: Seconds that never run backwards.
    """

    def __init__(
        self,
        identity: ModelIdentity,
        request: EmbedderRequest,
        command: Sequence[str],
        limits: WorkerLimits,
        on_log: Callable[[str], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        load = Load(request, limits.niceness)
        dialect = Dialect(encode, decode_from_worker)
        plan = WorkerPlan(identity.name, identity.id, load, dialect, command, limits, on_log)
        self._requests = PendingRequests(limits, identity.dimensions)
        self._supervisor = Supervisor(plan, self._requests, clock)

    def submit(self, texts: Sequence[str], task: Task, lane: Lane) -> Future[NDArray[np.float32]]:
        """Make a request; cancelling the future takes it out of the worker's queue.

        Args:
            texts: At least one.
            task: What is done with them.
            lane: "interactive" goes ahead of "bulk".

        Returns:
            The vectors, or scores as one column, of shape (len(texts), columns); or a `CodeassistdError`.

        Raises:
            WorkerUnavailableError: The model keeps failing and isn't tried for now.
            WorkerClosedError: The supervisor was closed.
        """
        return self._supervisor.submit(lambda now: self._requests.add(texts, task, lane, now)).answer

    def start(self) -> None:
        """Begin loading ahead of the first request, unless the model keeps failing."""
        self._supervisor.start()

    def close(self) -> None:
        """End the worker, failing whoever waits for it; takes a second or two at most."""
        self._supervisor.close()

    def usage(self) -> WorkerUsage:
        """What is known of the worker now."""
        effort = self._requests.effort
        return replace(self._supervisor.usage(), tokens=effort.tokens, computing_seconds=effort.seconds)
