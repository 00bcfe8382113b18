"""The accept loop: clients that misbehave, idle ends, sockets that vanish."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from codeassistd.daemon.process.connecting import attach, connect
from codeassistd.daemon.process.control import ask
from codeassistd.daemon.process.daemon import Daemon, DaemonLimits
from codeassistd.daemon.process.errors import ConnectionLostError, DaemonAbsentError
from codeassistd.daemon.process.frames import framed
from codeassistd.daemon.process.handshake import Hello
from codeassistd.daemon.process.listener import claimed
from codeassistd.daemon.process.rendezvous import Rendezvous
from codeassistd.daemon.process.rpc_client import RpcClient
from codeassistd.daemon.process.stopping import stop_daemon
from codeassistd.models.errors import CodeassistdError

Command = Callable[..., list[str]]


def until(condition: Callable[[], object], seconds: float = 20.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.01)


def _raw(place: Rendezvous) -> socket.socket:
    connection = socket.socket(socket.AF_UNIX)
    connection.settimeout(20)
    connection.connect(str(place.socket))
    return connection


def _everything(connection: socket.socket) -> bytes:
    data = b""
    try:
        while more := connection.recv(65536):
            data += more
    except ConnectionError:
        pass
    return data


@pytest.mark.parametrize("line", [b"GET / HTTP/1.1\r\n", b"\n", b"{}\n", b"x" * 600_000, b"[" * 4000 + b"\n"])
def test_other_programs_get_an_answer_and_harm_nobody(place: Rendezvous, echo: Command, line: bytes) -> None:
    with connect(place, "lsp", echo()) as good, RpcClient(good) as client:
        with _raw(place) as bad:
            with contextlib.suppress(BrokenPipeError):
                bad.sendall(line)
            answer = _everything(bad)
            assert not answer or b'"ok":false' in answer
        assert client.request("say", 1) == [good.daemon.pid, 1]


def test_the_silent_are_shown_the_door(place: Rendezvous, echo: Command) -> None:
    with connect(place, "control", echo(handshake=0.1)), _raw(place) as silent:
        assert b"nothing came" in _everything(silent)


def test_one_that_never_reads_is_cut_off_and_harms_nobody(place: Rendezvous, echo: Command) -> None:
    with connect(place, "lsp", echo(unsent=1_000_000)) as good, RpcClient(good) as client:
        with connect(place, "lsp") as deaf, contextlib.suppress(OSError):
            while True:
                deaf.socket.sendall(framed({"id": 1, "method": "flood", "params": 500_000}))
        assert client.request("say", 1) == [good.daemon.pid, 1]


def test_those_who_vanish_harm_nobody(place: Rendezvous, echo: Command) -> None:
    with connect(place, "lsp", echo()) as good, RpcClient(good) as client:
        for _ in range(50):
            with connect(place, "lsp") as gone:
                gone.socket.sendall(framed({"id": 1, "method": "flood", "params": 100_000}) + b"Content-Le")
        with _raw(place) as half:
            half.sendall(b'{"codeassistd"')
        assert client.request("say", 1) == [good.daemon.pid, 1]


def test_it_ends_when_idle(place: Rendezvous, echo: Command, tmp_path: Path) -> None:
    stopped = tmp_path / "stopped"
    with connect(place, "lsp", echo(idle=0.3, stopped=stopped)) as connection:
        with connect(place, "control"):
            time.sleep(0.6)
            assert not stopped.exists(), "it has a session"
        assert connection.daemon.ok
    until(stopped.exists)
    until(lambda: stop_daemon(place) == "absent")


def test_it_ends_when_its_socket_is_gone(place: Rendezvous, echo: Command, tmp_path: Path) -> None:
    stopped = tmp_path / "stopped"
    with connect(place, "lsp", echo(stopped=stopped)) as connection:
        place.socket.unlink()
        until(stopped.exists)
        assert _everything(connection.socket) == b""
    until(lambda: stop_daemon(place) == "absent")


def test_the_socket_is_the_users_alone(place: Rendezvous, echo: Command) -> None:
    with connect(place, "control", echo()):
        for path in (place.socket, place.record, place.output):
            assert path.stat().st_mode & 0o777 == 0o600
        assert place.folder.stat().st_mode & 0o777 == 0o700


def _serving(place: Rendezvous, talk: Callable[[], None], **parts: Any) -> str:
    """Run a daemon in this process while a thread talks to it; gives its reason to end."""

    async def session(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if await reader.readline() == b"break\n":
            raise ValueError("broken session")
        writer.write(b"fine\n")
        await asyncio.Event().wait()

    async def run() -> str:
        daemon = Daemon(place, session, limits=DaemonLimits(session_seconds=0.2), **parts)
        running = asyncio.create_task(daemon.run())
        await asyncio.to_thread(lambda: until(place.socket.exists))
        await asyncio.to_thread(talk)
        daemon.request_stop("the test is over")
        return await running

    with claimed(place):
        return asyncio.run(run())


def test_controls(place: Rendezvous) -> None:
    async def status(params: dict[str, Any]) -> object:
        return {"asked": params}

    async def refuse(_params: dict[str, Any]) -> object:
        raise CodeassistdError("not now", "later")

    async def fail(_params: dict[str, Any]) -> object:
        raise ZeroDivisionError

    def talk() -> None:
        with connect(place, "control") as connection:
            assert ask(connection, "status", {"a": 1}) == {"asked": {"a": 1}}
            with pytest.raises(CodeassistdError, match="not now") as caught:
                ask(connection, "refuse")
            assert caught.value.hint == "later"
            with pytest.raises(CodeassistdError, match="failed at this"):
                ask(connection, "fail")
            for nonsense in (b"\n", b"[]\n", b'{"method": []}\n', b'{"method": "status", "params": 3}\n'):
                connection.socket.sendall(nonsense)
                assert b"no request that the daemon knows" in connection.socket.recv(4096)
            with contextlib.suppress(OSError):
                connection.socket.sendall(b"x" * 1_000_000)
                assert b"too long" in connection.socket.recv(4096)
            with pytest.raises(ConnectionLostError):
                ask(connection, "status")

    controls: dict[str, Callable[..., Awaitable[object]]] = {"status": status, "refuse": refuse, "fail": fail}
    assert _serving(place, talk, controls=controls) == "the test is over"


def test_a_session_that_breaks_or_hangs_harms_nobody(place: Rendezvous) -> None:
    def talk() -> None:
        with connect(place) as broken:
            broken.socket.sendall(b"break\n")
            assert broken.socket.recv(100) == b""
        with connect(place) as hanging:
            hanging.socket.sendall(b"go on\n")
            assert hanging.socket.recv(100) == b"fine\n"

    assert _serving(place, talk) == "the test is over"
    assert not place.socket.exists()
    with pytest.raises(DaemonAbsentError):
        connect(place)


def test_while_it_stops_nobody_is_taken(place: Rendezvous) -> None:
    asked: list[bool] = []

    async def on_stop() -> None:
        asked.append(place.record.exists())

    def talk() -> None:
        with attach(place, "control") as connection, _raw(place) as late:
            ask(connection, "stop")
            late.sendall(Hello("0.1.0", 1, "lsp").line())
            answer = _everything(late)
            assert not answer or b'"leaving":true' in answer or b'"ok":true' in answer

    assert _serving(place, talk, on_stop=on_stop) == "asked to"
    assert asked == [False]


def test_work_keeps_it_from_ending(place: Rendezvous) -> None:
    working = [True]

    async def session(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        await reader.read()

    async def run() -> str:
        limits = DaemonLimits(idle_seconds=0.0, check_seconds=0.01)
        daemon = Daemon(place, session, is_busy=lambda: working[0], limits=limits)
        running = asyncio.create_task(daemon.run())
        await asyncio.sleep(0.1)
        assert not running.done()
        working[0] = False
        return await running

    with claimed(place):
        assert asyncio.run(run()) == "idle"


def test_a_stop_before_the_start_is_kept(place: Rendezvous) -> None:
    async def session(_reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        raise AssertionError

    async def run() -> str:
        daemon = Daemon(place, session)
        daemon.request_stop("early")
        return await daemon.run()

    with claimed(place):
        assert asyncio.run(run()) == "early"
    assert list(place.folder.iterdir()) == [place.life_lock]
