"""Ranks candidate chunks: a convex mix of signals, judged by file first and then by chunk. Pure.

A good file is one that answers with several chunks, whose name answers, and that is an implementation; so a
file's score adds up its chunks' evidence, its name's and its symbols', times the prior of its path. The best
chunk of a file takes the file's score; its further chunks follow at falling scores, so that one file does not
fill the list.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from .signals import from_top, signals

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from ..store.rows import StoredChunk
    from .query import Query
    from .signals import Candidate, Signals

    Floats = NDArray[np.float32]


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
    found = signals(query, candidates)
    defining = weights.sole_definition if query.is_symbol else weights.definition
    of_file = _file_scores(found, weights, defining)
    of_chunk = (
        weights.chunk_semantic * found.semantic
        + weights.chunk_keyword * found.keyword
        + weights.chunk_symbol * found.symbol
        + defining * found.definition
    )
    scores = _within_files(of_chunk.tolist(), found.file_of, of_file.tolist(), weights.next_chunk)
    order = sorted(range(len(scores)), key=scores.__getitem__, reverse=True)
    parts = _parts(found, of_file)
    return [Ranked(candidates[i].chunk, scores[i], parts[i]) for i in order]


def _file_scores(found: Signals, weights: Weights, defining: float) -> Floats:
    """Score files, 0 to 1: float32 of shape (files,)."""
    mixed = weights.semantic + weights.keyword + weights.symbol + weights.file_name
    evidence = (
        weights.semantic * _gathered(found.semantic, found, weights.more_semantic)
        + weights.keyword * _gathered(found.keyword, found, weights.more_keyword)
        + weights.symbol * _gathered(found.symbol, found, 0.0)
        + weights.file_name * found.name
    )
    defined = (1 - _TIE + _TIE * found.prior) * _gathered(found.definition, found, 0.0)
    total = mixed + defining * bool(found.definition.any())
    return np.asarray((found.prior * evidence + defining * defined) / total, np.float32)


def _gathered(values: Floats, found: Signals, more: float) -> Floats:
    """Add up each file's best values, each further one at `more` times the worth.

    The best file gets the best chunk's value.

    Returns:
        float32 of shape (files,).
    """
    files: list[list[float]] = [[] for _ in found.prior]
    for file, value in zip(found.file_of, values.tolist(), strict=True):
        files[file].append(value)
    sums = [
        sum(value * more**place for place, value in enumerate(sorted(file, reverse=True)[:_FILE_CHUNKS]))
        for file in files
    ]
    return from_top(np.array(sums, np.float32)) * np.float32(values.max(initial=0.0))


def _within_files(
    of_chunk: list[float], file_of: list[int], of_file: list[float], next_chunk: float
) -> list[float]:
    """Give each file's best chunk the file's score, and the rest a falling share of it."""
    scores = [0.0] * len(of_chunk)
    best: dict[int, float] = {}
    left = list(of_file)
    for i in sorted(range(len(of_chunk)), key=of_chunk.__getitem__, reverse=True):
        file = file_of[i]
        most = best.setdefault(file, of_chunk[i])
        scores[i] = left[file] * (of_chunk[i] / most if most > 0 else 1.0)
        left[file] *= next_chunk
    return scores


def _parts(found: Signals, of_file: Floats) -> list[dict[str, float]]:
    """The explanation of each chunk's score."""
    name, prior, files = found.name.tolist(), found.prior.tolist(), of_file.tolist()
    rows = zip(
        found.semantic.tolist(),
        found.keyword.tolist(),
        found.symbol.tolist(),
        found.definition.tolist(),
        found.file_of,
        strict=True,
    )
    return [
        {
            "semantic": semantic,
            "keyword": keyword,
            "symbol": symbol,
            "definition": definition,
            "name": name[file],
            "file": files[file],
            "prior": prior[file],
        }
        for semantic, keyword, symbol, definition, file in rows
    ]
