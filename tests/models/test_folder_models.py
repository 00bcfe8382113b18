"""Models in folders against sentence-transformers itself."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from codeassistd.models.selection import EmbedderRequest, identity_of, load_embedder

from . import folder_models
from .folder_models import TEXTS

MAKERS = [
    folder_models.bert,
    folder_models.xlm_roberta,
    folder_models.qwen3,
    folder_models.modernbert,
    folder_models.nomic,
]


@pytest.fixture(scope="module", params=MAKERS, ids=lambda maker: maker.__name__)
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    make: Callable[[Path], Path] = request.param
    return make(tmp_path_factory.mktemp("folder") / make.__name__)


@pytest.fixture(scope="module")
def reference(folder: Path) -> dict[str, NDArray[np.float32]]:
    """What sentence-transformers makes of the texts."""
    os.environ["HF_HUB_OFFLINE"] = "1"
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(folder), device="cpu", local_files_only=True)
    # encode_document heeds "document" alone, whatever its documentation says.
    prompt = model.prompts.get("document") or model.prompts.get("passage") or ""
    return {
        "query": model.encode_query(TEXTS, normalize_embeddings=True),
        "document": model.encode(TEXTS, normalize_embeddings=True, prompt=prompt),
    }


def cosines(one: NDArray[np.float32], other: NDArray[np.float32]) -> NDArray[np.float32]:
    products: NDArray[np.float32] = np.einsum("nd,nd->n", one, other)
    return products


@pytest.mark.parametrize("kind", ["query", "document"])
def test_vectors_are_those_of_sentence_transformers(
    folder: Path, reference: dict[str, NDArray[np.float32]], kind: str
) -> None:
    request = EmbedderRequest(model=str(folder), backend="torch", threads=1, full_precision=True)
    vectors = load_embedder(request).embedder.embed(TEXTS, kind)  # type: ignore[arg-type]
    assert cosines(vectors, reference[kind]).min() > 0.9999
    # The texts differ: equal vectors would be near everything.
    assert cosines(vectors[:1], vectors[1:2])[0] < 0.999


def test_the_fastest_arithmetic_is_close(folder: Path, reference: dict[str, NDArray[np.float32]]) -> None:
    loaded = load_embedder(EmbedderRequest(model=str(folder), threads=1))
    assert cosines(loaded.embedder.embed(TEXTS, "query"), reference["query"]).min() > 0.999
    assert loaded.embedder.identity == identity_of(EmbedderRequest(model=str(folder)))


def test_a_vector_does_not_depend_on_its_company(folder: Path) -> None:
    embedder = load_embedder(
        EmbedderRequest(model=str(folder), backend="torch", threads=1, full_precision=True)
    ).embedder
    together = embedder.embed(TEXTS, "document")
    alone = np.concatenate([embedder.embed([text], "document") for text in TEXTS])
    assert np.abs(together - alone).max() < 1e-4


def test_truncated_vectors_are_the_beginnings_at_unit_length(folder: Path) -> None:
    whole = EmbedderRequest(model=str(folder), backend="torch", threads=1)
    short = EmbedderRequest(model=str(folder), backend="torch", threads=1, dimensions=24)
    beginnings = load_embedder(whole).embedder.embed(TEXTS, "document")[:, :24]
    vectors = load_embedder(short).embedder.embed(TEXTS, "document")
    assert vectors.shape == (len(TEXTS), 24)
    assert vectors == pytest.approx(beginnings / np.linalg.norm(beginnings, axis=1, keepdims=True), abs=1e-6)
    assert identity_of(short).id != identity_of(whole).id


@pytest.mark.parametrize("text", ["", " \t\n", "\x00", "\ud800", "x" * 1_000_000, "a b\n" * 250_000])
def test_odd_texts_get_unit_vectors(folder: Path, text: str) -> None:
    embedder = load_embedder(EmbedderRequest(model=str(folder), threads=1)).embedder
    [vector] = embedder.embed([text], "document")
    assert float(vector @ vector) == pytest.approx(1, abs=1e-3)
