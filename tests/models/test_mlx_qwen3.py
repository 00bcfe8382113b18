"""Qwen3 on MLX against transformers, with weights as published and as conversions to MLX pack them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from codeassistd.models.errors import CodeassistdError
from codeassistd.models.identity import ModelIdentity
from codeassistd.models.selection import EmbedderRequest, identity_of, load_embedder, usable_engines
from codeassistd.models.weights_files import WeightsError

from . import folder_models
from .folder_models import TEXTS
from .mlx_conversion import GROUP_SIZE, packed_for_mlx

mx = pytest.importorskip("mlx.core", reason="MLX is not installed")
mlx_qwen3 = pytest.importorskip("codeassistd.models.backends.mlx_qwen3")

INSTRUCTION = "Instruct: Given a web search query, retrieve relevant passages that answer the query\nQuery:"
LEFT_OUT = ("modules.json", "1_Pooling", "2_Normalize", "config_sentence_transformers.json")


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return folder_models.qwen3(tmp_path_factory.mktemp("published") / "model")


def vectors(
    folder: Path, engine: str, texts: list[str] = TEXTS, kind: str = "document"
) -> NDArray[np.float32]:
    request = EmbedderRequest(
        model=str(folder),
        backend=engine,  # type: ignore[arg-type]
        threads=1,
        full_precision=True,
    )
    return load_embedder(request).embedder.embed(texts, kind)  # type: ignore[arg-type]


def least_cosine(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    return float(np.einsum("nd,nd->n", one, other).min())


def convert(source: Path, target: Path, bits: int, *, finer: str = "") -> tuple[Path, Path]:
    """The folder as mlx-lm converts it, and one whose weights are what the packed ones stand for.

    Args:
        source: A model as it is published.
        target: Where to put both.
        bits: Of a packed weight.
        finer: The end of the names of matrices that get 8 bits instead.
    """
    packed, floats = packed_for_mlx(mx.load(str(source / "model.safetensors")), bits, finer)
    conversion = target / "acme--Tiny-Qwen3-Embedding-MLX"
    unpacked = target / "unpacked"
    for folder in (conversion, unpacked):
        folder.mkdir()
        for file in source.rglob("*.json"):
            (folder / file.relative_to(source)).parent.mkdir(exist_ok=True)
            (folder / file.relative_to(source)).write_bytes(file.read_bytes())
    for name in LEFT_OUT:
        for path in sorted((conversion / name).glob("*")):
            path.unlink()
        if (conversion / name).is_dir():
            (conversion / name).rmdir()
        (conversion / name).unlink(missing_ok=True)
    mx.save_safetensors(str(conversion / "model.safetensors"), packed, {"format": "mlx"})
    mx.save_safetensors(str(unpacked / "model.safetensors"), floats, {"format": "pt"})
    config = json.loads((conversion / "config.json").read_text())
    config["quantization"] = config["quantization_config"] = {"group_size": GROUP_SIZE, "bits": bits}
    (conversion / "config.json").write_text(json.dumps(config))
    return conversion, unpacked


def without_ending(folder: Path) -> None:
    """The tokenizer as it is in conversions made before the model's publishers added the rule."""
    path = folder / "tokenizer.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"post_processor": None}))


@pytest.mark.parametrize("kind", ["query", "document"])
def test_published_weights_give_torchs_vectors(published: Path, kind: str) -> None:
    assert least_cosine(vectors(published, "mlx", kind=kind), vectors(published, "torch", kind=kind)) > 0.9999


def test_torch_is_chosen_without_apple_silicon(published: Path) -> None:
    request = EmbedderRequest(model=str(published), threads=1)
    assert set(usable_engines(request)) == {"mlx", "torch"}


@pytest.mark.parametrize(("bits", "finer"), [(4, ""), (8, ""), (4, "down_proj")])
def test_packed_weights_give_the_vectors_of_what_they_stand_for(
    published: Path, tmp_path: Path, bits: int, finer: str
) -> None:
    conversion, unpacked = convert(published, tmp_path, bits, finer=finer)
    request = EmbedderRequest(model=str(conversion), threads=1)
    assert usable_engines(request) == ("mlx",)
    assert f"weights in {bits} bits" in load_embedder(request).reason
    expected = vectors(unpacked, "torch")
    assert least_cosine(vectors(conversion, "mlx"), expected) > 0.9999
    # The packed weights are others than the published ones.
    assert least_cosine(expected, vectors(published, "torch")) < 0.999_99


def test_a_conversion_is_used_as_the_model_it_is_of(published: Path, tmp_path: Path) -> None:
    conversion, unpacked = convert(published, tmp_path, 4)
    identity: ModelIdentity = identity_of(EmbedderRequest(model=str(conversion)))
    assert (identity.pooling, identity.query_prefix) == ("lasttoken", INSTRUCTION)
    assert identity.dimensions == folder_models.HIDDEN
    asked = vectors(conversion, "mlx", ["where is it"], kind="query")
    assert least_cosine(asked, vectors(unpacked, "torch", [f"{INSTRUCTION}where is it"])) > 0.9999


def test_texts_end_with_the_token_that_is_pooled(published: Path, tmp_path: Path) -> None:
    conversion, unpacked = convert(published, tmp_path, 8)
    without_ending(conversion)
    assert least_cosine(vectors(conversion, "mlx"), vectors(unpacked, "torch")) > 0.9999


def test_vectors_are_cut_as_those_of_other_engines(published: Path, tmp_path: Path) -> None:
    conversion, _ = convert(published, tmp_path, 4)
    request = EmbedderRequest(model=str(conversion), threads=1, dimensions=24)
    short = load_embedder(request).embedder.embed(TEXTS, "document")
    beginnings = vectors(conversion, "mlx")[:, :24]
    assert short == pytest.approx(beginnings / np.linalg.norm(beginnings, axis=1, keepdims=True), abs=1e-5)


@pytest.mark.parametrize("text", ["", " \t\n", "\x00", "\ud800", "x" * 1_000_000])
def test_odd_texts_get_unit_vectors(published: Path, tmp_path: Path, text: str) -> None:
    conversion, _ = convert(published, tmp_path, 4)
    [vector] = vectors(conversion, "mlx", [text])
    assert float(vector @ vector) == pytest.approx(1, abs=1e-3)


def test_company_does_not_change_a_vector(published: Path) -> None:
    together = vectors(published, "mlx")
    alone = np.concatenate([vectors(published, "mlx", [text]) for text in TEXTS])
    assert np.abs(together - alone).max() < 1e-4


def test_the_arithmetic_of_apples_graphics_is_close(published: Path) -> None:
    # "metal" says which arithmetic to use; MLX's default device runs it.
    config = json.loads((published / "config.json").read_text())
    network = mlx_qwen3.build([published / "model.safetensors"], config, "metal", "lasttoken")
    assert network.precision == "bfloat16"
    exact = mlx_qwen3.build([published / "model.safetensors"], config, "cpu", "lasttoken")
    ids, mask = np.array([[5, 6, 7, 0]], np.int32), np.ones((1, 4), np.float32)
    assert least_cosine(network.forward(ids, mask), exact.forward(ids, mask)) > 0.99


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda config: config | {"quantization": {"group_size": 32, "bits": 4, "mode": "mxfp4"}}, "mxfp4"),
        (lambda config: config | {"rope_parameters": {"rope_type": "yarn", "rope_theta": 1e6}}, "scaled"),
        (lambda config: config | {"num_attention_heads": 3}, "fit together"),
        (lambda config: config | {"num_hidden_layers": 7}, "lack the tensor"),
        (lambda config: config | {"num_key_value_heads": None}, "not that of a Qwen3"),
    ],
)
def test_what_can_not_be_run_is_refused(
    published: Path,
    tmp_path: Path,
    damage: Callable[[dict[str, object]], dict[str, object]],
    words: str,
) -> None:
    conversion, _ = convert(published, tmp_path, 4)
    config = json.loads((conversion / "config.json").read_text())
    (conversion / "config.json").write_text(json.dumps(damage(config)))
    with pytest.raises(WeightsError, match=words):
        vectors(conversion, "mlx")


def test_damaged_weights_are_refused(published: Path, tmp_path: Path) -> None:
    conversion, _ = convert(published, tmp_path, 4)
    content = (conversion / "model.safetensors").read_bytes()
    (conversion / "model.safetensors").write_bytes(content[: len(content) // 2])
    with pytest.raises(CodeassistdError):
        vectors(conversion, "mlx")


def test_a_folder_that_does_not_name_the_model_is_none(published: Path, tmp_path: Path) -> None:
    conversion, _ = convert(published, tmp_path, 4)
    with pytest.raises(WeightsError, match=r"lacks modules\.json"):
        identity_of(EmbedderRequest(model=str(conversion.rename(tmp_path / "something"))))
