#!/usr/bin/env python3
"""Learn the embedded reranker's weights, and judge them on repositories that they have not seen.

    python benchmarks/retrieval/learn_rerank.py --queries QUERIES.jsonl --data DIR

QUERIES, DIR and $CODEASSISTD_EVAL are those of run.py, whose indexes must be complete. Of each query the 30 best
results are scored. A fold's weights (logistic regression) and the reranker's share in the mix are chosen on the
other repositories; so no weight sees a query that it is judged on. Prints NDCG@10 with and without, the interval of
the paired difference, milliseconds per query, and the constants of `models/learned_reranking.py`, learned from all.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import time
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import figures
from measure import DEPTH, Lines, Task, interval, mean_of_means, ndcg
from run import read_tasks

from codeassistd.indexer.search.engine import search
from codeassistd.indexer.search.request import SearchRequest
from codeassistd.indexer.search.second_stage import RERANKED, passage_text
from codeassistd.indexer.workspace_index import WorkspaceIndex
from codeassistd.models.late_interaction import LateInteractionReranker
from codeassistd.models.reranker_selection import RerankerRequest, load_reranker
from codeassistd.models.selection import EmbedderRequest, load_embedder
from codeassistd.models.token_features import FEATURES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

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
        if not self.lines:
            return 0.0
        reranked = 1 / (1 + np.exp(-(self.features @ weights[:-1] + weights[-1])))
        mixed = (1 - share) * self.scores + share * reranked
        order = np.argsort(-mixed, kind="stable")
        return ndcg([self.lines[at] for at in order[:DEPTH]], self.task.targets)


def judge_all(tasks: list[Task], folder: Path, data: Path) -> list[Judged]:
    """Ask every query and compute the features of what is found."""
    embedder = load_embedder(EmbedderRequest(cache_dir=data / "models")).embedder
    reranker = load_reranker(RerankerRequest())
    assert isinstance(reranker, LateInteractionReranker)
    judged = []
    for repository, group in groupby(tasks, key=lambda task: task.repository):
        index = WorkspaceIndex(folder / repository, data, embedder.identity, lambda: embedder)
        with index.snapshot() as snapshot:
            assert snapshot is not None
            for task in group:
                results = search(snapshot, embedder, SearchRequest(task.query, RERANKED)).results
                passages = [passage_text(result) for result in results]
                began = time.perf_counter()
                features = reranker.features(task.query, passages)
                seconds = time.perf_counter() - began
                lines = [Lines(result.path, result.start_line, result.end_line) for result in results]
                answers = [any(target.meets(each) for target in task.targets) for each in lines]
                scores = [result.score for result in results]
                judged.append(
                    Judged(
                        task,
                        lines,
                        np.array(scores),
                        features.astype(float),
                        np.array(answers, float),
                        seconds,
                    )
                )
        figures.step(repository)
    return judged


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

    def quality(share: float) -> float:
        return mean_of_means([(each.task.repository, each.ndcg(weights, share)) for each in judged])

    return max(SHARES, key=lambda share: (round(quality(share), 6), -share))


def cross_validated(judged: Sequence[Judged]) -> tuple[list[float], list[float]]:
    """NDCG@10 of each query by what other repositories taught; and the share of each fold."""
    repositories = sorted({each.task.repository for each in judged})
    random.Random(1).shuffle(repositories)  # noqa: S311 - a reproducible draw
    values, shares = dict.fromkeys(range(len(judged)), 0.0), []
    for fold in range(FOLDS):
        held_out = set(repositories[fold::FOLDS])
        seen = [each for each in judged if each.task.repository not in held_out]
        weights = fit(seen)
        shares.append(best_share(seen, weights))
        for at, each in enumerate(judged):
            if each.task.repository in held_out:
                values[at] = each.ndcg(weights, shares[-1])
    return list(values.values()), shares


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--queries", type=Path, required=True, help="the queries, one JSON object a line")
    parser.add_argument("--data", type=Path, required=True, help="folder of the complete indexes")
    options = parser.parse_args()
    judged = judge_all(read_tasks(options.queries, set()), Path(os.environ["CODEASSISTD_EVAL"]), options.data)
    repositories = [each.task.repository for each in judged]
    nothing = np.zeros(len(FEATURES) + 1)
    before = [each.ndcg(nothing, 0.0) for each in judged]
    after, shares = cross_validated(judged)
    gains = list(zip(repositories, (b - a for a, b in zip(before, after, strict=True)), strict=True))
    low, high = interval(gains)
    weights = fit(judged)
    learned = {name: round(float(value), 2) for name, value in zip(FEATURES, weights, strict=False)}
    everything = {
        share: mean_of_means([(each.task.repository, each.ndcg(weights, share)) for each in judged])
        for share in SHARES
    }
    lines = [
        f"without reranking  {mean_of_means(list(zip(repositories, before, strict=True))):.4f}",
        f"with, unseen       {mean_of_means(list(zip(repositories, after, strict=True))):.4f}",
        f"difference         {mean_of_means(gains):+.4f}  95 % interval {low:+.4f} .. {high:+.4f}",
        f"share of each fold {shares}",
        f"median time        {median(each.seconds for each in judged) * 1000:.1f} ms a query",
        "by share, seen     " + "  ".join(f"{share}: {value:.4f}" for share, value in everything.items()),
        f"WEIGHTS = {learned}",
        f"BIAS = {float(weights[-1]):.2f}",
    ]
    figures.publish({"lines": lines}, lines, as_json=False)


if __name__ == "__main__":
    main()
