"""How quickly a model writes: in this process, in our worker process, and by llama-cpp-python itself."""

from __future__ import annotations

import statistics
import subprocess
import sys
import threading
import time
from concurrent.futures import CancelledError
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from generation_direct import Direct, Settings, Written

from codeassistd.models.completer_selection import CompleterRequest, identity_of, load_completer
from codeassistd.models.completion import Completion, FillIn, Instruction, Sampling
from codeassistd.models.worker.completer import WorkerCompleter, completer_limits

_WAITING_TOKENS = 16

SOURCE = Path(__file__).resolve().parent.parent / "models" / "worker" / "supervisor.py"


class Writes(Protocol):
    """Any of our completers."""

    def complete(
        self, prompt: Any, sampling: Sampling, on_text: Any = None, cancelled: Any = None
    ) -> Completion:
        """Write a completion; see ``roles.Completer``."""

    def close(self) -> None:
        """Free the memory."""


def in_process(settings: Settings) -> Writes:
    """The engine without a worker."""
    return load_completer(_request(settings)).completer


def in_worker(settings: Settings) -> WorkerCompleter:
    """The engine as the daemon has it."""
    request = _request(settings)
    return WorkerCompleter(
        identity_of(request), request, completer_limits(Path(settings.path).stat().st_size, 10**9)
    )


def _request(settings: Settings) -> CompleterRequest:
    return CompleterRequest(settings.path, settings.context, threads=settings.threads, batch=settings.batch)


class Asks(Protocol):
    """Whoever carries out instructions."""

    def write(self, instruction: str, tokens: int) -> Written:
        """Carry one out, from a model that knows nothing of it yet."""


class WorkerAsked:
    """The worker, without what stands before it; nothing is guessed, as random weights repeat little."""

    def __init__(self, worker: WorkerCompleter) -> None:
        self._worker = worker

    def write(self, instruction: str, tokens: int) -> Written:
        """See `Asks`."""
        # The answer "code" has other rules, with which its prompt begins.
        self._worker.complete(Instruction("x", answer="code"), Sampling(max_tokens=1))
        marks: list[float] = []
        began = time.perf_counter()
        sampling = Sampling(max_tokens=tokens, guesses=False)
        found = self._worker.complete(
            Instruction(instruction), sampling, lambda _: marks.append(time.perf_counter() - began)
        )
        ended = time.perf_counter() - began
        return Written(found.text, found.usage.completion_tokens, marks[0], ended)


@dataclass(slots=True)
class Times:
    """Of one way."""

    first: list[float] = field(default_factory=list)
    a_token: list[float] = field(default_factory=list)

    def add(self, written: Written) -> None:
        """Take one more text."""
        self.first.append(written.first)
        self.a_token.append(written.a_token)

    def figures(self) -> dict[str, float]:
        """Medians."""
        return {
            "first_token_ms": round(statistics.median(self.first) * 1000, 1),
            "tokens_per_second": round(1 / statistics.median(self.a_token), 2),
        }


def side_by_side(
    ways: dict[str, Asks], worker: WorkerCompleter, library: Direct, *, lines: int, written: int, pairs: int
) -> dict[str, Any]:
    """All ways carry out the same instructions, which none has seen, each next to the library by itself.

    Args:
        ways: Ours.
        worker: Shows the prompts.
        library: What ours are compared with, in pairs: whatever slows the machine slows both.
        lines: Length of the instructions.
        written: Tokens that are written.
        pairs: How many of each.
    """
    source = SOURCE.read_text(encoding="utf-8").split("\n")
    ours = {name: Times() for name in ways}
    theirs = {name: Times() for name in ways}
    shown = None
    for number in range(pairs + 1):
        for name, way in ways.items():
            instruction = f"# {name} {number}\n" + "\n".join(source[:lines])
            shown = worker.render(Instruction(instruction), Sampling(max_tokens=written))

            def both(prompt: str = shown.text, asked: str = instruction, way: Asks = way) -> list[Written]:
                runs = [lambda: way.write(asked, written), lambda: library.write(prompt, written)]
                found = [run() for run in (runs if number % 2 else runs[::-1])]  # noqa: B023 - called at once
                return found if number % 2 else found[::-1]  # noqa: B023

            one, other = both()
            if number:  # in the first round pages of the file come into memory
                ours[name].add(one)
                theirs[name].add(other)
    return {
        "prompt_tokens": shown.tokens if shown else 0,
        "written_tokens": written,
        "pairs": pairs,
        "ways": {name: _compared(ours[name], theirs[name]) for name in ways},
    }


def waiting(worker: WorkerCompleter, eager: Direct, texts: int) -> dict[str, Any]:
    """Tokens a second beside nothing and beside a busy process, with our way to wait and the library's own.

    Args:
        worker: Ours.
        eager: The library, whose threads keep looking for one another.
        texts: How many each writes.
    """
    asked = WorkerAsked(worker)
    found: dict[str, Any] = {}
    for name in ("alone", "beside"):
        busy = subprocess.Popen([sys.executable, "-c", "while True: pass"]) if name == "beside" else None
        try:
            seconds: dict[str, list[float]] = {"ours": [], "llama_cpp_python": []}
            for number in range(texts):
                instruction = f"# {name} {number}"
                prompt = worker.render(Instruction(instruction), Sampling()).text
                seconds["ours"].append(asked.write(instruction, _WAITING_TOKENS).a_token)
                seconds["llama_cpp_python"].append(eager.write(prompt, _WAITING_TOKENS).a_token)
        finally:
            if busy is not None:
                busy.kill()
                busy.wait()
        found[name] = {way: round(1 / statistics.median(each), 1) for way, each in seconds.items()}
    return found


def _compared(ours: Times, theirs: Times) -> dict[str, Any]:
    ratios = [b / a for a, b in zip(ours.a_token, theirs.a_token, strict=True)]
    later = [a - b for a, b in zip(ours.first, theirs.first, strict=True)]
    return {
        **ours.figures(),
        "llama_cpp_python": theirs.figures(),
        "speed_ratio": round(statistics.median(ratios), 3),
        "first_token_later_ms": round(statistics.median(later) * 1000, 1),
        "first_token_later_error_ms": round(statistics.stdev(later) / len(later) ** 0.5 * 1000, 1),
    }


def forget(completer: Writes) -> None:
    """Have the model complete something else, so that it knows nothing of the document that comes next."""
    completer.complete(FillIn("other.txt", "", "x", ""), Sampling(max_tokens=1))


def after_a_key(completer: Writes, budgets: tuple[int, ...]) -> dict[str, Any]:
    """Time to read a prompt in the middle of a file, and again with one more character at the cursor.

    Args:
        completer: The model.
        budgets: Most tokens of prompts; 0 for as many as the model reads in a moment.
    """
    source = SOURCE.read_text(encoding="utf-8")
    middle = source.index("    def", len(source) * 3 // 4)
    figures = {}
    for budget in budgets:

        def read(typed: str, budget: int = budget) -> Completion:
            document = FillIn("a.py", "python", source[:middle] + typed, "\n" + source[middle:])
            return completer.complete(document, Sampling(max_tokens=1, prompt_tokens=budget))

        read("")  # learns the speed
        forget(completer)
        first, then = read("    "), [read("    result"[: 4 + length]) for length in range(1, 7)]
        seconds = statistics.median(completion.usage.prompt_seconds for completion in then)
        tokens = round(
            statistics.median(each.usage.prompt_tokens - each.usage.cached_tokens for each in then)
        )
        figures[f"budget {budget}" if budget else "by speed"] = {
            "budget": first.usage.prompt_budget,
            "prompt_tokens": first.usage.prompt_tokens - first.usage.cached_tokens,
            "read_again": tokens,
            "first_ms": round(first.usage.prompt_seconds * 1000),
            "after_a_key_ms": round(seconds * 1000, 1),
            "ratio": round(first.usage.prompt_seconds / seconds, 1),
        }
    return figures


def cancelling(worker: WorkerCompleter, a_token: float, times: int) -> dict[str, float]:
    """Milliseconds from a cancellation to when the worker is free, less one token, while it writes or reads.

    It is free when it shows a prompt for an instruction, which it does in its turn.
    """
    source = SOURCE.read_text(encoding="utf-8")
    small = Instruction("x")
    free = []
    for _ in range(10):
        began = time.perf_counter()
        worker.render(small, Sampling())
        free.append(time.perf_counter() - began)
    results: dict[str, list[float]] = {"writing": [], "reading": []}
    for number in range(times):
        for doing, seconds in results.items():
            before = f"# {doing} {number}\n" + (source if doing == "reading" else "")
            prompt = Instruction("Go on.", path="a.py", before=before)
            stop, begun = threading.Event(), threading.Event()
            thread = threading.Thread(target=_until_stopped, args=(worker, prompt, stop, begun))
            thread.start()
            if doing == "writing":
                begun.wait()
            time.sleep(0.2 + 0.01 * number)
            stop.set()
            thread.join()
            began = time.perf_counter()
            worker.render(small, Sampling())
            seconds.append(time.perf_counter() - began - statistics.median(free))
    token = {"writing": a_token, "reading": 0.0}
    return {doing: round((max(seconds) - token[doing]) * 1000, 1) for doing, seconds in results.items()}


def _until_stopped(
    worker: WorkerCompleter, prompt: Instruction, stop: threading.Event, begun: threading.Event
) -> None:
    try:
        sampling = Sampling(max_tokens=1_000, guesses=False)
        worker.complete(prompt, sampling, lambda _: begun.set(), stop.is_set)
    except CancelledError:
        pass
