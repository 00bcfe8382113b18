from __future__ import annotations

import json
import sys
from collections.abc import Callable
from concurrent.futures import CancelledError
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
import transformers
from numpy.typing import NDArray

from codeassistd.models import bert_reranker, catalog, cross_encoder, hardware, reranker_folder, weights
from codeassistd.models.backends import torch_cross_encoder
from codeassistd.models.encoder import BrokenModelError
from codeassistd.models.errors import CodeassistdError
from codeassistd.models.identity import RerankerIdentity
from codeassistd.models.reranker_selection import RerankerRequest, load_reranker
from codeassistd.models.tokenization import PairTokenizer
from codeassistd.models.weights_files import WeightsError

QUERY = "how is a file read"
PASSAGES = [
    "def read(path): return open(path).read()",
    "x = 1",
    "Größe der Datei 🙂",
    "def add(a, b):\n    return a + b\n" * 50,
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small BERT cross-encoder with random weights, as transformers saves one."""
    torch.manual_seed(1)
    config = transformers.BertConfig(
        vocab_size=30_522,
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=4,
        intermediate_size=64,
        max_position_embeddings=64,
        num_labels=1,
        initializer_range=0.5,
    )
    model = transformers.BertForSequenceClassification(config)
    made = tmp_path_factory.mktemp("reranker")
    model.save_pretrained(made)
    source = weights.locate(catalog.find(catalog.DEFAULT_MODEL)).tokenizer
    (made / "tokenizer.json").write_bytes(source.read_bytes())
    return made


def exact(folder: Path) -> cross_encoder.CrossEncoder:
    """The cross-encoder in float32, whatever the processor is quickest with."""
    config = bert_reranker.read_config(folder / "config.json")
    tensors = weights.map_tensors(folder / "model.safetensors")
    network = torch_cross_encoder.build(tensors, config.heads, config.epsilon, "cpu", 1, torch.float32)
    tokenizer = PairTokenizer(folder / "tokenizer.json", config.max_tokens, 1)
    return cross_encoder.CrossEncoder(RerankerIdentity("small", config.max_tokens), tokenizer, network)


def reference(folder: Path) -> NDArray[np.float32]:
    """The scores that transformers gives."""
    model = transformers.BertForSequenceClassification.from_pretrained(folder).eval()
    tokenizer = transformers.PreTrainedTokenizerFast(
        tokenizer_file=str(folder / "tokenizer.json"),
        pad_token="[PAD]",  # noqa: S106 - no password
        model_max_length=64,
    )
    inputs = tokenizer(
        [QUERY] * len(PASSAGES), PASSAGES, padding=True, truncation=True, return_tensors="pt",
        return_token_type_ids=True,
    )  # fmt: skip
    with torch.inference_mode():
        scores: NDArray[np.float32] = torch.sigmoid(model(**inputs).logits[:, 0]).numpy()
    return scores


def test_scores_are_those_of_transformers(folder: Path) -> None:
    scores = exact(folder).score(QUERY, PASSAGES)
    assert scores == pytest.approx(reference(folder), abs=1e-4)
    assert np.ptp(scores) > 0.01


def test_a_folder_is_loaded_by_request(folder: Path) -> None:
    reranker = load_reranker(RerankerRequest(folder, threads=1))
    assert reranker.identity == RerankerIdentity(folder.name, 64)
    scores = reranker.score(QUERY, PASSAGES)
    # bfloat16 on processors that have it.
    assert scores == pytest.approx(reference(folder), abs=0.1)


@pytest.mark.parametrize(("on_apple", "tolerance"), [(False, 1e-4), (True, 0.02)])
def test_mlx_gives_the_scores_of_transformers(folder: Path, *, on_apple: bool, tolerance: float) -> None:
    """A machine with MLX alone, and one where MLX would be the choice; both compute on this processor."""
    pytest.importorskip("mlx.core", reason="MLX is not installed")
    machine = replace(hardware.probe(), torch=on_apple, apple_silicon=on_apple, mlx=True)
    scores = reranker_folder.load(folder, 1, machine).score(QUERY, PASSAGES)
    assert scores == pytest.approx(reference(folder), abs=tolerance)


def test_without_an_engine_the_error_says_what_to_install(folder: Path) -> None:
    machine = replace(hardware.probe(), torch=False, mlx=False)
    with pytest.raises(CodeassistdError) as caught:
        reranker_folder.load(folder, 1, machine)
    assert "pip install torch" in caught.value.hint


def test_where_mlx_does_not_load_torch_takes_its_place(
    folder: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setitem(sys.modules, "codeassistd.models.backends.mlx_pair_scorers", None)
    monkeypatch.delattr("codeassistd.models.backends.mlx_pair_scorers", raising=False)
    machine = replace(hardware.probe(), torch=True, mlx=True, cuda=False, apple_silicon=True)
    scores = reranker_folder.load(folder, 1, machine).score(QUERY, PASSAGES)
    assert scores == pytest.approx(reference(folder), abs=0.1)
    assert "The engine mlx does not load" in caplog.text
    with pytest.raises(CodeassistdError, match="no other here runs"):
        reranker_folder.load(folder, 1, replace(machine, torch=False))


def test_odd_passages_have_scores(folder: Path) -> None:
    odd = ["", " \n", "\ud800", "x" * 10_000_000, "a b\n" * 1_000_000]
    scores = exact(folder).score("\udfff" * 10_000, odd)
    assert np.isfinite(scores).all()
    assert scores[:2].tolist() == [0, 0]
    assert exact(folder).score(QUERY, []).shape == (0,)


def test_it_stops_when_nobody_waits(folder: Path) -> None:
    with pytest.raises(CancelledError):
        exact(folder).score(QUERY, PASSAGES, lambda: True)


def test_numbers_that_are_none_are_refused(folder: Path) -> None:
    class Broken:
        token_budget = 100

        def forward(self, pairs: NDArray[np.int32], mask: NDArray[np.float32]) -> NDArray[np.float32]:
            return np.full(len(pairs), np.nan, np.float32)

    tokenizer = PairTokenizer(folder / "tokenizer.json", 64, 1)
    broken = cross_encoder.CrossEncoder(RerankerIdentity("broken", 64), tokenizer, Broken())
    with pytest.raises(BrokenModelError, match="broken gave NaN"):
        broken.score(QUERY, PASSAGES)


@pytest.mark.parametrize("name", ["config.json", "tokenizer.json", "model.safetensors"])
def test_a_missing_file_is_named(folder: Path, tmp_path: Path, name: str) -> None:
    for file in folder.iterdir():
        if file.name != name:
            (tmp_path / file.name).write_bytes(file.read_bytes())
    with pytest.raises(WeightsError, match=name):
        load_reranker(RerankerRequest(tmp_path))


@pytest.mark.parametrize(
    "damage",
    [
        lambda config: config | {"model_type": "roberta"},
        lambda config: config | {"id2label": {"0": "A", "1": "B"}},
        lambda config: config | {"hidden_act": "relu"},
        lambda config: config | {"num_attention_heads": 0},
        lambda config: config | {"num_attention_heads": 5},
        lambda config: config | {"num_attention_heads": "many"},
        lambda config: config | {"max_position_embeddings": 512},
        lambda config: [config],
    ],
)
def test_another_kind_of_model_is_refused(
    folder: Path, tmp_path: Path, damage: Callable[[dict[str, object]], object]
) -> None:
    for file in folder.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    config = json.loads((folder / "config.json").read_text())
    (tmp_path / "config.json").write_text(json.dumps(damage(config)))
    with pytest.raises(WeightsError):
        load_reranker(RerankerRequest(tmp_path))


def test_an_encoder_without_a_classifier_is_refused(folder: Path, tmp_path: Path) -> None:
    source = weights.locate(catalog.find(catalog.DEFAULT_MODEL)).weights
    for name in ("config.json", "tokenizer.json"):
        (tmp_path / name).write_bytes((folder / name).read_bytes())
    (tmp_path / "model.safetensors").symlink_to(source)
    with pytest.raises(WeightsError, match="classifier"):
        load_reranker(RerankerRequest(tmp_path))
