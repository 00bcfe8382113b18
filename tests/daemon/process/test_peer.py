"""Which user is at the other end."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from codeassistd.daemon.process.peer import is_stranger, peer_user

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there are no user ids")


def test_oneself() -> None:
    here, there = socket.socketpair(socket.AF_UNIX)
    with here, there:
        assert peer_user(here) == os.geteuid()
        assert not is_stranger(there)


def test_tcp_cannot_tell() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        assert peer_user(server) is None
        assert not is_stranger(server)


if sys.platform == "linux" and os.geteuid() == 0:

    def test_another_user(tmp_path: Path) -> None:
        program = (
            "import os, socket, sys; os.setuid(12345); s = socket.socket(socket.AF_UNIX);"
            "s.connect(chr(0) + sys.argv[1]); s.recv(1)"
        )
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(f"\0{tmp_path.name}-{os.getpid()}")  # a name without a folder: anybody may connect
            server.listen()
            server.settimeout(20)
            name = f"{tmp_path.name}-{os.getpid()}"
            client = subprocess.Popen([sys.executable, "-I", "-c", program, name])
            try:
                connection, _ = server.accept()
                with connection:
                    assert peer_user(connection) == 12345
                    assert is_stranger(connection)
            finally:
                client.kill()
                client.wait()
