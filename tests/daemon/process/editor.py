"""An editor in small: a forwarder as its child, messages through pipes."""

from __future__ import annotations

import contextlib
import os
import select
import subprocess
import sys
from collections import deque
from pathlib import Path
from typing import IO, Any, cast

from codeassistd.daemon.process.frames import Frame, FrameSplitter, framed

_FORWARDER = Path(__file__).parent / "forward_stdio.py"
_PATIENCE_SECONDS = 30.0


class Editor:
    def __init__(self, command: list[str]) -> None:
        self.process = subprocess.Popen(
            [sys.executable, str(_FORWARDER), *command],
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
            assert select.select([self._out], [], [], _PATIENCE_SECONDS)[0], "nothing came"
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
        return self.process.wait(_PATIENCE_SECONDS)

    def errors(self) -> str:
        return cast("IO[bytes]", self.process.stderr).read().decode()

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()
        for pipe in (self._in, self._out, self.process.stderr):
            if pipe is not None:
                with contextlib.suppress(BrokenPipeError):
                    pipe.close()
