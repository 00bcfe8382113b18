"""What a worker's answers have cost."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Effort:
    """Work done.

    Attributes:
        tokens: Tokens read, where they are counted.
        seconds: Time in which something was computed; that of threads side by side adds up.
    """

    tokens: int = 0
    seconds: float = 0.0

    def __add__(self, other: Effort) -> Effort:
        return Effort(self.tokens + other.tokens, self.seconds + other.seconds)


NO_EFFORT = Effort()


class EffortCounter:
    """Adds up inside the worker what its next answer tells of; for any number of threads.

    Args:
        tokens: Gives how many tokens the model has read so far.
    """

    def __init__(self, tokens: Callable[[], int]) -> None:
        self._tokens = tokens
        self._lock = threading.Lock()
        self._told_tokens = 0
        self._seconds = 0.0

    def add(self, seconds: float) -> None:
        """Count computing time."""
        with self._lock:
            self._seconds += seconds

    def take(self) -> Effort:
        """What was done since the last call."""
        with self._lock:
            tokens = self._tokens()
            effort = Effort(tokens - self._told_tokens, self._seconds)
            self._told_tokens, self._seconds = tokens, 0.0
            return effort
