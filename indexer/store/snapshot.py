"""Reading one pinned revision of an index."""

from __future__ import annotations

import contextlib
import sqlite3
from operator import attrgetter, itemgetter
from typing import TYPE_CHECKING, Any

import numpy as np

from .errors import table_errors, unreadable
from .filters import condition_of, quote
from .lance_runtime import MatchQuery, lancedb, session
from .locking import reading
from .manifest import Manifest
from .query_loop import begin, run
from .recovery import require_format
from .rows import Hit, StoredChunk
from .table import NAME, symbol_tail

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from concurrent.futures import Future

    import pyarrow as pa
    from lancedb.table import AsyncTable
    from numpy.typing import NDArray

    from ..search.request import SearchFilter
    from .layout import IndexLayout
    from .manifest import Head
    from .rows import TermField

_COLUMNS = ["id", "path", "start_line", "end_line", "language", "symbol", "kind", "context", "text"]
_ALL_COLUMNS = [*_COLUMNS, "vector", "defines"]
_ROW = "_rowid"
_FILE_LIMIT = 100_000
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
        return begin(self._matching(terms, field, limit, where))

    async def _matching(
        self, terms: Sequence[str], field: TermField, limit: int, where: SearchFilter
    ) -> list[Hit]:
        if not terms:
            return []
        words: Any = MatchQuery(" ".join(terms), field)  # type: ignore[call-arg]
        query = self._table.query().nearest_to_text(words)
        return [Hit(row, score) for row, score in await self._hits(query, limit, where, "_score")]

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
        wanted = {name.lower() for name in names}
        defining = [row for row in found if _defines_any({row["symbol"], *row["defines"]}, wanted)]
        defining.sort(key=itemgetter("path", "start_line"))
        return [Hit(row[_ROW], 1.0) for row in defining[:limit]]

    def chunks(self, rows: Sequence[int]) -> list[StoredChunk]:
        """Read rows, all at once: that is what a search spends most of its time with.

        Args:
            rows: Row numbers that this snapshot gave.

        Returns:
            Their chunks in the same order.
        """
        if not rows:
            return []
        taken = run(self._read(self._table.take_row_ids(list(rows)).with_row_id().select(_ALL_COLUMNS)))
        of_row = dict(zip(taken[_ROW].to_pylist(), _chunks(taken), strict=True))
        return [of_row[row] for row in rows]

    def chunks_of(self, path: str) -> list[StoredChunk]:
        """The chunks of one file in line order."""
        query = self._table.query().where(f"path = {quote(path)}")
        found = _chunks(run(self._read(query.select(_ALL_COLUMNS).limit(_FILE_LIMIT))))
        return sorted(found, key=attrgetter("start_line"))

    def every_row(self, columns: list[str] | None = None) -> pa.Table:
        """All rows, for checking an index against another; of every column, or of some."""
        query = self._table.query()
        return run(self._read(query.select(columns) if columns else query))

    async def _hits(
        self, query: Any, limit: int, where: SearchFilter, score: str
    ) -> Iterator[tuple[int, float]]:
        condition = condition_of(where)
        if condition:
            query = query.where(condition)
        found = await self._read(query.with_row_id().select([score]).limit(limit))
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


def _defines_any(symbols: set[str], wanted: set[str]) -> bool:
    """Whether a symbol is, or ends with the whole parts of, one of the names, which are in lower case."""
    lowered = [symbol.lower() for symbol in symbols]
    return any(symbol == name or symbol.endswith(f".{name}") for symbol in lowered for name in wanted)


def _chunks(table: pa.Table) -> list[StoredChunk]:
    """Rows of a result as records; the vectors come out of Arrow in one piece, not number by number."""
    count = table.num_rows
    if count == 0:
        return []
    column = table["vector"].combine_chunks()
    flat = column.fill_null([0.0] * column.type.list_size) if column.null_count else column
    vectors = flat.flatten().to_numpy(zero_copy_only=False).reshape(count, -1).astype(np.float32)
    missing = column.is_null().to_pylist()
    columns = [table[name].to_pylist() for name in _COLUMNS]
    vector = [None if missing[row] else vectors[row] for row in range(count)]
    defines = map(tuple, table["defines"].to_pylist())
    return list(map(StoredChunk, *columns, vector, defines))
