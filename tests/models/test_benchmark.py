from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from codeassistd.models.benchmark import compare, measure
from codeassistd.models.roles import Embedder


def unit(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    made: NDArray[np.float32] = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return made


def test_equal_vectors_are_alike() -> None:
    vectors = unit(np.random.default_rng(1).normal(size=(40, 16)).astype(np.float32))
    found = compare(vectors, vectors[:30])
    assert (found.texts, found.overlap) == (30, 1.0)
    assert found.cosine_min == pytest.approx(1, abs=1e-6)


def test_unrelated_vectors_are_not() -> None:
    random = np.random.default_rng(2)
    one, other = (unit(random.normal(size=(200, 64)).astype(np.float32)) for _ in range(2))
    found = compare(one, other)
    assert abs(found.cosine_mean) < 0.1
    assert found.overlap is not None
    assert found.overlap < 0.2


def test_few_texts_have_no_neighbours_to_compare() -> None:
    vectors = unit(np.eye(8, dtype=np.float32))
    assert compare(vectors, vectors).overlap is None


class Watched:
    """The real model, and a clock that goes on by itself: a second for each batch."""

    def __init__(self, embedder: Embedder) -> None:
        self.identity = embedder.identity
        self.batches: list[int] = []
        self._embedder = embedder
        self._seconds = 0.0

    def embed(self, texts: Sequence[str], kind: str) -> NDArray[np.float32]:
        self.batches.append(len(texts))
        self._seconds += 1.0
        return self._embedder.embed(texts, kind)  # type: ignore[arg-type]

    def clock(self) -> float:
        return self._seconds


def test_each_text_is_measured_and_kept_once(embedder: Embedder) -> None:
    texts = [f"value = {number}" for number in range(20)]
    watched = Watched(embedder)
    found = measure(watched, watched, texts, seconds=40, clock=watched.clock)
    assert found.first_seconds == 1
    assert (found.query_p50_ms, found.query_p99_ms, found.queries) == (1_000, 1_000, 21)
    assert found.vectors == pytest.approx(embedder.embed(texts, "document"), abs=5e-3)
    bulk = watched.batches[22:]
    assert len(bulk) == 20
    assert found.texts_per_second == sum(bulk) / 20


def test_a_slow_engine_still_gives_some_figures(embedder: Embedder) -> None:
    watched = Watched(embedder)
    found = measure(watched, watched, ["x = 1"] * 100, seconds=0.1, clock=watched.clock)
    assert found.queries == 10
    assert len(found.vectors) == 8


def test_batches_go_through_the_texts_in_order() -> None:
    class Numbers:
        def embed(self, texts: Sequence[str], kind: str) -> NDArray[np.float32]:
            return np.array([[float(text)] if text.isdigit() else [0.0] for text in texts], np.float32)

    ticks: Iterator[int] = itertools.count()
    numbers: Embedder = Numbers()  # type: ignore[assignment]
    texts = [str(number) for number in range(300)]
    found = measure(numbers, numbers, texts, seconds=200, clock=lambda: float(next(ticks)))
    assert found.vectors[:, 0].tolist() == list(range(300))
