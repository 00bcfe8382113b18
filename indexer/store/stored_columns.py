"""Columns of the chunk table, out of Arrow."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .rows import StoredChunk

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa
    from numpy.typing import NDArray

_PLAIN = ["id", "path", "start_line", "end_line", "language", "symbol", "kind", "context", "text"]
CHUNK_COLUMNS = [*_PLAIN, "vector", "defines"]
"""The columns that a StoredChunk is made of."""


def stored_chunks(table: pa.Table) -> list[StoredChunk]:
    """Rows of a result with CHUNK_COLUMNS as records."""
    if table.num_rows == 0:
        return []
    matrix = vectors(table)
    missing = table["vector"].combine_chunks().is_null().to_pylist()
    return records(table, [None if missing[row] else matrix[row] for row in range(table.num_rows)])


def records(table: pa.Table, vectors_of_rows: Sequence[NDArray[np.float32] | None]) -> list[StoredChunk]:
    """Rows of a result, with their vectors apart, as records."""
    defines = map(tuple, table["defines"].to_pylist())
    plain = (table[name].to_pylist() for name in _PLAIN)
    return list(map(StoredChunk, *plain, vectors_of_rows, defines))


def vectors(table: pa.Table) -> NDArray[np.float32]:
    """The vectors of a result, of shape (rows, dimensions), in one piece; zeros where there is none."""
    column = table["vector"].combine_chunks()
    flat = column.fill_null([0.0] * column.type.list_size) if column.null_count else column
    numbers = flat.flatten().to_numpy(zero_copy_only=False)
    return np.asarray(numbers.reshape(table.num_rows, -1).astype(np.float32))
