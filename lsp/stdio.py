"""Serves one client over the standard streams of this process, with no daemon between (`--standalone`)."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import sys
import threading
from typing import TYPE_CHECKING

from .frames import MAX_BODY_BYTES
from .server import has_left_in_order
from .session import Timing

if TYPE_CHECKING:
    from .service import Service

_CHUNK_BYTES = 64 * 1024
_STDIN, _STDOUT, _STDERR = 0, 1, 2
_FLUSH_SECONDS = 5.0


async def serve_stdio(service: Service) -> int:
    """Serve one client over standard input and output until it leaves.

    The streams are pumped by two threads through a pair of sockets, for event loops can't wait for every
    kind of standard stream on every system. From now on, what else this process prints goes to standard
    error, where it can't break a message.

    Args:
        service: What is behind the session.

    Returns:
        The exit status that LSP asks for: 0 after `shutdown` and `exit`, or when the input ends, else 1.
    """
    incoming, outgoing = _own_streams()
    ours, theirs = socket.socketpair()
    input_ended = threading.Event()
    sending = threading.Thread(
        target=_pump_in, args=(incoming, theirs, input_ended), name="lsp-stdin", daemon=True
    )
    receiving = threading.Thread(target=_pump_out, args=(theirs, outgoing), name="lsp-stdout", daemon=True)
    sending.start()
    receiving.start()
    reader, writer = await asyncio.open_connection(sock=ours)
    try:
        in_order = await has_left_in_order(service, reader, writer, MAX_BODY_BYTES, Timing())
    finally:
        # The reader of standard input may wait for ever; as a daemon thread it ends with the process.
        await asyncio.to_thread(receiving.join, _FLUSH_SECONDS)
    return 0 if in_order or input_ended.is_set() else 1


def _own_streams() -> tuple[int, int]:
    """Descriptors of the standard streams that nobody else has: children and `print` get others."""
    incoming, outgoing = os.dup(_STDIN), os.dup(_STDOUT)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, _STDIN)
    os.close(nothing)
    os.dup2(_STDERR, _STDOUT)
    if sys.platform == "win32":
        import msvcrt  # noqa: PLC0415

        for stream in (incoming, outgoing):
            msvcrt.setmode(stream, os.O_BINARY)
    return incoming, outgoing


def _pump_in(incoming: int, to: socket.socket, ended: threading.Event) -> None:
    with contextlib.suppress(OSError):
        while data := os.read(incoming, _CHUNK_BYTES):
            to.sendall(data)
        ended.set()
        to.shutdown(socket.SHUT_WR)


def _pump_out(source: socket.socket, outgoing: int) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(_CHUNK_BYTES):
            view = memoryview(data)
            while view:
                view = view[os.write(outgoing, view) :]
    with contextlib.suppress(OSError):
        source.shutdown(socket.SHUT_RDWR)
