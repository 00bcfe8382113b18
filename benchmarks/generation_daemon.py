"""A daemon that writes: keys typed at human speed, and searches while it carries out an instruction."""

from __future__ import annotations

import random
import shutil
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil
import trees
from editor import Editor, User
from figures import latencies
from generation_grounding import REPOSITORY, own_sources

from codeassistd.daemon.process.rpc_client import RpcError
from codeassistd.models.errors import CodeassistdError

if TYPE_CHECKING:
    from collections.abc import Sequence

_TYPED = "lsp/folders.py"
_KEY_SECONDS = 0.15
_FEW_FILES = 20
_QUERIES = (
    "where are settings checked", "budget of tokens for a prompt", "cancel a request", "read a file's text",
    "which names are imported", "start the worker process", "parse a query", "watch a folder for changes",
)  # fmt: skip


def workspace(base: Path, *, short: bool) -> Path:
    """A copy of this project's modules."""
    root = base / "own"
    for path in own_sources()[: _FEW_FILES if short else None]:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(REPOSITORY / path, root / path)
    trees.wait_until_settled()
    return root


def user_with(base: Path, model: Path) -> User:
    """Somebody who has a model that writes."""
    user = User(base)
    (base / "config.toml").write_text(f'[generation]\nmodel = "{model}"\n', encoding="utf-8")
    return user


@dataclass(slots=True)
class Typing:
    """What happened while keys were typed.

    Attributes:
        most_open: Most completions that were not answered at one time, the newest among them.
        shown: Completions with text.
        errors: Answers that were errors, but for those that say that a request was given up.
        megabytes: Of the daemon, and of the model's process, at times.
    """

    most_open: int = 0
    shown: int = 0
    errors: list[str] = field(default_factory=list)
    megabytes: list[tuple[float, float]] = field(default_factory=list)


def type_along(user: User, editor: Editor, keys: int) -> dict[str, Any]:
    """Type a module of ours into a document, key by key, with a completion asked for at each."""
    text = (REPOSITORY / _TYPED).read_text(encoding="utf-8")
    document = {"uri": (editor.root / "typed.py").as_uri(), "version": 0}
    editor.client.notify(
        "textDocument/didOpen", {"textDocument": {**document, "languageId": "python", "text": ""}}
    )
    chooser, typing, process = random.Random(1), Typing(), user.process()  # noqa: S311 - nothing is kept secret by it
    open_: list[int] = []
    line = character = 0
    for number, key in enumerate(text[:keys], 1):
        document["version"] = number
        place = {"line": line, "character": character}
        change = {"range": {"start": place, "end": place}, "text": key}
        editor.client.notify("textDocument/didChange", {"textDocument": document, "contentChanges": [change]})
        line, character = (line + 1, 0) if key == "\n" else (line, character + len(key.encode()))
        for each in open_[-1:]:
            editor.client.cancel(each)  # as editors do with what they asked before
        params = {"textDocument": document, "position": {"line": line, "character": character}}
        open_.append(editor.client.send("codeassist/inlineCompletion", params))
        _pause(editor, chooser.uniform(0.5, 1.5) * _KEY_SECONDS)
        open_ = [each for each in open_ if not _is_answered(editor, each, typing)]
        typing.most_open = max(typing.most_open, len(open_))
        if number in {keys // 2, keys}:
            typing.megabytes.append(_megabytes(process))
    began = time.perf_counter()
    while open_ := [each for each in open_ if not _is_answered(editor, each, typing)]:
        editor.client.listen(0.05)
    ended = time.perf_counter() - began
    half, whole = typing.megabytes
    return {
        "keys": keys,
        "most_open": typing.most_open,
        "last_answer_seconds": round(ended, 2),
        "shown": typing.shown,
        "errors": typing.errors[:3],
        "daemon_megabytes": [half[0], whole[0]],
        "worker_megabytes": [half[1], whole[1]],
    }


def _pause(editor: Editor, seconds: float) -> None:
    until = time.perf_counter() + seconds
    while (left := until - time.perf_counter()) > 0:
        editor.client.listen(left)


def _is_answered(editor: Editor, number: int, typing: Typing) -> bool:
    try:
        answer = editor.client.wait(number, timeout=0)
    except TimeoutError:
        return False
    except RpcError as error:
        if error.code not in {-32800, -32801}:
            typing.errors.append(str(error))
        return True
    typing.shown += bool(answer["items"])
    return True


def _megabytes(process: psutil.Process) -> tuple[float, float]:
    """Of the daemon, and of what it starts; of the latter what is its own, without the model's file."""
    children = process.children(recursive=True)
    own = sum(each.memory_info().rss - each.memory_info().shared for each in children)
    return round(process.memory_info().rss / 1e6, 1), round(own / 1e6, 1)


def searching_beside(user: User, editor: Editor, searches: int) -> dict[str, Any]:
    """Search at rest, and while an instruction is carried out for somebody else."""
    _search(editor, 20, "warm up")
    rest = _search(editor, searches, "at rest")
    asked = threading.Event()
    stop = threading.Event()
    written: list[str] = []

    def generate() -> None:
        with user.editor(editor.root) as other:
            params = {
                "instruction": "Tell a long story about it.", "context": False, "maxTokens": 6_000,
                "partialResultToken": "t",
            }  # fmt: skip
            number = other.client.send("codeassist/generate", params)
            while not asked.is_set():
                other.client.listen(0.05)
                if "$/progress" in other.news:
                    asked.set()
            try:
                other.client.wait(number, cancelled=stop.is_set)
                written.append("it ended before the searches did")
            except CodeassistdError as error:
                written.append("" if stop.is_set() else str(error))

    thread = threading.Thread(target=generate)
    thread.start()
    asked.wait(60)
    beside = _search(editor, searches, "meanwhile")
    stop.set()
    thread.join()
    return {
        "rest": latencies(rest),
        "beside": latencies(beside),
        "ratio_p95": round(latencies(beside)["p95_ms"] / latencies(rest)["p95_ms"], 2),
        "problem": written[0],
    }


def _search(editor: Editor, count: int, word: str) -> Sequence[float]:
    seconds = []
    for number in range(count):
        query = f"{_QUERIES[number % len(_QUERIES)]} {word} {number}"
        began = time.perf_counter()
        editor.search(query)
        seconds.append(time.perf_counter() - began)
        time.sleep(0.05)
    return seconds
