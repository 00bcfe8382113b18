"""Search responses as the client gets them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .protocol import Position, Range, SearchAnswer, SearchResult

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..indexer.search import request
    from .folders import Folder
    from .session import Session

_SCORE_DIGITS = 6


def answer_of(
    session: Session,
    found: Sequence[tuple[Folder, request.SearchResponse]],
    limit: int,
    took_seconds: float,
) -> SearchAnswer:
    """Make one answer of the responses of one or several folders.

    Scores are comparable within one response only, so the best of each folder come first, then the second
    best.

    Args:
        session: Whose words for documents are used.
        found: One response a folder, at least one.
        limit: Most results in all.
        took_seconds: From request to answer.
    """
    by_rank = [
        (rank, place, result)
        for place, (_, response) in enumerate(found)
        for rank, result in enumerate(response.results)
    ]
    by_rank.sort(key=lambda each: each[:2])
    results: dict[tuple[str, Range], SearchResult] = {}
    for _, place, result in by_rank:
        one = _result(session, found[place][0], result)
        # A folder inside another finds the same lines again.
        results.setdefault((one.uri, one.range), one)
    first = found[0][1]
    return SearchAnswer(
        revision=first.revision,
        took_ms=round(took_seconds * 1000, 1),
        mode=first.mode.value,
        complete=all(
            response.has_every_file and response.embedded_count >= response.chunk_count
            for _, response in found
        ),
        has_every_file=all(response.has_every_file for _, response in found),
        chunks=sum(response.chunk_count for _, response in found),
        embedded=sum(response.embedded_count for _, response in found),
        results=tuple(results.values())[:limit],
    )


def _result(session: Session, folder: Folder, result: request.SearchResult) -> SearchResult:
    return SearchResult(
        uri=session.uri(folder, result.path),
        range=_range(result.start_line, result.end_line),
        path=result.path,
        language=result.language,
        symbol=result.symbol,
        kind=result.kind,
        score=round(result.score, _SCORE_DIGITS),
        scores={name: round(score, _SCORE_DIGITS) for name, score in result.scores.items()},
        snippet=result.text,
        symbol_range=_range(*result.symbol_lines) if result.symbol_lines else None,
    )


def _range(first: int, last: int) -> Range:
    return Range(Position(first - 1, 0), Position(last, 0))
