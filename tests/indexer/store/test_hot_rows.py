"""What a snapshot keeps in memory gives what reading would have given."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from codeassistd.indexer.store.hot_rows import MOST_ROWS, HotRows
from codeassistd.indexer.store.row_cache import RowCache
from codeassistd.indexer.store.rows import StoredChunk


def chunk(row: int) -> StoredChunk:
    return StoredChunk(str(row), "p", row, row, "python", "", "function", "", "text", None)


@given(st.lists(st.lists(st.integers(0, 30), max_size=12), max_size=12), st.integers(1, 12))
def test_rows_come_in_the_order_asked_for(asked: list[list[int]], size: int) -> None:
    def read(rows: Sequence[int]) -> list[StoredChunk]:
        assert rows
        return [chunk(row) for row in rows]

    cache = RowCache(read, size)
    for rows in asked:
        assert cache.chunks(rows) == [chunk(row) for row in rows]
        assert len(cache._chunks) <= max(size, len(set(rows)))


def test_rows_that_are_in_use_are_read_once() -> None:
    reads: list[int] = []

    def read(rows: Sequence[int]) -> list[StoredChunk]:
        reads.extend(rows)
        return [chunk(row) for row in rows]

    cache = RowCache(read)
    cache.chunks([1, 2, 3])
    cache.chunks([3, 4, 1])
    assert reads == [1, 2, 3, 4]


def stored(count: int) -> tuple[pa.Table, NDArray[np.float32]]:
    """Rows with every third number, in no order; those whose number divides by 7 have no vector."""
    matrix = np.random.default_rng(count).normal(size=(count, 8)).astype(np.float16)
    numbers = [row * 3 for row in range(count)]
    text = [str(number) for number in numbers]
    columns = {
        "id": text, "path": text, "start_line": numbers, "end_line": numbers, "language": text,
        "symbol": text, "kind": text, "context": text, "text": text,
        "defines": [[each] for each in text], "_rowid": numbers,
    }  # fmt: skip
    vectors = [row if number % 7 else None for row, number in zip(matrix.tolist(), numbers, strict=True)]
    table = pa.table(columns).append_column("vector", pa.array(vectors, pa.list_(pa.float16(), 8)))
    return table.take(np.random.default_rng(0).permutation(count)), matrix.astype(np.float32)


@given(st.integers(1, 60), st.integers(1, 80))
def test_hot_rows_give_the_exact_neighbours(count: int, limit: int) -> None:
    table, vectors = stored(count)
    hot = HotRows(count, lambda _columns: table)
    query = vectors[count // 2]
    answers = [hot.nearest(query, limit) for _ in range(20)]
    assert answers[0] is None
    found = answers[-1]
    assert found is not None
    scores = {row * 3: score for row, score in enumerate((vectors @ query).tolist()) if row * 3 % 7}
    expected = sorted(scores.items(), key=lambda each: (-each[1], each[0]))[:limit]
    assert [hit.row for hit in found] == [row for row, _ in expected]
    np.testing.assert_allclose([hit.score for hit in found], [score for _, score in expected], rtol=1e-5)


@given(st.lists(st.integers(0, 39), max_size=50))
def test_hot_rows_are_the_rows_asked_for(asked: list[int]) -> None:
    table, vectors = stored(40)
    hot = HotRows(40, lambda _columns: table)
    found = [hot.chunks([row * 3 for row in asked]) for _ in range(20)][-1]
    assert found is not None
    assert [(each.id, each.start_line, each.defines) for each in found] == [
        (str(row * 3), row * 3, (str(row * 3),)) for row in asked
    ]
    for row, each in zip(asked, found, strict=True):
        assert (each.vector is None) == (row * 3 % 7 == 0)
        assert each.vector is None or np.array_equal(each.vector, vectors[row])


def test_too_many_rows_or_none_stay_on_disk() -> None:
    for count in (0, MOST_ROWS + 1):
        hot = HotRows(count, lambda _columns: stored(1)[0])
        assert {hot.nearest(np.ones(8, np.float32), 3) for _ in range(20)} == {None}
        assert hot.chunks([0]) is None
