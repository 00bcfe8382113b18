"""What can be wrong with a worker process, as opposed to with what it was asked."""

from __future__ import annotations

from ..errors import CodeassistdError


class WorkerError(CodeassistdError):
    """A worker could not be started, was lost, or overstepped a limit."""


class WorkerUnavailableError(WorkerError):
    """Nothing is tried for now, because the model failed several times in a row."""


class WorkerClosedError(WorkerError):
    """The embedder was closed."""
