"""BM25 outside the full-text index, on the index's own scale. Pure.

The index doesn't tell how rare a word is or how long its texts are, but its scores do: each is a sum over the
query's words of rarity times a known function of the word's count and the text's length. So rarities and mean
length are those that explain the scores of some of its hits best; with more hits than words that is exact.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

K1 = 1.2
B = 0.75

_WIDEST = math.log(8.0)
_STEPS = 9
_NARROWER = 0.3
_ROUNDS = 5
"""The mean length is looked for within a factor of 8 of the hits' own, in ever smaller steps down to 0.4%."""

_DOUBT = 1e-4
"""Where hits explain any mean length equally well, the one nearest to theirs is taken."""


@dataclass(frozen=True, slots=True)
class WordCounts:
    """How often each term is in a text, and how many terms it has."""

    counts: Mapping[str, int]
    length: int

    @classmethod
    def of(cls, terms: str) -> WordCounts:
        """Count space-separated terms."""
        counts = Counter(terms.split())
        return cls(counts, counts.total())


@dataclass(frozen=True, slots=True)
class TermStatistics:
    """What BM25 needs to know of all texts.

    Attributes:
        rarity: Inverse document frequency by term.
        mean_length: Mean number of terms of a text.
    """

    rarity: Mapping[str, float]
    mean_length: float

    def score(self, text: WordCounts) -> float:
        """BM25 of a text for the terms whose rarity is known; 0 when it has none of them."""
        return sum(
            rarity * saturation(text.counts[term], text.length, self.mean_length)
            for term, rarity in self.rarity.items()
            if term in text.counts
        )


def saturation(count: int, length: int, mean_length: float) -> float:
    """What a term's count in a text is worth: 0 to K1 + 1, less in a long text."""
    return count * (K1 + 1) / (count + K1 * (1 - B + B * length / mean_length)) if count else 0.0


def highest_rarity(texts: int) -> float:
    """The rarity of a term that is in none of so many texts."""
    return math.log1p((texts + 0.5) / 0.5)


def recovered(terms: Sequence[str], scored: Sequence[tuple[float, WordCounts]], texts: int) -> TermStatistics:
    """Tell rarities and mean length from scores.

    Args:
        terms: Distinct terms of the query that was scored.
        scored: Some of its hits: score and text.
        texts: How many texts there are.

    Returns:
        The rarities of the terms that are in any of these texts. Terms that are never apart in them share
        theirs.
    """
    seen = [term for term in terms if any(term in text.counts for _, text in scored)]
    if not seen:
        return TermStatistics({}, 1.0)
    scores = np.array([score for score, _ in scored])
    counts = np.array([[text.counts.get(term, 0) for term in seen] for _, text in scored], float)
    lengths = np.array([[max(1, text.length)] for _, text in scored], float)
    usual = middle = math.log(float(lengths.mean()))
    rarities, width = np.zeros(len(seen)), _WIDEST
    for _ in range(_ROUNDS):
        tried = np.linspace(middle - width, middle + width, _STEPS)
        relative = lengths / np.exp(tried)[:, None, None]
        weights = counts * (K1 + 1) / (counts + K1 * (1 - B + B * relative))
        # What no rarity can be is no explanation.
        solved = np.clip(np.linalg.pinv(weights, rcond=1e-6) @ scores, 0.0, highest_rarity(texts))
        missed = np.linalg.norm((weights @ solved[:, :, None])[:, :, 0] - scores, axis=1)
        errors = missed / max(float(np.linalg.norm(scores)), 1e-9) + _DOUBT * np.abs(tried - usual)
        best = int(np.argmin(errors))
        middle, rarities, width = float(tried[best]), solved[best], width * _NARROWER
    return TermStatistics(dict(zip(seen, rarities.tolist(), strict=True)), math.exp(middle))
