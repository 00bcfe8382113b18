from __future__ import annotations

import hashlib

import pytest

from codeassistd.models.catalog import DEFAULT_MODEL, entries, find
from codeassistd.models.errors import UsageError


@pytest.mark.parametrize(
    "name",
    ["all-MiniLM-L6-v2", "all-minilm-l6-v2", "sentence-transformers/all-MiniLM-L6-v2", " all-MiniLM-L6-v2 "],
)
def test_a_model_is_found_by_the_ways_people_write_it(name: str) -> None:
    assert find(name).name == DEFAULT_MODEL


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("all-MiniLM-L12-v2", "Did you mean all-MiniLM-L6-v2?"),
        ("minilm", "Did you mean all-MiniLM-L6-v2?"),
        ("gpt-42", "Known models: all-MiniLM-L6-v2."),
        ("", "Known models: all-MiniLM-L6-v2."),
    ],
)
def test_an_unknown_model_gets_the_names_that_come_close(name: str, hint: str) -> None:
    with pytest.raises(UsageError, match="no model named") as caught:
        find(name)
    assert caught.value.hint == hint


def test_every_entry_is_complete() -> None:
    for entry in entries():
        assert len(entry.weights_sha256) == len(entry.tokenizer_sha256) == len(hashlib.sha256().hexdigest())
        assert entry.identity().dimensions == entry.dimensions
        assert entry.licence
        assert entry.summary.endswith(".")
