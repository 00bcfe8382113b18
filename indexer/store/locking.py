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
from .errors import StorageError, storage_errors

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from .layout import IndexLayout

_POLL_SECONDS = 0.2
_READ_WAIT_SECONDS = 30.0
_SQLITE_START = b"SQLite format 3\0"


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
        StorageError: When the index's folder can't be written.
    """
    _make_folder(layout.folder)
    lock = FileLock(layout.write_lock, thread_local=False)
    until = time.monotonic() + wait
    told = False
    while not _acquired(lock, 0 if not told else _POLL_SECONDS):
        holder = _holder(layout)
        if time.monotonic() >= until or cancelled():
            raise IndexBusyError(
                f"the index is being written by {holder}",
                "wait until it is done, or stop it, and run the command again",
            )
        if not told:
            on_wait(holder)
            told = True
    try:
        with storage_errors():
            layout.writer.write_text(json.dumps({"pid": os.getpid(), "since": time.time()}))
        yield
    finally:
        layout.writer.unlink(missing_ok=True)
        lock.release()


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise StorageError(
            f"cannot make the folder {folder}: {error.strerror}",
            "set CODEASSISTD_DATA_DIR to a folder that you may write",
        ) from error


@storage_errors()
def _acquired(lock: FileLock, timeout: float) -> bool:
    try:
        lock.acquire(timeout=timeout)
    except Timeout:
        return False
    return True


@contextlib.contextmanager
def reading(layout: IndexLayout) -> Iterator[None]:
    """Hold off the deletion of old versions while a revision is read.

    Raises:
        IndexBusyError: They are being deleted, and that doesn't end.
        StorageError: The lock can't be taken for another reason, such as a missing permission.
    """
    lock = _reader_lock(layout)
    try:
        _acquire_read(lock)
        try:
            yield
        finally:
            lock.release()
    finally:
        lock.close()


@storage_errors()
def _reader_lock(layout: IndexLayout) -> ReadWriteLock:
    """The lock, which is an SQLite file; one that was damaged would keep every reader out for ever."""
    with contextlib.suppress(FileNotFoundError), layout.reader_lock.open("rb") as file:
        start = file.read(len(_SQLITE_START))
        if start and start != _SQLITE_START:
            layout.reader_lock.unlink()
    return ReadWriteLock(layout.reader_lock, is_singleton=False)


@storage_errors()
def _acquire_read(lock: ReadWriteLock) -> None:
    try:
        lock.acquire_read(timeout=_READ_WAIT_SECONDS)
    except Timeout:
        raise IndexBusyError(
            "the index is being tidied up by another process", "wait a moment and run the command again"
        ) from None


@contextlib.contextmanager
def without_readers(layout: IndexLayout) -> Iterator[bool]:
    """Try to keep readers out for a moment; yields whether it worked, without waiting for any."""
    lock = _reader_lock(layout)
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
