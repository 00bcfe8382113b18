"""Following a text that another thread or process writes, from the thread that wants it."""

from __future__ import annotations

import queue
from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from typing import TypeVar

T = TypeVar("T")

Pieces = queue.SimpleQueue[str | None]
"""Pieces of a text, and None after the last."""

_POLL_SECONDS = 0.02


def follow(
    answer: Future[T],
    pieces: Pieces,
    on_text: Callable[[str], None] | None,
    cancelled: Callable[[], bool] | None,
) -> T:
    """Wait for an answer, handing on the pieces that come before it.

    Args:
        answer: Is cancelled when this ends without it.
        pieces: What comes before the answer is done.
        on_text: Gets each piece, in this thread.
        cancelled: Polled, also while nothing comes.

    Returns:
        The answer.

    Raises:
        CancelledError: Of concurrent.futures; ``cancelled`` said so, or somebody else cancelled the answer.
    """
    answer.add_done_callback(lambda _: pieces.put(None))
    try:
        while (piece := _next(pieces, cancelled)) is not None:
            if answer.cancelled():
                break
            if on_text is not None:
                on_text(piece)
        return answer.result()
    finally:
        answer.cancel()


def _next(pieces: Pieces, cancelled: Callable[[], bool] | None) -> str | None:
    if cancelled is None:
        return pieces.get()
    while True:
        if cancelled():
            raise CancelledError
        try:
            return pieces.get(timeout=_POLL_SECONDS)
        except queue.Empty:
            continue
