"""Gathers the chunks that may answer a query: alike in meaning or words, or defining its symbols."""

from __future__ import annotations

import time
from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from ..chunk.passage import embedding_text
from .request import SearchMode
from .signals import Candidate

if TYPE_CHECKING:
    from concurrent.futures import Future

    from numpy.typing import NDArray

    from ...models.roles import Embedder
    from ..store.rows import Hit, Snapshot, StoredChunk
    from .query import Query
    from .request import SearchRequest

NEAREST = 50
NEAREST_ALONE = 80
MATCHING = 50
NAMED = 30
DEFINING = 50
PER_RESULT = 4
"""With a larger limit, at least this many candidates of a kind for each result asked for."""

ON_DEMAND = 48
"""Chunks without a vector that one search embeds at most, best by words first."""

ON_DEMAND_SECONDS = 0.25
"""A search stops embedding such chunks after this time; the rest are judged by their words and names."""

_ON_DEMAND_BATCH = 8


@dataclass(slots=True)
class _Evidence:
    """What is known so far about one row."""

    cosine: float | None = None
    keyword: float = 0.0


def gather(
    snapshot: Snapshot, query: Query, request: SearchRequest, embedder: Embedder | None
) -> list[Candidate]:
    """Collect candidates for a query.

    Args:
        snapshot: The revision to search.
        query: The parsed query of the request.
        request: Mode, filter and limit.
        embedder: The model of the snapshot's vectors; None leaves meaning out.
    """
    wanted, where = request.limit * PER_RESULT, request.where
    nearest = NEAREST_ALONE if request.mode is SearchMode.SEMANTIC else NEAREST
    lookups = _begin_lookups(snapshot, query, request, wanted)
    vector: NDArray[np.float32] | None = None
    pool: defaultdict[int, _Evidence] = defaultdict(_Evidence)
    if embedder is not None and request.mode is not SearchMode.KEYWORD:
        vector = np.asarray(embedder.embed([query.text], "query")[0], np.float32)
        for hit in snapshot.nearest(vector, max(nearest, wanted), where).result():
            pool[hit.row].cosine = hit.score
    for lookup, scores_text in lookups:
        for hit in lookup.result():
            evidence = pool[hit.row]
            if scores_text:
                evidence.keyword = hit.score
    chunks = snapshot.chunks(list(pool))
    found = [Candidate(chunk, e.cosine, e.keyword) for chunk, e in zip(chunks, pool.values(), strict=True)]
    return found if embedder is None or vector is None else _with_cosines(found, vector, embedder)


def _begin_lookups(
    snapshot: Snapshot, query: Query, request: SearchRequest, wanted: int
) -> list[tuple[Future[list[Hit]], bool]]:
    """Look words and symbols up while the query is embedded; the flag tells scores of text from others."""
    if request.mode is SearchMode.SEMANTIC:
        return []
    where = request.where
    begun = [
        (snapshot.matching(query.terms, "terms", max(MATCHING, wanted), where), True),
        (snapshot.matching(query.terms, "name_terms", max(NAMED, wanted), where), False),
    ]
    if query.names:
        begun.append((snapshot.defining(query.names, DEFINING, where), False))
    return begun


def embedded_now(chunks: list[StoredChunk], embedder: Embedder, seconds: float) -> list[StoredChunk]:
    """Embed chunks here and now, as many as the time allows.

    Args:
        chunks: Chunks without a vector, most wanted first.
        embedder: The model of the snapshot.
        seconds: No batch is begun after this time.

    Returns:
        The leading chunks, with vectors.
    """
    deadline = time.monotonic() + seconds
    done: list[StoredChunk] = []
    while len(done) < len(chunks) and time.monotonic() < deadline:
        batch = chunks[len(done) : len(done) + _ON_DEMAND_BATCH]
        vectors = embedder.embed([embedding_text(chunk, chunk.path) for chunk in batch], "document")
        done += [replace(chunk, vector=vector) for chunk, vector in zip(batch, vectors, strict=True)]
    return done


def _with_cosines(
    candidates: list[Candidate], vector: NDArray[np.float32], embedder: Embedder
) -> list[Candidate]:
    """Give chunks found by words their similarity too, embedding the best of those that wait for it."""
    unscored = [each for each in candidates if each.cosine is None]
    waiting = sorted((each for each in unscored if each.chunk.vector is None), key=lambda each: -each.keyword)
    now = embedded_now([each.chunk for each in waiting[:ON_DEMAND]], embedder, ON_DEMAND_SECONDS)
    known = {chunk.id: chunk for chunk in now}
    known |= {each.chunk.id: each.chunk for each in unscored if each.chunk.vector is not None}
    if not known:
        return candidates
    cosines = np.stack([chunk.vector for chunk in known.values() if chunk.vector is not None]) @ vector
    cosine_of = dict(zip(known, cosines.tolist(), strict=True))
    return [
        each
        if each.chunk.id not in cosine_of
        else Candidate(known[each.chunk.id], cosine_of[each.chunk.id], each.keyword)
        for each in candidates
    ]
