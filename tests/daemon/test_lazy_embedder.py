"""A model that is loaded once it is needed, let go, and loaded again."""

from __future__ import annotations

import numpy as np
import pytest

from codeassistd.daemon.lazy_embedder import LazyEmbedder
from codeassistd.models.errors import CodeassistdError
from codeassistd.models.selection import EmbedderRequest, LoadedEmbedder, identity_of, load_quick_start

IDENTITY = identity_of(EmbedderRequest())


def test_a_model_that_was_let_go_is_loaded_again() -> None:
    loads: list[LoadedEmbedder] = []

    def load() -> LoadedEmbedder:
        loads.append(load_quick_start(EmbedderRequest()))
        return loads[-1]

    embedder = LazyEmbedder(IDENTITY, load)
    embedder.release()
    first = embedder.embed(["where are flags parsed"], "query")
    assert embedder.loaded() is embedder.loaded() is loads[0]
    embedder.release()
    np.testing.assert_array_equal(embedder.embed(["where are flags parsed"], "query"), first)
    assert len(loads) == 2


def test_a_model_that_is_being_loaded_is_not_let_go() -> None:
    embedder: LazyEmbedder

    def load() -> LoadedEmbedder:
        embedder.release()
        return load_quick_start(EmbedderRequest())

    embedder = LazyEmbedder(IDENTITY, load)
    embedder.start()
    assert embedder.loaded() is embedder.loaded()
    assert not embedder.has_failed


def test_a_failure_is_kept_until_it_is_let_go() -> None:
    answers = iter([CodeassistdError("no model"), load_quick_start(EmbedderRequest())])

    def load() -> LoadedEmbedder:
        answer = next(answers)
        if isinstance(answer, CodeassistdError):
            raise answer
        return answer

    embedder = LazyEmbedder(IDENTITY, load)
    for _ in range(2):
        with pytest.raises(CodeassistdError, match="no model"):
            embedder.loaded()
    assert embedder.has_failed
    embedder.release()
    assert embedder.embed(["x"], "query").shape == (1, 384)
