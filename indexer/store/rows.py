"""The records that go into and come out of the chunk table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from concurrent.futures import Future

    import numpy as np
    from numpy.typing import NDArray

    from ..search.request import SearchFilter
    from .symbol_table import SymbolTable

TermField = Literal["terms", "name_terms"]
"""Full-text columns: words of the chunk's text, and words of its path and symbol."""


@dataclass(frozen=True, slots=True)
class ChunkRow:
    """One chunk as it is written.

    Attributes:
        id: Hex key of the row: path, content and occurrence, not lines.
        path: POSIX path relative to the workspace.
        start_line: First line, 1-based.
        end_line: Last line, inclusive.
        language: Lower-case language name.
        kind: What the chunk is: function, class, section, …
        symbol: Dotted symbol path, or "".
        defines: Symbol paths of all definitions that begin in the chunk.
        context: Headers of the enclosing scopes.
        text: The lines themselves.
        terms: Space-separated code-aware terms of the text.
        name_terms: Space-separated code-aware terms of path and symbol.
        content_hash: Hex hash of the text.
        vector_key: Hex hash of the exact text given to the model.
    """

    id: str
    path: str
    start_line: int
    end_line: int
    language: str
    kind: str
    symbol: str
    defines: tuple[str, ...]
    context: str
    text: str
    terms: str
    name_terms: str
    content_hash: str
    vector_key: str


@dataclass(frozen=True, slots=True)
class StoredChunk:
    """One chunk as it is read by a search.

    Attributes:
        vector: float32 array of shape (dimensions,), or None while it is not embedded.
        defines: Symbol paths of all definitions that begin in the chunk.
    """

    id: str
    path: str
    start_line: int
    end_line: int
    language: str
    symbol: str
    kind: str
    context: str
    text: str
    vector: NDArray[np.float32] | None
    defines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Hit:
    """A row that matches, not read yet.

    Attributes:
        row: The row's number, valid in the snapshot that gave it.
        score: How well it matches: inner product, or BM25.
    """

    row: int
    score: float


@dataclass(frozen=True, slots=True)
class ExplainedHit:
    """A row that matches by words, with what its score was made of.

    Attributes:
        row: The row's number, valid in the snapshot that gave it.
        score: BM25.
        terms: Space-separated terms of the row in the field that was searched.
    """

    row: int
    score: float
    terms: str


@dataclass(frozen=True, slots=True)
class RowPlace:
    """A stored row without its text: enough to tell whether a file has the same rows still.

    Attributes:
        row: The row's number, valid in the snapshot that gave it.
        id: Hex key of the row.
        path: POSIX path relative to the workspace.
        start_line: First line, 1-based.
        end_line: Last line, inclusive.
        language: Lower-case language name.
        kind: What the chunk is.
        defines: Symbol paths of all definitions that begin in the chunk.
        embedded: Whether it has a vector.
    """

    row: int
    id: str
    path: str
    start_line: int
    end_line: int
    language: str
    kind: str
    defines: tuple[str, ...]
    embedded: bool


@dataclass(frozen=True, slots=True)
class PendingChunk:
    """A stored chunk that has no vector yet, with what its passage is made of."""

    id: str
    path: str
    language: str
    kind: str
    symbol: str
    context: str
    text: str
    vector_key: str


class Snapshot(Protocol):
    """One pinned revision of an index, as searches see it; lookups run side by side."""

    @property
    def revision(self) -> int:
        """The revision that every answer of this snapshot comes from."""

    @property
    def has_every_file(self) -> bool:
        """Whether every file of the last scan is in it."""

    @property
    def chunk_count(self) -> int:
        """Chunks in this revision."""

    @property
    def embedded_count(self) -> int:
        """Chunks that have a vector."""

    def nearest(self, vector: NDArray[np.float32], limit: int, where: SearchFilter) -> Future[list[Hit]]:
        """Look for the rows nearest to a unit vector of shape (dimensions,), by inner product, best first."""

    def matching(
        self, terms: Sequence[str], field: TermField, limit: int, where: SearchFilter
    ) -> Future[list[Hit]]:
        """Look for the rows that contain any of the terms, by BM25, best first."""

    def defining(self, names: Sequence[str], limit: int, where: SearchFilter) -> Future[list[Hit]]:
        """Look for rows that define a symbol whose path is, or ends with, one of the names, in any case."""

    def chunks(self, rows: Sequence[int]) -> list[StoredChunk]:
        """Read rows by their numbers, in the order given."""

    def chunks_of(self, path: str) -> list[StoredChunk]:
        """The chunks of one file in line order."""

    def symbol_tables(self) -> list[SymbolTable]:
        """Every definition, in one or more tables; row numbers are those of this snapshot."""


class StoredSnapshot(Snapshot, Protocol):
    """A snapshot of what is on disk: what an overlay of unsaved texts needs to know of it besides."""

    def explained(
        self, terms: Sequence[str], field: TermField, limit: int, where: SearchFilter
    ) -> Future[list[ExplainedHit]]:
        """Like `matching`, with the terms of each row."""

    def places(self, paths: Collection[str]) -> Future[list[RowPlace]]:
        """Look up the rows of some files, in any order."""


def defines_any(symbols: Iterable[str], names: Collection[str]) -> bool:
    """Whether a symbol is, or ends with the whole parts of, one of some names, in any case."""
    wanted = [name.lower() for name in names]
    lowered = [symbol.lower() for symbol in symbols]
    return any(symbol == name or symbol.endswith(f".{name}") for symbol in lowered for name in wanted)
