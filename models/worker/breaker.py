"""When to stop asking something that keeps failing, and when to ask again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

BreakerState = Literal["closed", "open", "half-open"]

_FIRST_DELAY_SECONDS = 0.2
_LONGEST_DELAY_SECONDS = 5.0


@dataclass(slots=True)
class CircuitBreaker:
    """Opens after failures in a row, lets calls through again after a while, and closes when they succeed.

    While half-open every call is let through, not one at a time: they all go to one process, and the first
    failure opens the breaker again for all of them. Not thread-safe.

    Attributes:
        clock: Seconds that never run backwards.
        failures_to_open: Failures in a row that open it.
        open_seconds: How long it stays open.
        successes_to_close: Successes in a row that close it again.
        failures: Failures in a row so far.
        last_failure: What the latest of them was; empty when there is none.
    """

    clock: Callable[[], float]
    failures_to_open: int = 5
    open_seconds: float = 60.0
    successes_to_close: int = 3
    failures: int = 0
    last_failure: str = ""
    _successes: int = 0
    _opened_at: float | None = field(default=None)

    @property
    def state(self) -> BreakerState:
        """Open calls are refused, closed and half-open ones are not."""
        if self._opened_at is None:
            return "closed"
        return "open" if self.retry_in > 0 else "half-open"

    @property
    def retry_in(self) -> float:
        """Seconds until calls are let through; 0 when they are."""
        if self._opened_at is None:
            return 0.0
        return max(0.0, self._opened_at + self.open_seconds - self.clock())

    def succeeded(self) -> None:
        """Note a success. While open it comes from a call made before, and says nothing."""
        state = self.state
        if state == "open":
            return
        if state == "half-open":
            self._successes += 1
            if self._successes < self.successes_to_close:
                return
        self._opened_at = None
        self.failures = self._successes = 0
        self.last_failure = ""

    def failed(self, reason: str) -> None:
        """Note a failure. While open it doesn't make the wait longer."""
        state = self.state
        self.failures += 1
        self.last_failure = reason
        if state == "half-open" or (state == "closed" and self.failures >= self.failures_to_open):
            self._opened_at = self.clock()
            self._successes = 0


def restart_delay(failures: int) -> float:
    """Seconds to wait before the next start.

    Args:
        failures: Failures in a row.

    Returns:
        Nothing after the first failure, so that a request which is tried again hardly waits; then twice as
        long each time, up to 5 s.
    """
    if failures <= 1:
        return 0.0
    doublings = min(failures - 2, 10)
    return min(_FIRST_DELAY_SECONDS * float(2**doublings), _LONGEST_DELAY_SECONDS)
