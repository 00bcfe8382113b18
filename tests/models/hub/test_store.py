from __future__ import annotations

import json
from pathlib import Path

import pytest

from codeassistd.models.errors import UsageError
from codeassistd.models.hub.listing import MANIFEST_NAME
from codeassistd.models.hub.manifest import (
    InstalledFile,
    Manifest,
    ManifestError,
    read_manifest,
    write_manifest,
)
from codeassistd.models.hub.store import ModelStore, folder_name

MANIFEST = Manifest("m", "a/m", "a" * 40, "mit", "hub", (InstalledFile("x.json", 2, "c" * 64),))


def _install(store: ModelStore, name: str = "m") -> Path:
    with store.staging(name) as staging:
        (staging.files / "x.json").write_bytes(b"{}")
        write_manifest(MANIFEST, staging.files)
        return store.commit(name, staging)


def test_nothing_is_made_by_looking(store: ModelStore) -> None:
    assert store.installed() == []
    assert store.unfinished() == {}
    assert store.find("m") is None
    assert store.remove("m") == 0
    assert store.free_bytes() > 0
    assert not store.folder.exists()


def test_a_model_is_there_after_its_commit_and_gone_after_its_removal(store: ModelStore) -> None:
    folder = _install(store)
    assert [model.manifest for model in store.installed()] == [MANIFEST]
    freed = store.remove("m")
    assert freed == 2 + len(json.dumps(json.loads(_text()), indent=1)) + 1
    assert not folder.exists()
    assert store.installed() == []


def _text() -> str:
    return json.dumps(
        {
            "format": 1,
            "name": "m",
            "repository": "a/m",
            "revision": "a" * 40,
            "licence": "mit",
            "hub": "hub",
            "files": [{"path": "x.json", "size": 2, "sha256": "c" * 64}],
        }
    )


def test_other_folders_are_no_models(store: ModelStore) -> None:
    (store.folder / "cache").mkdir(parents=True)
    (store.folder / "verified-files.json").write_text("{}")
    assert store.installed() == []


def test_a_commit_that_fails_restores_what_was_there(
    store: ModelStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = _install(store)
    rename = Path.rename

    def fail(self: Path, target: Path) -> Path:
        if self.name == "files":
            raise PermissionError(13, "in use")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", fail)
    with pytest.raises(PermissionError):
        _install(store)
    assert read_manifest(folder) == MANIFEST


def test_what_is_under_way_counts_as_unfinished_and_can_be_removed(store: ModelStore) -> None:
    with store.staging("owner/repo") as staging:
        (staging.parts / "x.part").write_bytes(b"12345")
    assert store.unfinished() == {"owner/repo": 5}
    assert store.remove("owner/repo") == 5
    assert store.unfinished() == {}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "null",
        '{"format": 2}',
        _text().replace('"mit"', "3"),
        _text().replace('"x.json"', '"../x.json"'),
        _text().replace('"x.json"', '"/x.json"'),
        _text().replace('"x.json"', "7"),
        _text().replace("c" * 64, "short"),
        _text().replace('"size": 2', '"size": -2'),
    ],
)
def test_a_damaged_record_is_no_model(store: ModelStore, text: str) -> None:
    folder = _install(store)
    (folder / MANIFEST_NAME).write_text(text)
    with pytest.raises(ManifestError, match="is damaged"):
        read_manifest(folder)
    assert store.find("m") is None


@pytest.mark.parametrize("name", ["", ".", "..", "../x", "a/../b", "a/b/c", ".staging", "a\\b", "a\0b"])
def test_names_that_lead_out_of_the_folder_are_refused(name: str) -> None:
    with pytest.raises(UsageError, match="no model can be named"):
        folder_name(name)
