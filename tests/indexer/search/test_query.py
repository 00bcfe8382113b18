from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codeassistd.indexer.search.query import MAX_NAMES, dotted, parse_query


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("HTTPAdapter", ("HTTPAdapter",)),
        ("router", ("router",)),
        ("Rack::Response", ("Rack.Response",)),
        ("Array#map", ("Array.map",)),
        ("std.mem.eql", ("std.mem.eql",)),
        ("call/2", ("call",)),
        ("class Foo", ("Foo",)),
        ("save!", ("save!", "save")),
        ("`give_up?`", ("give_up?", "give_up")),
        ("$scope", ("$scope",)),
    ],
)
def test_a_symbol_is_recognised_in_any_notation(text: str, names: tuple[str, ...]) -> None:
    query = parse_query(text)
    assert query.is_symbol
    assert query.names == names


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("how does ConstraintMaker collect constraints", ("ConstraintMaker",)),
        ("where is max_attempts read", ("max_attempts",)),
        ("how Plug.Router matches", ("Plug.Router",)),
        ("where is giveUp?", ("giveUp?", "giveUp")),
        ("retry with exponential backoff", ()),
        ("The Router", ()),
        ("what is JSON", ()),
    ],
)
def test_symbols_inside_a_sentence_are_told_by_their_look(text: str, names: tuple[str, ...]) -> None:
    query = parse_query(text)
    assert not query.is_symbol
    assert query.names == names


@pytest.mark.parametrize(
    ("text", "intents"),
    [
        ("tests of the parser", {"test"}),
        ("example of the API in the docs", {"example", "prose"}),
        ("benchmark yaml", {"benchmark", "config"}),
        ("latest documents", set()),
    ],
)
def test_a_query_may_ask_for_a_kind_of_file(text: str, intents: set[str]) -> None:
    assert parse_query(text).intents == intents


@pytest.mark.parametrize(
    ("name", "expected"), [("a::b->c#d", "a.b.c.d"), ("f/2", "f"), ("::Root", "Root"), ("x:y", "x.y")]
)
def test_symbol_paths_are_written_with_dots(name: str, expected: str) -> None:
    assert dotted(name) == expected


@settings(deadline=None, max_examples=150)
@given(st.text(max_size=400))
def test_any_text_can_be_parsed(text: str) -> None:
    query = parse_query(text)
    assert len(query.names) <= MAX_NAMES
    assert all(query.names)
    assert len(set(query.terms)) == len(query.terms)
