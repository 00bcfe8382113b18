"""How quickly a model writes: in this process, in our worker process, and by llama-cpp-python itself."""

from __future__ import annotations

import statistics
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


@dataclass(slots=True)
class Times:
    """Of one engine."""

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


def side_by_side(ours: Writes, worker: Writes, library: Direct, *, short: bool) -> dict[str, Any]:
    """All three write after the same prompts, which none has seen, in turn: other work slows all alike.

    Our guesses are off, as random weights repeat nothing.
    """
    written, characters, rounds = (24, 600, 5) if short else (64, 1_800, 7)
    source = SOURCE.read_text(encoding="utf-8")
    times = {"in_process": Times(), "worker": Times(), "llama_cpp_python": Times()}
    prompt_tokens = 0
    for number in range(rounds + 1):
        prompt = Instruction(
            "Go on.", path="a.py", language="python", before=f"# {number}\n{source[:characters]}"
        )
        sampling = Sampling(max_tokens=written, guesses=False)
        shown = ours.render(prompt, sampling)  # type: ignore[attr-defined]
        prompt_tokens = shown.tokens
        runs = [
            ("in_process", lambda: _timed(ours, prompt, sampling)),  # noqa: B023 - called in this round
            ("worker", lambda: _timed(worker, prompt, sampling)),  # noqa: B023
            ("llama_cpp_python", lambda: library.write(shown.text, written)),  # noqa: B023
        ]
        for name, run in runs[number % 3 :] + runs[: number % 3]:
            result = run()
            if number:  # in the first round pages of the file come into memory
                times[name].add(result)
    figures = {name: each.figures() for name, each in times.items()}
    base = times["llama_cpp_python"]
    for name in ("in_process", "worker"):
        pairs = zip(times[name].a_token, base.a_token, strict=True)
        figures[name]["speed_ratio"] = round(statistics.median(b / a for a, b in pairs), 3)
        later = (a - b for a, b in zip(times[name].first, base.first, strict=True))
        figures[name]["first_token_later_ms"] = round(statistics.median(later) * 1000, 1)
    return {"prompt_tokens": prompt_tokens, "written_tokens": written, **figures}


def forget(completer: Writes) -> None:
    """Have the model read something else, so that it knows nothing of what comes next."""
    completer.complete(FillIn("other.txt", "", "x", ""), Sampling(max_tokens=1))


def _timed(completer: Writes, prompt: Instruction, sampling: Sampling) -> Written:
    forget(completer)
    marks: list[float] = []
    began = time.perf_counter()
    found = completer.complete(prompt, sampling, lambda _: marks.append(time.perf_counter() - began))
    return Written(found.text, found.usage.completion_tokens, marks[0], marks[-1])


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

    It is free when it shows a prompt, which it does in its turn.
    """
    source = SOURCE.read_text(encoding="utf-8")
    small = FillIn("a.py", "", "x", "")
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
