"""Ctrl-C and SIGTERM: at once between writes, and after the write in hand while an index is updated."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Stopped(BaseException):
    """The user or the system asked the process to end.

    Args:
        signal_number: With which signal.
    """

    def __init__(self, signal_number: int) -> None:
        super().__init__(signal_number)
        self.signal_number = signal_number

    @property
    def exit_code(self) -> int:
        """What the shell expects of a process ended by this signal."""
        return 128 + self.signal_number


class StopRequest:
    """A stop that waits for the write in hand."""

    def __init__(self) -> None:
        self.signal_number = 0

    def __call__(self) -> bool:
        """Whether to stop."""
        return self.signal_number != 0

    def raise_if_set(self) -> None:
        """Stop now, if asked to.

        Raises:
            Stopped: A signal came.
        """
        if self.signal_number:
            raise Stopped(self.signal_number)


@contextmanager
def stop_at_once() -> Iterator[None]:
    """While the block runs, a stop signal raises Stopped in the main thread.

    Raises:
        Stopped: A signal came, whatever the interrupted code made of it: a library whose loading is
            broken off, for one, reports that it is broken.
    """
    request = StopRequest()

    def handle(number: int, _frame: FrameType | None) -> None:
        request.signal_number = number
        raise Stopped(number)

    with _handling(handle):
        try:
            yield
        except Exception:
            request.raise_if_set()
            raise


@contextmanager
def stop_when_consistent(announce: Callable[[], None]) -> Iterator[StopRequest]:
    """While the block runs, the first stop signal sets the request, a second one raises Stopped.

    Args:
        announce: Called at the first signal, to tell the user that the stop was heard.

    Yields:
        The request, to be polled by the work.
    """
    request = StopRequest()

    def handle(number: int, _frame: FrameType | None) -> None:
        if request.signal_number:
            raise Stopped(number)
        request.signal_number = number
        # The signal may have come in the midst of writing to the stream that this writes to.
        with suppress(RuntimeError, OSError):
            announce()

    with _handling(handle):
        yield request


@contextmanager
def _handling(handler: Callable[[int, FrameType | None], None]) -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, handler) for number in STOP_SIGNALS}
    try:
        yield
    finally:
        for number, previous in before.items():
            signal.signal(number, previous)
