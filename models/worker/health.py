"""What is wrong with a worker process, judged by what can be seen of it."""

from __future__ import annotations

from dataclasses import dataclass

from .errors import WorkerError, lost
from .limits import WorkerLimits

_MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Signs:
    """What can be seen of a worker.

    Attributes:
        end: How it ended, to follow "The process of the model ..."; None while it runs.
        is_ready: Whether the model is loaded.
        running_seconds: Time since the process was started.
        is_overdue: Whether a request waits too long for any sign.
        rss_bytes: Resident memory.
    """

    end: str | None
    is_ready: bool
    running_seconds: float
    is_overdue: bool
    rss_bytes: int


def find_problem(model: str, signs: Signs, limits: WorkerLimits) -> WorkerError | None:
    """Judge a worker.

    Args:
        model: The model's name, for the message.
        signs: What is seen.
        limits: What is allowed.

    Returns:
        Why the worker can't go on, or None when it can.
    """
    if signs.end is not None:
        return lost(model, signs.end)
    if signs.rss_bytes > limits.memory_bytes:
        took, most = signs.rss_bytes // _MIB, limits.memory_bytes // _MIB
        return WorkerError(
            f"The process of the model {model} took {took:,} MiB of memory and was ended: "
            f"{most:,} MiB is the limit.",
            hint="Use fewer threads or a smaller model, or raise the limit.",
        )
    if not signs.is_ready and signs.running_seconds > limits.start_seconds:
        return lost(model, f"did not load it within {limits.start_seconds:g} s and was ended")
    if signs.is_ready and signs.is_overdue:
        return lost(model, f"gave no sign for {limits.request_seconds:g} s or more and was ended")
    return None
