from __future__ import annotations

import pytest

from codeassistd.models.catalog import DEFAULT_MODEL, entries
from codeassistd.models.embedding_model import loadable_names
from codeassistd.models.errors import UsageError
from codeassistd.models.hub.address import (
    DEFAULT_ENDPOINT,
    HubAddress,
    hub_address,
    is_endpoint,
    is_repository,
    offline_reason,
)
from codeassistd.models.hub.inventory import take_inventory
from codeassistd.models.hub.published import PublishedModel, published_models, resolve_published
from codeassistd.models.hub.store import folder_name


def test_every_entry_tells_what_a_user_needs() -> None:
    models = published_models()
    assert len({model.name.lower() for model in models}) == len(models)
    for model in models:
        assert is_repository(model.repository)
        assert "--" not in folder_name(model.name)
        assert model.weights
        assert model.memory_bytes > model.download_bytes > 0
        assert model.licence
        assert model.languages
        assert model.quality
        assert model.summary.endswith(".")
    assert [model.role for model in models] == sorted(
        (model.role for model in models), key=("embedding", "reranking", "generation").index
    )


def test_what_can_be_loaded_is_usable_and_nothing_else() -> None:
    inventory = take_inventory(published_models(), [], {"a/b": 3}, {entry.name for entry in entries()})
    assert {entry.name for entry in inventory if entry.is_usable} == {entry.name for entry in entries()}
    assert inventory[0].name == DEFAULT_MODEL
    assert inventory[0].state == "built-in"
    assert (inventory[-1].name, inventory[-1].state, inventory[-1].unfinished_bytes) == (
        "a/b",
        "unfinished",
        3,
    )


def test_what_is_packed_for_mlx_is_offered_where_mlx_is() -> None:
    packed = {model.name for model in published_models() if model.format == "mlx"}
    everywhere = {model.name for model in published_models()} - packed
    assert packed
    assert loadable_names(published_models(), [], ("openvino", "torch")) == everywhere
    assert loadable_names(published_models(), [], ("mlx", "torch")) == everywhere | packed


@pytest.mark.parametrize("name", ["CodeRankEmbed", "coderankembed", " nomic-ai/CodeRankEmbed "])
def test_a_model_is_found_by_name_and_by_repository(name: str) -> None:
    found = resolve_published(name)
    assert isinstance(found, PublishedModel)
    assert found.name == "CodeRankEmbed"


def test_any_repository_can_be_named() -> None:
    assert resolve_published("owner/Some.Model-1") == "owner/Some.Model-1"


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("code-rank-embed", "did you mean CodeRankEmbed?"),
        ("Qwen3-Embeding-0.6B", "did you mean Qwen3-Embedding-0.6B, "),
        ("reranker", "did you mean bge-reranker-v2-m3, Qwen3-Reranker-0.6B?"),
        ("gpt-42", "`codeassistd models list` shows the names"),
        ("", "`codeassistd models list` shows the names"),
        ("../../etc", "`codeassistd models list` shows the names"),
        ("a/b/c", "`codeassistd models list` shows the names"),
        ("https://huggingface.co/a/b", "`codeassistd models list` shows the names"),
    ],
)
def test_an_unknown_name_gets_those_that_come_close(name: str, hint: str) -> None:
    with pytest.raises(UsageError, match="no model named") as caught:
        resolve_published(name)
    assert caught.value.hint.startswith(hint)


@pytest.mark.parametrize(
    ("chosen", "environ", "endpoint"),
    [
        ("", {}, DEFAULT_ENDPOINT),
        ("", {"HF_ENDPOINT": "https://mirror.example/hf/"}, "https://mirror.example/hf"),
        ("http://own.example:8080", {"HF_ENDPOINT": "https://mirror.example"}, "http://own.example:8080"),
        ("", {"HF_ENDPOINT": " "}, DEFAULT_ENDPOINT),
    ],
)
def test_the_setting_goes_before_the_environment(chosen: str, environ: dict[str, str], endpoint: str) -> None:
    assert hub_address(chosen, environ).endpoint == endpoint


def test_a_wrong_hub_in_the_environment_is_said() -> None:
    with pytest.raises(UsageError, match="HF_ENDPOINT is no URL"):
        hub_address("", {"HF_ENDPOINT": "mirror.example"})


def test_a_token_that_is_none_is_said_without_showing_it() -> None:
    assert hub_address("", {"HF_TOKEN": " hf_abc\n"}).token == "hf_abc"  # noqa: S105 - made up
    with pytest.raises(UsageError, match="HF_TOKEN holds characters"):
        hub_address("", {"HF_TOKEN": "hf_ä"})


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("https://huggingface.co", True),
        ("http://[::1]:80/x", True),
        ("ftp://x.example", False),
        ("https://", False),
        ("https://x.example:port", False),
        ("https://x.example?a=b", False),
        ("https://x .example", False),
        ("http://[::1", False),
        ("", False),
    ],
)
def test_endpoints_are_web_addresses(text: str, is_one: bool) -> None:
    assert is_endpoint(text) is is_one


def test_urls_are_quoted_and_passwords_not_shown() -> None:
    address = HubAddress("https://me:secret@hub.example/base")
    assert address.host == "hub.example"
    assert address.page_url("a/b") == "https://hub.example/base/a/b"
    assert address.file_url("a/b", "v1", "d/a b#1.json").endswith("/a/b/resolve/v1/d/a%20b%231.json")
    assert address.listing_url("a/b", "pr/1").endswith("/api/models/a/b/revision/pr%2F1?blobs=true")


@pytest.mark.parametrize(
    ("chosen", "value", "is_offline"),
    [(False, "", False), (False, "0", False), (False, "1", True), (False, "True", True), (True, "", True)],
)
def test_offline_by_setting_or_environment(chosen: bool, value: str, is_offline: bool) -> None:
    assert bool(offline_reason(chosen, {"HF_HUB_OFFLINE": value})) is is_offline
