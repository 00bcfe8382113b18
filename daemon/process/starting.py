"""Starts the daemon, once however many ask for it at the same time."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from .connecting import Connection, attach
from .errors import DaemonAbsentError, DaemonStartError, DaemonUnresponsiveError
from .rendezvous import make_folder

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .handshake import Purpose
    from .rendezvous import Rendezvous

_POLL_SECONDS = 0.02
_LONGEST_TAIL = 300


def start_and_attach(place: Rendezvous, purpose: Purpose, command: Sequence[str], wait: float) -> Connection:
    """Reach the daemon, starting it when nobody else is.

    Args:
        place: Where it is met.
        purpose: What the conversation will be.
        command: What starts it.
        wait: Seconds until it has to answer.

    Raises:
        DaemonStartError: It ended at once, or didn't answer in time.
        CodeassistdError: As `attach`.
    """
    make_folder(place.folder)
    lock = FileLock(place.start_lock, thread_local=False)
    until = time.monotonic() + wait
    try:
        # A loop, since whoever holds the lock may fail.
        while time.monotonic() < until:
            with contextlib.suppress(Timeout):
                lock.acquire(timeout=0)
                return _start(place, purpose, command, until)
            with contextlib.suppress(DaemonAbsentError):
                return attach(place, purpose, replace=True)
            time.sleep(_POLL_SECONDS)
    except OSError as error:
        raise DaemonStartError(
            f"cannot start the daemon in {place.folder}: {error.strerror or error}",
            "free some space there, or set CODEASSISTD_RUNTIME_DIR to another folder",
        ) from error
    finally:
        lock.release()
    raise DaemonStartError(
        f"the daemon is being started by another process, and wasn't up after {wait:.0f} s",
        "run `codeassistd doctor`",
    )


def _start(place: Rendezvous, purpose: Purpose, command: Sequence[str], until: float) -> Connection:
    """With the start lock held: there is a daemon already, or this process is the one to start it."""
    with contextlib.suppress(DaemonAbsentError):
        return attach(place, purpose, replace=True)
    daemon = _spawn(place, command)
    while time.monotonic() < until:
        # In this order, so that a daemon that somebody else started by hand isn't missed.
        ended = daemon.poll()
        # On a machine with much to do, a daemon that is just coming up may be slow to answer.
        with contextlib.suppress(DaemonAbsentError, DaemonUnresponsiveError):
            return attach(place, purpose)
        if ended is not None:
            raise DaemonStartError(
                f"the daemon ended at once with status {ended}{_last_words(place)}", _hint()
            )
        time.sleep(_POLL_SECONDS)
    # It would come up later, unasked for.
    daemon.kill()
    daemon.wait()
    raise DaemonStartError(f"the daemon was started and didn't answer in time{_last_words(place)}", _hint())


def _hint() -> str:
    return "`codeassistd logs` may say more"


def _spawn(place: Rendezvous, command: Sequence[str]) -> subprocess.Popen[bytes]:
    """Start a process that outlives this one, belongs to no terminal and keeps no folder in use."""
    flags = 0
    if sys.platform == "win32":
        flags = subprocess.DETACHED_PROCESS | subprocess.CREATE_NEW_PROCESS_GROUP
    with os.fdopen(os.open(place.output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as output:
        try:
            return subprocess.Popen(
                list(command),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd=place.folder,
                start_new_session=True,
                creationflags=flags,
            )
        except OSError as error:
            raise DaemonStartError(
                f"cannot start the daemon with {command[0]}: {error.strerror}", "reinstall codeassistd"
            ) from error


def _last_words(place: Rendezvous) -> str:
    try:
        lines = place.output.read_text(errors="replace").strip().splitlines()
    except OSError:
        return ""
    return f": {lines[-1][-_LONGEST_TAIL:]}" if lines else ""
