"""What the forwarder remembers of a session, to carry it over to another daemon when one goes away."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import Any

from .open_document import Encoding, OpenDocument

REQUEST_FAILED = -32803

Message = dict[str, Any]

_READ_ONLY = frozenset(
    {
        "codeassist/embed",
        "codeassist/rerank",
        "codeassist/search",
        "codeassist/similar",
        "codeassist/status",
        "codeassist/waitForIndex",
        "workspace/symbol",
    }
)
"""Requests that may be made twice, for they change nothing."""

_READ_ONLY_COMMANDS = frozenset({"codeassist.search", "codeassist.similar", "codeassist.status"})

_MALFORMED = (KeyError, TypeError, ValueError, AttributeError, IndexError)


@dataclass(frozen=True, slots=True)
class Replay:
    """What brings a new daemon to where the old one was.

    Attributes:
        initialize: The request to begin with; None when the editor hasn't sent it yet.
        editor_waits: Whether its answer is for the editor, which hasn't had one.
        rest: What to send after its answer.
    """

    initialize: Message | None
    editor_waits: bool
    rest: tuple[Message, ...]


@dataclass(slots=True)
class _Request:
    """A request of the editor that has no answer yet.

    Attributes:
        method: Its method.
        again: The message, if another daemon may be asked the same; None once one was.
    """

    method: str
    again: Message | None


class SessionMemory:
    """One editor's session. Not thread-safe."""

    def __init__(self) -> None:
        self.shutting_down = False
        self._initialize: Message | None = None
        self._initialized: Message | None = None
        self._configuration: Message | None = None
        self._documents: dict[str, OpenDocument] = {}
        self._encoding: Encoding = "utf-16"
        self._in_flight: dict[int | str, _Request] = {}
        self._asked: set[int | str] = set()
        self._asked_by_the_dead: set[int | str] = set()
        self._progress: dict[int | str, None] = {}
        self._replays = 0

    def from_editor(self, message: Message) -> bool:
        """Take note of a message of the editor.

        Args:
            message: Its JSON object; an empty one is passed on and forgotten.

        Returns:
            Whether to pass it on: an answer to a daemon that is gone isn't.
        """
        number, method = _id(message), message.get("method")
        if method is None:
            gone = number in self._asked_by_the_dead
            self._asked_by_the_dead.discard(number or "")
            self._asked.discard(number or "")
            return not gone
        if number is not None:
            self._in_flight[number] = _Request(str(method), message if _only_reads(message) else None)
        # What the protocol doesn't allow is the session's to judge; it isn't remembered.
        with contextlib.suppress(*_MALFORMED):
            self._remember(str(method), message)
        return True

    def _remember(self, method: str, message: Message) -> None:
        if method == "initialize":
            self._initialize = message
        elif method == "initialized":
            self._initialized = message
        elif method == "shutdown":
            self.shutting_down = True
        elif method == "workspace/didChangeConfiguration":
            self._configuration = message
        elif method == "workspace/didChangeWorkspaceFolders":
            self._change_folders(message["params"]["event"])
        elif method == "textDocument/didOpen":
            item = message["params"]["textDocument"]
            self._documents[item["uri"]] = OpenDocument(item)
        elif method == "textDocument/didClose":
            self._documents.pop(message["params"]["textDocument"]["uri"], None)
        elif method == "textDocument/didChange":
            params = message["params"]
            document = self._documents[params["textDocument"]["uri"]]
            document.change(params["textDocument"].get("version"), params["contentChanges"], self._encoding)

    def _change_folders(self, event: Message) -> None:
        if self._initialize is None:
            return
        params = self._initialize["params"]
        folders = params.get("workspaceFolders")
        if folders is None:
            root = params.get("rootUri")
            folders = [{"uri": root, "name": root.rstrip("/").rpartition("/")[2]}] if root else []
        removed = {folder["uri"] for folder in event.get("removed", [])}
        added = {folder["uri"]: folder for folder in event.get("added", [])}
        kept = [folder for folder in folders if folder["uri"] not in removed | set(added)]
        changed = {**params, "workspaceFolders": [*kept, *added.values()]}
        self._initialize = {**self._initialize, "params": changed}

    def from_daemon(self, message: Message) -> None:
        """Take note of a message of the daemon."""
        number, method = _id(message), message.get("method")
        if method is None:
            request = None if number is None else self._in_flight.pop(number, None)
            if request is not None and request.method == "initialize":
                with contextlib.suppress(*_MALFORMED):
                    self._agree(message)
        elif number is not None:
            self._asked.add(number)
            self._asked_by_the_dead.discard(number)
        elif method == "$/progress":
            with contextlib.suppress(*_MALFORMED):
                self._follow(message["params"]["token"], message["params"]["value"]["kind"])

    def _agree(self, answer: Message) -> None:
        encoding = answer["result"]["capabilities"].get("positionEncoding")
        self._encoding = encoding if encoding in {"utf-8", "utf-32"} else "utf-16"

    def _follow(self, token: int | str, kind: str) -> None:
        if kind == "end":
            self._progress.pop(token, None)
        elif kind in {"begin", "report"}:
            self._progress[token] = None

    def daemon_lost(self, *, crashed: bool = False) -> list[Message]:
        """The daemon is gone.

        Args:
            crashed: Whether another one follows at once; it is asked what only reads, by the replay.

        Returns:
            What the editor has to be told: how requests and progress that were under way have ended.
        """
        told: list[Message] = [
            {"method": "$/progress", "params": {"token": token, "value": {"kind": "end"}}}
            for token in self._progress
        ]
        begins = self._initialize is None or _id(self._initialize) in self._in_flight
        asks_again = crashed and not begins and not self.shutting_down
        kept: dict[int | str, _Request] = {}
        for number, request in self._in_flight.items():
            if request.method == "initialize" or (asks_again and request.again is not None):
                kept[number] = request
            elif request.method == "shutdown":
                told.append({"id": number, "result": None})
            else:
                told.append(failure(number, f"the daemon went away during {request.method}", "try again"))
        self._in_flight = kept
        self._progress = {}
        self._asked_by_the_dead |= self._asked
        self._asked = set()
        return told

    def unanswered(self) -> list[int | str]:
        """The requests that still have no answer."""
        return list(self._in_flight)

    def replay(self) -> Replay:
        """How a new daemon takes over."""
        if self._initialize is None:
            return Replay(None, editor_waits=False, rest=())
        if _id(self._initialize) in self._in_flight:
            return Replay(self._initialize, editor_waits=True, rest=())
        self._replays += 1
        notes = [note for note in (self._initialized, self._configuration) if note is not None]
        opened = [
            {"method": "textDocument/didOpen", "params": {"textDocument": document.item()}}
            for document in self._documents.values()
        ]
        again = [request.again for request in self._in_flight.values() if request.again is not None]
        for request in self._in_flight.values():
            request.again = None
        initialize = {**self._initialize, "id": f"codeassistd-replay-{self._replays}"}
        with contextlib.suppress(*_MALFORMED):
            initialize["params"] = _insisting_on(self._encoding, initialize["params"])
        return Replay(initialize, editor_waits=False, rest=(*notes, *opened, *again))


def _only_reads(request: Message) -> bool:
    """Whether a request may be made again; not when part of its answer may have come."""
    with contextlib.suppress(*_MALFORMED):
        params = request.get("params") or {}
        if request["method"] != "workspace/executeCommand":
            return request["method"] in _READ_ONLY and "partialResultToken" not in params
        if params["command"] in _READ_ONLY_COMMANDS:
            return not any("partialResultToken" in argument for argument in params.get("arguments") or ())
    return False


def failure(number: object, message: str, hint: str) -> Message:
    """The answer to a request that failed."""
    data = {"reason": message, "hint": hint}
    text = f"codeassistd: {message}; {hint}"
    return {"id": number, "error": {"code": REQUEST_FAILED, "message": text, "data": data}}


def _insisting_on(encoding: Encoding, params: Message) -> Message:
    """The params of an `initialize` that leaves the new daemon no other choice than the old one made."""
    capabilities = params["capabilities"]
    general = {**(capabilities.get("general") or {}), "positionEncodings": [encoding]}
    return {**params, "capabilities": {**capabilities, "general": general}}


def _id(message: Message) -> int | str | None:
    number = message.get("id")
    return number if isinstance(number, int | str) else None
