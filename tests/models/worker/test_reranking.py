"""Reranking in a worker, beside its embeddings."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import CancelledError
from pathlib import Path

import numpy as np
import pytest

from codeassistd.models.errors import CodeassistdError
from codeassistd.models.reranker_selection import RerankerRequest, load_reranker

from .conftest import MakeWorker

PASSAGES = ["def add(a, b): return a + b", "", "\ud800", "def read_file(path): ...", "x" * 1_000_000]
QUERY = "read a file"


def test_scores_are_those_of_the_reranker_in_this_process(make_worker: MakeWorker) -> None:
    worker = make_worker()
    reranker = worker.reranker(RerankerRequest())
    expected = load_reranker(RerankerRequest()).score(QUERY, PASSAGES)
    assert reranker.identity.name == "late-interaction"
    assert reranker.score(QUERY, PASSAGES) == pytest.approx(expected, abs=1e-6)
    assert reranker.score(QUERY, PASSAGES[:4] * 300).shape == (1_200,)
    assert reranker.score(QUERY, []).shape == (0,)
    assert worker.embed(["a"], "query").shape == (1, 8)


def test_a_reranker_that_cannot_be_loaded_does_not_bring_the_model_down(
    make_worker: MakeWorker, tmp_path: Path
) -> None:
    worker = make_worker()
    broken = worker.reranker(RerankerRequest(tmp_path))
    for _ in range(6):
        with pytest.raises(CodeassistdError, match=r"lacks the file config\.json"):
            broken.score(QUERY, PASSAGES)
    assert worker.embed(["a"], "query").shape == (1, 8)
    assert np.isfinite(worker.reranker(RerankerRequest()).score(QUERY, PASSAGES)).all()


def test_who_gives_up_waits_no_longer(
    make_worker: MakeWorker, until: Callable[[Callable[[], object]], None]
) -> None:
    worker = make_worker()
    with pytest.raises(CancelledError):
        worker.reranker(RerankerRequest()).score(QUERY, PASSAGES[:4] * 1_000, lambda: True)
    assert worker.reranker(RerankerRequest()).score(QUERY, PASSAGES).argmax() == 3
