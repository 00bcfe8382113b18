"""Ranks candidate chunks: a convex mix of signals, judged by file first and then by chunk. Pure.

A good file is one that answers with several chunks, whose name answers, and that is an implementation; so a
file's score adds up its chunks' evidence, its name's and its symbols', times the prior of its path. The best
chunk of a file takes the file's score; its further chunks follow at falling scores, so that one file does not
fill the list.
"""

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
class Weights:
    """The mix, chosen for whole files by name and topic, and for single functions by what they do.

    `benchmarks/retrieval` judges both. No single weight moves either by much when it is halved or doubled.

    Attributes:
        semantic: Meaning, in a file's score.
        keyword: Words, in a file's score.
        file_name: The names of file and folders.
        symbol: The symbols' names, in a file's score.
        definition: Defining a symbol that a sentence mentions.
        sole_definition: Defining the symbol that is the whole query; more than everything else together.
        more_semantic: What each further chunk near in meaning adds, as a share of the one before.
        more_keyword: The same for words.
        chunk_semantic: Meaning, when the chunks of one file are compared.
        chunk_keyword: Words, when the chunks of one file are compared.
        chunk_symbol: The symbol's name, when the chunks of one file are compared.
        next_chunk: What is left of the score with each chunk of the same file before.
    """

    semantic: float = 1.7
    keyword: float = 1.0
    file_name: float = 1.4
    symbol: float = 0.3
    definition: float = 1.0
    sole_definition: float = 8.0
    more_semantic: float = 0.15
    more_keyword: float = 0.5
    chunk_semantic: float = 3.0
    chunk_keyword: float = 1.0
    chunk_symbol: float = 1.0
    next_chunk: float = 0.7


WEIGHTS = Weights()

_FILE_CHUNKS = 4
_UNRELATED = 0.1
"""Cosine of texts that have nothing to do with each other."""

_WEAK_NAME = 0.4
"""Names that answer less of the query than this do not pass for a full match because nothing is better."""

_REACHING = 3
_TIE = 0.2
"""A definition is what it is wherever it stands; the kind of file decides between several."""


@dataclass(frozen=True, slots=True)
class Ranked:
    """A candidate in its place.

    Attributes:
        chunk: The chunk.
        score: 0 to 1.
        parts: The signals, 0 to 1 each: "semantic", "keyword", "symbol", "definition" of the chunk, "name" of
            its file; then "file", the score of its file, and "prior", the factor for the kind of file.
    """

    chunk: StoredChunk
    score: float
    parts: dict[str, float]


def rank(query: Query, candidates: Sequence[Candidate], weights: Weights = WEIGHTS) -> list[Ranked]:
    """Order candidates, best first.

    Args:
        query: The parsed query.
        candidates: Distinct chunks; rarity and scale of the signals are judged among them.
        weights: The mix.
    """
    if not candidates:
        return []
    chunks = [candidate.chunk for candidate in candidates]
    paths = list(dict.fromkeys(chunk.path for chunk in chunks))
    place = {path: i for i, path in enumerate(paths)}
    file_of = np.array([place[chunk.path] for chunk in chunks])

    semantic = _from_top(np.array([c.cosine or 0.0 for c in candidates], np.float32) - _UNRELATED)
    keyword = _from_top(np.array([c.keyword for c in candidates], np.float32)) * _reach(query, candidates)
    symbol = _from_top(symbol_scores(query.words, [chunk.symbol for chunk in chunks]), least=_WEAK_NAME)
    definition = np.array([definition_worth(chunk, query) for chunk in chunks], np.float32)
    name = _from_top(file_name_scores(query.words, paths), least=_WEAK_NAME)
    prior = np.array([path_prior(path, query.intents) for path in paths], np.float32)

    n = len(paths)
    defining = weights.sole_definition if query.is_symbol else weights.definition
    mixed = weights.semantic + weights.keyword + weights.symbol + weights.file_name
    of_file = prior * (
        weights.semantic * _per_file_share(semantic, file_of, n, weights.more_semantic)
        + weights.keyword * _per_file_share(keyword, file_of, n, weights.more_keyword)
        + weights.symbol * _per_file(symbol, file_of, n, 0.0)
        + weights.file_name * name
    )
    of_file += defining * (1 - _TIE + _TIE * prior) * _per_file(definition, file_of, n, 0.0)
    file_score = of_file / (mixed + defining * bool(definition.any()))
    of_chunk = (
        weights.chunk_semantic * semantic
        + weights.chunk_keyword * keyword
        + weights.chunk_symbol * symbol
        + defining * definition
    )
    score = _within_files(of_chunk, file_of, file_score, weights.next_chunk)
    order = np.argsort(-score, kind="stable")
    return [
        Ranked(
            chunks[i],
            float(score[i]),
            {
                "semantic": float(semantic[i]),
                "keyword": float(keyword[i]),
                "symbol": float(symbol[i]),
                "definition": float(definition[i]),
                "name": float(name[file_of[i]]),
                "file": float(file_score[file_of[i]]),
                "prior": float(prior[file_of[i]]),
            },
        )
        for i in order
    ]


def _reach(query: Query, candidates: Sequence[Candidate]) -> float:
    """The share of the query's words in the chunk that has most of them, among the best by words.

    Where no chunk has more than a few of the words, matching them says little.
    """
    best = heapq.nlargest(_REACHING, candidates, key=lambda candidate: candidate.keyword)
    words = set(query.words)
    found = (len(words.intersection(split_terms(each.chunk.text))) for each in best if each.keyword > 0)
    return max(found, default=0) / max(1, len(words))


def _per_file_share(values: Floats, file_of: NDArray[np.intp], files: int, more: float) -> Floats:
    """`_per_file`, scaled so that the best file has the best chunk's value."""
    return _from_top(_per_file(values, file_of, files, more)) * values.max(initial=0.0)


def _from_top(values: Floats, least: float = 0.0) -> Floats:
    """Scale so that the best, or `least` if that is more, is 1; negative values count as 0."""
    values = np.maximum(values, 0)
    top = values.max(initial=least)
    return values / top if top > 0 else values


def _per_file(values: Floats, file_of: NDArray[np.intp], files: int, more: float) -> Floats:
    """Add up each file's best values: the first in full, each further one at `more` times the worth."""
    sums = np.zeros(files, np.float32)
    seen = np.zeros(files, np.intp)
    factor = more ** np.arange(_FILE_CHUNKS) if more else np.eye(1, _FILE_CHUNKS)[0]
    for i in np.argsort(-values, kind="stable"):
        file = file_of[i]
        if seen[file] < _FILE_CHUNKS:
            sums[file] += factor[seen[file]] * values[i]
            seen[file] += 1
    return sums


def _within_files(
    of_chunk: Floats, file_of: NDArray[np.intp], file_score: Floats, next_chunk: float
) -> Floats:
    """Give each file's best chunk the file's score, and the rest a falling share of it."""
    best = np.zeros(len(file_score), np.float32)
    np.maximum.at(best, file_of, of_chunk)
    score = np.zeros(len(of_chunk), np.float32)
    seen = np.zeros(len(file_score), np.intp)
    for i in np.argsort(-of_chunk, kind="stable"):
        file = file_of[i]
        share = of_chunk[i] / best[file] if best[file] > 0 else 1.0
        score[i] = file_score[file] * share * next_chunk ** seen[file]
        seen[file] += 1
    return score
