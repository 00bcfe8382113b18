"""What speaks for each candidate chunk and for each of their files, as arrays of shares. Pure."""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..terms import split_terms
from .definition import definition_worth
from .naming import file_name_scores, symbol_scores
from .prior import path_prior

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from ..store.rows import StoredChunk
    from .query import Query

    Floats = NDArray[np.float32]

_UNRELATED = 0.1
"""Cosine of texts that have nothing to do with each other."""

_WEAK_NAME = 0.4
"""Names that answer less of the query than this do not pass for a full match because nothing is better."""

_REACHING = 3


@dataclass(frozen=True, slots=True)
class Candidate:
    """A chunk that may answer, with what the index says about it.

    Attributes:
        chunk: The chunk.
        cosine: Inner product with the query's vector, or None where there is no vector.
        keyword: BM25 of its text; 0 when it was not among the best.
    """

    chunk: StoredChunk
    cosine: float | None
    keyword: float


@dataclass(frozen=True, slots=True)
class Signals:
    """Shares from 0 to 1, float32; of shape (chunks,), or (files,) where it says so.

    Attributes:
        file_of: Index of each chunk's file.
        semantic: Likeness in meaning, as a share of the best candidate's.
        keyword: BM25, likewise, times how much of the query the best candidates reach.
        symbol: How the symbol's name answers.
        definition: How well it defines a symbol that the query names.
        name: How the names of file and folders answer; (files,).
        prior: The factor for the kind of file; (files,).
    """

    file_of: list[int]
    semantic: Floats
    keyword: Floats
    symbol: Floats
    definition: Floats
    name: Floats
    prior: Floats


def signals(query: Query, candidates: Sequence[Candidate]) -> Signals:
    """Measure candidates; rarity and scale are judged among them."""
    chunks = [candidate.chunk for candidate in candidates]
    places: dict[str, int] = {}
    file_of = [places.setdefault(chunk.path, len(places)) for chunk in chunks]
    paths = list(places)
    cosines = np.array([c.cosine or 0.0 for c in candidates], np.float32)
    keywords = np.array([c.keyword for c in candidates], np.float32)
    return Signals(
        file_of=file_of,
        semantic=from_top(cosines - _UNRELATED),
        keyword=from_top(keywords) * _reach(query, candidates),
        symbol=from_top(symbol_scores(query.words, [chunk.symbol for chunk in chunks]), _WEAK_NAME),
        definition=np.array([definition_worth(chunk, query) for chunk in chunks], np.float32),
        name=from_top(file_name_scores(query.words, paths), _WEAK_NAME),
        prior=np.array([path_prior(path, query.intents) for path in paths], np.float32),
    )


def from_top(values: Floats, least: float = 0.0) -> Floats:
    """Scale so that the best, or `least` if that is more, is 1; negative values count as 0."""
    values = np.maximum(values, 0)
    top = values.max(initial=least)
    return values / top if top > 0 else values


def _reach(query: Query, candidates: Sequence[Candidate]) -> float:
    """The share of the query's words in the chunk that has most of them, among the best by words.

    Where no chunk has more than a few of the words, matching them says little.
    """
    best = heapq.nlargest(_REACHING, candidates, key=lambda candidate: candidate.keyword)
    words = set(query.words)
    found = (len(words.intersection(split_terms(each.chunk.text))) for each in best if each.keyword > 0)
    return max(found, default=0) / max(1, len(words))
