from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from codeassistd.indexer.search import candidates, engine
from codeassistd.indexer.search.engine import search
from codeassistd.indexer.search.request import (
    MAX_LIMIT,
    SearchFilter,
    SearchMode,
    SearchRequest,
    SearchResult,
)
from codeassistd.models.errors import UsageError
from codeassistd.models.roles import Embedder

if TYPE_CHECKING:
    from .conftest import Counting, MemorySnapshot

RANKINGS: dict[str, str] = json.loads((Path(__file__).parent / "data" / "rankings.json").read_text())


def best(snapshot: MemorySnapshot, embedder: Embedder | None, query: str, **more: object) -> SearchResult:
    return search(snapshot, embedder, replace(SearchRequest(query), **more)).results[0]  # type: ignore[arg-type]


@pytest.mark.parametrize("query", RANKINGS)
def test_the_expected_file_comes_first(snapshot: MemorySnapshot, embedder: Embedder, query: str) -> None:
    assert best(snapshot, embedder, query).path == RANKINGS[query]


@pytest.mark.parametrize("mode", SearchMode)
@pytest.mark.parametrize(
    ("query", "path", "symbol"),
    [
        ("RetryPolicy", "billing/retry_policy.rb", "Billing.RetryPolicy"),
        ("Billing::RetryPolicy", "billing/retry_policy.rb", "Billing.RetryPolicy"),
        ("delay_before", "billing/retry_policy.rb", "Billing.RetryPolicy.delay_before"),
        ("Router.ServeHTTP", "server/router.go", "Router.ServeHTTP"),
        ("router", "server/router.go", "Router"),
        ("formatCurrency", "web/src/formatCurrency.ts", "formatCurrency"),
        ("InterceptorManager", "web/src/InterceptorManager.ts", "InterceptorManager"),
        ("struct LruCache", "storage/src/lru_cache.rs", "LruCache"),
        ("give_up?", "billing/retry_policy.rb", "Billing.RetryPolicy.give_up?"),
        ("evict_oldest", "storage/src/lru_cache.rs", "LruCache.evict_oldest"),
    ],
)
def test_a_symbol_finds_its_definition_first(
    snapshot: MemorySnapshot, embedder: Embedder, mode: SearchMode, query: str, path: str, symbol: str
) -> None:
    result = best(snapshot, embedder, query, mode=mode)
    assert (result.path, result.symbol) == (path, symbol)


def test_case_decides_between_two_definitions(snapshot: MemorySnapshot, embedder: Embedder) -> None:
    assert best(snapshot, embedder, "sign").symbol == "Sign"
    lower = [
        replace(chunk, id="lower", path="a/tools.py", symbol="sign", defines=("sign",), kind="function")
        for chunk in snapshot.stored
        if chunk.symbol == "Sign"
    ]
    both = replace(snapshot, stored=snapshot.stored + lower)
    assert best(both, embedder, "sign").symbol == "sign"
    assert best(both, embedder, "Sign").symbol == "Sign"


@pytest.mark.parametrize(
    ("where", "paths"),
    [
        (
            SearchFilter(languages=("go",)),
            {"server/router.go", "server/router_test.go", "server/session/index.go"},
        ),
        (SearchFilter(paths=("docs/*",)), {"docs/retries.md"}),
        (SearchFilter(kinds=("function",), paths=("web/*",)), {"web/src/formatCurrency.ts"}),
        (SearchFilter(languages=("cobol",)), set()),
    ],
)
def test_filters_hold_in_every_mode(
    snapshot: MemorySnapshot, embedder: Embedder, where: SearchFilter, paths: set[str]
) -> None:
    for mode in SearchMode:
        results = search(snapshot, embedder, SearchRequest("retry the request", 20, mode, where)).results
        assert {result.path for result in results} <= paths
        if mode is SearchMode.SEMANTIC:
            assert {result.path for result in results} == paths


def test_scores_fall_and_are_explained(snapshot: MemorySnapshot, embedder: Embedder) -> None:
    results = search(snapshot, embedder, SearchRequest("retry policy", 20)).results
    scores = [result.score for result in results]
    assert scores == sorted(scores, reverse=True)
    assert all(0 <= score <= 1 for score in scores)
    for result in results:
        assert set(result.scores) == {"semantic", "keyword", "symbol", "definition", "name", "file", "prior"}
        assert all(0 <= part <= 1 for part in result.scores.values())


def test_each_mode_asks_for_what_it_needs(snapshot: MemorySnapshot, embedder: Embedder) -> None:
    for mode, asked in {
        SearchMode.HYBRID: {"nearest", "terms", "name_terms"},
        SearchMode.SEMANTIC: {"nearest"},
        SearchMode.KEYWORD: {"terms", "name_terms"},
    }.items():
        snapshot.asked.clear()
        assert search(snapshot, embedder, SearchRequest("failed calls", mode=mode)).mode is mode
        assert set(snapshot.asked) == asked


def test_without_a_model_a_hybrid_search_goes_by_words(snapshot: MemorySnapshot) -> None:
    response = search(snapshot, None, SearchRequest("exponential backoff"))
    assert response.mode is SearchMode.KEYWORD
    assert response.results[0].path == "billing/retry_policy.rb"
    assert response.results[0].scores["semantic"] == 0


def test_while_few_chunks_have_vectors_a_hybrid_search_goes_by_words(
    snapshot: MemorySnapshot, embedder: Embedder, counting: Counting
) -> None:
    response = search(snapshot.without_vectors(), counting, SearchRequest("exponential backoff"))
    assert response.mode is SearchMode.KEYWORD
    assert response.coverage == 0
    assert not counting.documents
    assert response.results[0].path == "billing/retry_policy.rb"


def test_chunks_that_wait_for_their_vector_are_embedded_on_demand(
    snapshot: MemorySnapshot, embedder: Embedder, counting: Counting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "ENOUGH_VECTORS", 0.0)
    monkeypatch.setattr(candidates, "ON_DEMAND_SECONDS", 60.0)
    bare = snapshot.without_vectors()
    response = search(bare, counting, SearchRequest("how are failed calls tried again with backoff"))
    complete = search(snapshot, embedder, SearchRequest("how are failed calls tried again with backoff"))
    assert response.coverage == 0
    assert complete.coverage == 1
    assert 0 < len(counting.documents) <= candidates.ON_DEMAND
    assert response.results[0].scores["semantic"] > 0
    assert response.results[0].path == complete.results[0].path


def test_a_search_does_not_wait_long_for_vectors(
    snapshot: MemorySnapshot, embedder: Embedder, counting: Counting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "ENOUGH_VECTORS", 0.0)
    monkeypatch.setattr(candidates, "ON_DEMAND_SECONDS", 0.0)
    response = search(snapshot.without_vectors(), counting, SearchRequest("exponential backoff"))
    assert not counting.documents
    assert response.results[0].path == "billing/retry_policy.rb"


def test_results_have_the_lines_that_are_there_now(
    snapshot: MemorySnapshot, embedder: Embedder, corpus: dict[str, str]
) -> None:
    files = {path: "# a new first line\n\n" + text for path, text in corpus.items()}
    del files["docs/retries.md"]
    response = search(snapshot, embedder, SearchRequest("retry policy backoff", 8), files.get)
    assert len(response.results) == 8
    assert "docs/retries.md" not in {result.path for result in response.results}
    for result in response.results:
        lines = files[result.path].split("\n")[result.start_line - 1 : result.end_line]
        assert result.text == "\n".join(lines)


@pytest.mark.parametrize(
    ("request_", "said"),
    [
        (SearchRequest(""), "empty"),
        (SearchRequest(" \n\t"), "empty"),
        (SearchRequest("?!"), "no word"),
        (SearchRequest("retry", 0), "0 results"),
        (SearchRequest("retry", MAX_LIMIT + 1), f"{MAX_LIMIT + 1} results"),
    ],
)
def test_bad_requests_are_refused_with_a_way_out(
    snapshot: MemorySnapshot, request_: SearchRequest, said: str
) -> None:
    with pytest.raises(UsageError, match=said) as caught:
        search(snapshot, None, request_)
    assert caught.value.hint


def test_a_semantic_search_needs_a_model(snapshot: MemorySnapshot) -> None:
    with pytest.raises(UsageError, match="embedding model"):
        search(snapshot, None, SearchRequest("retry", mode=SearchMode.SEMANTIC))


@pytest.mark.parametrize(
    "query", ["exponential backoff " * 50_000, '"exponential" AND (backoff OR *) -x:y~2 \\ %']
)
def test_long_queries_and_operators_are_plain_text(
    snapshot: MemorySnapshot, embedder: Embedder, query: str
) -> None:
    assert best(snapshot, embedder, query).path == "billing/retry_policy.rb"


def test_an_empty_index_has_no_results(snapshot: MemorySnapshot) -> None:
    response = search(replace(snapshot, stored=[]), None, SearchRequest("retry"))
    assert response.results == ()
    assert response.coverage == 1
