"""Measure an embedding model on an engine, and compare its vectors with those of another."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .roles import Embedder

_LEAST_QUERIES, _MOST_QUERIES = 10, 500
_FIRST_BATCH, _LARGEST_BATCH = 8, 256
_NEIGHBOURS = 10
QUERIES = (
    "where are settings loaded",
    "open a file and read its lines",
    "retry a request after a timeout",
    "parse command line arguments",
    "class that keeps a cache of recent results",
    "how are errors turned into exit codes",
    "compare two versions",
    "remove a folder and everything in it",
)


@dataclass(frozen=True, slots=True)
class Measurement:
    """How a model runs on an engine.

    Attributes:
        first_seconds: From nothing, process and model not there yet, to the first vector.
        texts_per_second: In bulk.
        query_p50_ms: Time of one query, half of them are quicker,
        query_p99_ms: and 99 in 100.
        queries: How many queries that is of.
        vectors: Of the first texts, as many as the time was enough for; shape (texts, dimensions).
    """

    first_seconds: float
    texts_per_second: float
    query_p50_ms: float
    query_p99_ms: float
    queries: int
    vectors: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Likeness:
    """How near the vectors of one engine are to another's.

    Attributes:
        texts: How many were compared.
        cosine_mean: Mean cosine between the two vectors of a text,
        cosine_min: and the least.
        overlap: Share of a text's ten nearest neighbours that are the same; None for too few texts.
    """

    texts: int
    cosine_mean: float
    cosine_min: float
    overlap: float | None


def measure(
    interactive: Embedder,
    bulk: Embedder,
    texts: Sequence[str],
    seconds: float,
    clock: Callable[[], float] = time.perf_counter,
) -> Measurement:
    """Run a model that isn't loaded yet.

    Args:
        interactive: Gets single queries.
        bulk: Gets the texts.
        texts: At least one; if time is left when all are done they are embedded again.
        seconds: About how long to measure, half of it in bulk; loading comes on top.
        clock: Seconds that never run backwards.

    Returns:
        What was measured.

    Raises:
        CodeassistdError: The model can't be loaded, or failed.
    """
    begun = clock()
    interactive.embed([QUERIES[0]], "query")
    first = clock() - begun
    times = _query_times(interactive, seconds / 2, clock)
    vectors, rate = _in_bulk(bulk, texts, seconds / 2, clock)
    return Measurement(
        first_seconds=first,
        texts_per_second=rate,
        query_p50_ms=float(np.percentile(times, 50)) * 1e3,
        query_p99_ms=float(np.percentile(times, 99)) * 1e3,
        queries=len(times),
        vectors=vectors,
    )


def _query_times(embedder: Embedder, seconds: float, clock: Callable[[], float]) -> list[float]:
    times: list[float] = []
    end = clock() + seconds
    for query in itertools.islice(itertools.cycle(QUERIES), _MOST_QUERIES):
        begun = clock()
        if begun > end and len(times) >= _LEAST_QUERIES:
            break
        embedder.embed([query], "query")
        times.append(clock() - begun)
    return times


def _in_bulk(
    embedder: Embedder, texts: Sequence[str], seconds: float, clock: Callable[[], float]
) -> tuple[NDArray[np.float32], float]:
    """Vectors of the first texts, and texts per second."""
    parts: list[NDArray[np.float32]] = []
    size, done, first = _FIRST_BATCH, 0, 0
    begun = clock()
    while done == 0 or clock() - begun < seconds:
        batch = texts[first : first + size]
        vectors = embedder.embed(batch, "document")
        if done < len(texts):
            parts.append(vectors)
        done += len(batch)
        first = 0 if first + size >= len(texts) else first + size
        # A slow engine gets small batches, so that it ends in time.
        if done / (clock() - begun) * seconds > 8 * size:
            size = min(2 * size, _LARGEST_BATCH)
    return np.concatenate(parts), done / (clock() - begun)


def compare(vectors: NDArray[np.float32], reference: NDArray[np.float32]) -> Likeness:
    """How near some vectors are to others of the same texts.

    Args:
        vectors: Unit vectors of shape (texts, dimensions).
        reference: Likewise, of at least one text; texts that one of both lacks don't count.

    Returns:
        The likeness.
    """
    count = min(len(vectors), len(reference))
    one, other = vectors[:count], reference[:count]
    cosines = np.einsum("nd,nd->n", one, other)
    overlap = None
    if count > 2 * _NEIGHBOURS:
        pairs = zip(_nearest(one), _nearest(other), strict=True)
        overlap = float(np.mean([len(set(a) & set(b)) / _NEIGHBOURS for a, b in pairs]))
    return Likeness(count, float(cosines.mean()), float(cosines.min()), overlap)


def _nearest(vectors: NDArray[np.float32]) -> list[list[int]]:
    products = vectors @ vectors.T
    np.fill_diagonal(products, -2.0)
    nearest: list[list[int]] = np.argsort(-products, axis=1)[:, :_NEIGHBOURS].tolist()
    return nearest
