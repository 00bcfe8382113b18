"""Answers one search over one pinned revision: parse, gather, rank, merge, refresh."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING

from .candidates import gather
from .merge import merged
from .query import parse_query
from .rank import rank
from .request import SearchMode, SearchResponse
from .second_stage import RERANKED, reranked
from .snippet import refreshed
from .symbol_choice import named

if TYPE_CHECKING:
    from collections.abc import Callable

    from ...models.roles import Embedder, Reranker
    from ..store.rows import Snapshot
    from .request import SearchRequest
    from .snippet import FileReader

_SPARE_RESULTS = 10
"""Results ranked beyond the limit, to stand in for those whose lines are gone."""

ENOUGH_VECTORS = 0.8
"""Share of chunks that must have a vector before a hybrid search ranks by meaning. Below it, the chunks that
have one crowd out better ones that wait for theirs: on 21 repositories without any vector, words alone give
NDCG@10 .815, and words with the best candidates embedded on demand .754 (`benchmarks/retrieval`, --young)."""


def search(
    snapshot: Snapshot,
    embedder: Embedder | None,
    request: SearchRequest,
    read: FileReader | None = None,
    reranker: Reranker | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> SearchResponse:
    """Search one revision of an index. A hybrid search goes by words while few chunks have vectors.

    Args:
        snapshot: The revision.
        embedder: The model of its vectors. Without one a hybrid search goes by words and names alone.
        request: What to look for.
        read: Gives the current text of a file, so that results have the lines that are there now; without it
            they have the lines as indexed.
        reranker: Looks at the best results again; see `second_stage`.
        cancelled: Polled by the reranker.

    Raises:
        UsageError: The request cannot be carried out as it is.
        CancelledError: Of concurrent.futures; ``cancelled`` said so while reranking.
    """
    request = request.checked(has_embedder=embedder is not None)
    if request.mode is SearchMode.HYBRID and snapshot.embedded_count < ENOUGH_VECTORS * snapshot.chunk_count:
        request = replace(request, mode=SearchMode.KEYWORD)
    query = parse_query(request.query)
    ranked = rank(query, gather(snapshot, query, request, embedder))
    wanted = request.limit + (_SPARE_RESULTS if read else 0)
    results = merged(named(ranked, query), wanted if reranker is None else max(wanted, RERANKED))
    if reranker is not None:
        results = reranked(request.query, results, reranker, cancelled)[:wanted]
    if read is not None:
        results = list(islice(refreshed(results, read), request.limit))
    return SearchResponse(
        results=tuple(results),
        revision=snapshot.revision,
        has_every_file=snapshot.has_every_file,
        chunk_count=snapshot.chunk_count,
        embedded_count=snapshot.embedded_count,
        mode=request.mode,
    )
