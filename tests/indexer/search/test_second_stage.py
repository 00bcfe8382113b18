from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pytest
from numpy.typing import NDArray

from codeassistd.indexer.search.engine import search
from codeassistd.indexer.search.request import SearchRequest, SearchResult
from codeassistd.indexer.search.second_stage import RERANKED, SHARE, passage_text, reranked
from codeassistd.models.identity import RerankerIdentity
from codeassistd.models.reranker_selection import RerankerRequest, load_reranker
from codeassistd.models.roles import Embedder

if TYPE_CHECKING:
    from .conftest import MemorySnapshot


class Preferring:
    """Gives 1 to passages with a word and 0 to the others."""

    identity = RerankerIdentity("preferring", 10)

    def __init__(self, word: str) -> None:
        self.word = word
        self.passages: Sequence[str] = ()

    def score(
        self, query: str, passages: Sequence[str], cancelled: Callable[[], bool] | None = None
    ) -> NDArray[np.float32]:
        self.passages = passages
        return np.array([self.word in passage for passage in passages], np.float32)


def result(number: int, score: float) -> SearchResult:
    return SearchResult(
        f"src/f{number}.py", 1, 2, "python", "function", f"f{number}", score, "text", {"file": 1}
    )


def test_a_score_is_mixed_of_both_stages() -> None:
    first, second = reranked("q", [result(1, 0.5), result(2, 0.4)], Preferring("f2.py"))
    assert (first.path, second.path) == ("src/f2.py", "src/f1.py")
    assert first.score == pytest.approx((1 - SHARE) * 0.4 + SHARE)
    assert first.scores == {"file": 1, "rerank": 1.0}
    assert second.score == pytest.approx((1 - SHARE) * 0.5)


def test_results_that_are_not_seen_stay_behind_in_order() -> None:
    results = [result(number, 1 - number / 100) for number in range(RERANKED + 20)]
    reranker = Preferring("f49.py")
    found = reranked("q", results, reranker)
    assert len(reranker.passages) == RERANKED
    assert [each.path for each in found] == [each.path for each in results]
    scores = [each.score for each in found]
    assert scores == sorted(scores, reverse=True)
    assert "rerank" not in found[-1].scores


def test_nothing_is_reranked_to_nothing() -> None:
    assert reranked("q", [], Preferring("x")) == []


def test_a_passage_names_file_and_symbol() -> None:
    assert passage_text(result(1, 0.5)) == "Python f1.py function f1\ntext"


def test_a_search_sees_more_results_than_it_gives(snapshot: MemorySnapshot, embedder: Embedder) -> None:
    plain = search(snapshot, embedder, SearchRequest("parse", limit=5)).results
    last = plain[-1]
    reranker = Preferring(passage_text(last))
    found = search(snapshot, embedder, SearchRequest("parse", limit=3), reranker=reranker).results
    assert len(found) == 3
    assert len(reranker.passages) > 3


def test_the_embedded_reranker_keeps_a_definition_first(snapshot: MemorySnapshot, embedder: Embedder) -> None:
    reranker = load_reranker(RerankerRequest())
    found = search(snapshot, embedder, SearchRequest("formatCurrency"), reranker=reranker).results
    assert found[0].path == "web/src/formatCurrency.ts"
    assert all(0 <= each.score <= 1 and 0 <= each.scores["rerank"] <= 1 for each in found)
