"""What is counted of a worker, and told of it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Tally:
    """Counts over all processes of a worker; see `WorkerUsage`. Not thread-safe.

    Attributes:
        engine: How the model ran last.
        uses: Requests made.
        texts: Texts in them.
        failures: Processes lost and requests that the model failed.
        has_failed: Whether the last process failed, and none was started since.
        quiet_since: When the last request ended, or the model became ready after it.
    """

    engine: str = ""
    uses: int = 0
    texts: int = 0
    failures: int = 0
    has_failed: bool = False
    quiet_since: float = 0.0

    def idle_seconds(self, now: float, *, is_busy: bool) -> float:
        """Time since the last request ended; 0 while there is one, and before the first."""
        return 0.0 if is_busy or self.uses == 0 else now - self.quiet_since


def tolerant(on_log: Callable[[str], None]) -> Callable[[str], None]:
    """A log that can't keep a worker from being served when it can't be written."""

    def write(line: str) -> None:
        try:
            on_log(line)
        except Exception:  # noqa: BLE001 - it is logged
            _log.exception("A line of a worker's log is lost.")

    return write
