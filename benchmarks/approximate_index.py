#!/usr/bin/env python3
"""From how many vectors an approximate index pays: exact against approximate search at growing sizes.

Both go through the product's own search for nearest chunks, 150 of them as a search asks for. Recall is
how many of the ten nearest by inner product (numpy, float32) are among the ten found. Questions are first
lines of docstrings, embedded by the real model; vectors are real embeddings with noise (see corpus.py).
APPROXIMATE_ABOVE in indexer/workspace_index.py is chosen from this.

    python benchmarks/approximate_index.py [--sizes N,N] [--short] [--json]
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import figures
import numpy as np
import trees
from corpus import Corpus, LargeIndex, real_corpus

from codeassistd.indexer.search.candidates import NEAREST
from codeassistd.indexer.search.request import EVERYWHERE
from codeassistd.indexer.workspace_index import APPROXIMATE_ABOVE
from codeassistd.models.selection import EmbedderRequest, load_embedder

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from codeassistd.models.identity import ModelIdentity

RECALL_TARGET = 0.95
WORTH = 0.8
"""An approximate index pays when it takes at most this share of the time of exact search."""

_TOP = 10


def nearest_ids(index: LargeIndex, questions: NDArray[np.float32]) -> tuple[list[list[str]], list[float]]:
    """The nearest chunks of each question as the product finds them, and the seconds each took."""
    found, times = [], []
    with index.snapshot() as snapshot:
        assert snapshot is not None
        for question in questions[:5]:
            snapshot.nearest(question, NEAREST, EVERYWHERE).result()
        for question in questions:
            began = time.perf_counter()
            hits = snapshot.nearest(question, NEAREST, EVERYWHERE).result()
            times.append(time.perf_counter() - began)
            found.append([chunk.id for chunk in snapshot.chunks([hit.row for hit in hits[:_TOP]])])
    return found, times


def true_ids(index: LargeIndex, questions: NDArray[np.float32]) -> list[list[str]]:
    """The ids of the nearest vectors of each question, by numpy over the vectors that were written."""
    with index.snapshot() as snapshot:
        assert snapshot is not None
        table = snapshot.every_row(["id", "vector"])
    vectors = table["vector"].combine_chunks().flatten().to_numpy().reshape(index.rows, -1).astype(np.float32)
    ids = table["id"].to_pylist()
    scores = questions @ vectors.T
    return [[ids[row] for row in np.argsort(-line)[:_TOP]] for line in scores]


def recall(found: list[list[str]], true: list[list[str]]) -> float:
    """Mean share of the true nearest that were found."""
    return float(np.mean([len(set(a) & set(b)) / _TOP for a, b in zip(found, true, strict=True)]))


def compare(
    folder: Path, corpus: Corpus, identity: ModelIdentity, size: int, questions: NDArray[np.float32]
) -> dict[str, Any]:
    """Exact and approximate search of one size."""
    index = LargeIndex(folder, corpus, identity)
    index.grow(size, approximate_above=sys.maxsize)
    true = true_ids(index, questions)
    exact, exact_times = nearest_ids(index, questions)
    before = trees.size_on_disk(folder)
    began = time.perf_counter()
    index.grow(size, approximate_above=1)
    build = time.perf_counter() - began
    approximate, times = nearest_ids(index, questions)
    return {
        "vectors": size,
        "exact": figures.latencies(exact_times),
        "exact_recall": round(recall(exact, true), 4),
        "approximate": figures.latencies(times),
        "recall": round(recall(approximate, true), 4),
        "build_seconds": round(build, 2),
        "disk_growth": round(trees.size_on_disk(folder) / before, 3),
    }


def pays_from(rows: list[dict[str, Any]]) -> int | None:
    """The smallest size from which an approximate index is faster, and true enough, at every larger size."""
    smallest = None
    for row in reversed(rows):
        faster = row["approximate"]["p50_ms"] <= WORTH * row["exact"]["p50_ms"]
        if not (faster and row["recall"] >= RECALL_TARGET):
            break
        smallest = row["vectors"]
    return smallest


def measure(base: Path, sizes: list[int], embedded: int, asked: int) -> dict[str, Any]:
    embedder = load_embedder(EmbedderRequest(cache_dir=base / "models")).embedder
    corpus = real_corpus(base / "project", 300, embedder, embedded)
    questions = embedder.embed(corpus.docstrings(asked), "query")
    rows = []
    for size in sizes:
        rows.append(compare(base / f"index-{size}", corpus, embedder.identity, size, questions))
        figures.step(f"{size:,} vectors measured")
    return {
        "real_vectors": len(corpus.vectors),
        "questions": len(questions),
        "sizes": rows,
        "pays_from": pays_from(rows),
        "approximate_above": APPROXIMATE_ABOVE,
    }


def lines(result: dict[str, Any]) -> list[str]:
    said = [
        f"{result['questions']} questions; vectors: {result['real_vectors']:,} real embeddings with noise",
        "  vectors | baseline, exact p50 / p95 ms | approximate p50 / p95 ms | recall@10 | build s | disk",
    ]
    said += [
        f"{row['vectors']:>9,} | {row['exact']['p50_ms']:>18.1f} / {row['exact']['p95_ms']:>7.1f} |"
        f" {row['approximate']['p50_ms']:>14.1f} / {row['approximate']['p95_ms']:>7.1f} |"
        f" {row['recall']:>9.3f} | {row['build_seconds']:>7.1f} | x{row['disk_growth']}"
        for row in result["sizes"]
    ]
    used = [row["recall"] for row in result["sizes"] if row["vectors"] >= result["approximate_above"]]
    if used:
        judged = figures.judged(min(used), RECALL_TARGET, at_least=True)
        said.append(f"lowest recall@10 where the product uses it: {judged}")
    pays = f"from {result['pays_from']:,} vectors" if result["pays_from"] else "at none of these sizes"
    return [
        *said,
        (
            f"it pays (at most {WORTH:.0%} of the exact time, recall >= {RECALL_TARGET}) {pays};"
            f" the product uses it from {result['approximate_above']:,}"
        ),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--sizes", default="5000,10000,20000,50000,100000", help="ascending")
    parser.add_argument("--embedded", type=int, default=4_000, help="real embeddings")
    parser.add_argument("--questions", type=int, default=300)
    parser.add_argument("--short", action="store_true", help="up to 20,000 vectors")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    sizes, embedded, asked = options.sizes, options.embedded, options.questions
    if options.short:
        sizes, embedded, asked = "5000,10000,20000", 1_000, 100
    with tempfile.TemporaryDirectory(prefix="approximate-index-") as folder:
        base = Path(folder).resolve()
        result = measure(base, [int(size) for size in sizes.split(",")], embedded, asked)
    figures.publish(result, lines(result), as_json=options.json)


if __name__ == "__main__":
    main()
