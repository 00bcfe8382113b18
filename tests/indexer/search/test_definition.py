from __future__ import annotations

import pytest

from codeassistd.indexer.search.definition import definition_worth
from codeassistd.indexer.search.query import parse_query
from codeassistd.indexer.store.rows import StoredChunk


def chunk(symbol: str, text: str, kind: str = "class", context: str = "") -> StoredChunk:
    return StoredChunk("id", "a.x", 1, 2, "text", symbol, kind, context, text, None)


DECLARATIONS = [
    ("Session", "class Session(Base):"),
    ("Session", "export default abstract class Session<T> {"),
    ("Session", "pub(crate) struct Session {"),
    ("Session", "type Session struct {"),
    ("save", "func (s *Session) save() {"),
    ("save", "  async def save(self):"),
    ("save", "fun Session.save() = 1"),
    ("save!", "def save!"),
    ("MAX", "#define MAX 3"),
    ("Plug.Conn", "defmodule Plug.Conn do"),
    ("handler", "const handler = () => {}"),
]


@pytest.mark.parametrize(("symbol", "text"), DECLARATIONS)
def test_the_piece_that_declares_comes_before_further_pieces(symbol: str, text: str) -> None:
    query = parse_query(symbol)
    declaring = definition_worth(chunk(symbol, text), query)
    further = definition_worth(
        chunk(symbol, f"x = 1\n// class {symbol} is mentioned\n* type {symbol}"), query
    )
    assert declaring > further > 0


def test_looser_matches_count_less() -> None:
    query = parse_query("Router")
    ladder = [
        chunk("Router", "class Router"),
        chunk("web.Router", "class Router"),
        chunk("Other", "class Router"),
        chunk("router", "def router", "function"),
        chunk("Other", "Router()"),
    ]
    worth = [definition_worth(item, query) for item in ladder]
    assert worth == sorted(worth, reverse=True)
    assert worth[-1] == 0
    assert len(set(worth)) == len(worth)


def test_the_owner_in_the_query_has_to_be_right() -> None:
    query = parse_query("Rack::Response")
    assert definition_worth(chunk("Rack", "module Rack\n  class Response"), query) > 0
    assert definition_worth(chunk("Mock", "module Mock\n  class Response"), query) == 0


def test_a_type_comes_before_a_function_of_the_same_name() -> None:
    query = parse_query("Table")
    assert definition_worth(chunk("Table", "class Table"), query) > definition_worth(
        chunk("Table", "fun Table()", "function"), query
    )
