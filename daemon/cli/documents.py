"""The JSON documents of the command line: names and shapes that scripts rely on."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from ...indexer.pipeline.report import UpdateReport
    from ...indexer.search.request import SearchResponse, SearchResult
    from ...lsp.generation_service import Generated

_SCORE_DIGITS = 6


def update_document(report: UpdateReport) -> dict[str, object]:
    """What `index --json` writes."""
    return {
        "workspace": str(report.workspace),
        "revision": report.revision,
        "model": report.model,
        "files": {
            "seen": report.files_seen,
            "indexed": report.files_indexed,
            "unchanged": report.files_unchanged,
            "pending": report.files_pending,
            "removed": report.files_removed,
            "skipped": {str(reason): count for reason, count in sorted(report.skipped.items())},
            "unreadable": list(report.unreadable),
        },
        "chunks": {
            "total": report.chunks_total,
            "embedded": report.chunks_embedded,
            "reused": report.chunks_reused,
            "pending": report.chunks_pending,
        },
        "seconds": {phase: round(seconds, 3) for phase, seconds in report.seconds.items()},
        "cancelled": report.cancelled,
        "rebuilt": report.rebuilt,
    }


def search_document(
    response: SearchResponse, *, query: str, workspace: Path, took_seconds: float
) -> dict[str, object]:
    """What `search --json` and `similar --json` write.

    Args:
        response: The answer.
        query: What was asked, as given.
        workspace: Its root.
        took_seconds: From request to answer.

    Returns:
        The document.
    """
    return {
        "query": query,
        "workspace": str(workspace),
        "revision": response.revision,
        "took_ms": round(took_seconds * 1000, 1),
        "mode": str(response.mode),
        "complete": response.has_every_file and response.embedded_count >= response.chunk_count,
        "embedded_share": round(response.coverage, 4),
        "results": [_result(result) for result in response.results],
    }


def embed_document(model: str, vectors: NDArray[np.float32]) -> dict[str, object]:
    """What `embed --json` writes."""
    return {
        "model": model,
        "dimensions": int(vectors.shape[1]),
        "embeddings": [[round(float(value), 7) for value in row] for row in vectors],
    }


def best_first(scores: NDArray[np.float32]) -> list[tuple[int, float]]:
    """Places and scores of passages in the order of their scores; of equal ones the one given first."""
    values = scores.tolist()
    return sorted(enumerate(values), key=lambda each: -each[1])


def rerank_document(
    model: str, ranked: Sequence[tuple[int, float]], passages: Sequence[str], top: int | None
) -> dict[str, object]:
    """What `rerank --json` writes.

    Args:
        model: Which gave the scores.
        ranked: Places of passages and their scores, best first.
        passages: All of them, as given.
        top: How many are wanted; None for all.
    """
    return {
        "model": model,
        "results": [
            {"index": at, "score": round(score, _SCORE_DIGITS), "text": passages[at]}
            for at, score in ranked[:top]
        ],
    }


def _result(result: SearchResult) -> dict[str, object]:
    return {
        "path": result.path,
        "start_line": result.start_line,
        "end_line": result.end_line,
        "language": result.language,
        "symbol": result.symbol,
        "kind": result.kind,
        "score": round(result.score, _SCORE_DIGITS),
        "scores": {name: round(value, _SCORE_DIGITS) for name, value in result.scores.items()},
        "snippet": result.text,
    }


def generation_document(found: Generated) -> dict[str, object]:
    """What `generate --json` writes."""
    usage = found.usage
    document: dict[str, object] = {
        "text": found.text,
        "finish_reason": found.finish_reason,
        "model": found.model.name,
        "endpoint": found.model.endpoint or None,
        "sources": [
            {"path": source.path, "start_line": source.start_line, "end_line": source.end_line}
            for source in found.sources
        ],
        "usage": {
            "prompt_tokens": usage.prompt_tokens,
            "cached_tokens": usage.cached_tokens,
            "completion_tokens": usage.completion_tokens,
            "is_trimmed": usage.is_trimmed,
            "prompt_seconds": round(usage.prompt_seconds, 3),
            "completion_seconds": round(usage.completion_seconds, 3),
        },
    }
    if found.finish_reason == "dry run":
        document["prompt"] = found.prompt
    return document
