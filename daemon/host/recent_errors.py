"""The last things that went wrong in the daemon, for its status."""

from __future__ import annotations

import logging
import threading
from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ...models.errors import CodeassistdError

_LOG = logging.getLogger(__name__)
_KEPT = 20


class RecentErrors:
    """Logs errors and keeps the last ones. For any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._messages: deque[str] = deque(maxlen=_KEPT)

    def add(self, error: CodeassistdError) -> None:
        """Log an error; it is kept unless it is the same as the one before."""
        _LOG.warning("%s%s", error.message, f" ({error.hint})" if error.hint else "")
        with self._lock:
            if not self._messages or self._messages[-1] != error.message:
                self._messages.append(error.message)

    @property
    def newest_first(self) -> tuple[str, ...]:
        """Their messages."""
        with self._lock:
            return tuple(reversed(self._messages))
