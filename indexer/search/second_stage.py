"""The optional second stage of a search: a reranker looks at the best results again."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ..chunk.passage import embedding_text

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ...models.roles import Reranker
    from .request import SearchResult

RERANKED = 30
"""Results that a reranker sees; the others keep their places behind them."""

SHARE = 0.2
"""What the reranker has to say in their order. The first stage has the rest, as it knows what a passage
doesn't tell: the kind of file, and what else in the file answers.

Measured by `benchmarks/retrieval/learn_rerank.py` with the embedded reranker."""


@dataclass(frozen=True, slots=True)
class _Passage:
    """A result as `embedding_text` takes it."""

    language: str
    kind: str
    symbol: str
    text: str
    context: str = ""


def passage_text(result: SearchResult) -> str:
    """What a reranker is given for a result: language, file name, symbol and lines."""
    passage = _Passage(result.language, result.kind, result.symbol, result.text)
    return embedding_text(passage, result.path)


def reranked(
    query: str,
    results: Sequence[SearchResult],
    reranker: Reranker,
    cancelled: Callable[[], bool] | None = None,
) -> list[SearchResult]:
    """Order results anew.

    Args:
        query: What was asked.
        results: Best first.
        reranker: Scores the first `RERANKED` of them.
        cancelled: Polled by the reranker.

    Returns:
        The same results, best first. A score is `SHARE` of the reranker's, which is its part "rerank", and
        the rest of what it was; a result that the reranker didn't see counts as 0 there, and so stays behind.
    """
    seen = results[:RERANKED]
    second = reranker.score(query, [passage_text(result) for result in seen], cancelled).tolist()
    found = [
        replace(
            result,
            score=(1 - SHARE) * result.score + SHARE * own,
            scores={**result.scores, "rerank": own},
        )
        for result, own in zip(seen, second, strict=True)
    ]
    found.sort(key=lambda result: -result.score)
    return found + [replace(result, score=(1 - SHARE) * result.score) for result in results[RERANKED:]]
