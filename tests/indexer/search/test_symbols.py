"""Symbols by name over a real index and over unsaved texts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from codeassistd.indexer.search.overlaid import overlaid
from codeassistd.indexer.search.overlay import Overlay, OverlayCache, UnsavedFile
from codeassistd.indexer.search.symbols import SymbolMatch, find_symbols

if TYPE_CHECKING:
    from codeassistd.indexer.store.snapshot import IndexSnapshot
    from codeassistd.models.roles import Embedder

    from .conftest import MakeIndex

POLICY = "billing/retry_policy.rb"


@pytest.fixture(scope="module")
def index(open_index: MakeIndex, corpus: dict[str, str]) -> IndexSnapshot:
    return open_index(corpus)


def places(found: list[SymbolMatch]) -> list[tuple[str, str, str]]:
    return [(match.container, match.name, match.path) for match in found]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("RetryPolicy", ("Billing", "RetryPolicy", POLICY)),
        ("delay", ("Billing.RetryPolicy", "delay_before", POLICY)),
        ("dbef", ("Billing.RetryPolicy", "delay_before", POLICY)),
        ("lrucache", ("", "LruCache", "storage/src/lru_cache.rs")),
        ("Router::serve", ("Router", "ServeHTTP", "server/router.go")),
        ("fcur", ("", "formatCurrency", "web/src/formatCurrency.ts")),
    ],
)
def test_a_few_letters_find_the_definition(
    index: IndexSnapshot, corpus: dict[str, str], query: str, expected: tuple[str, str, str]
) -> None:
    found = find_symbols(index, query, 10)
    assert places(found)[0] == expected
    assert found[0].name in corpus[found[0].path].split("\n")[found[0].start_line - 1]
    assert [match.score for match in found] == sorted((m.score for m in found), reverse=True)
    assert all(0 < match.score <= 1 for match in found)


def test_each_definition_has_its_own_lines(index: IndexSnapshot) -> None:
    lines = {m.name: (m.start_line, m.end_line) for m in find_symbols(index, "", 500) if m.path == POLICY}
    assert lines["delay_before"] == (10, 12)
    assert lines["give_up?"][0] == 14
    assert lines["RetryPolicy"][0] == 3


def test_an_empty_query_gives_some_of_each_file(index: IndexSnapshot) -> None:
    every = find_symbols(index, " ", 500)
    files = {match.path for match in every}
    first = find_symbols(index, "", len(files))
    assert {match.path for match in first} == files
    assert len(every) > len(files)
    assert "spec" not in first[0].path


@pytest.mark.parametrize(("query", "limit"), [("???", 5), ("_", 5), ("qqqqxz", 5), ("router", 0)])
def test_nothing_is_found_where_nothing_answers(index: IndexSnapshot, query: str, limit: int) -> None:
    assert find_symbols(index, query, limit) == []


def test_limits_hold(index: IndexSnapshot) -> None:
    many = find_symbols(index, "r", 100)
    assert find_symbols(index, "r", 3) == many[:3]


def test_unsaved_symbols_are_found_and_replaced_ones_are_not(
    index: IndexSnapshot, corpus: dict[str, str]
) -> None:
    edits = {
        POLICY: corpus[POLICY].replace("delay_before", "pause_before"),
        "web/src/formatCurrency.ts": "",
        "new/moon.py": "def a():\n    pass\n\n\ndef land_on_moon():\n    pass\n",
    }
    files = [UnsavedFile(path, text) for path, text in edits.items()]
    seen = overlaid(index, Overlay.of(files, None, OverlayCache()))
    assert find_symbols(seen, "delay_before", 5)[:1] != find_symbols(index, "delay_before", 5)[:1]
    assert places(find_symbols(seen, "pause_before", 1)) == [("Billing.RetryPolicy", "pause_before", POLICY)]
    assert not any(
        match.path.endswith("formatCurrency.ts") for match in find_symbols(seen, "formatCurrency", 50)
    )
    moon = find_symbols(seen, "lom", 1)[0]
    assert (moon.path, moon.start_line) == ("new/moon.py", 5)
    assert places(find_symbols(seen, "Router", 1)) == places(find_symbols(index, "Router", 1))


def test_with_a_model_meaning_follows_names(index: IndexSnapshot, embedder: Embedder) -> None:
    query = "seconds to wait before trying again"
    assert not find_symbols(index, query, 5)
    meant = find_symbols(index, query, 5, embedder)
    assert POLICY in {match.path for match in meant}
    assert meant[0].score < 0.5
    named = find_symbols(index, "RetryPolicy", 5, embedder)
    assert named[0].name == "RetryPolicy"
    assert named[0].score == pytest.approx(1, abs=0.05)


def test_the_table_is_read_once_for_a_revision(open_index: MakeIndex) -> None:
    one, other = open_index({"a.py": "def one(): pass\n"}), open_index({"a.py": "def other(): pass\n"})
    assert one.symbol_tables()[0] is one.symbol_tables()[0]
    assert find_symbols(one, "other", 5) == []
    assert find_symbols(other, "other", 5)[0].name == "other"
