"""Answers queries from one pinned revision, with the lines that the files have now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from ..indexer.walk.bounded_read import read_below
from ..indexer.walk.content import decode
from ..indexer.walk.entry import SkipReason

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ..indexer.search.request import SearchFilter, SearchRequest, SearchResponse
    from ..indexer.search.snippet import FileReader
    from ..indexer.store.snapshot import IndexSnapshot
    from ..models.roles import Reranker
    from .lazy_embedder import LazyEmbedder

_LARGEST_FILE = 100_000_000  # the most that index.max_file_bytes allows


class Answers(Protocol):
    """Answers queries about one workspace."""

    @property
    def how_to_finish(self) -> str:
        """What to do about an index that is not complete, in words."""

    def search(self, request: SearchRequest) -> SearchResponse:
        """Answer a query."""

    def similar(
        self, path: str, lines: tuple[int, int], *, limit: int, where: SearchFilter
    ) -> SearchResponse:
        """Find code like some lines of an indexed file."""


@dataclass(frozen=True, slots=True)
class Answerer:
    """What answers.

    Attributes:
        root: The workspace.
        snapshot: The revision.
        embedder: The model that reads queries; None ranks them by their words alone.
        reranker: Gives what looks at the best results again, for a request that wants it.
    """

    root: Path
    snapshot: IndexSnapshot
    embedder: LazyEmbedder | None
    reranker: Callable[[], Reranker] | None = None

    @property
    def how_to_finish(self) -> str:
        """What to do about an index that is not complete, in words."""
        return "run `codeassistd index` to finish"

    def search(self, request: SearchRequest) -> SearchResponse:
        """Answer a query."""
        from ..indexer.search.engine import search

        reranker = self.reranker() if request.rerank and self.reranker is not None else None
        return search(self.snapshot, self.embedder, request, current_text(self.root), reranker)

    def similar(
        self, path: str, lines: tuple[int, int], *, limit: int, where: SearchFilter
    ) -> SearchResponse:
        """Find code like some lines of an indexed file."""
        from ..indexer.search.similar import similar

        return similar(self.snapshot, self.embedder, path, lines, limit, where, current_text(self.root))


def current_text(root: Path) -> FileReader:
    """Reads the files of a workspace as they are now; None for one that isn't there, or is no text."""

    def read(path: str) -> str | None:
        data = read_below(root, path, max_bytes=_LARGEST_FILE)
        text = None if data is None else decode(data)
        return None if isinstance(text, SkipReason) else text

    return read
