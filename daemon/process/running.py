"""The daemon as a process: signals, and a limit to how long it takes to end."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

    from .daemon import Daemon

EXIT_STUCK = 70

_LOG = logging.getLogger(__name__)
_STOP_SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")


def run_daemon(daemon: Daemon, stop_seconds: float = 15.0) -> str:
    """Be this daemon until it ends; to be called in the main thread, the place claimed.

    Args:
        daemon: Not yet running.
        stop_seconds: After a signal or another reason to stop, the process is ended by force after this time:
            whoever stopped it isn't kept waiting by a thread that hangs.

    Returns:
        Why it ended.
    """
    with _stopping_on_signals(daemon):
        return asyncio.run(_run(daemon, stop_seconds))


async def _run(daemon: Daemon, stop_seconds: float) -> str:
    daemon.when_stopping(lambda: _end_by_force_after(stop_seconds))
    return await daemon.run()


@contextlib.contextmanager
def _stopping_on_signals(daemon: Daemon) -> Iterator[None]:
    def handle(number: int, _frame: FrameType | None) -> None:
        daemon.request_stop(signal.Signals(number).name)

    numbers = [getattr(signal, name) for name in _STOP_SIGNALS if hasattr(signal, name)]
    before = {number: signal.signal(number, handle) for number in numbers}
    try:
        yield
    finally:
        for number, previous in before.items():
            signal.signal(number, previous)


def _end_by_force_after(seconds: float) -> None:
    """The process doesn't outlive this, whatever its other threads are doing when its loop has ended."""

    def end() -> None:
        _LOG.error("ended by force: something didn't stop within %.0f s", seconds)
        logging.shutdown()
        os._exit(EXIT_STUCK)

    timer = threading.Timer(seconds, end)
    timer.daemon = True
    timer.start()
