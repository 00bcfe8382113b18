from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from codeassistd.indexer.store.symbol_table import SymbolTable, SymbolTables

_SYMBOLS = st.lists(st.text(st.sampled_from("abAB.\n >é"), min_size=1, max_size=6), max_size=12)


def table_of(symbols: list[str]) -> SymbolTable:
    paths = [f"{position % 3}.py" for position in range(len(symbols))]
    ones = [1] * len(symbols)
    return SymbolTable(
        range(len(symbols)), paths, ones, ones, ["method"] * len(symbols), [[s] for s in symbols]
    )


@given(symbols=_SYMBOLS, sought=st.text(st.sampled_from("ab.é"), min_size=1, max_size=2))
def test_a_pattern_finds_each_symbol_it_is_in(symbols: list[str], sought: str) -> None:
    table = table_of(symbols)
    expected = [
        position
        for position, symbol in enumerate(symbols)
        if sought in symbol.lower().replace("\n", " ").replace(" > ", ".")
    ]
    pattern = re.compile(re.escape(sought))
    assert table.matching(pattern) == expected
    hidden = table.without(["0.py"])
    assert hidden.matching(pattern) == [position for position in expected if position % 3]
    assert table.matching(pattern) == expected


@given(symbols=_SYMBOLS, count=st.integers(1, 5))
def test_the_shortest_names_are_kept(symbols: list[str], count: int) -> None:
    table = table_of(symbols)
    kept = table.shortest(range(len(symbols)), count)
    assert len(set(kept)) == min(count, len(symbols))

    def length(position: int) -> int:
        return len(symbols[position].lower().replace("\n", " ").replace(" > ", ".").rpartition(".")[2])

    left = set(range(len(symbols))) - set(kept)
    assert all(length(one) <= length(other) for one in kept for other in left)


def test_the_tables_used_last_are_kept() -> None:
    tables = SymbolTables(keep=2)
    made: list[str] = []

    def get(key: str) -> SymbolTable:
        return tables.get(key, lambda: (made.append(key), table_of([key]))[1])

    for key in "abacab":
        assert get(key).symbol(0) == key
    assert made == ["a", "b", "c", "b"]
