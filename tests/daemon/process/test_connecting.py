"""Reaching, starting, replacing and ending a daemon, with real processes."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from codeassistd.daemon.process import connecting
from codeassistd.daemon.process.connecting import Connection, attach, connect
from codeassistd.daemon.process.control import ask
from codeassistd.daemon.process.errors import (
    AlreadyRunningError,
    DaemonAbsentError,
    DaemonRefusedError,
    DaemonStartError,
    DaemonUnresponsiveError,
)
from codeassistd.daemon.process.handshake import Hello, prove
from codeassistd.daemon.process.listener import claimed
from codeassistd.daemon.process.record import Record, read_record, write_record
from codeassistd.daemon.process.rendezvous import Rendezvous, Transport, make_folder
from codeassistd.daemon.process.stopping import stop_daemon
from codeassistd.models.errors import CodeassistdError

Command = Callable[..., list[str]]


def until(condition: Callable[[], object], seconds: float = 10.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.01)


def is_gone(place: Rendezvous) -> bool:
    return stop_daemon(place) == "absent"


def test_without_a_daemon(place: Rendezvous, transport: Transport) -> None:
    with pytest.raises(DaemonAbsentError, match="not running"):
        connect(place)
    make_folder(place.folder)
    with pytest.raises(DaemonAbsentError):
        connect(place, "control")
    assert stop_daemon(place) == "absent"


def test_start_use_and_stop(place: Rendezvous, echo: Command, transport: Transport, tmp_path: Path) -> None:
    stopped = tmp_path / "stopped"
    with connect(place, "control", echo(stopped=stopped)) as first:
        with pytest.raises(CodeassistdError, match="no request that the daemon knows") as caught:
            ask(first, "dance")
        assert "stop" in caught.value.hint
        with connect(place, "lsp") as second:
            assert second.daemon.pid == first.daemon.pid != os.getpid()
        record = read_record(place)
        assert record is not None
        assert record.pid == first.daemon.pid
        assert ask(first, "stop") == {"stopping": True, "pid": record.pid}
    until(stopped.exists)
    until(lambda: is_gone(place))
    assert not place.record.exists()
    assert not place.socket.exists()


def test_twenty_at_once_end_on_one_daemon(
    place: Rendezvous, echo: Command, transport: Transport, tmp_path: Path
) -> None:
    starts = tmp_path / "starts"
    command = echo(starts=starts)
    with ThreadPoolExecutor(20) as pool:
        connections = list(pool.map(lambda _: connect(place, "lsp", command), range(20)))
    assert len({connection.daemon.pid for connection in connections}) == 1
    assert starts.read_text().split() == [str(connections[0].daemon.pid)]
    for connection in connections:
        connection.close()


def test_processes_that_start_it_together(place: Rendezvous, echo: Command, tmp_path: Path) -> None:
    starts = tmp_path / "starts"
    program = (
        "import sys, pathlib;"
        "from codeassistd.daemon.process.rendezvous import Rendezvous;"
        "from codeassistd.daemon.process.connecting import connect;"
        "place = Rendezvous(pathlib.Path(sys.argv[1]), sys.argv[2], 'unix');"
        "print(connect(place, 'lsp', sys.argv[3:]).daemon.pid)"
    )
    command = [sys.executable, "-c", program, str(place.folder), place.name, *echo(starts=starts)]
    processes = [subprocess.Popen(command, stdout=subprocess.PIPE) for _ in range(5)]
    answers = {process.communicate(timeout=60)[0] for process in processes}
    assert len(answers) == 1
    assert starts.read_bytes().split() == [answers.pop().strip()]


def test_what_a_killed_daemon_left_is_replaced(
    place: Rendezvous, echo: Command, transport: Transport
) -> None:
    with connect(place, "lsp", echo()) as first:
        os.kill(first.daemon.pid, signal.SIGKILL)
        until(lambda: not first.socket.recv(1))
    assert place.record.exists()
    with pytest.raises(DaemonAbsentError):
        connect(place)
    with connect(place, "lsp", echo()) as second:
        assert second.daemon.pid != first.daemon.pid


def test_a_start_during_a_stop_waits_for_its_end(place: Rendezvous, echo: Command, tmp_path: Path) -> None:
    stopped = tmp_path / "stopped"
    with connect(place, "control", echo(stopped=stopped, stopping=0.5)) as first:
        ask(first, "stop")
    until(lambda: not place.socket.exists())
    with connect(place, "lsp", echo()) as second:
        assert stopped.exists(), "there were two at once"
        assert second.daemon.pid != first.daemon.pid


def test_a_daemon_that_fails_says_why(place: Rendezvous, echo: Command) -> None:
    with pytest.raises(DaemonStartError, match="ended at once with status 1: the disk is on fire"):
        connect(place, "lsp", echo(fail="the disk is on fire"))
    with pytest.raises(DaemonStartError, match="cannot start the daemon with"):
        connect(place, "lsp", [str(place.folder / "missing")])
    with pytest.raises(DaemonStartError, match="didn't answer in time"):
        connect(place, "lsp", [sys.executable, "-c", "import time; time.sleep(60)"], wait=0.3)
    with connect(place, "lsp", echo()):
        pass


def test_one_that_hangs_is_named_and_can_be_ended(
    place: Rendezvous, echo: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connecting, "_ANSWER_SECONDS", 0.3)
    with connect(place, "lsp", echo()) as connection:
        os.kill(connection.daemon.pid, signal.SIGSTOP)
        with pytest.raises(DaemonUnresponsiveError, match=f"process {connection.daemon.pid}"):
            connect(place, "lsp", echo())
        assert stop_daemon(place, wait=0.2) == "killed"
    with connect(place, "lsp", echo()):
        pass


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_signals_stop_it_in_good_order(
    place: Rendezvous, echo: Command, tmp_path: Path, number: signal.Signals
) -> None:
    stopped = tmp_path / "stopped"
    with connect(place, "lsp", echo(stopped=stopped)) as connection:
        os.kill(connection.daemon.pid, number)
        until(lambda: not connection.socket.recv(1))
    until(stopped.exists)
    until(lambda: is_gone(place))


def test_what_never_ends_is_ended(place: Rendezvous, echo: Command, tmp_path: Path) -> None:
    stopped = tmp_path / "stopped"
    with connect(place, "control", echo(stuck=1, force=0.3, stopped=stopped)) as connection:
        ask(connection, "stop")
    until(lambda: is_gone(place))
    assert stopped.exists()


def test_a_newer_client_replaces_an_idle_daemon(place: Rendezvous, echo: Command) -> None:
    with connect(place, "control", echo(version="0.0.9")) as old:
        assert old.daemon.version == "0.0.9"
        # Nobody who wouldn't start another sends it away.
        with connect(place, "lsp") as user:
            assert user.daemon.pid == old.daemon.pid
    with pytest.raises(DaemonAbsentError):
        until(
            lambda: attach(place, "control", replace=True).close()
        )  # once it has noticed that nobody is left
    with connect(place, "lsp", echo()) as new:
        assert new.daemon.pid != old.daemon.pid


def test_a_newer_client_leaves_a_busy_daemon_alone(place: Rendezvous, echo: Command) -> None:
    with connect(place, "lsp", echo()) as busy:
        with attach(place, "lsp", replace=True, version="99.0") as newer:
            assert newer.daemon.pid == busy.daemon.pid
        with pytest.raises(DaemonRefusedError) as caught:
            attach(place, "lsp", replace=True, version="99.0", protocol=2)
        assert "codeassistd stop" in caught.value.hint
        with pytest.raises(DaemonRefusedError) as caught:
            attach(place, "lsp", version="0.0.1", protocol=0)
        assert "update" in caught.value.hint
    pid = busy.daemon.pid

    def is_replaced() -> bool:
        try:
            attach(place, "control", replace=True, version="99.0").close()
        except DaemonAbsentError:
            return True
        return False

    until(is_replaced)  # it takes a moment to notice that the session has ended
    with connect(place, "control", echo()) as next_one:
        assert next_one.daemon.pid != pid


def test_there_is_one_daemon_only(place: Rendezvous, echo: Command) -> None:
    with connect(place, "control", echo()) as connection:
        with pytest.raises(AlreadyRunningError, match=f"process {connection.daemon.pid} "), claimed(place, 0):
            pass
        assert read_record(place) == Record(connection.daemon.pid, connection.daemon.version)


def test_a_port_left_behind_gives_nothing_away(place: Rendezvous) -> None:
    """A program of another user that took over the port of a crashed daemon learns nothing it could use."""
    tcp = Rendezvous(place.folder, place.name, "tcp")
    make_folder(tcp.folder)
    with socket.create_server(("127.0.0.1", 0)) as impostor:
        write_record(tcp, Record(1, "0.1.0", impostor.getsockname()[1], "s3cret"))

        def pose() -> bytes:
            connection, _ = impostor.accept()
            with connection:
                line = connection.recv(4096)
                connection.sendall(
                    b'{"codeassistd":"0.1.0","protocol":1,"pid":1,"ok":true,"proof":"guess"}\n'
                )
                return line + connection.recv(4096)

        with ThreadPoolExecutor(1) as pool:
            heard = pool.submit(pose)
            with pytest.raises(DaemonAbsentError, match="another program answers"):
                attach(tcp, "lsp")
            assert b"s3cret" not in heard.result()
            assert heard.result().count(b"\n") == 1


def test_over_tcp_a_client_must_know_the_secret(place: Rendezvous, echo: Command) -> None:
    tcp = Rendezvous(place.folder, place.name, "tcp")
    connect(tcp, "control", [argument.replace("=unix", "=tcp") for argument in echo()]).close()
    record = read_record(tcp)
    assert record is not None
    for proof in ("", prove("wrong", "client", "n"), prove(record.secret, "client", "another")):
        with socket.create_connection(("127.0.0.1", record.port)) as stranger:
            stranger.sendall(Hello("0.1.0", 1, "lsp", nonce="n", proof=proof).line())
            assert stranger.recv(100) == b""
    assert stop_daemon(tcp) == "stopped"


def test_something_else_in_its_place_is_said_so(place: Rendezvous) -> None:
    make_folder(place.folder)
    with socket.socket(socket.AF_UNIX) as other:
        other.bind(str(place.socket))
        other.listen()

        def speak() -> None:
            connection, _ = other.accept()
            with connection:
                connection.recv(4096)  # what is closed with something unread is reset
                connection.sendall(b"220 mail ready\n")

        with ThreadPoolExecutor(1) as pool:
            pool.submit(speak)
            with pytest.raises(DaemonRefusedError, match="something else"):
                attach(place, "lsp")


def test_connection_can_be_used_as_it_is(place: Rendezvous, echo: Command) -> None:
    with connect(place, "lsp", echo()) as connection:
        assert isinstance(connection, Connection)
        assert connection.socket.gettimeout() is None
        body = b'{"id":1,"method":"x","params":"y"}'
        connection.socket.sendall(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
        assert str(connection.daemon.pid).encode() in connection.socket.recv(4096)
