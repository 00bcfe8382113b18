"""What has to be seen to from time to time, in a thread of its own."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_LOG = logging.getLogger(__name__)
_SECONDS_BETWEEN = 1.0


class Upkeep:
    """Calls something every second; a round that fails is logged, and the next one comes all the same.

    Args:
        tick: What is called.
    """

    def __init__(self, tick: Callable[[], None]) -> None:
        self._tick = tick
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="upkeep", daemon=True)
        self._thread.start()

    @property
    def is_over(self) -> bool:
        """Whether it was told to end."""
        return self._stopped.is_set()

    def end(self) -> None:
        """Begin no more rounds."""
        self._stopped.set()

    def join(self) -> None:
        """Wait until the round in hand is over."""
        self._thread.join()

    def _run(self) -> None:
        while not self._stopped.wait(_SECONDS_BETWEEN):
            try:
                self._tick()
            except Exception:  # noqa: BLE001 - one failed round of upkeep must not be the last
                _LOG.exception("upkeep failed")
