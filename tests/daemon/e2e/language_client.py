"""A language client as an editor has one, and what tests wait with."""

from __future__ import annotations

import contextlib
import itertools
import json
import subprocess
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO, Any

PATIENCE = 60.0
"""Seconds until a test gives up; it is no measure of anything."""

_ids = itertools.count(1)


class LspError(Exception):
    """The answer to a request was an error."""

    def __init__(self, error: Mapping[str, Any]) -> None:
        super().__init__(error["message"])
        self.code = error["code"]
        self.data = error.get("data")


def until(happened: Callable[[], Any], what: str = "it") -> Any:
    """Wait until something that other processes bring about has happened; gives what it is."""
    end = time.monotonic() + PATIENCE
    while not (found := happened()):
        assert time.monotonic() < end, f"{what} did not happen"
        time.sleep(0.01)
    return found


class Editor:
    """A language client that blocks; a thread of its own takes what comes.

    Attributes:
        told: Method and params of what the server said by itself.
        answers: What its requests are answered with, by method.
        process: The language server that the editor started; None when it speaks to the daemon's socket.
        has_ended: Set when the server hung up.
        initialized: The answer to `initialize`.
    """

    def __init__(
        self,
        incoming: IO[bytes],
        outgoing: IO[bytes],
        close: Callable[[], None],
        process: subprocess.Popen[bytes] | None = None,
    ) -> None:
        self.initialized: Any = None
        self.told: list[tuple[str, Any]] = []
        self.answers: dict[str, Any] = {}
        self.process = process
        self.has_ended = threading.Event()
        self._incoming, self._outgoing, self._close = incoming, outgoing, close
        self._answered: dict[Any, Any] = {}
        self._versions = itertools.count(2)
        threading.Thread(target=self._read, daemon=True).start()

    def start(self, *folders: Path, capabilities: Any = None, options: Any = None) -> None:
        named = [{"uri": folder.as_uri(), "name": folder.name} for folder in folders]
        params = {"processId": None, "rootUri": None, "workspaceFolders": named}
        self.initialized = self.request(
            "initialize", {**params, "capabilities": capabilities or {}, "initializationOptions": options}
        )
        self.notify("initialized", {})

    def request(self, method: str, params: Any = None) -> Any:
        return self.result(self.send(method, params))

    def send(self, method: str, params: Any = None) -> int:
        id_ = next(_ids)
        self.post({"id": id_, "method": method, "params": params})
        return id_

    def result(self, id_: int) -> Any:
        """The answer to what was sent, which may raise `LspError`."""
        until(lambda: id_ in self._answered or self.has_ended.is_set(), f"the answer to request {id_}")
        assert id_ in self._answered, "the server hung up"
        answer = self._answered.pop(id_)
        if "error" in answer:
            raise LspError(answer["error"])
        return answer["result"]

    def notify(self, method: str, params: Any = None) -> None:
        self.post({"method": method, "params": params})

    def post(self, message: Mapping[str, Any]) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))

    def write(self, data: bytes) -> None:
        self._outgoing.write(data)
        self._outgoing.flush()

    def open(self, path: Path, text: str | None = None) -> None:
        text = path.read_text() if text is None else text
        item = {"uri": path.as_uri(), "languageId": "", "version": 1, "text": text}
        self.notify("textDocument/didOpen", {"textDocument": item})

    def change(self, path: Path, text: str, *span: int) -> None:
        """Replace all, or what lies between (line, character, line, character)."""
        change: dict[str, Any] = {"text": text}
        if span:
            start, end = span[:2], span[2:]
            change["range"] = {
                "start": {"line": start[0], "character": start[1]},
                "end": {"line": end[0], "character": end[1]},
            }
        document = {"uri": path.as_uri(), "version": next(self._versions)}
        self.notify("textDocument/didChange", {"textDocument": document, "contentChanges": [change]})

    def close_document(self, path: Path) -> None:
        self.notify("textDocument/didClose", {"textDocument": {"uri": path.as_uri()}})

    def search(self, query: str, **more: Any) -> list[Any]:
        results: list[Any] = self.request("codeassist/search", {"query": query, **more})["results"]
        return results

    def paths(self, query: str, **more: Any) -> list[str]:
        """Paths of what holds these words, best first."""
        return [result["path"] for result in self.search(query, **{"mode": "keyword", **more})]

    def symbols(self, query: str) -> list[str]:
        return [match["name"] for match in self.request("workspace/symbol", {"query": query})]

    def wait_for_index(self, folder: Path | None = None) -> int:
        params = {"workspace": str(folder)} if folder else {}
        revision: int = self.request("codeassist/waitForIndex", params)["revision"]
        return revision

    def change_folders(self, added: tuple[Path, ...] = (), removed: tuple[Path, ...] = ()) -> None:
        event = {
            key: [{"uri": folder.as_uri(), "name": folder.name} for folder in folders]
            for key, folders in (("added", added), ("removed", removed))
        }
        self.notify("workspace/didChangeWorkspaceFolders", {"event": event})

    def named(self, method: str) -> list[Any]:
        return [params for name, params in list(self.told) if name == method]

    def leave(self) -> None:
        """Go, in good order if the server still listens."""
        with contextlib.suppress(OSError, AssertionError, LspError, ValueError):
            if not self.has_ended.is_set():
                self.request("shutdown")
                self.notify("exit")
        self._close()
        if self.process is not None:
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.has_ended.wait(PATIENCE)

    def _read(self) -> None:
        with contextlib.suppress(OSError, ValueError):
            while headers := self._headers():
                self._take(json.loads(self._incoming.read(int(headers[b"content-length"]))))
        self.has_ended.set()

    def _headers(self) -> dict[bytes, bytes]:
        headers: dict[bytes, bytes] = {}
        while (line := self._incoming.readline()).strip():
            name, _, value = line.partition(b":")
            headers[name.strip().lower()] = value.strip()
        return headers

    def _take(self, message: dict[str, Any]) -> None:
        if "method" not in message:
            self._answered[message["id"]] = message
            return
        self.told.append((message["method"], message.get("params")))
        if "id" in message:
            self.post({"id": message["id"], "result": self.answers.get(message["method"])})
