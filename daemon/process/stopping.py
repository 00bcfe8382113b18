"""Ends the daemon from outside: asks it to, and ends it by force when it doesn't hear."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from typing import TYPE_CHECKING, Literal

from ...models.errors import CodeassistdError
from .connecting import attach
from .control import ask
from .record import read_record

if TYPE_CHECKING:
    from .record import Record
    from .rendezvous import Rendezvous

_POLL_SECONDS = 0.05
_KILL_SECONDS = 5.0


def stop_daemon(place: Rendezvous, wait: float = 20.0) -> Literal["absent", "stopped", "killed"]:
    """End the daemon and wait until it is gone.

    Args:
        place: Where it is met.
        wait: Seconds until it is ended by force.

    Returns:
        What there was to do.

    Raises:
        CodeassistdError: It can't be ended.
    """
    if not _is_alive(place):
        return "absent"
    record = read_record(place)
    # One that hangs can't be asked, and one that is leaving needn't be.
    with contextlib.suppress(CodeassistdError), attach(place, "control") as connection:
        ask(connection, "stop")
    if _has_gone(place, record, wait):
        return "stopped"
    # It holds the lock and wrote this record, so the number is still its own.
    if record is not None:
        with contextlib.suppress(OSError):
            os.kill(record.pid, getattr(signal, "SIGKILL", signal.SIGTERM))
        if _has_gone(place, record, _KILL_SECONDS):
            return "killed"
    raise CodeassistdError(
        "the daemon can't be ended", f"end process {record.pid} yourself" if record else "end it yourself"
    )


def _has_gone(place: Rendezvous, record: Record | None, wait: float) -> bool:
    until = time.monotonic() + wait
    while (_is_alive(place) or _is_running(record)) and not _is_another(record, read_record(place)):
        if time.monotonic() >= until:
            return False
        time.sleep(_POLL_SECONDS)
    return True


def _is_another(before: Record | None, now: Record | None) -> bool:
    """Whether an editor has started the next daemon in the meantime."""
    return before is not None and now is not None and before.pid != now.pid


def _is_running(record: Record | None) -> bool:
    """Whether the process has not quite ended: it gives its place up before its last threads have."""
    import psutil

    if record is None:
        return False
    try:
        process = psutil.Process(record.pid)
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def _is_alive(place: Rendezvous) -> bool:
    from filelock import FileLock, Timeout

    if not place.life_lock.exists():
        return False
    try:
        with FileLock(place.life_lock, timeout=0, thread_local=False):
            return False
    except Timeout:
        return True
