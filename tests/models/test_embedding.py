"""Both engines, as users get them, against vectors of sentence-transformers (golden/make_golden.py)."""

from __future__ import annotations

import threading

import numpy as np
import pytest
from numpy.typing import NDArray

from codeassistd.models.engine_choice import BackendName
from codeassistd.models.selection import EmbedderRequest, LoadedEmbedder, identity_of, load_embedder


@pytest.mark.parametrize("backend", ["openvino", "torch"])
def test_vectors_of_published_weights_equal_those_of_sentence_transformers(
    backend: BackendName, golden_texts: list[str], golden_vectors: NDArray[np.float32]
) -> None:
    request = EmbedderRequest(backend=backend, precision="float", threads=2)
    loaded = load_embedder(request)
    assert loaded.embedder.identity == identity_of(request)
    assert loaded.embedder.identity.precision == "float"
    vectors = loaded.embedder.embed(golden_texts, "document")
    assert vectors.dtype == np.float32
    cosines = np.einsum("nd,nd->n", vectors, golden_vectors)
    assert cosines.min() > 0.999


def test_a_vector_does_not_depend_on_its_company(loaded: LoadedEmbedder, golden_texts: list[str]) -> None:
    together = loaded.embedder.embed(golden_texts, "document")
    alone = np.concatenate([loaded.embedder.embed([text], "document") for text in golden_texts])
    reversed_order = loaded.embedder.embed(golden_texts[::-1], "document")[::-1]
    assert np.abs(together - alone).max() < 5e-3
    assert np.abs(together - reversed_order).max() < 5e-3


def test_more_texts_than_one_window_keep_their_order(loaded: LoadedEmbedder) -> None:
    # 1,300 texts are tokenised in two windows; every 13th must equal its first occurrence.
    words = ["alpha", "beta gamma", "delta", "x = 1", "def f(): pass", "class A: ...", "if x:"]
    texts = [words[index % len(words)] for index in range(1_300)]
    vectors = loaded.embedder.embed(texts, "document")
    expected = loaded.embedder.embed(words, "document")
    assert np.abs(vectors - np.resize(expected, vectors.shape)).max() < 5e-3


@pytest.mark.parametrize(
    "text",
    ["", " \t\n", "\x00", "\ud800", "a\udfffb", "\ufeff", "x" * 1_000_000, "\n" * 1_000_000, "é" * 200_000],
)
def test_odd_texts_get_unit_vectors(loaded: LoadedEmbedder, text: str) -> None:
    [vector] = loaded.embedder.embed([text], "query")
    assert abs(float(vector @ vector) - 1.0) < 1e-4


def test_no_texts_give_no_vectors(loaded: LoadedEmbedder) -> None:
    assert loaded.embedder.embed([], "document").shape == (0, 384)


def test_queries_beside_a_bulk_call_get_the_same_vectors(
    loaded: LoadedEmbedder, golden_texts: list[str]
) -> None:
    before = loaded.embedder.embed(["where are vectors stored"], "query")
    bulk = threading.Thread(target=loaded.embedder.embed, args=(golden_texts * 3, "document"))
    bulk.start()
    during = [loaded.embedder.embed(["where are vectors stored"], "query") for _ in range(5)]
    bulk.join()
    assert all(np.abs(vector - before).max() < 1e-5 for vector in during)


def test_the_identity_is_the_same_on_every_engine(loaded: LoadedEmbedder) -> None:
    assert loaded.embedder.identity == identity_of(EmbedderRequest())
    assert loaded.embedder.identity.precision == "int8"
    assert "2 threads" in loaded.reason
