#!/usr/bin/env python3
"""The daemon under load: searches at a fixed rate from many connections, and what stays behind afterwards.

Searches start at fixed times whether or not the ones before have been answered, and are timed from the moment
they were due, so that a stall counts for everything that waits behind it. The baseline is the same searches
one after the other on one connection. Memory, descriptors and threads are those of the daemon's process;
the model's process is counted beside it.

    python benchmarks/daemon_load.py [--rate N] [--seconds N] [--requests N] [--sessions N] [--short] [--json]
"""

from __future__ import annotations

import argparse
import contextlib
import tempfile
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import figures
import trees
from editor import Editor, User

if TYPE_CHECKING:
    import psutil

CHUNKS, CONNECTIONS, CLIENTS = 10_000, 20, 50
P99_MS, GROWTH_PERCENT = 500.0, 5.0

_WORDS = (
    "convert", "unit", "value", "scale", "offset", "table", "parse", "constant", "multiply", "add", "return",
    "function", "read", "write", "list", "order", "measure", "length", "weight", "temperature", "factor",
)  # fmt: skip


def query(number: int) -> str:
    """A query that hardly ever comes up twice."""
    words = [_WORDS[(number * step + step) % len(_WORDS)] for step in (1, 5, 11)]
    return f"{' '.join(words)} {number % 1987}"


class Load:
    """Connections that search at a rate of their own, together at the rate that is wanted."""

    def __init__(self, editors: list[Editor], rate: float, seconds: float) -> None:
        self._editors = editors
        self._step = len(editors) / rate
        self._count = int(seconds / self._step)
        self.seconds: list[float] = []
        self.errors: list[str] = []

    def run(self) -> float:
        """Search until all is done; gives the seconds it took."""
        began = time.perf_counter() + 0.1
        threads = [
            threading.Thread(target=self._search, args=(place, editor, began))
            for place, editor in enumerate(self._editors)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return time.perf_counter() - began

    def _search(self, place: int, editor: Editor, began: float) -> None:
        for number in range(self._count):
            due = began + (number + place / len(self._editors)) * self._step
            time.sleep(max(0.0, due - time.perf_counter()))
            try:
                assert editor.search(query(number * len(self._editors) + place))["results"]
            except Exception as error:  # noqa: BLE001 - any failure is a figure
                self.errors.append(repr(error))
            self.seconds.append(time.perf_counter() - due)


def belongings(process: psutil.Process) -> dict[str, float]:
    """What the daemon holds."""
    return {
        "megabytes": round(process.memory_info().rss / 1e6, 1),
        "descriptors": process.num_fds(),
        "threads": process.num_threads(),
        "workers_megabytes": round(
            sum(child.memory_info().rss for child in process.children(recursive=True)) / 1e6, 1
        ),
    }


def at_rest(process: psutil.Process) -> dict[str, float]:
    """The same, once idle threads have ended."""
    time.sleep(15)
    return belongings(process)


def loaded(user: User, root: Path, rate: float, seconds: float) -> dict[str, Any]:
    with contextlib.ExitStack() as stack:
        editors = [stack.enter_context(user.editor(root)) for _ in range(CLIENTS)]
        for editor in editors[:CONNECTIONS]:
            editor.search("warm up")
        alone = []
        for number in range(200):
            began = time.perf_counter()
            editors[0].search(query(number))
            alone.append(time.perf_counter() - began)
        load = Load(editors[:CONNECTIONS], rate, seconds)
        took = load.run()
    return {
        "rate": rate,
        "searches": len(load.seconds),
        "seconds": round(took, 1),
        "errors": len(load.errors),
        "first_error": load.errors[0] if load.errors else "",
        "load": figures.latencies(load.seconds),
        "one_by_one": figures.latencies(alone),
    }


def growth(user: User, root: Path, requests: int, sessions: int) -> dict[str, Any]:
    process = user.process()
    with user.editor(root) as editor:
        for number in range(1_000):
            editor.search(query(number))
        before = at_rest(process)
        for number in range(requests):
            editor.search(query(number))
        after_requests = at_rest(process)
    for _ in range(50):
        with user.editor(root) as editor:
            editor.search("convert")
    before_sessions = at_rest(process)
    for _ in range(sessions):
        with user.editor(root) as editor:
            editor.search("convert")
    return {
        "requests": requests,
        "before": before,
        "after_requests": after_requests,
        "sessions": sessions,
        "before_sessions": before_sessions,
        "after_sessions": at_rest(process),
    }


def measure(base: Path, arguments: argparse.Namespace) -> dict[str, Any]:
    short = arguments.short
    root = base / "project"
    trees.small_files(root, CHUNKS)
    trees.wait_until_settled()
    user = User(base / "user")
    try:
        figures.step(f"indexing {CHUNKS:,} chunks")
        with user.editor(root) as editor:
            editor.wait_until_ready()
        figures.step("searching at a fixed rate")
        load = loaded(user, root, arguments.rate, 15.0 if short else arguments.seconds)
        figures.step("many requests, many sessions")
        grown = growth(
            user, root, 1_000 if short else arguments.requests, 100 if short else arguments.sessions
        )
    finally:
        user.stop()
    return {"chunks": CHUNKS, **load, **grown}


def _grown(before: dict[str, float], after: dict[str, float]) -> str:
    percent = (after["megabytes"] / before["megabytes"] - 1) * 100
    return (
        f"memory {before['megabytes']} -> {after['megabytes']} MB,"
        f" {figures.judged(percent, GROWTH_PERCENT, '%')};"
        f" descriptors {before['descriptors']} -> {after['descriptors']},"
        f" threads {before['threads']} -> {after['threads']}"
    )


def lines(result: dict[str, Any]) -> list[str]:
    load, alone = result["load"], result["one_by_one"]
    rate = f"{result['searches']:,} searches in {result['seconds']} s ({result['rate']:g}/s wanted)"
    p99 = figures.judged(load["p99_ms"], P99_MS, "ms")
    return [
        f"{result['chunks']:,} chunks; {CLIENTS} clients connected, {CONNECTIONS} of them searching",
        f"{rate}, {result['errors']} errors {result['first_error']}",
        f"  p50 {load['p50_ms']} ms, p95 {load['p95_ms']} ms, p99 {p99}",
        f"  one by one: p50 {alone['p50_ms']} ms, p99 {alone['p99_ms']} ms",
        f"{result['requests']:,} searches: {_grown(result['before'], result['after_requests'])}",
        f"{result['sessions']:,} sessions: {_grown(result['before_sessions'], result['after_sessions'])}",
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rate", type=float, default=100.0, help="searches a second, of all connections")
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--requests", type=int, default=10_000)
    parser.add_argument("--sessions", type=int, default=1_000)
    parser.add_argument("--short", action="store_true", help="a quarter of the load, a tenth of the rest")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="cad-") as folder:
        result = measure(Path(folder).resolve(), arguments)
    figures.publish(result, lines(result), as_json=arguments.json)


if __name__ == "__main__":
    main()
