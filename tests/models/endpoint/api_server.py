"""A server on loopback that speaks OpenAI's API, and misbehaves as a test tells it to."""

from __future__ import annotations

import json
import socket
import struct
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class ApiServer:
    """Writes what its script says.

    Attributes:
        script: Called with each request, its path and its body; by default, `words` are streamed.
        words: The pieces of each answer.
        requests: Path, body and Authorization header of each request.
        gone: Set when a client has closed its connection before the end.
    """

    def __init__(self) -> None:
        self.script: list[Callable[[Reply], None]] = []
        self.words = ["def ", "f", "():"]
        self.models = ["small-coder", "large-coder"]
        self.requests: list[tuple[str, dict[str, Any], str]] = []
        self.connections = 0
        self.gone = threading.Event()
        self.release = threading.Event()
        api = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def setup(self) -> None:
                api.connections += 1
                super().setup()

            def do_GET(self) -> None:
                Reply(api, self).json({"data": [{"id": name} for name in api.models]})

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                api.requests.append((self.path, body, self.headers.get("Authorization", "")))
                step = api.script.pop(0) if api.script else Reply.well
                try:
                    step(Reply(api, self))
                except OSError:
                    api.gone.set()
                    self.close_connection = True

            def log_message(self, *_arguments: object) -> None:
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_arguments: object) -> None:
                """A client that goes away is part of many tests."""

        self._server = Server(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def close(self) -> None:
        self.release.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class Reply:
    """One answer."""

    def __init__(self, api: ApiServer, handler: BaseHTTPRequestHandler) -> None:
        self.api = api
        self.handler = handler
        self.is_chat = "chat" in handler.path

    def json(self, answer: object, status: int = 200, **headers: str) -> None:
        self.raw(json.dumps(answer).encode(), status, "application/json", **headers)

    def raw(self, content: bytes, status: int = 200, kind: str = "text/html", **headers: str) -> None:
        self.handler.send_response(status)
        self.handler.send_header("Content-Type", kind)
        self.handler.send_header("Content-Length", str(len(content)))
        for name, value in headers.items():
            self.handler.send_header(name.replace("_", "-"), value)
        self.handler.end_headers()
        self.handler.wfile.write(content)

    def begin(self) -> None:
        self.handler.send_response(200)
        self.handler.send_header("Content-Type", "text/event-stream; charset=utf-8")
        self.handler.send_header("Transfer-Encoding", "chunked")
        self.handler.end_headers()

    def send(self, content: bytes) -> None:
        self.handler.wfile.write(b"%x\r\n%s\r\n" % (len(content), content))
        self.handler.wfile.flush()

    def event(self, answer: object) -> None:
        self.send(f"data: {json.dumps(answer)}\n\n".encode())

    def piece(self, text: str, reason: str | None = None) -> None:
        content: dict[str, Any] = {"delta": {"content": text}} if self.is_chat else {"text": text}
        self.event({"choices": [{"index": 0, "finish_reason": reason, **content}]})

    def end(self) -> None:
        self.send(b"data: [DONE]\n\n")
        self.handler.wfile.write(b"0\r\n\r\n")
        self.handler.wfile.flush()

    def well(self, reason: str = "stop") -> None:
        self.begin()
        for word in self.api.words:
            self.piece(word)
        self.piece("", reason)
        numbers = {"prompt_tokens": 12, "completion_tokens": 3, "prompt_tokens_details": {"cached_tokens": 8}}
        self.event({"choices": [], "usage": numbers})
        self.end()

    def half(self) -> None:
        self.begin()
        self.piece("half")
        self.drop()

    def drop(self) -> None:
        linger = struct.pack("ii", 1, 0)
        self.handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.handler.close_connection = True
        self.handler.connection.shutdown(socket.SHUT_RDWR)

    def for_ever(self) -> None:
        self.begin()
        while True:
            self.piece("on and on ")
            time.sleep(0.001)

    def hang(self) -> None:
        self.api.release.wait(30)
        self.handler.close_connection = True

    def hang_half_way(self) -> None:
        self.begin()
        self.piece("half")
        self.hang()

    def refuse(self, status: int, words: str = "", **headers: str) -> None:
        self.json({"error": {"message": words}}, status, **headers)
