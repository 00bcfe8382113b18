"""A daemon whose sessions answer requests with what was asked; the program under test in other processes.

Requests with a meaning: "crash" ends the process, "hang" is never answered, "flood" gets as much as it asks,
"seen" gets every notification that the session had; see `_Session`. Arguments: name=value, see `main`.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import sys
import time
from pathlib import Path

import codeassistd.daemon.process.daemon as module
from codeassistd.daemon.process.listener import claimed
from codeassistd.daemon.process.rendezvous import find_rendezvous
from codeassistd.daemon.process.running import run_daemon

REFUSE: Path | None = None
"""While this file exists, sessions are refused."""

_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)


def frame(message: object) -> bytes:
    body = json.dumps(message).encode()
    return b"Content-Length: %d\r\n\r\n%b" % (len(body), body)


class _Session:
    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self._writer = writer
        self._seen: list[object] = []

    def take(self, body: bytes) -> None:
        try:
            message = json.loads(body)
        except ValueError:
            self._send({"id": None, "error": {"code": -32700, "message": "not JSON"}})
            return
        method = message.get("method")
        if "id" not in message or method is None:
            self._seen.append(message)
            return
        act = getattr(self, f"on_{method}", lambda params: {"result": [os.getpid(), params]})
        answer = act(message.get("params"))
        if method == "initialize":
            self._seen.append(message)
        if answer is not None:
            self._send({"id": message["id"], **answer})

    def on_crash(self, _params: object) -> None:
        os._exit(9)

    def on_hang(self, _params: object) -> None:
        return

    def on_flood(self, size: int) -> dict[str, object]:
        return {"result": "x" * size}

    def on_seen(self, _params: object) -> dict[str, object]:
        return {"result": self._seen}

    def on_fail(self, error: object) -> dict[str, object]:
        return {"error": error}

    def on_initialize(self, _params: object) -> dict[str, object]:
        if REFUSE is not None and REFUSE.exists():
            return {"error": {"code": 1, "message": "no more sessions"}}
        return {"result": {"capabilities": {"positionEncoding": "utf-16"}, "pid": os.getpid()}}

    def on_send(self, message: object) -> dict[str, object]:
        """The message, which is a notification or a request of the server, then the answer."""
        self._send(message)
        return {"result": None}

    def _send(self, message: object) -> None:
        self._writer.write(frame(message))


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    session = _Session(writer)
    while True:
        try:
            header = await reader.readuntil(b"\r\n\r\n")
        except asyncio.IncompleteReadError:
            return
        match = _LENGTH.search(header)
        session.take(await reader.readexactly(int(match[1])) if match else b"")
        await asyncio.sleep(0)


def main(arguments: list[str]) -> None:
    options = dict(argument.split("=", 1) for argument in arguments)
    if version := options.get("version"):
        module.__version__ = version
    if protocol := options.get("protocol"):
        module.PROTOCOL = int(protocol)
    if refuse := options.get("refuse"):
        global REFUSE  # noqa: PLW0603
        REFUSE = Path(refuse)
    if words := options.get("fail"):
        sys.exit(words)
    if starts := options.get("starts"):  # one line for every daemon that really began
        pass
    transport = options.get("transport", "unix")
    assert transport in {"unix", "tcp"}
    place = find_rendezvous(Path(os.environ["CODEASSISTD_DATA_DIR"]), transport=transport)  # type: ignore[arg-type]
    stopped = options.get("stopped")

    async def on_stop() -> None:
        await asyncio.sleep(float(options.get("stopping", "0")))
        if stopped:
            Path(stopped).write_text("in good order")  # noqa: ASYNC240

    limits = module.DaemonLimits(
        idle_seconds=float(options["idle"]) if "idle" in options else None,
        handshake_seconds=float(options.get("handshake", "10")),
        unsent_bytes=int(options.get("unsent", "10_000_000")),
        check_seconds=0.05,
    )
    with claimed(place):
        if starts:
            with Path(starts).open("a") as file:
                file.write(f"{os.getpid()}\n")
        daemon = module.Daemon(place, echo, on_stop=on_stop, limits=limits)
        if "stuck" in options:
            import threading

            threading.Thread(target=lambda: time.sleep(60)).start()
        run_daemon(daemon, stop_seconds=float(options.get("force", "15")))


if __name__ == "__main__":
    main(sys.argv[1:])
