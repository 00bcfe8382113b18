"""A hub on loopback: the real layout over real sockets, with faults put in where a test wants them."""

from __future__ import annotations

import hashlib
import json
import re
import socket
import struct
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote, urlsplit

COMMIT = "0123456789abcdef0123456789abcdef01234567"
_LISTING = re.compile(r"/api/models/([^/]+/[^/]+)/revision/(.+)")
_FILE = re.compile(r"/([^/]+/[^/]+)/resolve/([^/]+)/(.+)")
_BLOCK = 16_384


@dataclass
class Faults:
    """What goes wrong with a path; each list is used up by one request an item.

    Attributes:
        cut_after: The connection is reset after that many bytes of the body.
        statuses: Answered instead, with these headers.
        wrong_bytes: How many times the content is another one, of the right size.
        no_ranges: Whether a Range header is ignored.
        redirect: Path prefix that the request is sent on to.
        pause: Seconds of silence in the midst of the body, once for each item.
        larger: Whether more is sent than listed.
        chunked: Whether the length is left out.
    """

    cut_after: list[int] = field(default_factory=list)
    statuses: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    wrong_bytes: int = 0
    no_ranges: bool = False
    redirect: str = ""
    pause: list[float] = field(default_factory=list)
    larger: bool = False
    chunked: bool = False


class HubServer:
    """A hub with repositories that tests fill.

    Attributes:
        repositories: Content by path, by "owner/name".
        cards: More fields of a repository's description.
        faults: By the path of a file, or "" for listings.
        requests: Every request: its path, its Range header, its Authorization header.
        etag: Sent with every file, when a test sets it; by default the content's hash.
    """

    def __init__(self) -> None:
        self.repositories: dict[str, dict[str, bytes]] = {}
        self.cards: dict[str, dict[str, Any]] = {}
        self.faults: dict[str, Faults] = {}
        self.requests: list[tuple[str, str, str]] = []
        self.commit = COMMIT
        self.etag = ""
        self.listing: Any = None
        self.sent: Counter[str] = Counter()
        self.reached = threading.Event()
        hub = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                hub.answer(self)

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
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def fault(self, path: str) -> Faults:
        return self.faults.setdefault(path, Faults())

    def asked_for(self, path: str) -> list[str]:
        """The Range headers of the requests for a file, in order."""
        return [asked for url, asked, _ in self.requests if url.endswith(f"/{path}")]

    def describe(self, repository: str) -> dict[str, Any]:
        """The listing, as the real hub gives it with ?blobs=true."""
        siblings = []
        for path, content in self.repositories[repository].items():
            git = hashlib.sha1(f"blob {len(content)}\0".encode() + content, usedforsecurity=False).hexdigest()
            entry: dict[str, Any] = {"rfilename": path, "size": len(content), "blobId": git}
            if path.endswith((".safetensors", ".gguf", ".bin", ".onnx")):
                digest = hashlib.sha256(content).hexdigest()
                entry["lfs"] = {"sha256": digest, "size": len(content), "pointerSize": 135}
            siblings.append(entry)
        card = self.cards.get(repository, {"cardData": {"license": "apache-2.0"}})
        return {"id": repository, "sha": self.commit, "siblings": siblings, **card}

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        url = urlsplit(request.path)
        path = unquote(url.path)
        self.requests.append(
            (path, request.headers.get("Range", ""), request.headers.get("Authorization", ""))
        )
        for prefix in {fault.redirect for fault in self.faults.values() if fault.redirect}:
            path = path.removeprefix(prefix)
        if found := _LISTING.fullmatch(path):
            self._answer_listing(request, found[1])
        elif found := _FILE.fullmatch(path):
            content = self.repositories.get(found[1], {}).get(found[3])
            self._answer_file(request, found[3], content)
        else:
            self._say(request, 404, {})

    def _answer_listing(self, request: BaseHTTPRequestHandler, repository: str) -> None:
        fault = self.fault("")
        if fault.statuses:
            return self._say(request, *fault.statuses.pop(0))
        if repository not in self.repositories:
            return self._say(request, 401, {"X-Error-Code": "RepoNotFound"})
        body = json.dumps(self.listing or self.describe(repository)).encode()
        return self._send(request, "", 200, {"Content-Type": "application/json"}, body)

    def _answer_file(self, request: BaseHTTPRequestHandler, path: str, content: bytes | None) -> None:
        fault = self.fault(path)
        if fault.redirect and not request.path.startswith(fault.redirect):
            return self._say(request, 302, {"Location": f"{fault.redirect}{request.path}"})
        if fault.statuses:
            return self._say(request, *fault.statuses.pop(0))
        if content is None:
            return self._say(request, 404, {"X-Error-Code": "EntryNotFound"})
        etag = self.etag or f'"{hashlib.sha256(content).hexdigest()}"'
        headers = {"ETag": etag, "Accept-Ranges": "none" if fault.no_ranges else "bytes"}
        if fault.wrong_bytes:
            fault.wrong_bytes -= 1
            content = bytes(byte ^ 1 for byte in content)
        if fault.larger:
            content += b"more"
        start = self._start(request, fault, etag)
        if start == 0:
            return self._send(request, path, 200, headers, content)
        if start >= len(content):
            return self._say(request, 416, {"Content-Range": f"bytes */{len(content)}"})
        headers["Content-Range"] = f"bytes {start}-{len(content) - 1}/{len(content)}"
        return self._send(request, path, 206, headers, content[start:])

    @staticmethod
    def _start(request: BaseHTTPRequestHandler, fault: Faults, etag: str) -> int:
        asked = re.fullmatch(r"bytes=(\d+)-", request.headers.get("Range", ""))
        is_other_version = request.headers.get("If-Range", etag) != etag
        return 0 if asked is None or fault.no_ranges or is_other_version else int(asked[1])

    def _send(
        self, request: BaseHTTPRequestHandler, path: str, status: int, headers: dict[str, str], body: bytes
    ) -> None:
        fault = self.fault(path)
        request.send_response(status)
        for name, value in headers.items():
            request.send_header(name, value)
        if fault.chunked:
            request.send_header("Connection", "close")
            request.close_connection = True
        else:
            request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        end = fault.cut_after.pop(0) if fault.cut_after else None
        pause = fault.pause.pop(0) if fault.pause else 0.0
        for position in range(0, len(body), _BLOCK):
            block = body[position : position + _BLOCK]
            if end is not None and position + len(block) > end:
                block = block[: max(end - position, 0)]
            try:
                request.wfile.write(block)
            except OSError:  # the client went away
                request.close_connection = True
                return
            self.sent[path] += len(block)
            if end is not None and position + _BLOCK > end:
                self._reset(request)
                return
            if pause and position >= len(body) // 2:
                self.reached.set()
                time.sleep(pause)
                pause = 0.0

    @staticmethod
    def _reset(request: BaseHTTPRequestHandler) -> None:
        """Let what was sent arrive, then end the connection without the rest."""
        request.wfile.flush()
        request.connection.shutdown(socket.SHUT_WR)
        request.close_connection = True

    @staticmethod
    def _say(request: BaseHTTPRequestHandler, status: int, headers: dict[str, str]) -> None:
        request.send_response(status)
        for name, value in headers.items():
            request.send_header(name, value)
        request.send_header("Content-Length", "0")
        request.end_headers()


def safetensors(seed: int, size: int) -> bytes:
    """A valid safetensors file with one tensor of that many bytes."""
    header = json.dumps({"weight": {"dtype": "U8", "shape": [size], "data_offsets": [0, size]}}).encode()
    block = hashlib.sha256(str(seed).encode()).digest()
    return struct.pack("<Q", len(header)) + header + (block * (size // len(block) + 1))[:size]
