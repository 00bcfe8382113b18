"""Two texts written with one processor: one step at a time, and who types goes first."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError
from contextlib import contextmanager

_POLL_SECONDS = 0.01
STEPS_AHEAD = 8
"""So many steps for those who type, then one for the other text, which is slowed down but never stands."""


class StepTurns:
    """Says who computes next. For any number of threads.

    A step is what is computed at once: a token, or a portion of a prompt.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._is_taken = False
        self._typing = 0
        self._steps_ahead = 0

    @property
    def is_somebody_typing(self) -> bool:
        """Whether a text for somebody who types is under way. Quick."""
        return self._typing > 0

    @contextmanager
    def typing(self) -> Iterator[None]:
        """Go first, from the beginning of a text to its end."""
        with self._changed:
            self._typing += 1
        try:
            yield
        finally:
            with self._changed:
                self._typing -= 1
                self._changed.notify_all()

    @contextmanager
    def step(
        self, cancelled: Callable[[], bool] | None = None, *, is_typing: bool, may_be_first: bool = True
    ) -> Iterator[None]:
        """Wait for a turn, and have it.

        Args:
            cancelled: Polled while waiting.
            is_typing: Whether it is for somebody who types.
            may_be_first: Whether it may be one of the few steps between those of somebody who types: not when
                it takes long.

        Raises:
            CancelledError: `cancelled` said so.
        """
        with self._changed:
            while self._is_taken or not (is_typing or self._may_go(may_be_first)):
                if cancelled is not None and cancelled():
                    raise CancelledError
                self._changed.wait(None if cancelled is None else _POLL_SECONDS)
            self._is_taken = True
            self._steps_ahead = self._steps_ahead + 1 if is_typing else 0
        try:
            yield
        finally:
            with self._changed:
                self._is_taken = False
                self._changed.notify_all()

    def _may_go(self, may_be_first: bool) -> bool:  # noqa: FBT001
        return not self._typing or (may_be_first and self._steps_ahead >= STEPS_AHEAD)
