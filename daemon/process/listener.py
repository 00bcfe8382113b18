"""The socket on which a daemon is met, and the lock that says there is one daemon only."""

from __future__ import annotations

import contextlib
import os
import secrets
import socket
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from ... import __version__
from .errors import AlreadyRunningError
from .record import Record, read_record, write_record
from .rendezvous import make_folder

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .rendezvous import Rendezvous

_BACKLOG = 128


@contextlib.contextmanager
def claimed(place: Rendezvous, wait: float = 20.0) -> Iterator[None]:
    """Be the daemon of this place while the block runs.

    Args:
        place: Where it is met.
        wait: Seconds for a daemon that is about to end.

    Raises:
        AlreadyRunningError: Another process is.
        CodeassistdError: The folder can't be used.
    """
    make_folder(place.folder)
    lock = FileLock(place.life_lock, thread_local=False)
    try:
        lock.acquire(timeout=wait)
    except Timeout:
        record = read_record(place)
        who = f"process {record.pid}" if record else "another process"
        raise AlreadyRunningError(
            f"{who} is the daemon already", "use it, or run `codeassistd stop`"
        ) from None
    try:
        # What a crashed daemon left names a process that may be anybody's by now.
        write_record(place, Record(os.getpid(), __version__))
        yield
    finally:
        lock.release()


@dataclass(frozen=True, slots=True)
class Listener:
    """A socket that listens.

    Attributes:
        place: Where it is met.
        socket: The socket.
        secret: What a client has to know; "" when the file system keeps strangers out.
        inode: Of the socket's file; 0 when it has none.
    """

    place: Rendezvous
    socket: socket.socket
    secret: str
    inode: int

    def can_be_found(self) -> bool:
        """Whether clients still find it: people and programs clean up folders for temporary files."""
        path = self.place.socket if self.inode else self.place.record
        try:
            return path.lstat().st_ino == self.inode or not self.inode
        except FileNotFoundError:
            return False

    def close(self) -> None:
        """Take it away, with everything that leads to it."""
        if self.can_be_found():
            self.place.record.unlink(missing_ok=True)
            if self.inode:
                self.place.socket.unlink(missing_ok=True)
        self.socket.close()


def listen(place: Rendezvous) -> Listener:
    """Start to listen; only for who has claimed the place, since what a crashed daemon left is replaced.

    Raises:
        OSError: The socket can't be made.
    """
    listener = _listen_on_loopback(place) if place.transport == "tcp" else _listen_on_file(place)
    port = listener.socket.getsockname()[1] if listener.secret else 0
    write_record(place, Record(os.getpid(), __version__, port, listener.secret))
    return listener


def _listen_on_file(place: Rendezvous) -> Listener:
    draft = place.socket.with_suffix(f".sock.{os.getpid()}")
    draft.unlink(missing_ok=True)
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        listening.bind(str(draft))
        draft.chmod(0o600)
        listening.listen(_BACKLOG)
        draft.replace(place.socket)
    except OSError:
        listening.close()
        draft.unlink(missing_ok=True)
        raise
    return Listener(place, listening, "", place.socket.lstat().st_ino)


def _listen_on_loopback(place: Rendezvous) -> Listener:
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        if sys.platform == "win32":
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        listening.bind(("127.0.0.1", 0))
        listening.listen(_BACKLOG)
    except OSError:
        listening.close()
        raise
    return Listener(place, listening, secrets.token_hex(32), 0)
