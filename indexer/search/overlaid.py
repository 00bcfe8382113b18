"""A snapshot of the index with unsaved texts in the place of their files.

Stored rows of these files are looked up too and dropped, which is quicker than to exclude them in the index
as long as they are few: of all open documents only those count whose chunks differ from the stored ones.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

from ..store.query_loop import begin
from ..store.rows import Hit
from .bm25 import WordCounts, highest_rarity, recovered
from .overlay_rows import OverlayRows
from .request import EVERYWHERE

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from concurrent.futures import Future

    import numpy as np
    from numpy.typing import NDArray

    from ..store.rows import (
        ChunkRow,
        ExplainedHit,
        RowPlace,
        Snapshot,
        StoredChunk,
        StoredSnapshot,
        TermField,
    )
    from ..store.symbol_table import SymbolTable
    from .bm25 import TermStatistics
    from .overlay import Overlay
    from .request import SearchFilter

_TELLING = 50
"""Hits, at least, that rarities are recovered from."""

_MOST_PROBES = 8
"""Terms looked up singly, at most; only those that the overlay has and none of the hits."""


def overlaid(snapshot: StoredSnapshot, overlay: Overlay) -> Snapshot:
    """What a session sees of an index; the snapshot itself when no unsaved text differs from it."""
    if not overlay.rows:
        return snapshot
    stored: defaultdict[str, list[RowPlace]] = defaultdict(list)
    for place in snapshot.places(overlay.rows.keys()).result():
        stored[place.path].append(place)
    hidden = {
        path: stored[path]
        for path, rows in overlay.rows.items()
        if _identities(stored[path]) != _identities(each.row for each in rows)
    }
    return OverlaidSnapshot(snapshot, overlay, hidden) if hidden else snapshot


def _identities(rows: Iterable[RowPlace | ChunkRow]) -> set[tuple[object, ...]]:
    return {(row.id, row.start_line, row.end_line, row.language, row.kind, row.defines) for row in rows}


class OverlaidSnapshot:
    """An index with an overlay over it; made by `overlaid`.

    Rows of the overlay have negative numbers, those of the index never do.

    Args:
        snapshot: The index.
        overlay: The unsaved texts.
        hidden: For each path to overlay, the stored rows of it.
    """

    def __init__(
        self, snapshot: StoredSnapshot, overlay: Overlay, hidden: Mapping[str, Sequence[RowPlace]]
    ) -> None:
        self._stored = snapshot
        self._hidden = {place.row: place for places in hidden.values() for place in places}
        self._paths = hidden.keys()
        self._overlay = overlay
        self._own = OverlayRows(overlay, self._paths)

    @property
    def revision(self) -> int:
        """The revision below the overlay."""
        return self._stored.revision

    @property
    def has_every_file(self) -> bool:
        """Whether every file of the last scan is in that revision."""
        return self._stored.has_every_file

    @property
    def chunk_count(self) -> int:
        """Chunks that can be found."""
        return self._stored.chunk_count - len(self._hidden) + len(self._own)

    @property
    def embedded_count(self) -> int:
        """Those of them that have a vector."""
        hidden = sum(place.embedded for place in self._hidden.values())
        return self._stored.embedded_count - hidden + self._own.embedded_count

    def nearest(self, vector: NDArray[np.float32], limit: int, where: SearchFilter) -> Future[list[Hit]]:
        """Look for the rows nearest to a vector; in the overlay exactly, whatever the index does."""
        stored = self._stored.nearest(vector, self._enough(limit), where)
        return begin(self._joined(stored, self._own.nearest(vector, where), limit))

    def matching(
        self, terms: Sequence[str], field: TermField, limit: int, where: SearchFilter
    ) -> Future[list[Hit]]:
        """Look for the rows that contain any of the terms, all on the scale of the index's BM25.

        How rare each term is comes from the scores of the very hits that the overlay's rows are sorted into
        (see `bm25`): rows that the full-text index doesn't hold yet are scored on a scale of their own, which
        depends on the filter. A term of the overlay that none of the hits has is looked up by itself; one
        that is in no stored row is as rare as can be.
        """
        own = self._own.having(terms, field, where)
        if not own:
            stored = self._stored.matching(terms, field, self._enough(limit), where)
            return begin(self._joined(stored, [], limit))
        explained = self._stored.explained(terms, field, self._enough(max(limit, _TELLING)), where)
        return begin(self._matching(explained, own, terms, field, limit))

    async def _matching(
        self,
        explained: Future[list[ExplainedHit]],
        own: Sequence[tuple[int, WordCounts]],
        terms: Sequence[str],
        field: TermField,
        limit: int,
    ) -> list[Hit]:
        hits = await asyncio.wrap_future(explained)
        known = self._recovered(terms, hits)
        unknown = [
            term
            for term in terms
            if term not in known.rarity and any(term in words.counts for _, words in own)
        ]
        more = await self._looked_up(unknown[:_MOST_PROBES], field)
        statistics = replace(known, rarity={**known.rarity, **more})
        return self._merged(
            [Hit(hit.row, hit.score) for hit in hits],
            [Hit(number, statistics.score(words)) for number, words in own],
            limit,
        )

    async def _looked_up(self, terms: Sequence[str], field: TermField) -> dict[str, float]:
        """The rarity of single terms."""
        rarest = highest_rarity(self._stored.chunk_count)
        lookups = [self._stored.explained([term], field, _MOST_PROBES, EVERYWHERE) for term in terms]
        found = await asyncio.gather(*map(asyncio.wrap_future, lookups))
        return {
            term: self._recovered([term], hits).rarity.get(term, rarest)
            for term, hits in zip(terms, found, strict=True)
        }

    def _recovered(self, terms: Sequence[str], hits: Sequence[ExplainedHit]) -> TermStatistics:
        scored = [(hit.score, WordCounts.of(hit.terms)) for hit in hits]
        return recovered(terms, scored, self._stored.chunk_count)

    def defining(self, names: Sequence[str], limit: int, where: SearchFilter) -> Future[list[Hit]]:
        """Look for the rows that define a symbol; those of the overlay come first."""
        stored = self._stored.defining(names, self._enough(limit), where)
        return begin(self._joined(stored, self._own.defining(names, where), limit))

    def chunks(self, rows: Sequence[int]) -> list[StoredChunk]:
        """Read rows by their numbers, in the order given."""
        stored = iter(self._stored.chunks([row for row in rows if row >= 0]))
        return [next(stored) if row >= 0 else self._own.chunk(row) for row in rows]

    def chunks_of(self, path: str) -> list[StoredChunk]:
        """The chunks of one file in line order."""
        if path not in self._paths:
            return self._stored.chunks_of(path)
        return [self._overlay.chunk(each.row) for each in self._overlay.rows[path]]

    def symbol_tables(self) -> list[SymbolTable]:
        """Every definition: of the overlay, and of files without one."""
        stored = self._stored.symbol_tables()
        return [self._own.symbol_table(), *(table.without(self._paths) for table in stored)]

    async def _joined(self, stored: Future[list[Hit]], own: Sequence[Hit], limit: int) -> list[Hit]:
        found = await asyncio.wrap_future(stored)
        return self._merged(found, own, limit)

    def _merged(self, stored: Iterable[Hit], own: Iterable[Hit], limit: int) -> list[Hit]:
        hits = [*own, *(hit for hit in stored if hit.row not in self._hidden)]
        return sorted(hits, key=lambda hit: -hit.score)[:limit]

    def _enough(self, limit: int) -> int:
        """How many stored rows to ask for so that enough are left when the hidden ones are dropped."""
        return limit + len(self._hidden)
