"""The records that go into and come out of the chunk table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence
    from concurrent.futures import Future

    import numpy as np
    from numpy.typing import NDArray

    from ..search.request import SearchFilter

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
