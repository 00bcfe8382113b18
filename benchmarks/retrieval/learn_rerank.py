#!/usr/bin/env python3
"""Learn the embedded reranker's weights, and judge them on what they have not seen.

    python benchmarks/retrieval/learn_rerank.py [--queries QUERIES.jsonl --data DIR]

Weights (logistic regression: does a passage answer?) are learned from functions of the standard library, that
are asked for by their docstrings, as run.py --short does, and judged on modules left out of learning. With
QUERIES and DIR (those of run.py, whose indexes must be complete; set $CODEASSISTD_EVAL) whole repositories
are judged too: by weights learned there, on repositories left out of learning; and by those of the product.

Of each query the 30 best results are scored. A fold's weights and the reranker's share in the order are
chosen without the fold. Prints NDCG@10 with and without, the interval of the paired difference, milliseconds
a query, and the constants for `models/learned_reranking.py`.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import tempfile
import time
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import docstrings
import figures
from measure import DEPTH, Lines, Task, interval, mean_of_means, ndcg
from run import read_tasks

from codeassistd.indexer.search.engine import search
from codeassistd.indexer.search.request import SearchRequest
from codeassistd.indexer.search.second_stage import RERANKED, SHARE, passage_text
from codeassistd.indexer.workspace_index import WorkspaceIndex
from codeassistd.models.late_interaction import LateInteractionReranker
from codeassistd.models.reranker_selection import RerankerRequest, load_reranker
from codeassistd.models.selection import EmbedderRequest, load_embedder
from codeassistd.models.token_features import FEATURES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from codeassistd.indexer.search.request import SearchResult

    Floats = NDArray[np.float64]

FUNCTIONS = 300
FOLDS = 7
SHARES = (0.0, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.6, 0.8, 1.0)
RIDGE = 1e-3
STEPS = 50


@dataclass(frozen=True, slots=True)
class Judged:
    """The candidates of one query: results best first, their scores, features, and whether each answers."""

    task: Task
    lines: list[Lines]
    scores: Floats
    features: Floats
    answers: Floats
    seconds: float

    def ndcg(self, weights: Floats, share: float) -> float:
        """NDCG@10 when the reranker with these weights (bias last) has a share in the order."""
        reranked = 1 / (1 + np.exp(-(self.features @ weights[:-1] + weights[-1])))
        mixed = (1 - share) * self.scores + share * reranked
        order = np.argsort(-mixed, kind="stable")
        return ndcg([self.lines[at] for at in order[:DEPTH]], self.task.targets)


def judge_all(tasks: list[Task], folder: Path, data: Path, *, update: bool) -> list[Judged]:
    """Ask every query and compute the features of what is found."""
    embedder = load_embedder(EmbedderRequest(cache_dir=data / "models")).embedder
    reranker = load_reranker(RerankerRequest())
    assert isinstance(reranker, LateInteractionReranker)
    judged = []
    for repository, group in groupby(tasks, key=lambda task: task.repository):
        index = WorkspaceIndex(folder / repository, data, embedder.identity, lambda: embedder)
        if update:
            index.update()
        with index.snapshot() as snapshot:
            assert snapshot is not None
            for task in group:
                results = search(snapshot, embedder, SearchRequest(task.query, RERANKED)).results
                if results:
                    judged.append(judge(task, results, reranker))
        figures.step(repository)
    return judged


def judge(task: Task, results: Sequence[SearchResult], reranker: LateInteractionReranker) -> Judged:
    """The candidates of one query with their features."""
    passages = [passage_text(result) for result in results]
    began = time.perf_counter()
    features = reranker.features(task.query, passages).astype(float)
    seconds = time.perf_counter() - began
    lines = [Lines(result.path, result.start_line, result.end_line) for result in results]
    answers = [float(any(target.meets(each) for target in task.targets)) for each in lines]
    scores = np.array([result.score for result in results])
    return Judged(task, lines, scores, features, np.array(answers), seconds)


def fit(judged: Sequence[Judged]) -> Floats:
    """Logistic regression by Newton's method, bias last; every query weighs the same."""
    inputs = np.concatenate([np.c_[each.features, np.ones(len(each.lines))] for each in judged])
    answers = np.concatenate([each.answers for each in judged])
    weight = np.concatenate([np.full(len(each.lines), 1 / max(1, len(each.lines))) for each in judged])
    weight /= weight.sum()
    ridge = RIDGE * np.diag([1.0] * len(FEATURES) + [0.0])
    found = np.zeros(inputs.shape[1])
    for _ in range(STEPS):
        chance = 1 / (1 + np.exp(-(inputs @ found)))
        slope = inputs.T @ (weight * (chance - answers)) + ridge @ found
        curve = (inputs * (weight * chance * (1 - chance))[:, None]).T @ inputs + ridge
        found -= np.linalg.solve(curve, slope)
    return found


def best_share(judged: Sequence[Judged], weights: Floats) -> float:
    """The share that gives the highest NDCG@10; the least one of those."""
    return max(SHARES, key=lambda share: (round(quality(judged, weights, share), 6), -share))


def quality(judged: Sequence[Judged], weights: Floats, share: float) -> float:
    """Mean NDCG@10."""
    return mean_of_means([(group_of(each), each.ndcg(weights, share)) for each in judged])


def group_of(judged: Judged) -> str:
    """What stays together in a fold: a repository; of the one of functions, a module."""
    task = judged.task
    return task.targets[0].path if task.category == "docstring" else task.repository


def cross_validated(judged: Sequence[Judged]) -> tuple[list[float], list[float]]:
    """NDCG@10 of each query by what other groups taught; and the share of each fold."""
    groups = sorted({group_of(each) for each in judged})
    random.Random(1).shuffle(groups)  # noqa: S311 - a reproducible draw
    values, shares = [0.0] * len(judged), []
    for fold in range(FOLDS):
        held_out = set(groups[fold::FOLDS])
        seen = [each for each in judged if group_of(each) not in held_out]
        weights = fit(seen)
        shares.append(best_share(seen, weights))
        for at, each in enumerate(judged):
            if group_of(each) in held_out:
                values[at] = each.ndcg(weights, shares[-1])
    return values, shares


def compared(name: str, judged: Sequence[Judged], after: Sequence[float]) -> str:
    """A line: NDCG@10 without and with reranking, and the paired difference."""
    groups = [group_of(each) for each in judged]
    before = [each.ndcg(np.zeros(len(FEATURES) + 1), 0.0) for each in judged]
    gains = list(zip(groups, (b - a for a, b in zip(before, after, strict=True)), strict=True))
    low, high = interval(gains)
    without, reranked = (mean_of_means(list(zip(groups, values, strict=True))) for values in (before, after))
    return f"{name:42} {without:.4f}  {reranked:.4f}  {mean_of_means(gains):+.4f} [{low:+.4f}, {high:+.4f}]"


def report(name: str, judged: Sequence[Judged], product: Floats) -> list[str]:
    """Lines: what was learned here and judged on groups not seen, and the product's weights."""
    after, shares = cross_validated(judged)
    return [
        compared(f"{name}, learned here, unseen", judged, after),
        f"  shares of the folds: {shares}",
        compared(
            f"{name}, the product's weights, {SHARE:g}", judged, [e.ndcg(product, SHARE) for e in judged]
        ),
        "  by share: " + "  ".join(f"{s:g}: {quality(judged, product, s):.4f}" for s in SHARES),
        f"  median {median(each.seconds for each in judged) * 1000:.1f} ms a query",
    ]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--queries", type=Path, help="the queries, one JSON object a line")
    parser.add_argument("--data", type=Path, help="folder of the complete indexes")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        (folder / "stdlib").mkdir()
        tasks = docstrings.make(folder / "stdlib", FUNCTIONS)
        functions = judge_all(tasks, folder, folder / "data", update=True)
    weights = fit(functions)
    lines = [f"{'NDCG@10':42} without with    difference", *report("functions", functions, weights)]
    if options.queries and options.data:
        tasks = read_tasks(options.queries, set())
        checkouts = Path(os.environ["CODEASSISTD_EVAL"])
        lines += report("repositories", judge_all(tasks, checkouts, options.data, update=False), weights)
    learned = {name: round(float(value), 2) for name, value in zip(FEATURES, weights, strict=False)}
    lines += [f"WEIGHTS = {learned}", f"BIAS = {float(weights[-1]):.2f}"]
    figures.publish({"lines": lines}, lines, as_json=False)


if __name__ == "__main__":
    main()
