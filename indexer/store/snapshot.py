"""Reading one pinned revision of an index."""

from __future__ import annotations

import contextlib
import sqlite3
from operator import attrgetter, itemgetter
from typing import TYPE_CHECKING, Any

from .errors import table_errors, unreadable
from .filters import condition_of, quote
from .hot_rows import HotRows
from .lance_runtime import MatchQuery, drop_caches, lancedb, session
from .locking import reading
from .manifest import Manifest
from .query_loop import begin, completed, run
from .recovery import require_format
from .row_cache import RowCache
from .rows import ExplainedHit, Hit, RowPlace, defines_any
from .stored_columns import CHUNK_COLUMNS, stored_chunks
from .symbol_table import SymbolTable, SymbolTables
from .table import NAME, symbol_tail

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from concurrent.futures import Future

    import numpy as np
    import pyarrow as pa
    from lancedb.table import AsyncTable
    from numpy.typing import NDArray

    from ..search.request import SearchFilter
    from .layout import IndexLayout
    from .manifest import Head
    from .rows import StoredChunk, TermField

_PLACE_COLUMNS = ["id", "path", "start_line", "end_line", "language", "kind", "defines", "embedded"]
_SYMBOL_COLUMNS = ["path", "start_line", "end_line", "kind", "defines"]
_ROW = "_rowid"
_FILE_LIMIT = 100_000
_symbol_tables = SymbolTables()
__all__ = ["IndexSnapshot", "drop_caches", "open_snapshot"]

_NPROBES = 24
"""Parts of the approximate index that a search looks into: all of them up to some 50,000 vectors."""


class IndexSnapshot:
    """One revision: searches on it see the same rows however the index goes on.

    Args:
        layout: The index.
        head: The committed state to read.
        table: The chunk table, checked out at that state.

    Raises:
        DamagedIndexError: From any search, when the rows can't be read.
    """

    def __init__(self, layout: IndexLayout, head: Head, table: AsyncTable) -> None:
        self._layout = layout
        self._head = head
        self._table = table
        self._rows = RowCache(self._read_chunks)
        self._hot = HotRows(head.chunks, self._read_all)

    @property
    def revision(self) -> int:
        """The revision that every answer of this snapshot comes from."""
        return self._head.revision

    @property
    def has_every_file(self) -> bool:
        """Whether every file of the last scan is in this revision."""
        return self._head.complete

    @property
    def chunk_count(self) -> int:
        """Chunks in this revision."""
        return self._head.chunks

    @property
    def embedded_count(self) -> int:
        """Chunks that have a vector."""
        return self._head.embedded

    def nearest(self, vector: NDArray[np.float32], limit: int, where: SearchFilter) -> Future[list[Hit]]:
        """Look for the rows nearest to a vector.

        Args:
            vector: Unit vector, float32 of shape (dimensions,).
            limit: How many at most.
            where: What may be found.

        Returns:
            Rows with their inner product, best first; those without a vector are not among them.
        """
        if not condition_of(where) and (hits := self._hot.nearest(vector, limit)) is not None:
            return completed(hits)
        query: Any = self._table.query().nearest_to(vector).column("vector")
        return begin(self._nearest(query.distance_type("dot").nprobes(_NPROBES), limit, where))

    async def _nearest(self, query: Any, limit: int, where: SearchFilter) -> list[Hit]:
        found = await self._hits(query, limit, where, "_distance")
        return [Hit(row, 1.0 - distance) for row, distance in found]

    def matching(
        self, terms: Sequence[str], field: TermField, limit: int, where: SearchFilter
    ) -> Future[list[Hit]]:
        """Look for the rows that contain any of some terms.

        Args:
            terms: Code-aware terms, without white space.
            field: Which text they are looked for in.
            limit: How many at most.
            where: What may be found.

        Returns:
            Rows with their BM25 score (k1 = 1.2, b = 0.75), best first.
        """
        if not condition_of(where) and (hits := self._hot.matching(terms, field, limit)) is not None:
            return completed(hits)
        return begin(self._matching(terms, field, limit, where))

    async def _matching(
        self, terms: Sequence[str], field: TermField, limit: int, where: SearchFilter
    ) -> list[Hit]:
        if not terms:
            return []
        query = self._by_words(terms, field)
        return [Hit(row, score) for row, score in await self._hits(query, limit, where, "_score")]

    def explained(
        self, terms: Sequence[str], field: TermField, limit: int, where: SearchFilter
    ) -> Future[list[ExplainedHit]]:
        """Like `matching`, with the terms of each row: what its score was made of."""
        return begin(self._explained(terms, field, limit, where))

    async def _explained(
        self, terms: Sequence[str], field: TermField, limit: int, where: SearchFilter
    ) -> list[ExplainedHit]:
        if not terms:
            return []
        query = _limited(self._by_words(terms, field), where)
        found = await self._read(query.with_row_id().select(["_score", field]).limit(limit))
        columns = (found[name].to_pylist() for name in (_ROW, "_score", field))
        return list(map(ExplainedHit, *columns))

    def _by_words(self, terms: Sequence[str], field: TermField) -> Any:
        words: Any = MatchQuery(" ".join(terms), field)  # type: ignore[call-arg]
        return self._table.query().nearest_to_text(words)

    def defining(self, names: Sequence[str], limit: int, where: SearchFilter) -> Future[list[Hit]]:
        """Look for the rows that define a symbol.

        Args:
            names: Symbols such as "Class.method" or "method", in any case.
            limit: How many at most.
            where: What may be found.

        Returns:
            Rows of a symbol, or with a definition in them, whose path is, or ends with, one of the
            names; by path and line, all with score 1.
        """
        return begin(self._defining(names, limit, where))

    async def _defining(self, names: Sequence[str], limit: int, where: SearchFilter) -> list[Hit]:
        tails = sorted({symbol_tail(name) for name in names} - {""})
        if not tails:
            return []
        condition = f"array_has_any(symbol_tails, [{', '.join(map(quote, tails))}])"
        more = condition_of(where)
        query = self._table.query().where(f"{condition} AND {more}" if more else condition)
        columns = ["path", "start_line", "symbol", "defines"]
        found = (await self._read(query.with_row_id().select(columns).limit(limit * 4))).to_pylist()
        defining = [row for row in found if defines_any({row["symbol"], *row["defines"]}, names)]
        defining.sort(key=itemgetter("path", "start_line"))
        return [Hit(row[_ROW], 1.0) for row in defining[:limit]]

    def chunks(self, rows: Sequence[int]) -> list[StoredChunk]:
        """Read rows by the numbers that this snapshot gave, in the same order."""
        found = self._hot.chunks(rows)
        return self._rows.chunks(rows) if found is None else found

    def _read_chunks(self, rows: Sequence[int]) -> list[StoredChunk]:
        """Read rows, all at once: that is what a search spends most of its time with."""
        taken = run(self._read(self._table.take_row_ids(list(rows)).with_row_id().select(CHUNK_COLUMNS)))
        of_row = dict(zip(taken[_ROW].to_pylist(), stored_chunks(taken), strict=True))
        return [of_row[row] for row in rows]

    def _read_all(self, columns: Sequence[str]) -> pa.Table:
        return run(self._read(self._table.query().with_row_id().select(list(columns))))

    def chunks_of(self, path: str) -> list[StoredChunk]:
        """The chunks of one file in line order."""
        query = self._table.query().where(f"path = {quote(path)}")
        found = stored_chunks(run(self._read(query.select(CHUNK_COLUMNS).limit(_FILE_LIMIT))))
        return sorted(found, key=attrgetter("start_line"))

    def places(self, paths: Collection[str]) -> Future[list[RowPlace]]:
        """Look up the rows of some files, in any order; without reading their text."""
        return begin(self._places(paths))

    async def _places(self, paths: Collection[str]) -> list[RowPlace]:
        if not paths:
            return []
        query = self._table.query().where(f"path IN ({', '.join(map(quote, paths))})")
        found = await self._read(query.with_row_id().select(_PLACE_COLUMNS).limit(_FILE_LIMIT))
        return [
            RowPlace(row=place.pop(_ROW), defines=tuple(place.pop("defines")), **place)
            for place in found.to_pylist()
        ]

    def symbol_tables(self) -> list[SymbolTable]:
        """Every definition in this revision; read once for all snapshots of it."""
        if self._head.maintaining:
            # Rows are being moved: another snapshot of this revision may number them differently.
            return [self._symbol_table()]
        return [_symbol_tables.get((str(self._layout.folder), self._head), self._symbol_table)]

    def _symbol_table(self) -> SymbolTable:
        found = run(self._read(self._table.query().with_row_id().select(_SYMBOL_COLUMNS)))
        return SymbolTable(*(found[name].to_pylist() for name in (_ROW, *_SYMBOL_COLUMNS)))

    def every_row(self, columns: list[str] | None = None) -> pa.Table:
        """All rows, for checking an index against another; of every column, or of some."""
        query = self._table.query()
        return run(self._read(query.select(columns) if columns else query))

    async def _hits(
        self, query: Any, limit: int, where: SearchFilter, score: str
    ) -> Iterator[tuple[int, float]]:
        found = await self._read(_limited(query, where).with_row_id().select([score]).limit(limit))
        return zip(found[_ROW].to_pylist(), found[score].to_pylist(), strict=True)

    async def _read(self, query: Any) -> pa.Table:
        with table_errors(self._layout.folder):
            return await query.to_arrow()


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
        yield IndexSnapshot(layout, head, run(_open_at(layout, head)))


async def _open_at(layout: IndexLayout, head: Head) -> AsyncTable:
    """The table at the committed state.

    During maintenance every version has the same rows, and after a crash in it the named one may have
    lost data files already: only the newest is whole for certain.
    """
    with table_errors(layout.folder):
        table = await (await lancedb.connect_async(layout.database, session=session())).open_table(NAME)
        await table.checkout(await table.version() if head.maintaining else head.table_version)
        return table


def _limited(query: Any, where: SearchFilter) -> Any:
    """A query that finds only what may be found."""
    condition = condition_of(where)
    return query.where(condition) if condition else query
