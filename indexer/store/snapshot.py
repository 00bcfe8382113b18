"""Reading one pinned revision of an index."""

from __future__ import annotations

import contextlib
import sqlite3
from typing import TYPE_CHECKING, Any

import numpy as np

from .errors import table_errors, unreadable
from .filters import quote, where
from .lance_runtime import MatchQuery
from .locking import reading
from .manifest import Manifest
from .recovery import require_format
from .rows import ScoredChunk, StoredChunk
from .table import ChunkTable, symbol_tail

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pyarrow as pa
    from numpy.typing import NDArray

    from ..search.request import SearchFilter
    from .layout import IndexLayout
    from .manifest import Head
    from .rows import TermField

_COLUMNS = ["id", "path", "start_line", "end_line", "language", "symbol", "kind", "context", "text"]
_ALL_COLUMNS = [*_COLUMNS, "vector", "defines"]
_FILE_LIMIT = 100_000
_NPROBES = 24


class IndexSnapshot:
    """One revision: searches on it see the same rows however the index goes on.

    Args:
        layout: The index.
        head: The committed state to read.
        table: The chunk table, checked out at that state.

    Raises:
        DamagedIndexError: From any search, when the rows can't be read.
    """

    def __init__(self, layout: IndexLayout, head: Head, table: ChunkTable) -> None:
        self._layout = layout
        self._head = head
        self._lance = table.lance

    @property
    def revision(self) -> int:
        """The revision that every answer of this snapshot comes from."""
        return self._head.revision

    @property
    def lance(self) -> Any:
        """The LanceDB table, checked out at this revision."""
        return self._lance

    @property
    def chunk_count(self) -> int:
        """Chunks in this revision."""
        return self._head.chunks

    @property
    def embedded_count(self) -> int:
        """Chunks that have a vector."""
        return self._head.embedded

    def nearest(self, vector: NDArray[np.float32], limit: int, where: SearchFilter) -> list[ScoredChunk]:
        """The chunks nearest to a vector.

        Args:
            vector: Unit vector, float32 of shape (dimensions,).
            limit: How many at most.
            where: What may be found.

        Returns:
            Chunks with their inner product, best first; chunks without a vector are not among them.
        """
        query: Any = self._lance.search(vector, vector_column_name="vector")
        query = query.distance_type("dot").nprobes(_NPROBES)
        found = self._run(query, limit, where, "_distance")
        return [ScoredChunk(chunk, 1.0 - distance) for chunk, distance in found]

    def matching(
        self, terms: Sequence[str], field: TermField, limit: int, where: SearchFilter
    ) -> list[ScoredChunk]:
        """The chunks that contain any of some terms.

        Args:
            terms: Code-aware terms, without white space.
            field: Which text they are looked for in.
            limit: How many at most.
            where: What may be found.

        Returns:
            Chunks with their BM25 score (k1 = 1.2, b = 0.75), best first.
        """
        if not terms:
            return []
        words: Any = MatchQuery(" ".join(terms), field)  # type: ignore[call-arg]
        query = self._lance.search(words, query_type="fts")
        return [ScoredChunk(chunk, score) for chunk, score in self._run(query, limit, where, "_score")]

    def defining(self, names: Sequence[str], limit: int, where: SearchFilter) -> list[StoredChunk]:
        """The chunks that define a symbol.

        Args:
            names: Symbols such as "Class.method" or "method", in any case.
            limit: How many at most.
            where: What may be found.

        Returns:
            Chunks of a symbol, or with a definition in them, whose path is, or ends with, one of the
            names; by path and line.
        """
        tails = sorted({symbol_tail(name) for name in names} - {""})
        if not tails:
            return []
        condition = f"array_has_any(symbol_tails, [{', '.join(map(quote, tails))}])"
        wanted = {name.lower() for name in names}
        found = self._select(condition, where, limit * 4)
        return [
            chunk
            for chunk in found
            if any(_ends_with_symbol(symbol, name) for symbol in _symbols(chunk) for name in wanted)
        ][:limit]

    def chunks_of(self, path: str) -> list[StoredChunk]:
        """The chunks of one file in line order."""
        return self._select(f"path = {quote(path)}", None, _FILE_LIMIT)

    def _select(self, condition: str, search_filter: SearchFilter | None, limit: int) -> list[StoredChunk]:
        more = where(search_filter) if search_filter else None
        query = self._lance.search().where(f"{condition} AND {more}" if more else condition)
        found = [chunk for chunk, _ in self._fetch(query, _ALL_COLUMNS, limit, None)]
        return sorted(found, key=lambda chunk: (chunk.path, chunk.start_line))

    def _run(
        self,
        query: Any,
        limit: int,
        search_filter: SearchFilter,
        score: str,
    ) -> list[tuple[StoredChunk, float]]:
        condition = where(search_filter)
        if condition:
            query = query.where(condition, prefilter=True)
        return self._fetch(query, [*_ALL_COLUMNS, score], limit, score)

    def _fetch(
        self, query: Any, columns: list[str], limit: int, score: str | None
    ) -> list[tuple[StoredChunk, float]]:
        with table_errors(self._layout.folder):
            table = query.select(columns).limit(limit).to_arrow()
        return _chunks(table, score)


@contextlib.contextmanager
def open_snapshot(layout: IndexLayout) -> Iterator[IndexSnapshot | None]:
    """Pin the newest revision for reading.

    Args:
        layout: The index.

    Yields:
        The snapshot, or None when nothing was committed yet.

    Raises:
        DamagedIndexError: When the index can't be read as the manifest says.
    """
    if not layout.manifest.exists():
        yield None
        return
    with reading(layout):
        try:
            manifest = Manifest(layout.manifest)
            try:
                head = manifest.head()
            finally:
                manifest.close()
        except sqlite3.DatabaseError as error:
            raise unreadable(layout.folder, error) from error
        if head is None:
            yield None
            return
        require_format(layout, head)
        yield IndexSnapshot(layout, head, _open_at(layout, head))


def _open_at(layout: IndexLayout, head: Head) -> ChunkTable:
    """The table at the committed state.

    During maintenance every version has the same rows, and after a crash in it the named one may have
    lost data files already: only the newest is whole for certain.
    """
    with table_errors(layout.folder):
        if not head.maintaining:
            return ChunkTable.open(layout.database, version=head.table_version)
        newest = ChunkTable.open(layout.database)
        newest.stay()
        return newest


def _symbols(chunk: StoredChunk) -> set[str]:
    return {symbol.lower() for symbol in (chunk.symbol, *chunk.defines)}


def _ends_with_symbol(symbol: str, name: str) -> bool:
    return symbol == name or symbol.endswith(f".{name}")


def _chunks(table: pa.Table, score: str | None) -> list[tuple[StoredChunk, float]]:
    """Rows of a result as records; the vectors come out of Arrow in one piece, not number by number."""
    count = table.num_rows
    if count == 0:
        return []
    column = table["vector"].combine_chunks()
    flat = column.fill_null([0.0] * column.type.list_size) if column.null_count else column
    vectors = flat.flatten().to_numpy(zero_copy_only=False).reshape(count, -1).astype(np.float32)
    missing = column.is_null().to_pylist()
    scores = table[score].to_pylist() if score else [0.0] * count
    columns = [table[name].to_pylist() for name in _COLUMNS]
    vector = [None if missing[row] else vectors[row] for row in range(count)]
    defines = map(tuple, table["defines"].to_pylist())
    return list(zip(map(StoredChunk, *columns, vector, defines), scores, strict=True))
