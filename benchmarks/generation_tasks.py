"""Tasks in the shape of HumanEval-Infilling, of our own code that the test model knows by heart.

Each is a file with a gap: one line, several lines, or any span. The model is asked by llama-cpp-python
with the prompt that our pipeline makes, and by the pipeline itself: worker process, stop rules, trimming.
"""

from __future__ import annotations

import random
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from generation_direct import Direct

from codeassistd.daemon.host.filling_in import Place
from codeassistd.daemon.settings_writing import CompletionSettings

if TYPE_CHECKING:
    from codeassistd.models.worker.completer import WorkerCompleter

DATA = Path(__file__).resolve().parent.parent / "tests" / "data" / "generation"
MODEL = DATA / "tiny-coder.gguf"
CONTEXT_TOKENS = 2_048
_SETTINGS = CompletionSettings(max_tokens=400, prompt_tokens=1_536)
_KINDS = ("single-line", "multi-line", "random span")
_LONGEST_SPAN = 120


@dataclass(frozen=True, slots=True)
class Task:
    """A gap in a text."""

    path: str
    text: str
    start: int
    end: int

    @property
    def prefix(self) -> str:
        """Before the gap."""
        return self.text[: self.start]

    @property
    def suffix(self) -> str:
        """After it."""
        return self.text[self.end :]

    @property
    def middle(self) -> str:
        """What belongs there."""
        return self.text[self.start : self.end]


def tasks(kind: str, count: int) -> list[Task]:
    """Different tasks of a kind; the same each time."""
    sys.path.insert(0, str(DATA))
    from corpus import load_documents  # noqa: PLC0415 - beside the model

    chooser = random.Random(kind)  # noqa: S311 - nothing is kept secret by it
    documents = load_documents()
    sizes = [len(document.text) for document in documents]
    made: dict[Task, None] = {}
    while len(made) < count:
        (document,) = chooser.choices(documents, sizes)
        start, end = _gap(chooser, kind, document.text)
        if document.text[start:end].strip():
            made[Task(document.path, document.text, start, end)] = None
    return list(made)


def _gap(chooser: random.Random, kind: str, code: str) -> tuple[int, int]:
    if kind == "random span":
        start = chooser.randrange(len(code) - 1)
        return start, chooser.randint(start + 1, min(len(code), start + _LONGEST_SPAN))
    lines = code.splitlines(keepends=True)
    rows = [row for row, line in enumerate(lines) if line.strip()]
    at = chooser.randrange(len(rows))
    first, last = rows[at], rows[at]
    if kind == "multi-line":
        last = rows[min(at + chooser.randint(1, 4), len(rows) - 1)]
    indentation = len(lines[first]) - len(lines[first].lstrip())
    return len("".join(lines[:first])) + indentation, len("".join(lines[: last + 1]).rstrip("\n"))


def table(worker: WorkerCompleter, library: Direct, *, count: int) -> dict[str, dict[str, int]]:
    """For each kind of task, how many there are and how they went."""
    return {kind: _row(worker, library, tasks(kind, count)) for kind in _KINDS}


def _row(worker: WorkerCompleter, library: Direct, asked: list[Task]) -> dict[str, int]:
    row: Counter[str] = Counter(tasks=len(asked))
    for task in asked:
        place = Place.of(task.path, "", task.prefix + task.suffix, task.start)
        prompt, sampling = place.prompt("own", ()), place.sampling(_SETTINGS)
        direct = library.write(worker.render(prompt, sampling).text, _SETTINGS.max_tokens).text
        filled = place.fill(worker, prompt, sampling, lambda: False)
        written = filled.completion.text
        result = task.prefix + filled.text + task.suffix[filled.replaced :]
        row["direct_right"] += direct == task.middle
        row["same"] += written == direct
        row["ended_early"] += written != direct and direct.startswith(written)
        row["other"] += not direct.startswith(written)
        row["right"] += result == task.text
        if direct == task.middle and result != task.text:
            is_shorter = task.middle.startswith(filled.text) and filled.replaced == 0
            row["shortened" if is_shorter else "broken"] += 1
    names = ("tasks", "direct_right", "right", "same", "ended_early", "other", "shortened", "broken")
    return {name: row[name] for name in names}
