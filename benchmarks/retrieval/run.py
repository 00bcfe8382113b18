#!/usr/bin/env python3
"""How relevant the answers are: NDCG@10 of the product's own index and search, with baselines.

    python benchmarks/retrieval/run.py --queries QUERIES.jsonl [--repos a,b] [--data DIR] [--results DIR]
    python benchmarks/retrieval/run.py --short

A line of QUERIES has repo, language, category, query, relevant and secondary (lists of {path, start_line,
end_line}; null lines mean the whole file). The repositories are folders of $CODEASSISTD_EVAL, searched whole.
Baseline of the same run: BM25 over windows of 50 lines. --results writes one JSON-lines file a method.

The short form asks the standard library for functions by their docstrings, which are not indexed.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections import defaultdict
from itertools import groupby
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, get_args

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import docstrings
import figures
from measure import DEPTH, Lines, Task, interval, mean_of_means, ndcg
from windows import WindowIndex

from codeassistd.indexer.search.engine import search
from codeassistd.indexer.search.request import SearchMode, SearchRequest
from codeassistd.indexer.workspace_index import WorkspaceIndex
from codeassistd.models.identity import PrecisionChoice
from codeassistd.models.reranker_selection import RerankerRequest, load_reranker
from codeassistd.models.selection import EmbedderRequest, load_embedder

if TYPE_CHECKING:
    from collections.abc import Callable

    from codeassistd.models.roles import Embedder, Reranker

TARGET = 0.80
SHORT_QUERIES = 100
BASELINE = "BM25, 50 lines"
RERANKED = "hybrid, reranked"

Answers = dict[str, list[tuple[Task, list[Lines], float]]]
"""By method: each task with what was found and the seconds it took."""


def read_tasks(queries: Path, repositories: set[str]) -> list[Task]:
    """Read a queries file; an empty set takes every repository."""
    tasks = []
    for line in queries.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        if not repositories or row["repo"] in repositories:
            targets = tuple(
                Lines(target["path"], target["start_line"], target["end_line"])
                for target in row["relevant"] + row["secondary"]
            )
            tasks.append(Task(row["repo"], row["language"], row["category"], row["query"], targets))
    return sorted(tasks, key=lambda task: task.repository)


def ask(
    root: Path,
    tasks: list[Task],
    data: Path,
    embedder: Embedder,
    answers: Answers,
    *,
    young: bool,
    reranker: Reranker | None = None,
) -> None:
    """Index one repository and ask everything in every way."""
    began = time.perf_counter()
    index = WorkspaceIndex(root, data, embedder.identity, lambda: embedder)
    index.update(embed_until=0.0 if young else None)
    seconds = time.perf_counter() - began
    windows = WindowIndex(root)
    with index.snapshot() as snapshot:
        assert snapshot is not None
        figures.step(f"{root.name}: {snapshot.chunk_count:,} chunks, {seconds:.0f} s")

        def product(mode: SearchMode, second: Reranker | None = None) -> Callable[[str], list[Lines]]:
            return lambda query: [
                Lines(result.path, result.start_line, result.end_line)
                for result in search(
                    snapshot, embedder, SearchRequest(query, DEPTH, mode), reranker=second
                ).results
            ]

        modes = [mode for mode in reversed(SearchMode) if not (young and mode is SearchMode.SEMANTIC)]
        methods = {BASELINE: windows.search} | {mode.value: product(mode) for mode in modes}
        if reranker is not None:
            methods[RERANKED] = product(SearchMode.HYBRID, reranker)
        for name, method in methods.items():
            method(tasks[0].query)
            for task in tasks:
                began = time.perf_counter()
                found = method(task.query)
                answers[name].append((task, found, time.perf_counter() - began))


def write_results(folder: Path, answers: Answers) -> None:
    """Write what each method found, one line a query."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, rows in answers.items():
        lines = (
            json.dumps(
                {
                    "repo": task.repository,
                    "query": task.query,
                    "results": [
                        {"path": each.path, "start_line": each.start, "end_line": each.end} for each in found
                    ],
                }
            )
            for task, found, _ in rows
        )
        file = folder / f"{name.replace(',', '').replace(' ', '_')}.jsonl"
        file.write_text("\n".join(lines) + "\n", encoding="utf-8")


def summary(answers: Answers) -> dict[str, object]:
    """NDCG@10 of each method: overall with its interval, by language and by category; median milliseconds."""
    methods = {}
    for name, rows in answers.items():
        scored = [(task, ndcg(found, task.targets)) for task, found, _ in rows]
        groups: dict[str, dict[str, float]] = {}
        for attribute in ("language", "category"):
            by = defaultdict(list)
            for task, value in scored:
                by[getattr(task, attribute)].append((task.repository, value))
            groups[attribute] = {key: round(mean_of_means(values), 4) for key, values in sorted(by.items())}
        values = [(task.repository, value) for task, value in scored]
        methods[name] = {
            "ndcg10": round(mean_of_means(values), 4),
            "interval": [round(bound, 4) for bound in interval(values)],
            "ms": round(median(seconds for _, _, seconds in rows) * 1000, 2),
            **groups,
        }
    return methods


def report(methods: dict[str, object], *, judge: bool) -> list[str]:
    """The summary as lines of text."""
    lines = [f"{'NDCG@10':16} {'mean':>6}  {'95 % interval':15} {'ms/query':>8}"]
    rows: dict[str, dict] = methods  # type: ignore[assignment]
    for name, row in rows.items():
        low, high = row["interval"]
        lines.append(f"{name:16} {row['ndcg10']:6.3f}  {low:.3f} .. {high:.3f}  {row['ms']:8.1f}")
    for attribute in ("category", "language"):
        lines.append(f"{attribute:16} " + " ".join(f"{name:>14}" for name in rows))
        lines += [
            f"  {key:14} " + " ".join(f"{row[attribute][key]:14.3f}" for row in rows.values())
            for key in rows["hybrid"][attribute]
        ]
    if judge:
        lines.append(f"hybrid: {figures.judged(rows['hybrid']['ndcg10'], TARGET, at_least=True)}")
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--queries", type=Path, help="the queries, one JSON object a line")
    parser.add_argument("--repos", default="", help="only these, separated by commas")
    parser.add_argument(
        "--data", type=Path, help="folder that keeps the indexes; a temporary one if left out"
    )
    parser.add_argument("--results", type=Path, help="folder for what each method found")
    parser.add_argument("--short", action="store_true", help="the standard library by its docstrings")
    parser.add_argument(
        "--young",
        action="store_true",
        help="embed nothing: what a first search finds, by words and names",
    )
    parser.add_argument("--rerank", action="store_true", help="show hybrid search with the reranker too")
    parser.add_argument("--precision", choices=get_args(PrecisionChoice), default="auto")
    parser.add_argument("--json", action="store_true", help="one JSON document")
    options = parser.parse_args()
    checkouts = os.environ.get("CODEASSISTD_EVAL")
    if not options.short and not (options.queries and checkouts):
        parser.error(
            "give --queries FILE and set CODEASSISTD_EVAL to the folder of checkouts, or use --short"
        )
    with tempfile.TemporaryDirectory() as scratch:
        data = options.data or Path(scratch) / "data"
        loaded = load_embedder(EmbedderRequest(precision=options.precision, cache_dir=data / "models"))
        if options.short:
            folder = Path(scratch)
            (folder / "stdlib").mkdir()
            tasks = docstrings.make(folder / "stdlib", SHORT_QUERIES)
        else:
            folder = Path(checkouts or "")
            tasks = read_tasks(options.queries, set(filter(None, options.repos.split(","))))
        answers: Answers = defaultdict(list)
        reranker = load_reranker(RerankerRequest(cache_dir=data / "models")) if options.rerank else None
        for repository, group in groupby(tasks, key=lambda task: task.repository):
            ask(
                folder / repository,
                list(group),
                data,
                loaded.embedder,
                answers,
                young=options.young,
                reranker=reranker,
            )
    if options.results:
        write_results(options.results, answers)
    methods = summary(answers)
    shown = {"queries": len(tasks), "target": None if options.short else TARGET, "methods": methods}
    figures.publish(shown, report(methods, judge=not options.short), as_json=options.json)


if __name__ == "__main__":
    main()
