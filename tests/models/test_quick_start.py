"""The first texts of a short-lived process: NumPy's vectors, and when an engine takes over."""

from __future__ import annotations

import math
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from codeassistd.models.backends.bert_weights import BertWeights
from codeassistd.models.backends.numpy_bert import NumpyBert, _gelu
from codeassistd.models.backends.torch_bert import build
from codeassistd.models.catalog import CatalogEntry
from codeassistd.models.encoder import TextEncoder, pad
from codeassistd.models.errors import CodeassistdError
from codeassistd.models.identity import Pooling, PrecisionChoice
from codeassistd.models.quick_start import QuickStartEmbedder
from codeassistd.models.roles import EmbedKind
from codeassistd.models.selection import EmbedderRequest, identity_of, load_embedder, load_quick_start
from codeassistd.models.tokenization import Tokenizer
from codeassistd.models.weights import ModelFiles

from . import folder_models


@pytest.fixture(scope="module")
def encoder(minilm: BertWeights, files: ModelFiles, entry: CatalogEntry) -> TextEncoder:
    tokenizer = Tokenizer(files.tokenizer, entry.max_tokens, threads=1)
    return TextEncoder(entry.identity(), tokenizer, NumpyBert(minilm))


def test_vectors_equal_those_of_sentence_transformers(
    encoder: TextEncoder, golden_texts: list[str], golden_vectors: NDArray[np.float32]
) -> None:
    vectors = encoder.embed(golden_texts, "document")
    assert np.einsum("nd,nd->n", vectors, golden_vectors).min() > 0.999_99


def test_padding_changes_nothing(encoder: TextEncoder, golden_texts: list[str]) -> None:
    texts = [text for text in golden_texts if 0 < len(text) < 200][:6]
    assert len(texts) > 3
    together = encoder.embed(texts, "document")
    alone = np.concatenate([encoder.embed([text], "document") for text in texts])
    assert np.abs(together - alone).max() < 1e-5


def test_it_is_loaded_for_the_default_model() -> None:
    loaded = load_quick_start(EmbedderRequest())
    assert loaded.backend == "numpy"
    assert loaded.embedder.identity == identity_of(EmbedderRequest())
    [vector] = loaded.embedder.embed(["where are flags parsed"], "query")
    assert abs(float(vector @ vector) - 1.0) < 1e-4


@pytest.mark.parametrize("pooling", ["mean", "cls"])
def test_a_batch_equals_torchs(minilm: BertWeights, pooling: Pooling) -> None:
    rng = np.random.default_rng(0)
    ids, mask = pad([list(rng.integers(1, 30_000, length)) for length in (5, 64, 17)])
    found = NumpyBert(minilm, pooling).forward(ids, mask)
    expected = build(minilm, "cpu", threads=1, pooling=pooling, dtype=None).forward(ids, mask)
    assert found.dtype == np.float32
    assert np.einsum("nd,nd->n", found, expected).min() > 0.999


def test_the_activation_is_exact_to_single_precision() -> None:
    values = np.linspace(-8, 8, 10_001, dtype=np.float32)
    exact = [float(x) * 0.5 * (1 + math.erf(float(x) / math.sqrt(2))) for x in values]
    assert np.abs(_gelu(values) - np.array(exact)).max() < 2e-6


class Counting:
    """An embedder that counts what it is asked for."""

    def __init__(self) -> None:
        self.identity = replace(identity_of(EmbedderRequest()), max_tokens=100)
        self.texts = 0

    def embed(self, texts: Sequence[str], kind: EmbedKind) -> NDArray[np.float32]:
        del kind
        self.texts += len(texts)
        return np.zeros((len(texts), 1), dtype=np.float32)


def test_an_engine_is_loaded_once_there_is_more_text() -> None:
    quick, full, loads = Counting(), Counting(), []
    embedder = QuickStartEmbedder(quick, lambda: (loads.append(1), full)[1])
    embedder.embed(["x" * 1_000_000], "document")  # counts as the 100 tokens that the model reads of it
    embedder.embed(["x" * 300] * 8, "document")
    assert (quick.texts, full.texts) == (9, 0)
    embedder.embed(["x" * 300], "document")
    embedder.embed(["x"], "query")
    assert (quick.texts, full.texts, len(loads)) == (9, 2, 1)


def test_an_engine_that_does_not_load_says_so_when_it_is_needed() -> None:
    def load() -> Counting:
        raise CodeassistdError("no engine")

    embedder = QuickStartEmbedder(Counting(), load)
    assert embedder.embed(["short"], "query").shape == (1, 1)
    for _ in range(2):
        with pytest.raises(CodeassistdError, match="no engine"):
            embedder.embed(["x" * 100_000] * 10, "document")


def test_an_engine_asked_for_is_used_from_the_first_text_on() -> None:
    assert load_quick_start(EmbedderRequest(backend="torch")).backend == "torch"


@pytest.mark.parametrize("precision", ["float", "int8"])
def test_the_first_texts_have_the_weights_of_the_others(
    precision: PrecisionChoice, golden_texts: list[str]
) -> None:
    texts = [text for text in golden_texts if len(text) < 200]
    request = EmbedderRequest(precision=precision)
    first = load_quick_start(request).embedder.embed(texts, "document")
    others = load_embedder(replace(request, backend="torch", full_precision=True))
    assert np.einsum("nd,nd->n", first, others.embedder.embed(texts, "document")).min() > 0.999_99


def test_a_model_that_only_engines_can_run_is_run_by_one(tmp_path: Path) -> None:
    folder = folder_models.qwen3(tmp_path / "qwen3")
    assert load_quick_start(EmbedderRequest(model=str(folder))).backend == "torch"


def test_a_query_imports_no_engine() -> None:
    program = (
        "import sys\n"
        "from codeassistd.models.selection import EmbedderRequest, load_quick_start\n"
        "load_quick_start(EmbedderRequest()).embedder.embed(['where are flags parsed'], 'query')\n"
        "print([name for name in ('torch', 'openvino', 'transformers', 'mlx') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
