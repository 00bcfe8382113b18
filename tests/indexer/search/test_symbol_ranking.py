from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codeassistd.indexer.search.symbol_ranking import SymbolQuery, patterns, split_symbol, worth
from codeassistd.indexer.store.symbol_table import SymbolTable

DATA = Path(__file__).parent / "data"
SYMBOLS = [line.split(" ", 2) for line in (DATA / "symbols.txt").read_text(encoding="utf-8").splitlines()]
RANKINGS: dict[str, list[str]] = json.loads((DATA / "symbol_rankings.json").read_text(encoding="utf-8"))

_PIECES = st.sampled_from(["get", "Get", "URL", "x", "2", "_", "parse", "o", "größe", "?"])
_NAMES = st.lists(_PIECES, min_size=1, max_size=5).map("".join)
_SYMBOLS = st.lists(_NAMES, min_size=1, max_size=3).map(".".join)


def ranked(text: str) -> list[str]:
    query = SymbolQuery.of(text)
    assert query is not None
    scored = [(worth(query, symbol, kind, path), symbol, path) for kind, path, symbol in SYMBOLS]
    best = sorted(
        (each for each in scored if each[0] > 0), key=lambda each: (-each[0], len(each[1]), each[2])
    )
    return [f"{symbol} ({path})" for _, symbol, path in best]


@pytest.mark.parametrize("query", RANKINGS)
def test_symbols_come_in_the_expected_order(query: str) -> None:
    assert ranked(query)[:5] == RANKINGS[query]


@pytest.mark.parametrize("text", ["", "  ", "_", "...", "::", "- -"])
def test_a_query_without_letters_is_none(text: str) -> None:
    assert SymbolQuery.of(text) is None


@given(symbol=_SYMBOLS, data=st.data())
def test_letters_in_order_find_a_symbol_by_the_last_pattern(symbol: str, data: st.DataObject) -> None:
    name = split_symbol(symbol, "method")[1]
    kept = data.draw(st.lists(st.booleans(), min_size=len(name), max_size=len(name)))
    query = SymbolQuery.of("".join(char for char, keep in zip(name, kept, strict=True) if keep))
    if query is None:
        return
    assert 0 < worth(query, symbol, "method", "a.py") <= 1
    table = SymbolTable([0], ["a.py"], [1], [1], ["method"], [[symbol]])
    assert table.matching(patterns(query)[-1]) == [0]


@given(symbols=st.lists(_SYMBOLS, max_size=8), text=_SYMBOLS | st.text(max_size=5))
def test_patterns_let_through_all_that_is_worth_something(symbols: list[str], text: str) -> None:
    query = SymbolQuery.of(text)
    if query is None:
        return
    count = len(symbols)
    table = SymbolTable(
        range(count), ["a.py"] * count, [1] * count, [1] * count, ["method"] * count, [[s] for s in symbols]
    )
    *stricter, last = patterns(query)
    through = table.matching(last)
    assert {place for place, symbol in enumerate(symbols) if worth(query, symbol, "method", "a.py")} <= set(
        through
    )
    for pattern in stricter:
        assert set(table.matching(pattern)) <= set(through)


@given(symbol=_SYMBOLS)
def test_the_name_itself_beats_everything(symbol: str) -> None:
    name = split_symbol(symbol, "method")[1]
    exact = SymbolQuery.of(name)
    if exact is None or exact.name != name:
        return
    assert worth(exact, symbol, "method", "a.py") == pytest.approx(1)
    assert worth(exact, f"{symbol}More", "method", "a.py") < 0.95


def test_long_queries_and_names_take_no_time() -> None:
    query = SymbolQuery.of("a" * 5_000)
    assert query is not None
    table = SymbolTable([0], ["a.py"], [1], [1], ["section"], [["a" * 60 + "b" * 3_000]])
    assert not [place for pattern in patterns(query) for place in table.matching(pattern)]
    assert worth(query, "ab" * 500, "section", "a.md") > 0
