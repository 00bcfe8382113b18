from __future__ import annotations

import pytest

from codeassistd.indexer.search.definition import definition_worth
from codeassistd.indexer.search.query import parse_query
from codeassistd.indexer.store.rows import StoredChunk


def worth(query: str, symbol: str, *defines: str, kind: str = "class", text: str = "text") -> float:
    chunk = StoredChunk("id", "a.x", 1, 2, "text", symbol, kind, "", text, None, defines)
    return definition_worth(chunk, parse_query(query))


def test_looser_matches_count_less() -> None:
    ladder = [
        worth("Router", "Router", "Router"),
        worth("Router", "web.Router", "web.Router"),
        worth("Router", "Router"),
        worth("Router", "router", "router"),
        worth("Router", "web.router", "web.router"),
        worth("Router", "Other", "Other.Routers"),
    ]
    assert ladder == sorted(ladder, reverse=True)
    assert len(set(ladder)) == len(ladder)
    assert ladder[-1] == 0


def test_a_small_definition_is_found_among_its_neighbours() -> None:
    assert worth("Rack::Response", "Rack", "Rack", "Rack.Response") > 0.9
    assert worth("Rack::Response", "Mock", "Mock", "Mock.Response") == 0


def test_the_piece_in_which_a_definition_begins_comes_first() -> None:
    assert worth("Mapper", "Mapper", "Mapper") > worth("Mapper", "Mapper") > 0


def test_a_type_comes_before_a_function_of_the_same_name() -> None:
    assert worth("Table", "Table", "Table") > worth("Table", "Table", "Table", kind="function")


def test_a_question_without_symbols_has_no_definition() -> None:
    assert worth("how does the router work", "router", "router") == 0


@pytest.mark.parametrize(
    ("text", "declares"),
    [
        ("template<T> struct Serializer {", True),
        ("  pub fn Serializer() {", True),
        ("new Serializer()", False),
        ("class SerializerFactory", False),
    ],
)
def test_where_nothing_is_parsed_a_declaration_is_told_by_its_looks(text: str, *, declares: bool) -> None:
    assert (worth("Serializer", "", text=text) > 0) is declares
    assert worth("Serializer", "Other", "Other", text=text) == 0
