#!/usr/bin/env python3
"""The model layer: engines, the process boundary, queries at rest and under load, memory, and kills.

Each figure has its baseline beside it in the same run: bulk embedding in this process for the same in a
worker, a query in this process for one through the daemon, one client for twenty, an undisturbed index for
one whose model processes were killed all the time. Texts are functions of Python's standard library and the
questions of `corpus.py`.

    python benchmarks/models.py [--kills N] [--embeds N] [--parts NAME,NAME] [--short] [--json]
"""

from __future__ import annotations

import argparse
import contextlib
import statistics
import tempfile
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import figures
import trees
from command import Command
from corpus import QUESTIONS
from editor import Editor, User
from embedding_throughput import stdlib_functions
from killing import kill_at_random

from codeassistd.models.selection import EmbedderRequest, identity_of, load_embedder
from codeassistd.models.worker.embedder import WorkerEmbedder

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


PARTS = ("engines", "boundary", "queries", "clients", "memory", "kills")
BOUNDARY_PERCENT = 5.0
IDLE_P50_MS, IDLE_P99_MS, BUSY_P95_MS = 8.0, 25.0, 60.0
CLIENTS, CLIENT_RATIO = 20, 3.0
COLD_SECONDS = {"openvino": 1.5, "torch": 4.0}
HUNDRED_SECONDS = 1.0
GROWTH_PERCENT = 2.0
_BULK_ROUNDS = 3
_ROUNDS = 5


def engines(base: Path, *, short: bool) -> dict[str, Any]:
    """What `codeassistd models bench` says of each engine: loading, speed, vectors."""
    seconds = "2" if short else "6"
    document = Command(base / "engines").run("models", "bench", "--json", "--seconds", seconds).document
    return {"engines": document["engines"]}


def boundary(texts: list[str]) -> dict[str, Any]:
    """Bulk embedding in this process and in a worker, turn by turn."""
    request = EmbedderRequest()
    own = load_embedder(request).embedder
    with contextlib.closing(WorkerEmbedder(identity_of(request), request)) as worker:
        for embedder in (own, worker.bulk):
            embedder.embed(texts[:200], "document")
        seconds: dict[str, list[float]] = {"own": [], "worker": []}
        for _ in range(_BULK_ROUNDS):
            seconds["own"].append(timed(lambda: own.embed(texts, "document")))
            seconds["worker"].append(timed(lambda: worker.bulk.embed(texts, "document")))
    rates = {name: len(texts) / statistics.median(values) for name, values in seconds.items()}
    cost = statistics.median(
        worker / own - 1 for own, worker in zip(seconds["own"], seconds["worker"], strict=True)
    )
    return {
        "boundary": {
            "texts": len(texts),
            "own_texts_per_second": round(rates["own"], 1),
            "worker_texts_per_second": round(rates["worker"], 1),
            "cost_percent": round(cost * 100, 2),
        }
    }


def timed(work: Callable[[], object]) -> float:
    """Seconds that something takes once."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def median_seconds(work: Callable[[], object]) -> float:
    """Seconds that something takes, the median of a few times."""
    return statistics.median(timed(work) for _ in range(_ROUNDS))


def question(number: int) -> str:
    """A query that hardly ever comes up twice."""
    return f"{QUESTIONS[number % len(QUESTIONS)]} {number}"


def embed(editor: Editor, texts: Sequence[str], kind: str = "query") -> list[list[float]]:
    """Embed through the daemon and its worker."""
    vectors: list[list[float]] = editor.client.request(
        "codeassist/embed", {"texts": list(texts), "kind": kind}
    )["embeddings"]
    return vectors


def query_times(work: Callable[[str], object], count: int, pause: float = 0.0) -> list[float]:
    """Seconds of each of so many queries, one after the other."""
    seconds = []
    for number in range(count):
        seconds.append(timed(lambda number=number: work(question(number))))  # type: ignore[misc]
        time.sleep(pause)
    return seconds


def queries(user: User, base: Path, texts: list[str], *, short: bool) -> dict[str, Any]:
    """Queries through daemon and worker: at rest, in this process, and while an index is embedded."""
    count = 200 if short else 1_000
    own = load_embedder(EmbedderRequest(threads=1)).embedder
    query_times(lambda text: own.embed([text], "query"), 50)
    direct = query_times(lambda text: own.embed([text], "query"), count)
    small, large = base / "small", base / "large"
    trees.small_files(small, 20)
    with user.editor(small) as editor:
        editor.wait_until_ready()
        query_times(lambda text: embed(editor, [text]), 100)
        idle = query_times(lambda text: embed(editor, [text]), count)
        questions = [question(number) for number in range(100)]
        hundred = median_seconds(lambda: embed(editor, texts[:100], "document"))
        short_hundred = median_seconds(lambda: embed(editor, questions))
        trees.copy_standard_library(large, trees.standard_library())
        with user.editor(large) as busy_editor:
            while busy_editor.status()["state"] != "embedding":
                time.sleep(0.05)
            busy = query_times(lambda text: embed(editor, [text]), count, pause=0.01)
            assert busy_editor.status()["state"] == "embedding", "it was done too soon to be measured"
    return {
        "queries": {
            "count": count,
            "own": figures.latencies(direct),
            "idle": figures.latencies(idle),
            "while_indexing": figures.latencies(busy),
            "hundred_functions_seconds": round(hundred, 3),
            "hundred_questions_seconds": round(short_hundred, 3),
        }
    }


def clients(user: User, base: Path) -> dict[str, Any]:
    """A thousand single texts from twenty clients at once, and from one, one by one."""
    root, count = base / "small", 1_000
    trees.small_files(root, 20)
    with contextlib.ExitStack() as stack:
        editors = [stack.enter_context(user.editor(root)) for _ in range(CLIENTS)]
        editors[0].wait_until_ready()
        query_times(lambda text: embed(editors[0], [text]), 100)
        alone = timed(lambda: query_times(lambda text: embed(editors[0], [text]), count))
        at_once = _in_flight(editors, count)
    return {"clients": {"requests": count, "one_by_one_seconds": round(alone, 2), **at_once}}


def _in_flight(editors: list[Editor], count: int) -> dict[str, Any]:
    """Every client makes all of its requests at once and then takes the answers."""
    served: list[int] = []
    share = count // len(editors)

    def run(place: int, editor: Editor) -> None:
        numbers = [
            editor.client.send(
                "codeassist/embed", {"texts": [question(place * share + each)], "kind": "query"}
            )
            for each in range(share)
        ]
        answers = [editor.client.wait(number) for number in numbers]
        served.append(sum(len(answer["embeddings"]) for answer in answers))

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(editors)]

    def run_all() -> None:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    return {"at_once_seconds": round(timed(run_all), 2), "served": sum(served)}


def memory(embeds: int) -> dict[str, Any]:
    """Resident memory of a worker after a tenth of the embeds and after all of them."""
    request = EmbedderRequest(threads=1)
    texts = [text[:400] for text in stdlib_functions(500)]
    with contextlib.closing(WorkerEmbedder(identity_of(request), request)) as worker:
        sizes = []
        for number in range(embeds + embeds // 10):
            worker.embed([f"{texts[number % len(texts)]} {number}"], "query")
            if number + 1 in {embeds // 10, embeds + embeds // 10}:
                sizes.append(worker.usage().rss_bytes)
    before, after = sizes
    percent = round((after / before - 1) * 100, 2)
    return {
        "memory": {"embeds": embeds, "before_bytes": before, "after_bytes": after, "growth_percent": percent}
    }


def measure(base: Path, arguments: argparse.Namespace) -> dict[str, Any]:
    """All parts that were asked for."""
    parts = set(arguments.parts.split(","))
    texts = stdlib_functions(300 if arguments.short else 1_000)
    result: dict[str, Any] = {}
    if "engines" in parts:
        figures.step("engines")
        result |= engines(base, short=arguments.short)
    if "boundary" in parts:
        figures.step("the process boundary")
        result |= boundary(texts)
    if "memory" in parts:
        figures.step("memory")
        result |= memory(2_000 if arguments.short else arguments.embeds)
    if parts & {"queries", "clients", "kills"}:
        user = User(base / "user")
        try:
            if "clients" in parts:
                figures.step("twenty clients")
                result |= clients(user, base)
            if "queries" in parts:
                figures.step("queries at rest and while indexing")
                result |= queries(user, base, texts, short=arguments.short)
            if "kills" in parts:
                figures.step("kills")
                result |= {"kills": kill_at_random(user, base, 8 if arguments.short else arguments.kills)}
        finally:
            user.stop()
    return result


def lines(result: dict[str, Any]) -> list[str]:
    """The figures for people."""
    said = [_engine_line(engine) for engine in result.get("engines", ())]
    for part, line in (
        ("boundary", _boundary_line),
        ("queries", _query_lines),
        ("clients", _clients_line),
        ("memory", _memory_line),
        ("kills", _kills_line),
    ):
        if part in result:
            said += line(result[part]).split("\n")
    return said


def _engine_line(engine: dict[str, Any]) -> str:
    if not engine["ok"]:
        return f"{engine['engine']} failed: {engine['detail']}"
    first, limit = engine["first_vector_seconds"], COLD_SECONDS.get(engine["engine"])
    loading = f"{first} s" if limit is None else figures.judged(first, limit, "s")
    like = "the reference" if engine["cosine_min"] is None else f"least cosine {engine['cosine_min']}"
    rate, query = engine["texts_per_second"], engine["query_p50_ms"]
    return f"{engine['detail']}: first vector {loading}, {rate} texts/s, query p50 {query} ms, {like}"


def _boundary_line(found: dict[str, Any]) -> str:
    own, worker = found["own_texts_per_second"], found["worker_texts_per_second"]
    cost = figures.judged(found["cost_percent"], BOUNDARY_PERCENT, "%")
    return (
        f"bulk embedding of {found['texts']:,} functions: {own}/s in this process, {worker}/s in a worker;"
        f" costs {cost}"
    )


def _query_lines(found: dict[str, Any]) -> str:
    idle, busy, own = found["idle"], found["while_indexing"], found["own"]
    functions = figures.judged(found["hundred_functions_seconds"], HUNDRED_SECONDS, "s")
    return (
        f"query through daemon and worker: p50 {figures.judged(idle['p50_ms'], IDLE_P50_MS, 'ms')},"
        f" p99 {figures.judged(idle['p99_ms'], IDLE_P99_MS, 'ms')}; in this process p50 {own['p50_ms']} ms\n"
        f"  while an index is embedded: p50 {busy['p50_ms']} ms,"
        f" p95 {figures.judged(busy['p95_ms'], BUSY_P95_MS, 'ms')}\n"
        f"100 texts through the daemon: {found['hundred_questions_seconds']} s for questions,"
        f" {functions} for functions"
    )


def _clients_line(found: dict[str, Any]) -> str:
    alone, at_once = found["one_by_one_seconds"], found["at_once_seconds"]
    ratio = figures.judged(alone / at_once, CLIENT_RATIO, "times", at_least=True)
    return (
        f"{found['requests']:,} single texts from {CLIENTS} clients at once: {at_once} s,"
        f" {found['served']:,} served; one by one {alone} s; {ratio}"
    )


def _memory_line(found: dict[str, Any]) -> str:
    before, after = found["before_bytes"] / 1e6, found["after_bytes"] / 1e6
    grown = figures.judged(found["growth_percent"], GROWTH_PERCENT, "%")
    return f"memory of a worker over {found['embeds']:,} embeds: {before:.0f} -> {after:.0f} MB; {grown}"


def _kills_line(found: dict[str, Any]) -> str:
    said = f" ({'; '.join(found['reasons'])})" if found["reasons"] else ""
    return (
        f"processes with a model killed {found['kills']} times while indexing; {found['asked']:,} queries"
        f" meanwhile, {found['answered']:,} answered, {found['refused']} refused{said}\n"
        f"  afterwards {found['rows']:,} rows, equal to a fresh index: {found['equal']}"
    )


def main() -> None:
    """Measure and say it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--embeds", type=int, default=10_000)
    parser.add_argument("--parts", default=",".join(PARTS), help=", ".join(PARTS))
    parser.add_argument("--short", action="store_true", help="8 kills, fewer texts")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="cad-") as folder:
        result = measure(Path(folder).resolve(), arguments)
    figures.publish(result, lines(result), as_json=arguments.json)


if __name__ == "__main__":
    main()
