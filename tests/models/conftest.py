"""Texts with reference vectors, and both engines loaded once."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from codeassistd.models.backends.bert_weights import BertWeights, bert_weights
from codeassistd.models.catalog import DEFAULT_MODEL, CatalogEntry, find
from codeassistd.models.selection import EmbedderRequest, LoadedEmbedder, load_embedder
from codeassistd.models.weights import ModelFiles, locate, map_tensors

from .tiny_gguf import write_tiny

GOLDEN = Path(__file__).parent / "golden"


@pytest.fixture(scope="session")
def golden_texts() -> list[str]:
    texts: list[str] = json.loads((GOLDEN / "golden.json").read_text(encoding="utf-8"))
    return texts


@pytest.fixture(scope="session")
def golden_vectors() -> NDArray[np.float32]:
    vectors: NDArray[np.float32] = np.load(GOLDEN / "golden.npy")
    return vectors


@pytest.fixture(scope="session")
def entry() -> CatalogEntry:
    return find(DEFAULT_MODEL)


@pytest.fixture(scope="session")
def files(entry: CatalogEntry) -> ModelFiles:
    return locate(entry)


@pytest.fixture(scope="session")
def minilm(files: ModelFiles, entry: CatalogEntry) -> BertWeights:
    return bert_weights(map_tensors(files.weights), entry.heads, entry.layer_norm_epsilon)


@pytest.fixture(scope="session", params=["openvino", "torch"])
def loaded(request: pytest.FixtureRequest) -> LoadedEmbedder:
    return load_embedder(EmbedderRequest(backend=request.param, threads=2))


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of random weights, which writes nonsense."""
    return write_tiny(tmp_path_factory.mktemp("gguf") / "tiny.gguf")
