"""The thread that embeds: every chunk once, two calls at a time, and nothing is lost by a failure."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from codeassistd.indexer.pipeline.embedding_thread import EmbeddedChunks, EmbeddingThread, passage
from codeassistd.indexer.store.rows import PendingChunk
from codeassistd.indexer.store.vector_cache import VectorCache
from codeassistd.models.errors import CodeassistdError
from codeassistd.models.identity import ModelIdentity
from codeassistd.models.roles import Embedder, EmbedKind


@dataclass
class Watched:
    """The real model; notes how many calls are made at once, and can fail at one of them."""

    inner: Embedder
    fails_at: int = 0
    calls: int = 0
    running: int = 0
    most_at_once: int = 0
    texts: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def identity(self) -> ModelIdentity:
        return self.inner.identity

    def embed(self, texts: Sequence[str], kind: EmbedKind) -> NDArray[np.float32]:
        with self.lock:
            self.calls += 1
            self.running += 1
            self.most_at_once = max(self.most_at_once, self.running)
            self.texts += texts
            fails = self.calls == self.fails_at
        try:
            if fails:
                raise CodeassistdError("the model is gone")
            return self.inner.embed(texts, kind)
        finally:
            with self.lock:
                self.running -= 1


def chunk(number: int, row: str = "") -> PendingChunk:
    code = f"def add_{number}(value):\n    return value + {number}\n"
    return PendingChunk(
        f"row{row}-{number}", "a.py", "python", "function", f"add_{number}", "", code, f"{number:064x}"
    )


def finish(thread: EmbeddingThread, count: int, found: list[EmbeddedChunks]) -> None:
    until = time.monotonic() + 60
    while sum(len(result.ids) for result in found) < count and time.monotonic() < until:
        found += thread.finished(0.2)


def test_every_chunk_gets_its_vector_and_alike_ones_are_embedded_once(
    tmp_path: Path, embedder: Embedder
) -> None:
    chunks = [chunk(number) for number in range(300)]
    again = [chunk(number, "again") for number in range(0, 300, 7)]
    watched = Watched(embedder)
    thread = EmbeddingThread(tmp_path / "vectors.sqlite", embedder.identity.dimensions, lambda: watched)
    found: list[EmbeddedChunks] = []
    try:
        thread.submit([*chunks, *again])
        finish(thread, len(chunks) + len(again), found)
    finally:
        assert thread.stop() == []
    vectors = {
        row: vector for result in found for row, vector in zip(result.ids, result.vectors, strict=True)
    }
    assert sorted(vectors) == sorted(one.id for one in [*chunks, *again])
    assert sorted(watched.texts) == sorted(map(passage, chunks))
    assert sum(result.computed for result in found) == len(chunks)
    assert 1 <= watched.most_at_once <= 2
    expected = embedder.embed([passage(chunk(number)) for number in (0, 123)], "document")
    for number, vector in zip((0, 123), expected, strict=True):
        assert float(vectors[f"row-{number}"].astype(np.float32) @ vector) > 0.999
    assert np.array_equal(vectors["rowagain-7"], vectors["row-7"])


def test_what_was_embedded_before_a_failure_is_kept(tmp_path: Path, embedder: Embedder) -> None:
    path, dimensions = tmp_path / "vectors.sqlite", embedder.identity.dimensions
    watched = Watched(embedder, fails_at=3)
    thread = EmbeddingThread(path, dimensions, lambda: watched)
    chunks = [chunk(number) for number in range(300)]
    thread.submit(chunks)
    found: list[EmbeddedChunks] = []
    with pytest.raises(CodeassistdError, match="the model is gone"):
        finish(thread, len(chunks), found)
    thread.stop()
    ids = [row for result in found for row in result.ids]
    assert len(ids) in {128, 192}  # two calls of 64 came before, and one beside it
    cache = VectorCache(path, dimensions)
    try:
        assert len(cache.get([one.vector_key for one in chunks if one.id in ids])) == len(ids)
    finally:
        cache.close()


def test_stopping_waits_for_the_calls_in_hand_only(tmp_path: Path, embedder: Embedder) -> None:
    began, go_on = threading.Event(), threading.Event()

    class Held(Watched):
        def embed(self, texts: Sequence[str], kind: EmbedKind) -> NDArray[np.float32]:
            began.set()
            go_on.wait(60)
            return super().embed(texts, kind)

    held = Held(embedder)
    thread = EmbeddingThread(tmp_path / "vectors.sqlite", embedder.identity.dimensions, lambda: held)
    thread.submit([chunk(number) for number in range(300)])
    assert began.wait(60)
    threading.Timer(0.3, go_on.set).start()
    found = thread.stop()
    assert held.calls <= 2
    assert sum(len(result.ids) for result in found) == len(held.texts) > 0
