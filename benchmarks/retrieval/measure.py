"""NDCG@10 of ranked lines against targets, and its bootstrap interval."""

from __future__ import annotations

import math
import random
from collections import defaultdict
from dataclasses import dataclass
from statistics import fmean

DEPTH = 10


@dataclass(frozen=True, slots=True)
class Lines:
    """Lines of a file; both ends None for the whole file."""

    path: str
    start: int | None
    end: int | None

    def meets(self, other: Lines) -> bool:
        """Whether both share a line."""
        if self.path != other.path:
            return False
        if self.start is None or self.end is None or other.start is None or other.end is None:
            return True
        return self.start <= other.end and other.start <= self.end


@dataclass(frozen=True, slots=True)
class Task:
    """A query with everything that answers it.

    Attributes:
        repository: Which corpus it is asked of.
        language: The corpus's language.
        category: What kind of query it is.
        query: What is asked.
        targets: What answers it, each as well as the others.
    """

    repository: str
    language: str
    category: str
    query: str
    targets: tuple[Lines, ...]


def ndcg(found: list[Lines], targets: tuple[Lines, ...]) -> float:
    """Binary gain at the rank where a target is first met; 1 when all targets lead the list."""
    ranks = {
        next((rank for rank, lines in enumerate(found[:DEPTH], 1) if target.meets(lines)), 0)
        for target in targets
    }
    gained = sum(1 / math.log2(rank + 1) for rank in ranks if rank)
    ideal = sum(1 / math.log2(rank + 1) for rank in range(1, min(DEPTH, len(targets)) + 1))
    return gained / ideal


def mean_of_means(values: list[tuple[str, float]]) -> float:
    """Mean over repositories of each one's mean, so that every repository counts the same."""
    groups = defaultdict(list)
    for repository, value in values:
        groups[repository].append(value)
    return fmean(fmean(group) for group in groups.values())


def interval(values: list[tuple[str, float]], rounds: int = 2000) -> tuple[float, float]:
    """95 % bootstrap interval of `mean_of_means`: repositories are drawn, then their queries."""
    groups = defaultdict(list)
    for repository, value in values:
        groups[repository].append(value)
    chance = random.Random(1)  # noqa: S311 - a reproducible draw
    drawn = list(groups.values())
    means = sorted(
        fmean(fmean(chance.choices(group, k=len(group))) for group in chance.choices(drawn, k=len(drawn)))
        for _ in range(rounds)
    )
    return means[int(0.025 * rounds)], means[int(0.975 * rounds)]
