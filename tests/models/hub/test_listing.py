from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codeassistd.models.errors import CodeassistdError
from codeassistd.models.hub.choosing import choose_files
from codeassistd.models.hub.errors import HubError
from codeassistd.models.hub.listing import check_shards, is_allowed, parse_listing

COMMIT = "a" * 40
BLOB = "b" * 40
SHA256 = "c" * 64


def _document(*siblings: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"sha": COMMIT, "siblings": list(siblings), **more}


def _small(path: str, **more: Any) -> dict[str, Any]:
    return {"rfilename": path, "size": 3, "blobId": BLOB, **more}


def _large(path: str, **more: Any) -> dict[str, Any]:
    return {"rfilename": path, "size": 9, "blobId": BLOB, "lfs": {"sha256": SHA256, "size": 9}, **more}


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("model.safetensors", True),
        ("sub/tokenizer.json", True),
        ("merges.txt", True),
        ("model.Q4_K_M.GGUF", True),
        ("pytorch_model.bin", False),
        ("model.pt", False),
        ("model.ckpt", False),
        ("weights.pkl", False),
        ("modeling.py", False),
        ("model.safetensors.py", False),
        ("tokenizer.model", False),
        ("README.md", False),
        ("model.onnx", False),
        ("json", False),
    ],
)
def test_only_files_without_code_are_allowed(path: str, allowed: bool) -> None:
    assert is_allowed(path) is allowed


@pytest.mark.parametrize(
    "path",
    [
        "../evil.json",
        "a/../../evil.json",
        "/etc/evil.json",
        "a//b.json",
        "..\\evil.json",
        "C:evil.json",
        "a\x00.json",
        "a\n.json",
        ".hidden/evil.json",
        "con./x.json",
        "codeassistd-manifest.json",
        "x" * 300 + ".json",
    ],
)
def test_names_that_could_end_up_elsewhere_are_refused(path: str) -> None:
    with pytest.raises(HubError, match=r"unsafe name|writes itself"):
        parse_listing(_document(_small(path)), "a/b")


def test_names_that_differ_in_case_only_are_refused() -> None:
    with pytest.raises(HubError, match="differ in case only"):
        parse_listing(_document(_small("A.json"), _small("a.json")), "a/b")


@pytest.mark.parametrize(
    "sibling",
    [
        {"rfilename": "a.json"},
        _small("a.json", size=-1),
        _small("a.json", size=True),
        _small("a.json", size="3"),
        _small("a.json", blobId="short"),
        _small("model.safetensors"),
        _large("model.gguf", lfs={"sha256": "short", "size": 9}),
        _large("model.gguf", lfs={"sha256": SHA256, "size": 8}),
    ],
)
def test_files_without_size_or_checksum_are_refused(sibling: dict[str, Any]) -> None:
    with pytest.raises(HubError, match=r"gives no (size|usable checksum) for"):
        parse_listing(_document(sibling), "a/b")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["sha", "siblings", "rfilename"]), inner),
)


@given(JSON)
def test_any_other_answer_is_refused_in_words(document: Any) -> None:
    with pytest.raises(HubError, match="is not a listing"):
        parse_listing(document, "a/b")


@pytest.mark.parametrize(
    ("more", "licence"),
    [
        ({}, ""),
        ({"cardData": {"license": "mit"}}, "mit"),
        ({"cardData": {"license": "other", "license_name": "qwen-research"}}, "qwen-research"),
        ({"cardData": {"license": ["mit", "apache-2.0"]}}, "mit, apache-2.0"),
        ({"cardData": None, "tags": ["x", "license:apache-2.0"]}, "apache-2.0"),
        ({"cardData": 3, "tags": 4}, ""),
    ],
)
def test_the_licence_is_what_the_repository_declares(more: dict[str, Any], licence: str) -> None:
    assert parse_listing(_document(_small("a.json"), **more), "a/b").licence == licence


def _chosen(paths: list[str], *patterns: str) -> list[str]:
    siblings = [_large(path) if path.endswith((".safetensors", ".gguf")) else _small(path) for path in paths]
    return [file.path for file in choose_files(parse_listing(_document(*siblings), "a/b"), patterns)]


@pytest.mark.parametrize(
    ("paths", "patterns", "chosen"),
    [
        (["model.safetensors", "config.json"], (), ["model.safetensors", "config.json"]),
        (["model.safetensors", "m-q4.gguf"], (), ["model.safetensors"]),
        (["model.safetensors", "onnx/other.safetensors"], (), ["model.safetensors"]),
        (["m-q4.gguf"], (), ["m-q4.gguf"]),
        (
            ["m-00001-of-00002.gguf", "m-00002-of-00002.gguf"],
            (),
            ["m-00001-of-00002.gguf", "m-00002-of-00002.gguf"],
        ),
        (["m-q4.gguf", "m-q8.gguf", "a.txt"], ("*q8*",), ["m-q8.gguf", "a.txt"]),
        (["m-q4.gguf", "m-q8.gguf"], ("*q8*", "*q4*"), ["m-q4.gguf", "m-q8.gguf"]),
    ],
)
def test_the_weights_that_are_meant_are_chosen(
    paths: list[str], patterns: tuple[str, ...], chosen: list[str]
) -> None:
    assert _chosen(paths, *patterns) == chosen


@pytest.mark.parametrize(
    ("paths", "patterns", "message"),
    [
        (["config.json"], (), "has no weights in safetensors or GGUF"),
        (["a.gguf", "b.gguf"], (), "has 2 variants"),
        (["a.gguf", "b.gguf"], ("c*",), r"no weights that match c\*"),
        (["a.gguf"], ("a*", "c*"), r"no weights that match c\*"),
    ],
)
def test_what_can_not_be_chosen_is_said(paths: list[str], patterns: tuple[str, ...], message: str) -> None:
    with pytest.raises(CodeassistdError, match=message):
        _chosen(paths, *patterns)


@pytest.mark.parametrize("index", [None, [], {}, {"weight_map": []}])
def test_an_index_that_is_none_is_refused(index: Any) -> None:
    with pytest.raises(HubError, match="is not an index"):
        check_shards(["a.safetensors"], {"a.safetensors.index.json": index})


def test_parts_are_looked_for_beside_their_index() -> None:
    index = {"weight_map": {"w": "m.safetensors"}}
    check_shards(["sub/m.safetensors"], {"sub/model.safetensors.index.json": index})
    with pytest.raises(HubError, match="such as sub/m"):
        check_shards(["m.safetensors"], {"sub/model.safetensors.index.json": index})
