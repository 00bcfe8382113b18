"""Joins an editor's pipes to the daemon, and keeps the session alive when the daemon isn't.

Two threads: one carries the editor's messages; the calling one carries the daemon's and sees to reconnecting.
Whole messages are carried as they are, and looked at for what the next daemon has to be told. A message is
remembered and given to a connection in one step, so that it reaches a daemon once: directly or by the replay,
never both. Of requests that were under way when a daemon crashed, those that only read are made again, once;
the others fail.
"""

from __future__ import annotations

import contextlib
import os
import socket
import threading
from typing import TYPE_CHECKING

from ...models.errors import CodeassistdError
from .frames import Frame, FrameSplitter, TooLong, framed
from .session_memory import Replay, SessionMemory, failure
from .succession import Patience, Succession

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .connecting import Connection
    from .rendezvous import Rendezvous
    from .session_memory import Message

LONGEST_MESSAGE = 64 * 1024 * 1024
"""Bytes of the longest message that is taken from an editor."""

_CHUNK = 64 * 1024
_GOODBYE_SECONDS = 2.0
_SEND_SECONDS = 60.0  # a daemon that reads nothing for so long hangs


class _EditorGoneError(Exception):
    """Nobody reads what is written to the editor."""


def forward(
    place: Rendezvous, start: Sequence[str], editor_in: int, editor_out: int, patience: Patience | None = None
) -> None:
    """Serve an editor until it goes.

    Args:
        place: Where the daemon is met.
        start: The command that starts it.
        editor_in: File descriptor to read the editor's messages from.
        editor_out: File descriptor to write the daemon's messages to.
        patience: When to give up on daemons that keep dying.

    Raises:
        CodeassistdError: There is no daemon to be had; the editor has been told why.
    """
    succession = Succession(place, start, patience or Patience())
    _Forwarder(succession, editor_in, editor_out).run()


class _Forwarder:
    def __init__(self, succession: Succession, editor_in: int, editor_out: int) -> None:
        self._succession = succession
        self._in, self._out = editor_in, editor_out
        self._writing = threading.Lock()
        self._memory = SessionMemory()
        # Guards the memory and what follows.
        self._changed = threading.Condition()
        self._connection: socket.socket | None = None
        self._is_open = False  # whether the editor's messages may go to the connection
        self._held: Message | None = None  # the editor's message that waits for that
        self._over = False  # the editor has gone, or there is no daemon to be had

    def run(self) -> None:
        threading.Thread(target=self._carry_from_editor, name="editor", daemon=True).start()
        try:
            connection: Connection | None = self._succession.first()
            while connection is not None:
                self._carry_from_daemon(connection)
                connection = self._succession.after(connection.daemon.pid, self)
        except _EditorGoneError:
            pass
        except CodeassistdError as error:
            self._tell_failure(error)
            raise
        finally:
            with self._changed:
                self._over = True
                self._changed.notify_all()

    def has_gone(self) -> bool:
        with self._changed:
            return self._over or self._memory.shutting_down

    def wants_something(self, seconds: float) -> bool:
        with self._changed:
            return self._changed.wait_for(lambda: self._held is not None or self._over, seconds)

    # The editor's side, in a thread of its own.

    def _carry_from_editor(self) -> None:
        splitter = FrameSplitter(LONGEST_MESSAGE)
        try:
            while not self._over and (data := os.read(self._in, _CHUNK)):
                for frame in splitter.feed(data):
                    self._take(frame)
        except (OSError, _EditorGoneError):
            pass  # as if it had closed its end
        finally:
            self._say_goodbye()

    def _take(self, frame: Frame | TooLong) -> None:
        if isinstance(frame, TooLong):
            reason = f"a message of {frame.length} bytes is more than the {LONGEST_MESSAGE} that are taken"
            self._tell([failure(None, reason, "send less at a time")])
            return
        message = frame.message()
        with self._changed:
            self._held = message
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._is_open or self._over or self._memory.shutting_down)
            connection = self._connection if self._is_open else None
            if connection is None:
                self._over |= message.get("method") == "exit"
                return
            self._held = None
            if not self._memory.from_editor(message):
                return
        # When it fails, the other thread sees it too, and answers for the message or replays it.
        _send(connection, frame.data)
        if message.get("method") == "exit":
            self._over = True

    def _say_goodbye(self) -> None:
        """Let the session end by itself, within limits."""
        with self._changed:
            self._over = True
            self._changed.notify_all()
            connection = self._connection
        if connection is None:
            return
        with contextlib.suppress(OSError):
            connection.shutdown(socket.SHUT_WR)
        with self._changed:
            self._changed.wait_for(lambda: self._connection is None, _GOODBYE_SECONDS)
        with contextlib.suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)

    # The daemon's side, in the calling thread.

    def _carry_from_daemon(self, connection: Connection) -> None:
        """Carry messages until the connection is lost; what was under way then has been answered for."""
        splitter = FrameSplitter()
        connection.socket.settimeout(_SEND_SECONDS)
        try:
            replay = self._begin(connection.socket)
            while data := _received(connection.socket):
                for frame in splitter.feed(data):
                    if isinstance(frame, Frame):
                        replay = self._pass_on(frame, replay, connection.socket)
        finally:
            crashed = self._succession.has_crashed(connection.daemon.pid)
            with self._changed:
                self._connection, self._is_open = None, False
                told = self._memory.daemon_lost(crashed=crashed)
                self._changed.notify_all()
            connection.close()
        self._tell(told)

    def _begin(self, connection: socket.socket) -> Replay | None:
        """Let the editor's messages through, or begin the replay that has to go before them."""
        with self._changed:
            self._connection = connection
            replay = self._memory.replay()
            has_gone = self._over
        if has_gone:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        if replay.initialize is None:
            self._let_through(connection)
            return None
        _send(connection, framed(replay.initialize))
        return replay

    def _pass_on(self, frame: Frame, replay: Replay | None, connection: socket.socket) -> Replay | None:
        message = frame.message()
        with self._changed:
            self._memory.from_daemon(message)
        if replay is None or replay.initialize is None or not _answers(message, replay.initialize):
            self._write(frame.data)
            return replay
        if replay.editor_waits:
            self._write(frame.data)
        elif "result" not in message:
            reason = (message.get("error") or {}).get("message", "it doesn't say why")
            raise CodeassistdError(
                f"the daemon doesn't go on with the session: {reason}", "restart the language server"
            )
        # In a thread of its own: the daemon may want to be read before it reads on.
        rest = b"".join(map(framed, replay.rest))
        threading.Thread(target=self._finish_replay, args=(connection, rest), daemon=True).start()
        return None

    def _finish_replay(self, connection: socket.socket, rest: bytes) -> None:
        if _send(connection, rest):
            self._let_through(connection)

    def _let_through(self, connection: socket.socket) -> None:
        with self._changed:
            self._is_open = self._connection is connection
            self._changed.notify_all()

    # Both sides.

    def _tell(self, messages: list[Message]) -> None:
        for message in messages:
            self._write(framed(message))

    def _tell_failure(self, error: CodeassistdError) -> None:
        """Fail the request that waits for a daemon, most often `initialize`: editors show why."""
        with self._changed:
            held = [self._held["id"]] if self._held and {"id", "method"} <= self._held.keys() else []
            waiting = [*self._memory.unanswered(), *held]
        with contextlib.suppress(_EditorGoneError):
            self._tell([failure(number, error.message, error.hint) for number in waiting])

    def _write(self, data: bytes) -> None:
        view = memoryview(data)
        try:
            with self._writing:
                while view:
                    view = view[os.write(self._out, view) :]
        except OSError as error:
            raise _EditorGoneError from error


def _received(connection: socket.socket) -> bytes:
    while True:
        try:
            return connection.recv(_CHUNK)
        except TimeoutError:
            continue
        except OSError:
            return b""


def _send(connection: socket.socket, data: bytes) -> bool:
    """Send it, or else make sure that the thread which receives sees the connection's end too."""
    try:
        connection.sendall(data)
    except OSError:
        with contextlib.suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)
        return False
    return True


def _answers(message: Message, request: Message) -> bool:
    return "method" not in message and message.get("id") == request["id"]
