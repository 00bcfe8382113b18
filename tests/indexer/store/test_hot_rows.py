"""What a snapshot keeps in memory gives what reading would have given."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from codeassistd.indexer.store.hot_vectors import MOST_VECTORS, HotVectors
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


def matrix(count: int) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    numbers = np.random.default_rng(count).normal(size=(count, 8)).astype(np.float32)
    return np.arange(count, dtype=np.int64) * 3, numbers / np.linalg.norm(numbers, axis=1, keepdims=True)


@given(st.integers(1, 60), st.integers(1, 80))
def test_hot_vectors_give_the_exact_neighbours(count: int, limit: int) -> None:
    rows, vectors = matrix(count)
    hot = HotVectors(count, lambda: (rows, vectors))
    query = vectors[count // 2]
    answers = [hot.nearest(query, limit) for _ in range(10)]
    assert answers[0] is None
    found = answers[-1]
    assert found is not None
    scores = vectors @ query
    expected = sorted(zip(rows.tolist(), scores.tolist(), strict=True), key=lambda each: (-each[1], each[0]))
    assert [(hit.row, hit.score) for hit in found] == expected[:limit]


def test_too_many_vectors_or_none_stay_on_disk() -> None:
    for count in (0, MOST_VECTORS + 1):
        hot = HotVectors(count, lambda: matrix(1))
        assert {hot.nearest(np.ones(8, np.float32), 3) for _ in range(9)} == {None}
