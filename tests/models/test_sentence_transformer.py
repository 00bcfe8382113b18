"""What is read of a model's folder, and what is refused in words."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from codeassistd.models.embedding_model import engines_for
from codeassistd.models.engine_choice import BackendUnavailableError
from codeassistd.models.errors import CodeassistdError, UsageError
from codeassistd.models.hardware import Hardware
from codeassistd.models.hub.listing import MANIFEST_NAME
from codeassistd.models.hub.manifest import InstalledFile, Manifest, write_manifest
from codeassistd.models.model_config import Quantization
from codeassistd.models.selection import EmbedderRequest, identity_of, load_embedder
from codeassistd.models.sentence_transformer import read_sentence_transformer
from codeassistd.models.weights_files import WeightsError, file_sha256

from . import folder_models


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return folder_models.bert(tmp_path_factory.mktemp("saved") / "bert")


@pytest.fixture
def folder(saved: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(saved, tmp_path / "model"))


def change(path: Path, **values: object) -> None:
    found = json.loads(path.read_text()) if path.exists() else {}
    path.write_text(json.dumps(found | values))


def test_a_bert_is_read_and_may_run_on_any_engine(folder: Path) -> None:
    found = read_sentence_transformer(folder)
    assert (found.model_type, found.pooling, found.dimensions, found.max_tokens) == ("bert", "cls", 64, 64)
    assert found.lowercase
    assert (found.query_prefix, found.document_prefix) == ("", "")
    assert engines_for(found) == ("mlx", "openvino", "torch")


@pytest.mark.parametrize(
    ("changes", "engines"),
    [
        ({"hidden_act": "relu"}, ("torch",)),
        ({"model_type": "distilbert"}, ("torch",)),
        ({"quantization": {"group_size": 64, "bits": 4}}, ("mlx",)),
    ],
)
def test_what_the_own_bert_does_not_compute_runs_elsewhere(
    folder: Path, changes: dict[str, Any], engines: tuple[str, ...]
) -> None:
    change(folder / "config.json", **changes)
    assert engines_for(read_sentence_transformer(folder)) == engines


def test_prompts_are_the_prefixes(folder: Path) -> None:
    change(folder / "config_sentence_transformers.json", prompts={"query": "q: ", "document": "d: "})
    found = read_sentence_transformer(folder)
    assert (found.query_prefix, found.document_prefix) == ("q: ", "d: ")
    identities = {identity_of(EmbedderRequest(model=str(path))).id for path in (folder,)}
    change(folder / "config_sentence_transformers.json", prompts={"query": "Q: "})
    assert identity_of(EmbedderRequest(model=str(folder))).id not in identities


def test_the_length_is_the_least_of_all_limits(folder: Path) -> None:
    (folder / "sentence_bert_config.json").unlink()
    assert read_sentence_transformer(folder).max_tokens == 128
    change(folder / "tokenizer_config.json", model_max_length=100)
    assert read_sentence_transformer(folder).max_tokens == 100


def test_packed_weights_are_noticed(folder: Path) -> None:
    change(folder / "config.json", quantization={"group_size": 32, "bits": 8})
    assert read_sentence_transformer(folder).quantization == Quantization(bits=8, group_size=32)


def _pickled(folder: Path) -> None:
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")


def _own_code(folder: Path) -> None:
    text = (folder / "modules.json").read_text()
    (folder / "modules.json").write_text(
        text.replace("sentence_transformers.models.Pooling", "custom.Pooling")
    )


def _dense(folder: Path) -> None:
    text = (folder / "modules.json").read_text()
    (folder / "modules.json").write_text(text.replace("models.Normalize", "models.Dense"))


def _outside(folder: Path) -> None:
    text = (folder / "modules.json").read_text()
    (folder / "modules.json").write_text(text.replace('"1_Pooling"', '"../elsewhere"'))


def _lacking_a_part(folder: Path) -> None:
    (folder / "model.safetensors").unlink()
    index = {"weight_map": {"a": "model-00001-of-00002.safetensors"}}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (_pickled, "pickle"),
        (_own_code, "code of its own"),
        (_dense, "Dense"),
        (_outside, "leads out of its folder"),
        (_lacking_a_part, "model-00001-of-00002.safetensors"),
        (lambda folder: (folder / "model.safetensors").unlink(), "lacks its weights"),
        (lambda folder: (folder / "modules.json").unlink(), "lacks modules.json"),
        (lambda folder: (folder / "tokenizer.json").unlink(), "lacks the file tokenizer.json"),
        (lambda folder: (folder / "config.json").unlink(), "Cannot read"),
        (lambda folder: (folder / "config.json").write_text("{"), "not JSON"),
        (lambda folder: (folder / "config.json").write_text("[]"), "not a JSON object"),
        (lambda folder: (folder / "modules.json").write_text("5"), "not that of an embedding model"),
        (lambda folder: (folder / "modules.json").write_text('["a"]'), "not that of an embedding model"),
        (lambda folder: (folder / "adapter_config.json").write_text("{}"), "adapter"),
        (lambda folder: change(folder / "config.json", quantization_config={}), "quantised in a form"),
        (lambda folder: change(folder / "config.json", quantization={"bits": "4"}), "not that of"),
        (
            lambda folder: change(folder / "1_Pooling/config.json", pooling_mode_max_tokens=True),
            "cls and max",
        ),
        (
            lambda folder: change(folder / "1_Pooling/config.json", pooling_mode="weightedmean"),
            "weightedmean",
        ),
        (lambda folder: change(folder / "sentence_bert_config.json", max_seq_length=3), "reads 3 tokens"),
        (
            lambda folder: (
                change(folder / "1_Pooling/config.json", include_prompt=False),
                change(folder / "config_sentence_transformers.json", prompts={"query": "q"}),
            ),
            "leaves its prompts out",
        ),
        (shutil.rmtree, "There is no folder"),
    ],
)
def test_what_is_not_supported_is_refused_in_words(
    folder: Path, damage: Callable[[Path], object], said: str
) -> None:
    damage(folder)
    with pytest.raises(WeightsError, match=said) as caught:
        identity_of(EmbedderRequest(model=str(folder)))
    assert caught.value.hint


def test_vectors_whose_length_matters_are_refused(tmp_path: Path) -> None:
    folder = folder_models.modernbert(tmp_path / "model")
    change(folder / "config_sentence_transformers.json", similarity_fn_name="dot")
    with pytest.raises(WeightsError, match="by dot"):
        identity_of(EmbedderRequest(model=str(folder)))


def test_weights_that_do_not_fit_are_not_made_up(tmp_path: Path) -> None:
    folder = folder_models.qwen3(tmp_path / "model")
    change(folder / "config.json", num_hidden_layers=3, layer_types=["full_attention"] * 3)
    with pytest.raises(WeightsError, match="tensors are missing"):
        load_embedder(EmbedderRequest(model=str(folder), threads=1))


def test_positions_that_would_be_rotated_otherwise_are_refused(tmp_path: Path) -> None:
    folder = folder_models.nomic(tmp_path / "model")
    change(folder / "config.json", rotary_emb_base=1_000)
    load_embedder(EmbedderRequest(model=str(folder), threads=1))
    change(folder / "config.json", rotary_emb_base=10_000)
    with pytest.raises(WeightsError, match="rotates positions by 10000"):
        load_embedder(EmbedderRequest(model=str(folder), threads=1))


def test_an_architecture_that_needs_code_of_its_own_is_refused(folder: Path) -> None:
    change(
        folder / "config.json",
        model_type="my_bert",
        auto_map={"AutoModel": "modeling.MyBert", "AutoConfig": "modeling.MyConfig"},
    )
    (folder / "modeling.py").write_text("raise SystemExit('this was run')")
    with pytest.raises(WeightsError, match="transformers can't load"):
        load_embedder(EmbedderRequest(model=str(folder), threads=1))


def test_dimensions_and_precision_that_there_are_not_are_refused(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="have 64 dimensions"):
        identity_of(EmbedderRequest(model=str(folder), dimensions=65))
    with pytest.raises(UsageError, match="have 384 dimensions"):
        identity_of(EmbedderRequest(dimensions=385))
    qwen = folder_models.qwen3(tmp_path / "qwen")
    with pytest.raises(UsageError, match="int8 is for models that codeassistd was calibrated for"):
        identity_of(EmbedderRequest(model=str(qwen), precision="int8"))
    with pytest.raises(BackendUnavailableError, match="openvino can't run"):
        load_embedder(EmbedderRequest(model=str(qwen), backend="openvino"))


def test_a_model_larger_than_free_memory_is_refused_before_it_is_loaded(folder: Path) -> None:
    small = Hardware("x86_64", 1, False, False, False, True, True, free_memory_bytes=1_000_000)
    with pytest.raises(CodeassistdError, match="memory are free"):
        load_embedder(EmbedderRequest(model=str(folder)), small)


def pulled(folder: Path, store: Path, name: str) -> Path:
    """The folder as if it had been pulled."""
    target = store / name.replace("/", "--")
    shutil.copytree(folder, target)
    files = [path for path in sorted(target.rglob("*")) if path.is_file()]
    recorded = tuple(
        InstalledFile(path.relative_to(target).as_posix(), path.stat().st_size, file_sha256(path, None))
        for path in files
    )
    write_manifest(Manifest(name, name, "0" * 40, "mit", "hub.example", recorded), target)
    return target


def test_a_pulled_model_goes_by_its_name(folder: Path, tmp_path: Path) -> None:
    store = tmp_path / "models"
    target = pulled(folder, store, "acme/tiny")
    request = EmbedderRequest(model="Acme/Tiny", cache_dir=store, threads=1)
    identity = identity_of(request)
    assert identity.name == "acme/tiny"
    assert load_embedder(request).embedder.identity == identity
    # The same folder by its path is the same model.
    assert identity_of(EmbedderRequest(model=str(target))) == identity
    (target / MANIFEST_NAME).unlink()
    assert identity_of(EmbedderRequest(model=str(target))).weights_sha256 == identity.weights_sha256


def test_an_altered_file_of_a_pulled_model_is_refused(folder: Path, tmp_path: Path) -> None:
    store = tmp_path / "models"
    target = pulled(folder, store, "acme/tiny")
    weights = bytearray((target / "model.safetensors").read_bytes())
    weights[-1] ^= 1
    (target / "model.safetensors").write_bytes(weights)
    with pytest.raises(WeightsError, match="not the file that was pulled") as caught:
        load_embedder(EmbedderRequest(model="acme/tiny", cache_dir=store, threads=1))
    assert caught.value.hint == "codeassistd models pull acme/tiny --force"


@pytest.mark.parametrize(
    ("name", "said", "hint"),
    [
        ("acme/tinny", "no model named 'acme/tinny'", "did you mean acme/tiny"),
        ("all-MinLM-L6", "no model named", "all-MiniLM-L6-v2"),
        ("CodeRankEmbed", "not installed", "codeassistd models pull CodeRankEmbed"),
        ("Qwen2.5-Coder-7B", "for generation", "models list"),
        ("zzz", "no model named 'zzz'", "models list"),
    ],
)
def test_a_model_that_is_not_here_says_what_to_do(
    folder: Path, tmp_path: Path, name: str, said: str, hint: str
) -> None:
    pulled(folder, tmp_path / "models", "acme/tiny")
    with pytest.raises(CodeassistdError, match=said) as caught:
        identity_of(EmbedderRequest(model=name, cache_dir=tmp_path / "models"))
    assert hint in caught.value.hint
