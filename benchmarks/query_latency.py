#!/usr/bin/env python3
"""How long a query takes: warm inside a process at growing index sizes, and cold from the command line.

Warm: hybrid searches with the real model, everything included: embedding the query, vectors, keywords,
symbols, ranking, and reading the lines that results show. The indexes are real code under many paths
with vectors near real embeddings (see corpus.py). Baselines: an exact inner product over all vectors in
memory (numpy), and for the cold command the start of an idle process and of Python itself.

    python benchmarks/query_latency.py [--sizes N,N] [--searches N] [--short] [--json]
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import figures
import numpy as np
import trees
from command import Command
from corpus import QUESTIONS, LargeIndex, real_corpus

from codeassistd.indexer.search.engine import search
from codeassistd.indexer.search.request import SearchRequest
from codeassistd.indexer.walk.bounded_read import read_regular
from codeassistd.indexer.walk.content import decode
from codeassistd.indexer.walk.entry import SkipReason
from codeassistd.indexer.workspace_index import APPROXIMATE_ABOVE
from codeassistd.models.selection import EmbedderRequest, load_embedder

if TYPE_CHECKING:
    from collections.abc import Callable

    from codeassistd.indexer.store.rows import Snapshot
    from codeassistd.models.roles import Embedder

WARM_TARGETS_MS = ((10_000, 20.0), (100_000, 60.0))
COLD_TARGET_SECONDS = 1.5


class Stopwatch:
    """Stands before an object and adds up the time its methods take, by method."""

    def __init__(self, behind: object, seconds: dict[str, float]) -> None:
        self._behind = behind
        self._seconds = seconds

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._behind, name)
        return timed(found, name, self._seconds) if callable(found) else found


def timed(call: Callable[..., Any], name: str, seconds: dict[str, float]) -> Callable[..., Any]:
    """The same call, its time added to `seconds[name]`."""

    def measured(*arguments: Any, **keywords: Any) -> Any:
        began = time.perf_counter()
        try:
            return call(*arguments, **keywords)
        finally:
            seconds[name] += time.perf_counter() - began

    return measured


def warm_searches(snapshot: Snapshot, embedder: Embedder, root: Path, searches: int) -> dict[str, Any]:
    """Search many times over one snapshot; the first round of questions is not counted."""

    def read(path: str) -> str | None:
        data = read_regular(root / path, follow_symlink=False)
        text = None if data is None else decode(data)
        return None if isinstance(text, SkipReason) else text

    search_times(snapshot, embedder, read, len(QUESTIONS))
    times = search_times(snapshot, embedder, read, searches)
    stages: dict[str, float] = defaultdict(float)
    watched: Any = Stopwatch(snapshot, stages)
    model: Any = Stopwatch(embedder, stages)
    stages["waiting and ranking"] = sum(
        search_times(watched, model, timed(read, "read", stages), len(QUESTIONS))
    )
    stages["waiting and ranking"] -= sum(
        seconds for name, seconds in stages.items() if name != "waiting and ranking"
    )
    mean = {name: round(seconds / len(QUESTIONS) * 1000, 2) for name, seconds in stages.items()}
    return {**figures.latencies(times), "mean_ms_by_stage": mean}


def search_times(
    snapshot: Snapshot, embedder: Embedder, read: Callable[[str], str | None], searches: int
) -> list[float]:
    """Seconds that each search took."""
    times = []
    for number in range(searches):
        began = time.perf_counter()
        response = search(snapshot, embedder, SearchRequest(QUESTIONS[number % len(QUESTIONS)]), read)
        times.append(time.perf_counter() - began)
        assert response.results
    return times


def exact_in_memory(index: LargeIndex, embedder: Embedder) -> float:
    """Median time of embedding a query and an inner product with every vector, seconds."""
    vectors = index.vectors.astype(np.float32)
    times = []
    for question in QUESTIONS:
        began = time.perf_counter()
        scores = vectors @ embedder.embed([question], "query")[0]
        np.argpartition(-scores, 10)
        times.append(time.perf_counter() - began)
    return figures.percentile(times, 50)


def warm(base: Path, sizes: list[int], searches: int, embedded: int) -> dict[str, Any]:
    loaded = load_embedder(EmbedderRequest(cache_dir=base / "models"))
    corpus = real_corpus(base / "project", 300, loaded.embedder, embedded)
    index = LargeIndex(base / "index", corpus, loaded.embedder.identity)
    measured = []
    for size in sizes:
        index.grow(size, approximate_above=APPROXIMATE_ABOVE)
        with index.snapshot() as snapshot:
            assert snapshot is not None
            assert snapshot.chunk_count == snapshot.embedded_count == size
            result = warm_searches(snapshot, loaded.embedder, corpus.root, searches)
        measured.append(
            {
                "chunks": size,
                "vectors": "approximate" if size >= APPROXIMATE_ABOVE else "exact",
                **result,
                "exact_in_memory_ms": round(exact_in_memory(index, loaded.embedder) * 1000, 2),
            }
        )
        figures.step(f"{size:,} chunks: {result['p50_ms']} ms")
    return {
        "engine": loaded.reason,
        "real_chunks": corpus.rows,
        "real_vectors": len(corpus.vectors),
        "searches": searches,
        "warm": measured,
    }


def cold(base: Path, runs: int) -> dict[str, Any]:
    """Start the command on a small index, each time in a new process."""
    root, user = base / "small", Command(base / "user")
    trees.copy_standard_library(root, trees.standard_library()[:40])
    trees.wait_until_settled()
    chunks = user.index(root).document["chunks"]["total"]
    answers = []
    starts: dict[str, list[float]] = {"idle": [], "python": [], "hybrid": [], "keyword": []}
    for run in range(runs):
        began = time.perf_counter()
        subprocess.run([sys.executable, "-c", "pass"], check=True)
        starts["python"].append(time.perf_counter() - began)
        starts["idle"].append(user.run("--version").seconds)
        question = QUESTIONS[run % len(QUESTIONS)]
        starts["keyword"].append(user.search(root, question, "--mode", "keyword").seconds)
        answer = user.search(root, question)
        starts["hybrid"].append(answer.seconds)
        answers.append(answer.document["took_ms"] / 1000)
    middle = {name: figures.percentile(times, 50) for name, times in starts.items()}
    took = figures.percentile(answers, 50)
    return {
        "chunks": chunks,
        "python_seconds": round(middle["python"], 3),
        "idle_seconds": round(middle["idle"], 3),
        "keyword_seconds": round(middle["keyword"], 3),
        "hybrid_seconds": round(middle["hybrid"], 3),
        "hybrid_took_seconds": round(took, 3),
        "import_and_start_seconds": round(middle["hybrid"] - took, 3),
    }


def warm_lines(result: dict[str, Any]) -> list[str]:
    said = [
        f"warm, {result['searches']} hybrid searches at each size; {result['engine']}",
        (
            f"rows: {result['real_chunks']:,} chunks of real code under many paths; vectors:"
            f" {result['real_vectors']:,} real embeddings with noise"
        ),
    ]
    for row in result["warm"]:
        limits = [limit for chunks, limit in WARM_TARGETS_MS if row["chunks"] <= chunks]
        p50 = figures.judged(row["p50_ms"], limits[0], "ms") if limits else f"{row['p50_ms']} ms"
        stages = ", ".join(f"{name} {ms}" for name, ms in row["mean_ms_by_stage"].items())
        said += [
            (
                f"{row['chunks']:>9,} chunks: p50 {p50}, p95 {row['p95_ms']}, p99 {row['p99_ms']} ms;"
                f" vectors {row['vectors']}"
            ),
            f"{'':18} mean by stage, ms: {stages}",
            f"{'':18} baseline, query embedded and exact product in memory: {row['exact_in_memory_ms']} ms",
        ]
    return said


def cold_lines(result: dict[str, Any]) -> list[str]:
    start = figures.judged(result["import_and_start_seconds"], COLD_TARGET_SECONDS, "s")
    return [
        f"cold, `codeassistd search` in a new process ({result['chunks']:,} chunks, in the system's cache):",
        (
            f"  baselines: Python alone {result['python_seconds']:.2f} s, `codeassistd --version`"
            f" {result['idle_seconds']:.2f} s"
        ),
        (
            f"  hybrid {result['hybrid_seconds']:.2f} s, searching {result['hybrid_took_seconds']:.2f} s;"
            f" imports and start {start}"
        ),
        f"  keyword {result['keyword_seconds']:.2f} s (loads no model)",
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--sizes", default="10000,100000", help="chunks, ascending")
    parser.add_argument("--searches", type=int, default=1_000, help="at each size")
    parser.add_argument("--embedded", type=int, default=4_000, help="real embeddings")
    parser.add_argument("--short", action="store_true", help="10,000 and 30,000 chunks, 200 searches")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    sizes, searches, embedded, runs = options.sizes, options.searches, options.embedded, 11
    if options.short:
        sizes, searches, embedded, runs = "10000,30000", 200, 1_000, 5
    with tempfile.TemporaryDirectory(prefix="query-latency-") as folder:
        base = Path(folder).resolve()
        result = warm(base, [int(size) for size in sizes.split(",")], searches, embedded)
        figures.step("cold starts")
        result["cold"] = cold(base, runs)
    figures.publish(result, [*warm_lines(result), *cold_lines(result["cold"])], as_json=options.json)


if __name__ == "__main__":
    main()
