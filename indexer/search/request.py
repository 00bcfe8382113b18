"""What a search is asked and what it answers: plain frozen records, no logic beyond checking a request."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from ...models.errors import UsageError

MAX_LIMIT = 1_000
"""More results than anyone reads; a larger limit is a slip of the keyboard."""

MAX_QUERY_CHARACTERS = 4_000
"""A longer query is cut here: embedding models read a few hundred tokens of it at most."""


class SearchMode(StrEnum):
    """Which signals may put a chunk among the results."""

    HYBRID = "hybrid"
    SEMANTIC = "semantic"
    KEYWORD = "keyword"


@dataclass(frozen=True, slots=True)
class SearchFilter:
    """Limits a search to some chunks. An empty tuple does not limit; within a tuple any member suffices.

    Attributes:
        languages: Lower-case language names, as in `StoredChunk.language`.
        paths: Globs over POSIX paths relative to the workspace.
        kinds: Chunk kinds, as in `StoredChunk.kind`.
    """

    languages: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()


EVERYWHERE = SearchFilter()


@dataclass(frozen=True, slots=True)
class SearchRequest:
    """One search.

    Attributes:
        query: What the user typed: a question, words or a symbol. Quotes and operators are plain text.
        limit: How many results at most.
        mode: Which signals to use.
        where: Which chunks may be results.
        rerank: Whether a reranker takes a second look; None leaves that to the settings.
    """

    query: str
    limit: int = 10
    mode: SearchMode = SearchMode.HYBRID
    where: SearchFilter = EVERYWHERE
    rerank: bool | None = None

    def checked(self, *, has_embedder: bool) -> SearchRequest:
        """Give this request in the form that is carried out.

        The query is stripped and cut to `MAX_QUERY_CHARACTERS`; a hybrid search without an embedder becomes a
        keyword search.

        Raises:
            UsageError: The query has no letter or digit, the limit is out of range, or a semantic search has
                no model.
        """
        query = self.query[:MAX_QUERY_CHARACTERS].strip()
        if not query:
            raise UsageError(
                "the query is empty", hint="say what to look for, for instance: retry with backoff"
            )
        if not any(character.isalnum() for character in query):
            raise UsageError(
                f"the query {query[:20]!r} has no word in it", hint="use at least one letter or digit"
            )
        if not 1 <= self.limit <= MAX_LIMIT:
            raise UsageError(f"cannot give {self.limit} results", hint=f"ask for 1 to {MAX_LIMIT}")
        if has_embedder:
            return replace(self, query=query)
        if self.mode is SearchMode.SEMANTIC:
            raise UsageError(
                "a semantic search needs an embedding model", hint="use --mode keyword, or see doctor"
            )
        return replace(self, query=query, mode=SearchMode.KEYWORD)


@dataclass(frozen=True, slots=True)
class SearchResult:
    """Lines of one file that answer a search.

    Attributes:
        path: POSIX path relative to the workspace.
        start_line: First line, 1-based.
        end_line: Last line, inclusive.
        language: Lower-case language name.
        kind: Kind of the best chunk in these lines.
        symbol: Symbol path of the best chunk; empty when it has none.
        score: 0 to 1; higher is better. Comparable within one list only.
        text: The lines as they were indexed, joined with newlines.
        scores: The parts that the score is made of, by name (see `rank`).
        symbol_lines: First and last line of the symbol's definition, inclusive, as far as it is among these
            lines; None when it has none or begins elsewhere.
    """

    path: str
    start_line: int
    end_line: int
    language: str
    kind: str
    symbol: str
    score: float
    text: str
    scores: Mapping[str, float] = field(default_factory=dict)
    symbol_lines: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class SearchResponse:
    """The answer to one search.

    Attributes:
        results: Best first.
        revision: The index revision that was searched.
        has_every_file: Whether that revision has every file of the last scan.
        chunk_count: Chunks in that revision.
        embedded_count: Those of them that have a vector; the others are found by their words and names.
        mode: The mode that was carried out: keyword when a hybrid search had no embedder.
    """

    results: tuple[SearchResult, ...]
    revision: int
    has_every_file: bool
    chunk_count: int
    embedded_count: int
    mode: SearchMode

    @property
    def coverage(self) -> float:
        """The share of chunks that semantic search can find, 0 to 1."""
        return self.embedded_count / self.chunk_count if self.chunk_count else 1.0
