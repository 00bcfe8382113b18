"""All rows of a small index in memory, for a revision that is searched again and again."""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from .hot_words import HotWords
from .rows import Hit
from .stored_columns import CHUNK_COLUMNS, records, vectors

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import pyarrow as pa
    from numpy.typing import NDArray

    from .rows import StoredChunk, TermField

MOST_ROWS = 20_000
"""More take too much memory (60 MB with 384 dimensions), and the approximate index is quicker."""

_WARM_LOOKUPS = 12
"""A search makes two. Reading all rows takes as long as some do, and each saved file makes a new revision."""

_BUSY_LOOKUPS = 100
"""Indexing the words of all rows takes as long as 50 searches spend looking them up on disk."""

_TERM_FIELDS: tuple[TermField, ...] = ("terms", "name_terms")
_log = logging.getLogger(__name__)


class HotRows:
    """The rows of one revision, read when it has been searched a few times. For any thread.

    Of 10,000 rows the nearest to a vector are found in half a millisecond of one processor, and a hundred of
    them read in as much: a quarter, and a tenth, of what that takes on disk. The words follow in the
    background when searches go on.

    Args:
        count: How many rows there are.
        read: Reads some columns of all of them, and "_rowid".
    """

    def __init__(self, count: int, read: Callable[[Sequence[str]], pa.Table]) -> None:
        self._read = read
        self._fits = 0 < count <= MOST_ROWS
        self._lock = threading.Lock()
        self._lookups = 0
        self._rows: _Rows | None = None
        self._words: dict[TermField, HotWords] = {}
        self._has_asked_for_words = False

    def nearest(self, vector: NDArray[np.float32], limit: int) -> list[Hit] | None:
        """The rows nearest to a vector by inner product, best first; None while they are not in memory.

        Rows without a vector are not among them.
        """
        rows = self._warm()
        return None if rows is None else rows.nearest(vector, limit)

    def chunks(self, rows: Sequence[int]) -> list[StoredChunk] | None:
        """The chunks of rows, in the same order; None while they are not in memory."""
        warm = self._warm()
        return None if warm is None else warm.chunks(rows)

    def matching(self, terms: Sequence[str], field: TermField, limit: int) -> list[Hit] | None:
        """The rows that have any of some distinct terms, best first; None while they are not in memory."""
        words = self._words.get(field)
        return None if words is None else words.matching(terms, limit)

    def _warm(self) -> _Rows | None:
        if not self._fits:
            return None
        with self._lock:
            self._lookups += 1
            if self._rows is None and self._lookups > _WARM_LOOKUPS:
                self._rows = _Rows.of(self._read(CHUNK_COLUMNS))
            if not self._has_asked_for_words and self._lookups > _BUSY_LOOKUPS:
                self._has_asked_for_words = True
                threading.Thread(target=self._read_words, name="read words", daemon=True).start()
            return self._rows

    def _read_words(self) -> None:
        try:
            found = self._read(_TERM_FIELDS).sort_by("_rowid")
            numbers = found["_rowid"].to_numpy().astype("int64")
            self._words = {field: HotWords.of(numbers, found[field]) for field in _TERM_FIELDS}
        except Exception:  # noqa: BLE001 - a snapshot that was closed meanwhile; its searches go on on disk
            _log.debug("The words of a revision can't be read.", exc_info=True)


@dataclass(frozen=True, slots=True)
class _Rows:
    """Rows by ascending number.

    Attributes:
        numbers: int64 of shape (count,).
        table: Everything but the vectors.
        matrix: float32 of shape (count, dimensions); zeros for a row without a vector.
        has_vector: Which rows have one, of shape (count,).
        embedded: Their positions.
    """

    numbers: NDArray[np.int64]
    table: pa.Table
    matrix: NDArray[np.float32]
    has_vector: NDArray[np.bool_]
    embedded: NDArray[np.intp]

    @classmethod
    def of(cls, found: pa.Table) -> _Rows:
        found = found.sort_by("_rowid")
        has_vector = found["vector"].is_valid().to_numpy()
        return cls(
            numbers=found["_rowid"].to_numpy().astype("int64"),
            table=found.drop_columns(["vector", "_rowid"]).combine_chunks(),
            matrix=vectors(found),
            has_vector=has_vector,
            embedded=np.flatnonzero(has_vector),
        )

    def nearest(self, vector: NDArray[np.float32], limit: int) -> list[Hit]:
        places, scores = self.embedded, self.matrix @ vector
        if len(places) < len(scores):
            scores = scores[places]
        best = np.argpartition(scores, -limit)[-limit:] if limit < len(scores) else np.arange(len(scores))
        best = best[np.lexsort((places[best], -scores[best]))]
        return list(map(Hit, self.numbers[places[best]].tolist(), scores[best].tolist()))

    def chunks(self, rows: Sequence[int]) -> list[StoredChunk]:
        places = np.searchsorted(self.numbers, np.asarray(rows, np.int64))
        has_vector = self.has_vector[places].tolist()
        found = [self.matrix[place] if has else None for place, has in zip(places, has_vector, strict=True)]
        return records(self.table.take(places), found)
