"""Keeps the rows that searches read last: who is typing a query gets much the same ones each time."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .rows import StoredChunk


class RowCache:
    """Rows of one revision, read once while they are in use. For any thread.

    Args:
        read: Reads the chunks of rows, in the same order.
        size: How many to keep; the oldest half goes when there are more.
    """

    def __init__(self, read: Callable[[Sequence[int]], list[StoredChunk]], size: int = 1_500) -> None:
        self._read = read
        self._size = size
        self._lock = threading.Lock()
        self._chunks: dict[int, StoredChunk] = {}

    def chunks(self, rows: Sequence[int]) -> list[StoredChunk]:
        """The chunks of rows, in the same order."""
        with self._lock:
            known = {row: self._chunks[row] for row in rows if row in self._chunks}
        absent = [row for row in dict.fromkeys(rows) if row not in known]
        if absent:
            read = dict(zip(absent, self._read(absent), strict=True))
            known |= read
            with self._lock:
                self._chunks |= read
                if len(self._chunks) > self._size:
                    for row in list(self._chunks)[: len(self._chunks) - self._size // 2]:
                        del self._chunks[row]
        return [known[row] for row in rows]
