"""Text that is written in a thread, sent on by the event loop: the first piece at once, then larger ones."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class TextStream:
    """Gathers pieces and sends them on; made and closed on the event loop.

    Args:
        send: Gets text, on the event loop.
        seconds: How long pieces are gathered.
    """

    def __init__(self, send: Callable[[str], None], seconds: float) -> None:
        self._send = send
        self._seconds = seconds
        self._loop = asyncio.get_running_loop()
        self._lock = threading.Lock()
        self._pieces: list[str] = []
        self._is_waiting = False
        self._is_first = True
        self._is_closed = False
        self.has_text = False

    def add(self, piece: str) -> None:
        """Take a piece; any thread."""
        if not piece:
            return
        with self._lock:
            self._pieces.append(piece)
            if self._is_waiting:
                return
            self._is_waiting = True
            is_first, self._is_first = self._is_first, False
        with contextlib.suppress(RuntimeError):  # the loop has ended
            if is_first:
                self._loop.call_soon_threadsafe(self._flush)
            else:
                self._loop.call_soon_threadsafe(self._loop.call_later, self._seconds, self._flush)

    def close(self) -> None:
        """Send what is left; later pieces go nowhere."""
        self._flush()
        self._is_closed = True

    def abandon(self) -> None:
        """Send nothing any more."""
        self._is_closed = True

    def _flush(self) -> None:
        with self._lock:
            text = "".join(self._pieces)
            self._pieces.clear()
            self._is_waiting = False
        if text and not self._is_closed:
            self.has_text = True
            self._send(text)
