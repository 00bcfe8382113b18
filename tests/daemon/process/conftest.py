from __future__ import annotations

import contextlib
import os
import select
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any, cast

import pytest

from codeassistd.daemon.process.frames import Frame, FrameSplitter, framed
from codeassistd.daemon.process.rendezvous import Rendezvous, Transport, find_rendezvous
from codeassistd.daemon.process.stopping import stop_daemon

ECHO = Path(__file__).parent / "echo_daemon.py"
FORWARDER = Path(__file__).parent / "forward_stdio.py"
PATIENCE_SECONDS = 30.0

Command = Callable[..., list[str]]


@pytest.fixture(params=["unix", "tcp"] if sys.platform != "win32" else ["tcp"])
def transport(request: pytest.FixtureRequest) -> Transport:
    """The ways to meet a daemon; a test that doesn't ask for them gets the platform's own."""
    chosen: Transport = request.param
    return chosen


@pytest.fixture
def place(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Rendezvous]:
    """A rendezvous of the test's own; whatever daemon is there is gone afterwards."""
    monkeypatch.setenv("CODEASSISTD_RUNTIME_DIR", str(tmp_path / "run"))
    transport = request.getfixturevalue("transport") if "transport" in request.fixturenames else "unix"
    found = find_rendezvous(Path(os.environ["CODEASSISTD_DATA_DIR"]), transport=transport)
    yield found
    stop_daemon(found, wait=5.0)


@pytest.fixture
def echo(place: Rendezvous) -> Command:
    """The command of an echo daemon at that rendezvous."""

    def command(**options: object) -> list[str]:
        arguments = [f"{name}={value}" for name, value in options.items()]
        return [sys.executable, str(ECHO), f"transport={place.transport}", *arguments]

    return command


class Editor:
    """An editor in small: a forwarder as its child, messages through pipes."""

    def __init__(self, command: list[str]) -> None:
        self.process = subprocess.Popen(
            [sys.executable, str(FORWARDER), *command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        self._in = cast("IO[bytes]", self.process.stdin)
        self._out = cast("IO[bytes]", self.process.stdout)
        self._splitter = FrameSplitter()
        self._came: deque[dict[str, Any]] = deque()
        self._number = 0

    def send_bytes(self, data: bytes) -> None:
        self._in.write(data)
        self._in.flush()

    def notify(self, method: str, params: object = None) -> None:
        self.send_bytes(framed({"method": method, "params": params}))

    def send(self, method: str, params: object = None) -> int:
        self._number += 1
        self.send_bytes(framed({"id": self._number, "method": method, "params": params}))
        return self._number

    def request(self, method: str, params: object = None) -> dict[str, Any]:
        """The answer, which has to be the next thing that comes."""
        number = self.send(method, params)
        answer = self.next_message()
        assert answer.get("id") == number, answer
        return answer

    def next_message(self) -> dict[str, Any]:
        while not self._came:
            assert select.select([self._out], [], [], PATIENCE_SECONDS)[0], "nothing came"
            data = os.read(self._out.fileno(), 65536)
            assert data, f"the forwarder ended: {self.errors()}"
            self._came += [frame.message() for frame in self._splitter.feed(data) if isinstance(frame, Frame)]
        return self._came.popleft()

    def open(self) -> int:
        """Begin a session; gives the daemon's process."""
        answer = self.request(
            "initialize", {"capabilities": {}, "workspaceFolders": [{"uri": "w", "name": "w"}]}
        )
        self.notify("initialized", {})
        return int(answer["result"]["pid"])

    def pid(self) -> int:
        return int(self.request("where")["result"][0])

    def close(self) -> int:
        """End the session as the protocol has it; gives the exit status."""
        assert self.request("shutdown")["id"] == self._number
        self.notify("exit")
        return self.process.wait(PATIENCE_SECONDS)

    def errors(self) -> str:
        return cast("IO[bytes]", self.process.stderr).read().decode()

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()
        for pipe in (self._in, self._out, self.process.stderr):
            if pipe is not None:
                with contextlib.suppress(BrokenPipeError):
                    pipe.close()


@pytest.fixture
def editing() -> Callable[[list[str]], contextlib.AbstractContextManager[Editor]]:
    """Opens an editor whose daemon is started with a command; nothing of it is left afterwards."""

    @contextlib.contextmanager
    def opened(command: list[str]) -> Iterator[Editor]:
        editor = Editor(command)
        try:
            yield editor
        finally:
            editor.kill()

    return opened
