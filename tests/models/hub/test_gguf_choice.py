"""Which of the pulled models writes."""

from __future__ import annotations

from pathlib import Path

import pytest

from codeassistd.models.errors import UsageError
from codeassistd.models.hub.gguf_choice import NoWritingModelError, find_gguf
from codeassistd.models.hub.manifest import InstalledFile, Manifest, write_manifest
from codeassistd.models.hub.published import published_models
from codeassistd.models.hub.store import ModelStore

PUBLISHED = published_models()


@pytest.fixture
def store(tmp_path: Path) -> ModelStore:
    return ModelStore(tmp_path / "models")


def install(store: ModelStore, name: str, *files: str) -> None:
    with store.staging(name) as staging:
        for file in files:
            (staging.files / file).parent.mkdir(parents=True, exist_ok=True)
            (staging.files / file).write_bytes(b"x")
        entries = tuple(InstalledFile(file, 1, "0" * 64) for file in files)
        manifest = Manifest(name, "owner/name", "a" * 40, "Apache-2.0", "hub.example", entries)
        write_manifest(manifest, staging.files)
        store.commit(name, staging)


def test_a_file_is_taken_as_it_is(store: ModelStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/someone")
    assert find_gguf("/models/coder.gguf", store, PUBLISHED) == Path("/models/coder.gguf")
    assert find_gguf("~/coder.gguf", store, PUBLISHED) == Path("/home/someone/coder.gguf")


def test_without_a_name_the_pulled_one_writes(store: ModelStore) -> None:
    with pytest.raises(NoWritingModelError) as raised:
        find_gguf("", store, PUBLISHED)
    assert "models pull Qwen2.5-Coder-0.5B" in raised.value.hint
    install(store, "owner/embedder", "model.safetensors")
    install(store, "someone/writer", "w.gguf")
    assert find_gguf("", store, PUBLISHED) == store.folder_of("someone/writer") / "w.gguf"
    install(store, "Qwen2.5-Coder-1.5B", "q-00002-of-00002.gguf", "q-00001-of-00002.gguf")
    found = find_gguf("", store, PUBLISHED)
    assert found == store.folder_of("Qwen2.5-Coder-1.5B") / "q-00001-of-00002.gguf"
    assert find_gguf("someone/writer", store, PUBLISHED).name == "w.gguf"


def test_names_of_nothing_that_writes_are_refused(store: ModelStore) -> None:
    install(store, "owner/embedder", "model.safetensors")
    for name, said in (
        ("Qwen2.5-Coder-0.5B", "models pull Qwen2.5-Coder-0.5B"),
        ("Qwen2.5-Coder-05B", "Qwen2.5-Coder-0.5B"),
        ("owner/embedder", "models list"),
    ):
        with pytest.raises(UsageError) as raised:
            find_gguf(name, store, PUBLISHED)
        assert said in raised.value.hint
