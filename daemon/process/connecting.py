"""A client's way to the daemon: connect, shake hands, start it when there is none."""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass
from dataclasses import replace as with_changes
from typing import TYPE_CHECKING, Self

from ... import __version__
from ...models.errors import CodeassistdError
from .errors import (
    DaemonAbsentError,
    DaemonRefusedError,
    DaemonUnresponsiveError,
    absent,
)
from .handshake import (
    LONGEST_LINE,
    PROTOCOL,
    Answer,
    HandshakeError,
    Hello,
    Purpose,
    is_proof,
    parse_answer,
    prove,
)
from .peer import is_stranger
from .record import read_record
from .rendezvous import check_folder

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType

    from .rendezvous import Rendezvous

_ANSWER_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Connection:
    """A conversation with the daemon, hands shaken.

    Attributes:
        socket: Blocking, without a time limit.
        daemon: What the daemon says of itself.
    """

    socket: socket.socket
    daemon: Answer

    def close(self) -> None:
        """End the conversation."""
        self.socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def connect(
    place: Rendezvous,
    purpose: Purpose = "lsp",
    start: Sequence[str] | None = None,
    wait: float = 30.0,
) -> Connection:
    """Reach the daemon.

    Args:
        place: Where it is met.
        purpose: What the conversation will be.
        start: The command that starts it when there is none; None starts nothing.
        wait: Seconds until it has to be up.

    Raises:
        DaemonAbsentError: There is none, and none was to be started.
        DaemonStartError: It was started and didn't come up.
        DaemonUnresponsiveError: It is there and doesn't answer.
        DaemonRefusedError: It is there and doesn't take this client.
        CodeassistdError: The folder can't be used.
    """
    try:
        return attach(place, purpose, replace=start is not None)
    except DaemonAbsentError:
        if start is None:
            raise
    from .starting import start_and_attach

    return start_and_attach(place, purpose, start, wait)


def attach(
    place: Rendezvous,
    purpose: Purpose,
    *,
    replace: bool = False,
    version: str = __version__,
    protocol: int = PROTOCOL,
) -> Connection:
    """Reach a daemon that is running.

    Args:
        place: Where it is met.
        purpose: What the conversation will be.
        replace: Ask an older idle daemon to go.
        version: What to say of oneself.
        protocol: What to say of oneself.

    Raises:
        DaemonAbsentError: There is none, or it is about to go.
        DaemonUnresponsiveError: It doesn't answer.
        DaemonRefusedError: It doesn't take this client.
        CodeassistdError: The folder isn't the user's own.
    """
    connection, secret = _reach(place)
    try:
        connection.settimeout(_ANSWER_SECONDS)
        answer = _shake_hands(connection, place, secret, Hello(version, protocol, purpose, replace))
        connection.settimeout(None)
    except BaseException:
        connection.close()
        raise
    return Connection(connection, answer)


def _shake_hands(connection: socket.socket, place: Rendezvous, secret: str, hello: Hello) -> Answer:
    if is_stranger(connection):
        raise DaemonRefusedError(
            f"the daemon at {place.socket} belongs to another user",
            "set CODEASSISTD_RUNTIME_DIR to a folder of your own",
        )
    nonce = os.urandom(16).hex()
    answer = _exchange(
        connection, with_changes(hello, nonce=nonce, proof=prove(secret, "client", nonce)), place
    )
    if answer.leaving:
        raise absent(answer.reason)
    if not answer.ok:
        raise DaemonRefusedError(answer.reason, answer.hint)
    if not is_proof(answer.proof, secret, "daemon", nonce):
        raise absent("another program answers on the daemon's port")
    return answer


def _reach(place: Rendezvous) -> tuple[socket.socket, str]:
    """A connected socket, and the secret that the daemon knows."""
    try:
        check_folder(place.folder)
    except (FileNotFoundError, NotADirectoryError):
        raise absent() from None
    except OSError as error:
        raise CodeassistdError(
            f"cannot look into the folder {place.folder}: {error.strerror}",
            "set CODEASSISTD_RUNTIME_DIR to a folder of your own",
        ) from error
    if place.transport == "tcp":
        record = read_record(place)
        if record is None or not record.secret:
            raise absent()
        return _connected(socket.AF_INET, ("127.0.0.1", record.port), place), record.secret
    return _connected(socket.AF_UNIX, str(place.socket), place), ""


def _connected(family: int, address: str | tuple[str, int], place: Rendezvous) -> socket.socket:
    connection = socket.socket(family, socket.SOCK_STREAM)
    connection.settimeout(_ANSWER_SECONDS)
    try:
        if family == socket.AF_INET:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.connect(address)
    except (FileNotFoundError, ConnectionError):
        connection.close()
        raise absent() from None
    except OSError as error:
        connection.close()
        raise _unresponsive(place, error.strerror or str(error)) from error
    return connection


def _exchange(connection: socket.socket, hello: Hello, place: Rendezvous) -> Answer:
    try:
        connection.sendall(hello.line())
        return parse_answer(_read_line(connection))
    except TimeoutError:
        raise _unresponsive(place, f"nothing came for {_ANSWER_SECONDS:.0f} s") from None
    except OSError:
        raise absent("the daemon went away") from None
    except HandshakeError as error:
        raise DaemonRefusedError(
            f"what answers in the daemon's place is something else: {error}", "run `codeassistd stop`"
        ) from None


def _read_line(connection: socket.socket) -> bytes:
    """One line and not a byte more: what follows belongs to the conversation."""
    line = b""
    while not line.endswith(b"\n"):
        ahead = connection.recv(LONGEST_LINE, socket.MSG_PEEK)
        if not ahead:
            raise ConnectionResetError
        end = ahead.find(b"\n")
        line += connection.recv(end + 1 if end >= 0 else len(ahead))
        if len(line) > LONGEST_LINE:
            raise HandshakeError("its line is too long")
    return line


def _unresponsive(place: Rendezvous, why: str) -> DaemonUnresponsiveError:
    record = read_record(place)
    who = f"the daemon (process {record.pid})" if record else "the daemon"
    return DaemonUnresponsiveError(f"{who} doesn't answer: {why}", "end it with `codeassistd stop`")
