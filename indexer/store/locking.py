"""Who may write an index, and who is reading it, across processes.

Both locks are the operating system's, so that a killed process holds nothing.
"""

from __future__ import annotations

import contextlib
import json
import os
import time
from typing import TYPE_CHECKING

from filelock import FileLock, ReadWriteLock, Timeout

from ...models.errors import CodeassistdError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from .layout import IndexLayout

_POLL_SECONDS = 0.2


class IndexBusyError(CodeassistdError):
    """Another process is writing this index."""


def _holder(layout: IndexLayout) -> str:
    try:
        writer = json.loads(layout.writer.read_text())
        since = time.strftime("%H:%M:%S", time.localtime(float(writer["since"])))
        return f"process {int(writer['pid'])} (since {since})"
    except (OSError, ValueError, KeyError, TypeError):
        return "another process"


@contextlib.contextmanager
def writing(
    layout: IndexLayout,
    wait: float,
    cancelled: Callable[[], bool] = lambda: False,
    on_wait: Callable[[str], None] = lambda _holder: None,
) -> Iterator[None]:
    """Hold the write lock of an index.

    Args:
        layout: The index.
        wait: Seconds to wait for another writer.
        cancelled: Polled while waiting; true gives up as if the time were over.
        on_wait: Called once, with who holds the lock, when there is something to wait for.

    Raises:
        IndexBusyError: When another writer still holds the lock.
    """
    layout.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = FileLock(layout.write_lock, thread_local=False)
    until = time.monotonic() + wait
    told = False
    while True:
        try:
            lock.acquire(timeout=0 if not told else _POLL_SECONDS)
            break
        except Timeout:
            holder = _holder(layout)
            if time.monotonic() >= until or cancelled():
                raise IndexBusyError(
                    f"the index is being written by {holder}",
                    "wait until it is done, or stop it, and run the command again",
                ) from None
            if not told:
                on_wait(holder)
                told = True
    try:
        layout.writer.write_text(json.dumps({"pid": os.getpid(), "since": time.time()}))
        yield
    finally:
        layout.writer.unlink(missing_ok=True)
        lock.release()


@contextlib.contextmanager
def reading(layout: IndexLayout) -> Iterator[None]:
    """Hold off the deletion of old versions while a revision is read."""
    lock = ReadWriteLock(layout.reader_lock, is_singleton=False)
    try:
        with lock.read_lock(timeout=30.0):
            yield
    finally:
        lock.close()


@contextlib.contextmanager
def without_readers(layout: IndexLayout) -> Iterator[bool]:
    """Try to keep readers out for a moment; yields whether it worked, without waiting for any."""
    lock = ReadWriteLock(layout.reader_lock, is_singleton=False)
    try:
        try:
            lock.acquire_write(timeout=0.0)
        except Timeout:
            yield False
            return
        try:
            yield True
        finally:
            lock.release()
    finally:
        lock.close()
