"""Finds code like given lines of an indexed file."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

import numpy as np

from ...models.errors import UsageError
from .candidates import embedded_now
from .merge import merged
from .rank import Ranked
from .request import EVERYWHERE, SearchMode, SearchRequest, SearchResponse
from .snippet import refreshed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from ...models.roles import Embedder
    from ..store.rows import Snapshot, StoredChunk
    from .request import SearchFilter
    from .snippet import FileReader

_SPARE_RESULTS = 10
_PATIENCE_SECONDS = 5.0


def similar(
    snapshot: Snapshot,
    embedder: Embedder | None,
    path: str,
    lines: tuple[int, int],
    limit: int = 10,
    where: SearchFilter = EVERYWHERE,
    read: FileReader | None = None,
) -> SearchResponse:
    """Find the chunks nearest in meaning to some lines, these lines' own chunks left out.

    Args:
        snapshot: The revision to search.
        embedder: The model of its vectors; needed only while the lines themselves have no vector yet.
        path: POSIX path relative to the workspace.
        lines: First and last line, 1-based, inclusive. A blank line stands for the nearest code.
        limit: How many results at most.
        where: Which chunks may be results.
        read: Gives the current text of a file, as in `search`.

    Raises:
        UsageError: The file is not indexed, or the lines or the limit are out of range.
    """
    SearchRequest(query=path, limit=limit).checked(has_embedder=True)
    covering = _covering(snapshot.chunks_of(path), path, lines)
    vector = _mean_vector(covering, embedder)
    own = {chunk.id for chunk in covering}
    hits = snapshot.nearest(vector, limit + _SPARE_RESULTS + len(own), where).result()
    likeness = [float(np.clip(hit.score, 0, 1)) for hit in hits]
    chunks = snapshot.chunks([hit.row for hit in hits])
    ranked = (
        Ranked(chunk, score, {"semantic": score})
        for chunk, score in zip(chunks, likeness, strict=True)
        if chunk.id not in own
    )
    results = merged(ranked, limit + (_SPARE_RESULTS if read else 0))
    if read is not None:
        results = list(islice(refreshed(results, read), limit))
    return SearchResponse(
        results=tuple(results),
        revision=snapshot.revision,
        has_every_file=snapshot.has_every_file,
        chunk_count=snapshot.chunk_count,
        embedded_count=snapshot.embedded_count,
        mode=SearchMode.SEMANTIC,
    )


def _covering(chunks: Sequence[StoredChunk], path: str, lines: tuple[int, int]) -> list[StoredChunk]:
    first, last = lines
    if not chunks:
        raise UsageError(
            f"{path} is not in the index", hint="give a path relative to the workspace, as search prints it"
        )
    if not 1 <= first <= last:
        raise UsageError(
            f"{path}:{first}-{last} is no range of lines", hint="lines count from 1, the smaller one first"
        )
    covering = [chunk for chunk in chunks if chunk.start_line <= last and first <= chunk.end_line]
    if covering:
        return covering
    end = max(chunk.end_line for chunk in chunks)
    if first > end:
        raise UsageError(f"{path} has no line {first}", hint=f"its last indexed line is {end}")
    return [min(chunks, key=lambda chunk: (_distance(chunk, lines), chunk.end_line < first))]


def _distance(chunk: StoredChunk, lines: tuple[int, int]) -> int:
    """Lines between a chunk and lines outside it."""
    return max(chunk.start_line - lines[1], lines[0] - chunk.end_line)


def _mean_vector(chunks: list[StoredChunk], embedder: Embedder | None) -> NDArray[np.float32]:
    """The direction of the chunks' mean, of shape (dimensions,) and unit length."""
    waiting = [chunk for chunk in chunks if chunk.vector is None]
    if waiting and embedder is not None:
        chunks = [c for c in chunks if c.vector is not None] + embedded_now(
            waiting, embedder, _PATIENCE_SECONDS
        )
    vectors = [chunk.vector for chunk in chunks if chunk.vector is not None]
    if not vectors:
        raise UsageError("these lines are not embedded yet", hint="run codeassistd index, then ask again")
    mean = np.mean(vectors, axis=0)
    return np.asarray(mean / max(float(np.linalg.norm(mean)), 1e-12), np.float32)
