"""Somebody has an instruction carried out: how quickly, and what others notice of it meanwhile."""

from __future__ import annotations

import contextlib
import statistics
import threading
import time
from typing import TYPE_CHECKING, Any

from editor import Editor, User
from figures import latencies
from generation_daemon import writing_model
from generation_direct import Written

from codeassistd.daemon.process.connecting import connect
from codeassistd.daemon.process.program import DAEMON_COMMAND
from codeassistd.daemon.process.rpc_client import RpcClient
from codeassistd.models.errors import CodeassistdError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

_QUERIES = (
    "where are settings checked", "budget of tokens for a prompt", "cancel a request", "read a file's text",
    "which names are imported", "start the worker process", "parse a query", "watch a folder for changes",
)  # fmt: skip


class DaemonAsked:
    """Instructions by way of a daemon, its socket and its worker; see `generation_engines.Asks`."""

    def __init__(self, user: User, root: Path) -> None:
        self._marks: list[float] = []
        connection = connect(user.place, "lsp", DAEMON_COMMAND)
        self._client = RpcClient(connection, self._note)
        Editor(self._client, root, []).begin()

    def write(self, instruction: str, tokens: int) -> Written:
        """Have an instruction carried out, from a model that knows nothing of it yet."""
        # The answer "code" has other rules, with which its prompt begins.
        self._client.request("codeassist/generate", _asked("x", 1, answer="code"))
        self._marks.clear()
        began = time.perf_counter()
        answer = self._client.request("codeassist/generate", _asked(instruction, tokens))
        ended = time.perf_counter()  # pieces come several at a time
        written = answer["usage"]["completionTokens"]
        return Written("", written, self._marks[0] - began, ended - began)

    def close(self) -> None:
        """Leave."""
        self._client.request("shutdown")
        self._client.notify("exit")
        self._client.close()

    def _note(self, method: str, _params: Any) -> None:
        if method == "$/progress":
            self._marks.append(time.perf_counter())


def _asked(instruction: str, tokens: int, **more: str) -> dict[str, Any]:
    return {
        "instruction": instruction, "context": False, "maxTokens": tokens, "partialResultToken": "t", **more,
    }  # fmt: skip


@contextlib.contextmanager
def writing(user: User, root: Path) -> Iterator[list[str]]:
    """A long instruction is carried out for somebody else; gives why it ended before it was to, if it did."""
    asked, stop = threading.Event(), threading.Event()
    problems: list[str] = []

    def generate() -> None:
        with user.editor(root) as other:
            number = other.client.send("codeassist/generate", _asked("Tell a long story about it.", 7_000))
            while not asked.is_set():
                other.client.listen(0.05)
                if "$/progress" in other.news:
                    asked.set()
            try:
                other.client.wait(number, cancelled=stop.is_set)
                problems.append("it ended before the others did")
            except CodeassistdError as error:
                problems.extend([] if stop.is_set() else [str(error)])

    thread = threading.Thread(target=generate)
    thread.start()
    asked.wait(60)
    try:
        yield problems
    finally:
        stop.set()
        thread.join()


def searching_beside(user: User, editor: Editor, searches: int) -> dict[str, Any]:
    """Search at rest, and while an instruction is carried out for somebody else."""
    _search(editor, 20, "warm up")
    rest = _search(editor, searches, "at rest")
    with writing(user, editor.root) as problems:
        beside = _search(editor, searches, "meanwhile")
    return {
        "rest": latencies(rest),
        "beside": latencies(beside),
        "ratio_p95": round(latencies(beside)["p95_ms"] / latencies(rest)["p95_ms"], 2),
        "problem": " ".join(problems),
    }


def completing_beside(user: User, editor: Editor, times: int) -> dict[str, Any]:
    """Ask for completions at rest, and while an instruction is carried out."""
    path = next(path for path in sorted(editor.root.rglob("*.py")) if path.stat().st_size > 3_000)
    text = path.read_text(encoding="utf-8")
    document = {"uri": path.as_uri(), "version": 0, "languageId": "python", "text": text}
    editor.client.notify("textDocument/didOpen", {"textDocument": document})
    rows = [row for row, line in enumerate(text.split("\n")) if len(line) > 10]
    rest = _complete(editor, path, rows[: 2 * times : 2])
    uses = writing_model(editor)["uses"]
    with writing(user, editor.root) as problems:
        beside = _complete(editor, path, rows[1 : 2 * times : 2])
        served = writing_model(editor)["uses"] - uses - 1
    return {
        "asked": times,
        "served": served,
        "rest_ms": round(statistics.median(rest) * 1000),
        "beside_ms": round(statistics.median(beside) * 1000),
        "problem": " ".join(problems),
    }


def _complete(editor: Editor, path: Path, rows: Sequence[int]) -> list[float]:
    seconds = []
    for row in rows:
        params = {
            "textDocument": {"uri": path.as_uri()},
            "position": {"line": row, "character": 8},
            "context": {"triggerKind": 1},
        }
        began = time.perf_counter()
        editor.client.request("codeassist/inlineCompletion", params)
        seconds.append(time.perf_counter() - began)
    return seconds


def _search(editor: Editor, count: int, word: str) -> Sequence[float]:
    seconds = []
    for number in range(count):
        query = f"{_QUERIES[number % len(_QUERIES)]} {word} {number}"
        began = time.perf_counter()
        editor.search(query)
        seconds.append(time.perf_counter() - began)
        time.sleep(0.05)
    return seconds
