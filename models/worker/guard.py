"""A worker ends when its parent does, whatever its own threads are doing."""

from __future__ import annotations

import contextlib
import faulthandler
import os
import signal
import threading
import time

_STANDARD_ERROR = 2
_BEAT_SECONDS = 1.0
_BEATS_PER_ARMING = 10


def leave_signals_to_the_parent() -> None:
    """Let an interrupt at the terminal, which reaches the whole group, go to the parent alone.

    SIGTERM keeps the system's own action, which needs no Python to run.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)


def be_nice(increment: int) -> None:
    """Let other processes go first, where the system has that notion."""
    if increment > 0 and hasattr(os, "nice"):
        with contextlib.suppress(OSError):
            os.nice(increment)


class ParentGuard:
    """Ends this process when its parent is gone, even if the end of its input goes unnoticed.

    Two things could hide that end: another process that inherited the pipe, for which the parent's number is
    watched; and native code that never gives back the interpreter's lock, for which faulthandler's timer,
    which needs no lock, is set again and again as long as Python runs.

    Args:
        stuck_seconds: How long Python may not run before the process ends, with tracebacks in the log.
    """

    def __init__(self, stuck_seconds: float = 120.0) -> None:
        self._stuck_seconds = stuck_seconds
        self._parent = os.getppid()
        self._timer = threading.Lock()
        self._ending = False

    def start(self) -> None:
        """Begin, in a thread of its own."""
        threading.Thread(target=self._follow, name="parent", daemon=True).start()

    def end_within(self, seconds: float) -> None:
        """End this process after a while if it hasn't ended by itself."""
        quiet = os.open(os.devnull, os.O_WRONLY)
        with self._timer:
            self._ending = True
            faulthandler.dump_traceback_later(seconds, exit=True, file=quiet)

    def _follow(self) -> None:
        while True:
            with self._timer:
                if self._ending:
                    return
                faulthandler.dump_traceback_later(self._stuck_seconds, exit=True, file=_STANDARD_ERROR)
            for _ in range(_BEATS_PER_ARMING):
                time.sleep(min(_BEAT_SECONDS, self._stuck_seconds / (4 * _BEATS_PER_ARMING)))
                if os.getppid() != self._parent:
                    os._exit(0)
