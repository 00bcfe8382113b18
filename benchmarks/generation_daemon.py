"""A daemon that writes: keys typed at human speed, a suggestion typed along, instructions carried out."""

from __future__ import annotations

import contextlib
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
from generation_grounding import REPOSITORY, own_sources

from codeassistd.daemon.process.rpc_client import RpcError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_TYPED = "lsp/folders.py"
_KEY_SECONDS = 0.15
_WARM_KEYS = 50
_LOOK_SECONDS = 0.02
_FEW_FILES = 20
_KNOWN = "share, rest = divmod(cents, people)"


def workspace(base: Path, *, short: bool) -> Path:
    """A copy of this project's modules."""
    root = base / "own"
    for path in own_sources()[: _FEW_FILES if short else None]:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(REPOSITORY / path, root / path)
    trees.wait_until_settled()
    return root


def user_with(base: Path, model: Path, *settings: str) -> User:
    """Somebody who has a model that writes; further lines of their settings follow `[generation]`."""
    user = User(base)
    lines = ["[generation]", f'model = "{model}"', *settings, ""]
    (base / "config.toml").write_text("\n".join(lines), encoding="utf-8")
    return user


@dataclass(slots=True)
class Typing:
    """What happened while keys were typed.

    Attributes:
        most_open: Most completions that were not answered at one time, the newest among them.
        most_running: Most requests that the model's process had at one time, waiting or worked on.
        shown: Completions with text.
        errors: Answers that were errors, but for those that say that a request was given up.
        megabytes: Of the daemon, and of the model's process, at times.
    """

    most_open: int = 0
    most_running: int = 0
    shown: int = 0
    errors: list[str] = field(default_factory=list)
    megabytes: list[tuple[float, float]] = field(default_factory=list)


def type_along(user: User, editor: Editor, keys: int) -> dict[str, Any]:
    """Type a module of ours into a document, key by key, with a completion asked for at each."""
    text = (REPOSITORY / _TYPED).read_text(encoding="utf-8")
    typing, process = Typing(), user.process()
    uses = writing_model(editor)["uses"]
    with _watching(user, editor.root, typing):
        seconds = _type(editor, text[:keys], typing, lambda: typing.megabytes.append(_megabytes(process)))
    before, half, after = typing.megabytes
    return {
        "keys": keys,
        "most_open": typing.most_open,
        "most_running": typing.most_running,
        "model_calls": writing_model(editor)["uses"] - uses,
        "seconds": round(seconds[0]),
        "last_answer_seconds": round(seconds[1], 2),
        "shown": typing.shown,
        "errors": typing.errors[:3],
        "daemon_megabytes": [before[0], half[0], after[0]],
        "worker_megabytes": [before[1], half[1], after[1]],
    }


def _type(editor: Editor, text: str, typing: Typing, weigh: Callable[[], None]) -> tuple[float, float]:
    """Type; gives the seconds that it took, and those from the last key to the last answer."""
    document = {"uri": (editor.root / "typed.py").as_uri(), "version": 0}
    editor.client.notify(
        "textDocument/didOpen", {"textDocument": {**document, "languageId": "python", "text": ""}}
    )
    chooser = random.Random(1)  # noqa: S311 - nothing is kept secret by it
    open_: list[int] = []
    line = character = 0
    began = time.perf_counter()
    for number, key in enumerate(text, 1):
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
        if number in {_WARM_KEYS, len(text) // 2, len(text)}:
            weigh()
    ended = time.perf_counter()
    while open_ := [each for each in open_ if not _is_answered(editor, each, typing)]:
        editor.client.listen(0.05)
    return ended - began, time.perf_counter() - ended


def writing_model(editor: Editor) -> dict[str, Any]:
    """How the model that writes stands."""
    models = editor.client.request("codeassist/status")["models"]
    return next(model for model in models if model["role"] == "generate")


@contextlib.contextmanager
def _watching(user: User, root: Path, typing: Typing) -> Iterator[None]:
    """Look many times a second how many requests the model has."""
    over = threading.Event()

    def look() -> None:
        with user.editor(root) as other:
            while not over.wait(_LOOK_SECONDS):
                typing.most_running = max(typing.most_running, writing_model(other)["queued"])

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def typing_along_a_suggestion(base: Path, model: Path, corpus: Path) -> dict[str, int]:
    """Type a suggestion of the trained model, letter by letter.

    Returns:
        Letters typed, those after which the rest was offered, and requests that the model got meanwhile.
    """
    root = base / "corpus"
    shutil.copytree(corpus, root)
    trees.wait_until_settled()
    user = user_with(base / "user", model, "temperature = 0.0", "[completion]", "prompt_tokens = 1536")
    try:
        with user.editor(root) as editor:
            editor.wait_until_ready()
            return _along(editor, root / "ledger.py")
    finally:
        user.stop()


def _along(editor: Editor, path: Path) -> dict[str, int]:
    whole = path.read_text(encoding="utf-8")
    start = whole.index(_KNOWN)
    line, character = whole[:start].count("\n"), start - whole.rfind("\n", 0, start) - 1
    document = {"uri": path.as_uri(), "version": 0}
    opened = {**document, "languageId": "python", "text": whole.replace(_KNOWN, "")}
    editor.client.notify("textDocument/didOpen", {"textDocument": opened})

    def offered(at: int, trigger: int) -> str:
        position = {"line": line, "character": at}
        params = {"textDocument": document, "position": position, "context": {"triggerKind": trigger}}
        items = editor.client.request("codeassist/inlineCompletion", params)["items"]
        return str(items[0]["insertText"]) if items else ""

    text = offered(character, 1)
    uses = writing_model(editor)["uses"]
    right = 0
    for number, letter in enumerate(text[:-1], 1):
        at = character + number
        place = {"line": line, "character": at - 1}
        document = {**document, "version": number}
        change = {"range": {"start": place, "end": place}, "text": letter}
        editor.client.notify("textDocument/didChange", {"textDocument": document, "contentChanges": [change]})
        right += offered(at, 2) == text[number:]
    return {"letters": len(text) - 1, "offered": right, "model_calls": writing_model(editor)["uses"] - uses}


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
