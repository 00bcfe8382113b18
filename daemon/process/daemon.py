"""The accept loop: takes connections, shakes hands, hands them on, and knows when to end."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ... import __version__
from .control import Control, answer_controls
from .handshake import (
    LONGEST_LINE,
    PROTOCOL,
    Answer,
    HandshakeError,
    Hello,
    is_proof,
    judge,
    parse_hello,
    prove,
)
from .listener import Listener, listen
from .peer import is_stranger

if TYPE_CHECKING:
    from .rendezvous import Rendezvous

MakeSession = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
"""Serves one editor or tool until it hangs up."""

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class DaemonLimits:
    """How long and how much.

    Attributes:
        idle_seconds: The daemon ends after this time without a session; None keeps it.
        handshake_seconds: For a client's first line.
        session_seconds: For sessions to end once the daemon stops.
        unsent_bytes: A client that leaves more than this unread is cut off.
        read_ahead_bytes: Read from a client before its session asks for it.
        check_seconds: Between two looks at all this.
    """

    idle_seconds: float | None = 1800.0
    handshake_seconds: float = 10.0
    session_seconds: float = 2.0
    unsent_bytes: int = 256 * 1024 * 1024
    read_ahead_bytes: int = 256 * 1024
    check_seconds: float = 1.0


class Daemon:
    """Serves clients at one place.

    Args:
        place: Where it is met; claimed by the caller.
        make_session: Serves a connection for "lsp".
        controls: What requests on a connection for "control" do; "stop" is there already.
        on_stop: Called once when it ends, after the sessions and before another daemon may start.
        is_busy: Whether there is work that keeps it from ending for idleness.
        limits: How long and how much.
    """

    def __init__(
        self,
        place: Rendezvous,
        make_session: MakeSession,
        *,
        controls: Mapping[str, Control] | None = None,
        on_stop: Callable[[], Awaitable[None]] | None = None,
        is_busy: Callable[[], bool] = lambda: False,
        limits: DaemonLimits | None = None,
    ) -> None:
        self._place = place
        self._make_session = make_session
        self._controls: Mapping[str, Control] = {"stop": self._stop_control, **(controls or {})}
        self._on_stop = on_stop
        self._is_busy = is_busy
        self._limits = limits or DaemonLimits()
        self._sessions = 0
        self._last_session = time.monotonic()
        self._conversations: dict[asyncio.Task[None], asyncio.StreamWriter] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop = asyncio.Event()
        self._reason = ""
        self._when_stopping: Callable[[], None] = lambda: None

    @property
    def sessions(self) -> int:
        """How many connections for "lsp" there are."""
        return self._sessions

    def request_stop(self, reason: str) -> None:
        """End in good order, soon; from any thread, and before it runs too.

        Args:
            reason: For the log.
        """
        if self._loop is None:
            self._reason = reason
            return
        with contextlib.suppress(RuntimeError):  # the loop is closed: it has ended
            self._loop.call_soon_threadsafe(self._begin_to_stop, reason)

    def when_stopping(self, act: Callable[[], None]) -> None:
        """Have something done as soon as there is a reason to end."""
        self._when_stopping = act

    async def run(self) -> str:
        """Serve until there is a reason to end.

        Returns:
            The reason.

        Raises:
            OSError: The socket can't be made.
        """
        self._loop = asyncio.get_running_loop()
        self._last_session = time.monotonic()
        listener = listen(self._place)
        try:
            await self._serve(listener)
        finally:
            # Clients see at once that it is going, and start another, which waits for the lock.
            listener.close()
        _LOG.info("stopping: %s", self._reason)
        await self._end_conversations()
        if self._on_stop is not None:
            await self._on_stop()
        return self._reason

    async def _serve(self, listener: Listener) -> None:
        server = await asyncio.start_server(
            lambda reader, writer: self._take(listener, reader, writer),
            sock=listener.socket,
            limit=self._limits.read_ahead_bytes,
        )
        checks = asyncio.create_task(self._check(listener))
        _LOG.info("listening at %s", self._place.folder / self._place.name)
        if self._reason:
            self._begin_to_stop(self._reason)
        await self._stop.wait()
        checks.cancel()
        server.close()

    def _begin_to_stop(self, reason: str) -> None:
        if self._stop.is_set():
            return
        self._reason = reason
        self._stop.set()
        self._when_stopping()

    async def _stop_control(self, _params: Mapping[str, Any]) -> object:
        # Later, so that the answer is on its way before the connections are closed.
        asyncio.get_running_loop().call_later(0.01, self._begin_to_stop, "asked to")
        return {"stopping": True, "pid": os.getpid()}

    def _take(self, listener: Listener, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._converse(listener, reader, writer))
        self._conversations[task] = writer
        task.add_done_callback(lambda done: self._conversations.pop(done, None))

    async def _converse(
        self, listener: Listener, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        hello: Hello | None = None
        try:
            hello = await self._shake_hands(listener, reader, writer)
            if hello is None:
                return
            if hello.purpose == "control":
                await answer_controls(reader, writer, self._controls)
            else:
                await self._make_session(reader, writer)
        except ConnectionError:
            pass  # it hung up
        except Exception:  # noqa: BLE001 - a broken session harms nobody else
            _LOG.exception("a conversation failed")
        finally:
            if hello is not None and hello.purpose == "lsp":
                self._sessions -= 1
                self._last_session = time.monotonic()
            await _hang_up(writer)

    async def _shake_hands(
        self, listener: Listener, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> Hello | None:
        """The client's line when it is taken; None when it is not, which it has been told."""
        me = Answer(__version__, PROTOCOL, os.getpid())
        if is_stranger(writer.get_extra_info("socket")):
            _LOG.warning("turned away another user")
            return None
        try:
            line = await asyncio.wait_for(reader.readline(), self._limits.handshake_seconds)
            hello = parse_hello(line[:LONGEST_LINE])
        except (HandshakeError, ValueError, TimeoutError) as error:
            reason = f"no handshake: {str(error) or 'nothing came'}"
            writer.write(Answer(me.version, me.protocol, me.pid, ok=False, reason=reason).line())
            return None
        if not is_proof(hello.proof, listener.secret, "client", hello.nonce):
            _LOG.warning("turned away a client that doesn't know the secret")
            return None
        proof = prove(listener.secret, "daemon", hello.nonce)
        me = Answer(me.version, me.protocol, me.pid, proof=proof)
        answer = judge(hello, me, self._sessions, stopping=self._stop.is_set())
        # Counted in the same step as judged: two clients must not both find it idle.
        if answer.ok and hello.purpose == "lsp":
            self._sessions += 1
        writer.write(answer.line())
        if answer.leaving:
            self._begin_to_stop(f"making room for version {hello.version}")
        return hello if answer.ok else None

    async def _end_conversations(self) -> None:
        ending = dict(self._conversations)
        for task in ending:
            task.cancel()
        if ending:
            _, late = await asyncio.wait(ending, timeout=self._limits.session_seconds)
            if late:
                _LOG.warning("%d sessions didn't end in time", len(late))
        for writer in ending.values():
            writer.transport.abort()

    async def _check(self, listener: Listener) -> None:
        while True:
            await asyncio.sleep(self._limits.check_seconds)
            for writer in self._conversations.values():
                if writer.transport.get_write_buffer_size() > self._limits.unsent_bytes:
                    _LOG.warning("cut off a client that doesn't read what it gets")
                    writer.transport.abort()
            if not listener.can_be_found():
                self._begin_to_stop("its socket is gone")
            if self._is_idle():
                self._begin_to_stop("idle")

    def _is_idle(self) -> bool:
        if self._limits.idle_seconds is None or self._sessions or self._is_busy():
            return False
        return time.monotonic() - self._last_session >= self._limits.idle_seconds


async def _hang_up(writer: asyncio.StreamWriter) -> None:
    """Close a connection, after what has been written to it, but not for ever."""
    writer.close()
    with contextlib.suppress(OSError, TimeoutError):
        await asyncio.wait_for(writer.wait_closed(), 1.0)
    writer.transport.abort()
