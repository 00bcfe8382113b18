"""Looking through the chunks of unsaved texts, in memory and exactly."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from ..store.filters import passes
from ..store.rows import Hit, defines_any
from ..store.symbol_table import SymbolTable

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from numpy.typing import NDArray

    from ..store.rows import StoredChunk, TermField
    from .bm25 import WordCounts
    from .overlay import OverlaidRow, Overlay
    from .request import SearchFilter


class OverlayRows:
    """The chunks of some files of an overlay, under numbers of their own: -1, -2, … in order.

    Args:
        overlay: The unsaved texts.
        paths: Which of them.
    """

    def __init__(self, overlay: Overlay, paths: Collection[str]) -> None:
        self._overlay = overlay
        self._rows = [each for path in sorted(paths) for each in overlay.rows[path]]

    def __len__(self) -> int:
        return len(self._rows)

    @property
    def embedded_count(self) -> int:
        """Chunks that have a vector."""
        return len(self._vectors[0])

    def nearest(self, vector: NDArray[np.float32], where: SearchFilter) -> list[Hit]:
        """Compare every chunk that has a vector, by inner product; in no order."""
        numbers, matrix = self._vectors
        if not numbers:
            return []
        allowed = set(self._allowed(where))
        scores = (matrix @ vector).tolist()
        return [
            Hit(number, score) for number, score in zip(numbers, scores, strict=True) if number in allowed
        ]

    def having(
        self, terms: Sequence[str], field: TermField, where: SearchFilter
    ) -> list[tuple[int, WordCounts]]:
        """Find the chunks that have any of some terms; gives their words in the field."""
        found = ((number, self._words(number, field)) for number in self._allowed(where))
        return [(number, words) for number, words in found if not words.counts.keys().isdisjoint(terms)]

    def defining(self, names: Sequence[str], where: SearchFilter) -> list[Hit]:
        """Find the chunks that define a symbol whose path is, or ends with, one of the names, in any case."""
        names = [name for name in names if name and not name.endswith(".")]
        rows = ((number, self._at(number).row) for number in self._allowed(where))
        return [Hit(number, 1.0) for number, row in rows if defines_any({row.symbol, *row.defines}, names)]

    def chunk(self, number: int) -> StoredChunk:
        """Read a chunk by its number."""
        return self._overlay.chunk(self._at(number).row)

    def symbol_table(self) -> SymbolTable:
        """Every definition in these chunks."""
        rows = [each.row for each in self._rows]
        return SymbolTable(
            list(self._numbers),
            [row.path for row in rows],
            [row.start_line for row in rows],
            [row.end_line for row in rows],
            [row.kind for row in rows],
            [row.defines for row in rows],
        )

    @property
    def _numbers(self) -> range:
        return range(-1, -len(self._rows) - 1, -1)

    def _at(self, number: int) -> OverlaidRow:
        return self._rows[-1 - number]

    def _words(self, number: int, field: TermField) -> WordCounts:
        each = self._at(number)
        return each.words if field == "terms" else each.name_words

    def _allowed(self, where: SearchFilter) -> Iterator[int]:
        for number in self._numbers:
            row = self._at(number).row
            if passes(where, row.path, row.language, row.kind):
                yield number

    @cached_property
    def _vectors(self) -> tuple[list[int], NDArray[np.float32]]:
        """The numbers of chunks with a vector, and the vectors as rows."""
        known = self._overlay.vectors
        numbers = [number for number in self._numbers if self._at(number).row.vector_key in known]
        if not numbers:
            return [], np.empty((0, 0), np.float32)
        vectors = np.stack([known[self._at(number).row.vector_key] for number in numbers])
        return numbers, vectors.astype(np.float32)
