"""The MLX engine: on Linux its CPU build, which is slow and right."""

from __future__ import annotations

import json
import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from safetensors.numpy import save_file

from codeassistd.models.backends.bert_weights import BertWeights
from codeassistd.models.catalog import CatalogEntry
from codeassistd.models.encoder import TextEncoder, pad
from codeassistd.models.identity import ModelIdentity
from codeassistd.models.selection import EmbedderRequest, load_embedder, usable_engines
from codeassistd.models.tokenization import Tokenizer
from codeassistd.models.weights import ModelFiles, map_tensors
from codeassistd.models.weights_files import WeightsError

from . import folder_models

mx = pytest.importorskip("mlx.core", reason="MLX is not installed")
nn = pytest.importorskip("mlx.nn", reason="MLX is not installed")
mlx_bert = pytest.importorskip("codeassistd.models.backends.mlx_bert")

TEXTS = ["def read(path): return open(path).read()", "x = 1", "where are settings loaded", "Größe 🙂"]


def cosines(one: NDArray[np.float32], other: NDArray[np.float32]) -> NDArray[np.float32]:
    products: NDArray[np.float32] = np.einsum("nd,nd->n", one, other)
    return products


def in_float32(texts: list[str], **wanted: object) -> NDArray[np.float32]:
    """What torch makes of texts in full precision."""
    request = EmbedderRequest(backend="torch", threads=1, full_precision=True)
    return load_embedder(replace(request, **wanted)).embedder.embed(texts, "document")  # type: ignore[arg-type]


def test_the_real_model_gives_torchs_vectors() -> None:
    loaded = load_embedder(EmbedderRequest(backend="mlx", threads=1, precision="float"))
    assert loaded.backend == "mlx"
    assert loaded.reason.startswith("MLX, float")
    vectors = loaded.embedder.embed(TEXTS, "document")
    assert cosines(vectors, in_float32(TEXTS, precision="float")).min() >= 0.9999


def test_any_thread_may_ask() -> None:
    embedder = load_embedder(EmbedderRequest(backend="mlx", threads=1)).embedder
    expected = embedder.embed(["x = 1"], "query")
    found: list[NDArray[np.float32]] = []
    threads = [
        threading.Thread(target=lambda: found.append(embedder.embed(["x = 1"], "query"))) for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 3
    assert all(np.abs(vector - expected).max() < 1e-5 for vector in found)


def test_rounded_weights_are_those_of_the_other_engines() -> None:
    int8 = EmbedderRequest(backend="mlx", threads=1, precision="int8")
    vectors = load_embedder(int8).embedder.embed(TEXTS[:2], "document")
    assert cosines(vectors, in_float32(TEXTS[:2], precision="int8")).min() > 0.9999


def packed(files: ModelFiles, bits: int) -> dict[str, NDArray[np.generic]]:
    """The model's tensors as `mlx.nn.quantize` leaves them, made by it."""

    class Named(nn.Module):  # type: ignore[misc,name-defined]
        """One linear map or table."""

        def __init__(self, tensors: dict[str, NDArray[np.generic]], name: str) -> None:
            super().__init__()
            rows, columns = tensors[f"{name}.weight"].shape
            self.inner = nn.Embedding(rows, columns) if "embeddings" in name else nn.Linear(columns, rows)
            self.inner.weight = mx.array(tensors[f"{name}.weight"])
            if "embeddings" not in name:
                self.inner.bias = mx.array(tensors[f"{name}.bias"])
            nn.quantize(self, group_size=64, bits=bits)

    tensors = map_tensors(files.weights)
    made = dict(tensors)
    matrices = [name for name, array in tensors.items() if array.ndim == 2 and name.endswith(".weight")]
    for name in [name.removesuffix(".weight") for name in matrices]:
        if name == "embeddings.token_type_embeddings" or name.startswith("pooler"):
            continue
        for part, array in Named(tensors, name).inner.parameters().items():
            made[f"{name}.{part}"] = np.array(array)
    return made


@pytest.mark.parametrize(("bits", "cosine"), [(8, 0.999), (4, 0.9)])
def test_packed_weights_load(
    files: ModelFiles, tmp_path: Path, entry: CatalogEntry, bits: int, cosine: float
) -> None:
    folder = folder_of(files, tmp_path, packed(files, bits), bits)
    request = EmbedderRequest(model=str(folder), threads=1)
    assert usable_engines(request) == ("mlx",)
    loaded = load_embedder(request)
    assert f"weights in {bits} bits" in loaded.reason
    assert loaded.reason.endswith("the engine for models of this kind")
    found = cosines(loaded.embedder.embed(TEXTS[:2], "document"), in_float32(TEXTS[:2]))
    assert found.min() > cosine
    assert found.max() < 0.999_999


def folder_of(files: ModelFiles, tmp_path: Path, tensors: dict[str, NDArray[np.generic]], bits: int) -> Path:
    """A model's folder, as a conversion to MLX has it."""
    folder = folder_models.bert(tmp_path / "packed", pooling_mode_mean_tokens=True)
    (folder / "tokenizer.json").write_bytes(files.tokenizer.read_bytes())
    (folder / "sentence_bert_config.json").write_text('{"max_seq_length": 256}')
    config = json.loads((files.weights.parent / "config.json").read_text())
    config["quantization"] = {"group_size": 64, "bits": bits}
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "1_Pooling" / "config.json").write_text(
        '{"word_embedding_dimension": 384, "pooling_mode_mean_tokens": true}'
    )
    save_file(
        {name: np.ascontiguousarray(array) for name, array in tensors.items()}, folder / "model.safetensors"
    )
    return folder


def test_pooling_by_the_first_token(tmp_path: Path) -> None:
    folder = str(folder_models.bert(tmp_path / "model"))
    vectors = load_embedder(EmbedderRequest(model=folder, backend="mlx", threads=1))
    expected = in_float32(TEXTS, model=folder)
    assert cosines(vectors.embedder.embed(TEXTS, "document"), expected).min() > 0.9999


def test_weights_of_something_else_are_refused(files: ModelFiles) -> None:
    tensors = map_tensors(files.weights)
    with pytest.raises(WeightsError, match="no layers"):
        mlx_bert.build({}, 12, 1e-12, "cpu")
    lacking = {name: array for name, array in tensors.items() if "layer.3.output.dense.bias" not in name}
    with pytest.raises(WeightsError, match="lack the tensor"):
        mlx_bert.build(lacking, 12, 1e-12, "cpu")
    with pytest.raises(WeightsError, match="do not fit together"):
        mlx_bert.build(tensors, 7, 1e-12, "cpu")


def test_half_precision_as_on_apples_graphics_is_close(
    files: ModelFiles, entry: CatalogEntry, minilm: BertWeights
) -> None:
    # "metal" says which arithmetic to use; MLX's default device runs it.
    network = mlx_bert.build(map_tensors(files.weights), entry.heads, entry.layer_norm_epsilon, "metal")
    assert network.precision == "float16"
    identity: ModelIdentity = entry.identity()
    encoder = TextEncoder(identity, Tokenizer(files.tokenizer, entry.max_tokens, 1), network)
    assert cosines(encoder.embed(TEXTS[:2], "document"), in_float32(TEXTS[:2])).min() > 0.999


def test_padding_does_not_change_a_vector(files: ModelFiles, entry: CatalogEntry) -> None:
    network = mlx_bert.build(map_tensors(files.weights), entry.heads, entry.layer_norm_epsilon, "cpu")
    ids, mask = pad([[101, 2054, 102], [101, 2054, 2003, 2023, 102]])
    together = network.forward(ids, mask)
    alone = network.forward(*pad([[101, 2054, 102]]))
    assert np.abs(together[:1] - alone).max() < 1e-5
