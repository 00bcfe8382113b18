"""The chunk table in LanceDB: the only module that knows its schema.

Every call that writes makes a new table version; which version counts is decided by the manifest.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from .filters import quote
from .lance_runtime import FTS, BTree, IvfSq, LabelList, lancedb, session
from .rows import ChunkRow, PendingChunk

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

NAME = "chunks"

_KEEP_VERSIONS = timedelta(days=36_500)
_IN_BATCH = 1_000
_KEY_INDEX = "id_idx"
_UNINDEXED_KEYS = 8_000
_FULL_TEXT = FTS(
    base_tokenizer="whitespace",
    with_position=False,
    lower_case=False,
    stem=False,
    remove_stop_words=False,
    ascii_folding=False,
    max_token_length=None,
)
# Compaction splits partitions that have outgrown the target and joins small ones, so a number of partitions
# would not last. Few rounds over a sample place the centroids as well, for what a search probes of them.
_APPROXIMATE = IvfSq(distance_type="dot", target_partition_size=2_048, sample_rate=64, max_iterations=10)


def schema(dimensions: int) -> pa.Schema:
    """Columns of the chunk table for vectors of a length."""
    return pa.schema(
        [
            pa.field("id", pa.string(), nullable=False),
            pa.field("path", pa.string(), nullable=False),
            pa.field("start_line", pa.int32(), nullable=False),
            pa.field("end_line", pa.int32(), nullable=False),
            pa.field("language", pa.string(), nullable=False),
            pa.field("kind", pa.string(), nullable=False),
            pa.field("symbol", pa.string(), nullable=False),
            pa.field("defines", pa.list_(pa.string()), nullable=False),
            pa.field("symbol_tails", pa.list_(pa.string()), nullable=False),
            pa.field("context", pa.string(), nullable=False),
            pa.field("text", pa.string(), nullable=False),
            pa.field("terms", pa.string(), nullable=False),
            pa.field("name_terms", pa.string(), nullable=False),
            pa.field("content_hash", pa.string(), nullable=False),
            pa.field("vector_key", pa.string(), nullable=False),
            pa.field("embedded", pa.bool_(), nullable=False),
            pa.field("vector", pa.list_(pa.float16(), dimensions)),
        ]
    )


def symbol_tail(symbol: str) -> str:
    """The last part of a symbol path in lower case: how a definition is looked up."""
    return symbol.rpartition(".")[2].lower()


class ChunkTable:
    """One handle on the chunk table; a handle that was checked out stays on its version.

    Args:
        table: An open LanceDB table.
    """

    def __init__(self, table: lancedb.table.Table) -> None:
        self._table = table

    @classmethod
    def open(cls, database: Path, *, version: int | None = None) -> ChunkTable:
        """Open an existing table.

        Args:
            database: Folder of the LanceDB database.
            version: Stay on this version; None follows the writer.
        """
        table = lancedb.connect(str(database), session=session()).open_table(NAME)
        if version is not None:
            table.checkout(version)
        return cls(table)

    @classmethod
    def create(cls, database: Path, dimensions: int) -> ChunkTable:
        """Start an empty table; an existing one gets a new, empty version that can be rolled back."""
        connection = lancedb.connect(str(database), session=session())
        table = connection.create_table(NAME, schema=schema(dimensions), mode="overwrite")
        for column in ("id", "path"):
            table.create_index(column, config=BTree())
        table.create_index("symbol_tails", config=LabelList())
        for column in ("terms", "name_terms"):
            table.create_index(column, config=_FULL_TEXT)
        return cls(table)

    @property
    def lance(self) -> lancedb.table.Table:
        """The LanceDB table, for reading."""
        return self._table

    @property
    def version(self) -> int:
        """The version this handle sees."""
        return int(self._table.version)

    def restore(self, version: int) -> None:
        """Make an earlier version the newest one again."""
        self._table.checkout(version)
        self._table.restore()

    def count(self) -> tuple[int, int]:
        """All rows, and the rows with a vector."""
        return self._table.count_rows(), self._table.count_rows("embedded")

    def delete_paths(self, paths: Sequence[str]) -> None:
        """Remove every row of some files."""
        for start in range(0, len(paths), _IN_BATCH):
            listed = ", ".join(quote(path) for path in paths[start : start + _IN_BATCH])
            self._table.delete(f"path IN ({listed})")

    def add(self, rows: Sequence[ChunkRow], vectors: Sequence[NDArray[np.float16] | None]) -> None:
        """Append rows.

        Args:
            rows: The chunks.
            vectors: For each row a float16 array of shape (dimensions,), or None.
        """
        if rows:
            self._table.add(_to_arrow(rows, vectors, self._table.schema))

    def set_vectors(self, ids: Sequence[str], vectors: NDArray[np.float16]) -> None:
        """Give rows their vectors.

        Args:
            ids: Row keys; keys that are gone are ignored.
            vectors: float16 array of shape (len(ids), dimensions).
        """
        self._index_keys()
        update = pa.table(
            {
                "id": pa.array(ids, pa.string()),
                "embedded": pa.array([True] * len(ids)),
                "vector": _vector_array(vectors),
            }
        )
        self._table.merge_insert("id").when_matched_update_all().execute(update)

    def _index_keys(self) -> None:
        """Index the keys of rows added since: a merge would read the whole table into memory to find them."""
        stats = self._table.index_stats(_KEY_INDEX)
        if stats is None or stats.num_unindexed_rows > _UNINDEXED_KEYS:
            self._table.create_index("id", config=BTree(), name=_KEY_INDEX, replace=True)

    def pending(self, limit: int) -> list[PendingChunk]:
        """Rows that have no vector yet."""
        columns = ["id", "path", "language", "kind", "symbol", "context", "text", "vector_key"]
        found = self._table.search().where("NOT embedded").select(columns).limit(limit).to_arrow()
        return [PendingChunk(**row) for row in found.to_pylist()]

    def ids(self) -> list[str]:
        """Every row's key, for checking an index against another."""
        return list(self._table.search().select(["id"]).limit(100_000_000).to_arrow()["id"].to_pylist())

    def fragmentation(self) -> tuple[int, int]:
        """Data files, and rows that the full-text index doesn't hold yet."""
        stats: Any = self._table.stats()
        unindexed = max((index.num_unindexed_rows or 0 for index in self._table.list_indices()), default=0)
        return int(stats["fragment_stats"]["num_fragments"]), int(unindexed)

    def compact(self) -> None:
        """Merge small data files, drop deleted rows, bring the indexes up to date; keeps old versions."""
        self._table.optimize(cleanup_older_than=_KEEP_VERSIONS)

    def delete_old_versions(self) -> None:
        """Delete everything but the newest version. Call it only while nobody reads."""
        self._table.optimize(cleanup_older_than=timedelta(0), delete_unverified=True)

    def versions(self) -> int:
        """How many versions are kept on disk."""
        return len(self._table.list_versions())

    def has_approximate_index(self) -> bool:
        """Whether vectors are searched through an approximate index."""
        return any(list(index.columns) == ["vector"] for index in self._table.list_indices())

    def add_approximate_index(self) -> None:
        """Give the vectors an approximate index, unless they have one: `compact` keeps that in shape.

        IVF with scalar-quantised vectors: built in seconds, a tenth of the time of an exact search.
        """
        if not self.has_approximate_index():
            self._table.create_index("vector", config=_APPROXIMATE)


def _vector_array(vectors: NDArray[np.float16]) -> pa.FixedSizeListArray:
    return pa.FixedSizeListArray.from_arrays(pa.array(vectors.ravel()), vectors.shape[1])


def _to_arrow(
    rows: Sequence[ChunkRow], vectors: Sequence[NDArray[np.float16] | None], table_schema: pa.Schema
) -> pa.Table:
    dimensions = table_schema.field("vector").type.list_size
    columns: dict[str, Any] = {
        name: [getattr(row, name) for row in rows]
        for name in table_schema.names
        if name not in {"vector", "embedded", "symbol_tails"}
    }
    columns["symbol_tails"] = [
        sorted({symbol_tail(symbol) for symbol in (row.symbol, *row.defines)} - {""}) for row in rows
    ]
    values = np.zeros((len(rows), dimensions), dtype=np.float16)
    missing = np.ones(len(rows), dtype=bool)
    for position, vector in enumerate(vectors):
        if vector is not None:
            values[position] = vector
            missing[position] = False
    columns["embedded"] = pa.array(~missing)
    columns["vector"] = pa.FixedSizeListArray.from_arrays(
        pa.array(values.ravel()), dimensions, mask=pa.array(missing)
    )
    return pa.table(columns, schema=table_schema)
