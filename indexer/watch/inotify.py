"""Linux's inotify(7), bound directly.

Watchdog's own binding watches every folder below the root, ignored ones too, says nothing of folders it could
not watch because the limit was reached, only logs an overflow, and holds deletions back for half a second in
case they are one end of a move. None of that can be set, and its classes change from release to release; so
here are the calls themselves, with one watch for each folder that somebody asks for.
"""

from __future__ import annotations

import ctypes
import os
import select
import struct
import threading
from dataclasses import dataclass

IN_MODIFY = 0x2
IN_ATTRIB = 0x4
IN_MOVED_FROM = 0x40
IN_MOVED_TO = 0x80
IN_CREATE = 0x100
IN_DELETE = 0x200
IN_DELETE_SELF = 0x400
IN_MOVE_SELF = 0x800
IN_UNMOUNT = 0x2000
IN_Q_OVERFLOW = 0x4000
IN_IGNORED = 0x8000
IN_ISDIR = 0x4000_0000
_IN_ONLYDIR = 0x0100_0000
_IN_DONT_FOLLOW = 0x0200_0000
_IN_EXCL_UNLINK = 0x0400_0000

# Nothing that reading causes is in it: an indexer that reads what changed would never come to rest.
_MASK = (
    IN_MODIFY | IN_ATTRIB | IN_MOVED_FROM | IN_MOVED_TO | IN_CREATE | IN_DELETE | IN_DELETE_SELF
    | IN_MOVE_SELF | _IN_ONLYDIR | _IN_DONT_FOLLOW | _IN_EXCL_UNLINK
)  # fmt: skip
_HEADER = struct.Struct("iIII")
_BUFFER_BYTES = 256 * 1024


@dataclass(frozen=True, slots=True)
class InotifyEvent:
    """One event.

    Attributes:
        descriptor: Of the watched folder; -1 for an overflow.
        mask: What happened, `IN_…`.
        name: Of what it happened to in the folder; empty for the folder itself.
    """

    descriptor: int
    mask: int
    name: bytes


class Inotify:
    """One inotify instance, for one thread; only `wake` may be called from others.

    Raises:
        OSError: EMFILE when there are too many instances, or open files.
    """

    def __init__(self) -> None:
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._file = self._checked(self._libc.inotify_init1(os.O_CLOEXEC | os.O_NONBLOCK))
        self._awake, self._waker = os.pipe()
        self._lock = threading.Lock()
        self._closed = False
        self._poll = select.poll()
        self._poll.register(self._file, select.POLLIN)
        self._poll.register(self._awake, select.POLLIN)

    def add(self, location: bytes) -> int:
        """Watch a folder (not what is below it).

        Returns:
            Its descriptor; the same as before when it, by whatever path, is watched already.

        Raises:
            OSError: ENOSPC when the user may not have more watches.
        """
        return self._checked(self._libc.inotify_add_watch(self._file, location, ctypes.c_uint32(_MASK)))

    def remove(self, descriptor: int) -> None:
        """Watch a folder no longer; it may be gone."""
        self._libc.inotify_rm_watch(self._file, descriptor)

    def read(self, timeout: float) -> list[InotifyEvent]:
        """What has happened, after waiting for it up to `timeout` seconds."""
        # Rounded up: waiting for less than is left would be no waiting at all.
        ready = [file for file, _ in self._poll.poll(int(timeout * 1000) + (timeout > 0))]
        if self._awake in ready:
            os.read(self._awake, 64)
        return parse(os.read(self._file, _BUFFER_BYTES)) if self._file in ready else []

    def wake(self) -> None:
        """End a `read` that waits."""
        with self._lock:
            if not self._closed:
                os.write(self._waker, b"!")

    def close(self) -> None:
        """End all watches."""
        with self._lock:
            if not self._closed:
                self._closed = True
                for descriptor in (self._file, self._awake, self._waker):
                    os.close(descriptor)

    @staticmethod
    def _checked(result: int) -> int:
        if result < 0:
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number))
        return result


def parse(data: bytes) -> list[InotifyEvent]:
    """Events from what the kernel writes."""
    events = []
    position = 0
    while position < len(data):
        descriptor, mask, _, length = _HEADER.unpack_from(data, position)
        position += _HEADER.size
        name = data[position : position + length].rstrip(b"\0")
        position += length
        events.append(InotifyEvent(descriptor, mask, name))
    return events
