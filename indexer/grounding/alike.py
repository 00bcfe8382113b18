"""Code like the code around a cursor, by its words: needs no model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..search.request import EVERYWHERE
from ..terms import query_terms
from .definitions import family
from .records import Site

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from concurrent.futures import Future

    from ..store.rows import Hit, Snapshot, StoredChunk

_MOST_TERMS = 24
_MOST_READ = 10
_ENOUGH = 4
_LEAST_SHARE = 0.35
"""Of the best score: less alike is noise."""


def begin_alike(snapshot: Snapshot, words: Sequence[str]) -> Future[list[Hit]] | None:
    """Begin to look for the chunks that have most of some words; None when there are none to look for."""
    terms = query_terms(" ".join(words))[:_MOST_TERMS]
    return snapshot.matching(terms, "terms", _MOST_READ, EVERYWHERE) if len(terms) >= 2 else None


def alike_sites(snapshot: Snapshot, hits: Sequence[Hit], language: str) -> list[Site]:
    """Read the chunks that were found, most alike first; only of languages that can be copied from."""
    if not hits:
        return []
    good = [hit for hit in hits if hit.score >= _LEAST_SHARE * hits[0].score]
    return sites_of(snapshot.chunks([hit.row for hit in good]), language)[:_ENOUGH]


def sites_of(chunks: Iterable[StoredChunk], language: str) -> list[Site]:
    """The places of chunks of a language, or of any when it is ""."""
    return [
        Site(chunk.path, chunk.start_line, chunk.end_line, "similar", chunk.symbol, chunk.text)
        for chunk in chunks
        if not language or family(chunk.language) == family(language)
    ]
