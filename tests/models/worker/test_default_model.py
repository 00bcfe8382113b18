"""The default model in a worker, as the daemon runs it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import psutil
import pytest

from codeassistd.models.roles import Embedder
from codeassistd.models.selection import EmbedderRequest, identity_of
from codeassistd.models.worker.embedder import WorkerEmbedder
from codeassistd.models.worker.limits import WorkerLimits

TEXTS = ["def parse(text):", "class Reader:", "fn main() {}", "", "naïve 名前 \udc80", "x = 1\n" * 500]


@pytest.fixture(scope="module")
def worker(model_cache: Path) -> Iterator[WorkerEmbedder]:
    request = EmbedderRequest(cache_dir=model_cache)
    embedder = WorkerEmbedder(identity_of(request), request, WorkerLimits(niceness=5))
    yield embedder
    embedder.close()


@pytest.mark.parametrize("lane", ["interactive", "bulk"])
def test_vectors_are_those_of_the_model_in_this_process(
    worker: WorkerEmbedder, embedder: Embedder, lane: str
) -> None:
    lane_embedder: Embedder = worker if lane == "interactive" else worker.bulk
    assert lane_embedder.identity == embedder.identity
    found, expected = lane_embedder.embed(TEXTS, "document"), embedder.embed(TEXTS, "document")
    assert found.shape == expected.shape
    assert np.einsum("nd,nd->n", found, expected).min() > 0.999


def test_bulk_work_in_many_portions_keeps_its_order(worker: WorkerEmbedder, embedder: Embedder) -> None:
    texts = [f"value_{number} = " + "call() + " * (number % 7) for number in range(150)]
    answer = worker.submit(texts, "document", bulk=True)
    query = worker.embed(["where is the call"], "query")
    assert query.shape == (1, 384)
    expected = embedder.embed(texts, "document")
    assert np.einsum("nd,nd->n", answer.result(), expected).min() > 0.999


def test_usage_tells_how_it_runs(worker: WorkerEmbedder) -> None:
    before = worker.usage()
    worker.embed(["a"], "query")
    worker.embed(["a b", "c d e"], "document")
    usage = worker.usage()
    # Each text has a token in front and one behind.
    assert usage.tokens - before.tokens == 3 + 4 + 5
    assert usage.computing_seconds > before.computing_seconds
    assert usage.state == "loaded"
    assert "thread" in usage.engine
    assert usage.pid is not None
    assert psutil.Process(usage.pid).nice() >= 5
