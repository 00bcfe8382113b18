"""What open editors hold and the disk doesn't: unsaved texts as chunks, with words and vectors.

Nothing of an unsaved text is written to disk, vectors included: what a user never saves leaves no trace.
"""

from __future__ import annotations

import math
import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

import numpy as np

from ..chunk.chunker import chunk_text
from ..file_rows import chunk_rows
from ..store.rows import StoredChunk
from ..walk.content import inspect
from ..walk.entry import ContentLimits, SkipReason
from ..walk.secrets import is_secret_path
from .bm25 import WordCounts
from .candidates import embedded_now

if TYPE_CHECKING:
    from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from ...models.roles import Embedder
    from ..store.rows import ChunkRow
    from .snippet import FileReader

_V = TypeVar("_V")


@dataclass(frozen=True, slots=True)
class UnsavedFile:
    """A document as an editor has it.

    Attributes:
        path: POSIX path relative to the workspace.
        text: All of it; an empty one hides the file.
        version: The editor's; of two texts for one path the one with the higher version counts.
    """

    path: str
    text: str
    version: int = 0


@dataclass(frozen=True, slots=True)
class OverlaidRow:
    """One chunk of an unsaved text.

    Attributes:
        row: The chunk as it would be written.
        words: Terms of its text.
        name_words: Terms of path and symbol.
    """

    row: ChunkRow
    words: WordCounts
    name_words: WordCounts


class KnownVectors(Protocol):
    """Vectors of one model that were computed before; `VectorCache` is one."""

    def get(self, keys: Sequence[str]) -> Mapping[str, NDArray[np.float16]]:
        """Look vectors up by the hash of their passage."""


class OverlayCache:
    """What was made of unsaved texts lately, so that a keystroke costs one chunk. Safe for many threads.

    Belongs to one model, as vectors do.

    Args:
        known: Where vectors are looked up that are not in memory; only one thread at a time does so.
        texts: How many texts to keep the chunks of.
        vectors: How many vectors to keep.
    """

    def __init__(self, known: KnownVectors | None = None, texts: int = 64, vectors: int = 8_192) -> None:
        self._known = known
        self._lock = threading.Lock()
        self._rows: _Latest[tuple[OverlaidRow, ...]] = _Latest(texts)
        self._vectors: _Latest[NDArray[np.float16]] = _Latest(vectors)

    def rows(self, path: str, text: str, limits: ContentLimits) -> tuple[OverlaidRow, ...]:
        """The chunks that an index would have of a text; none where it would skip the file."""
        if len(text) > limits.max_file_bytes:
            return ()  # and not kept: it may be a hundred times what others take
        key = (path, text, limits)
        with self._lock:
            rows = self._rows.get(key)
        if rows is None:
            rows = _rows(path, text, limits)
            with self._lock:
                self._rows.put(key, rows)
        return rows

    def vectors(self, keys: Collection[str]) -> dict[str, NDArray[np.float16]]:
        """The vectors that are known, by key."""
        with self._lock:
            found = {key: vector for key in keys if (vector := self._vectors.get(key)) is not None}
            absent = [key for key in keys if key not in found]
            if self._known is not None and absent:
                more = self._known.get(absent)
                for key, vector in more.items():
                    self._vectors.put(key, vector)
                found |= more
        return found

    def keep(self, vectors: Mapping[str, NDArray[np.float16]]) -> None:
        """Remember vectors, in memory only."""
        with self._lock:
            for key, vector in vectors.items():
                self._vectors.put(key, vector)


@dataclass(frozen=True, slots=True)
class Overlay:
    """Unsaved texts, ready to be searched. Immutable.

    Attributes:
        texts: All of each file's text, by path.
        rows: Its chunks, by path; none for a file that is hidden.
        vectors: float16 arrays of shape (dimensions,) by `ChunkRow.vector_key`, as far as there are any.
    """

    texts: Mapping[str, str]
    rows: Mapping[str, tuple[OverlaidRow, ...]]
    vectors: Mapping[str, NDArray[np.float16]]

    @classmethod
    def of(
        cls,
        files: Iterable[UnsavedFile],
        embedder: Embedder | None,
        cache: OverlayCache,
        *,
        limits: ContentLimits | None = None,
        seconds: float | None = None,
    ) -> Overlay:
        """Chunk texts and embed what is new in them.

        Files are judged by content and name as an index judges them, so that no secret gets in; whether an
        ignore rule hides a file is for the caller to know.

        Args:
            files: The texts.
            embedder: The model of the index; None embeds nothing.
            cache: What is known from before.
            limits: What contents are worth indexing; the index's own.
            seconds: No batch of texts is embedded after this time; the chunks that are left are found by
                their words. None embeds all.

        Raises:
            CodeassistdError: The model could not be used.
        """
        limits = limits or ContentLimits()
        texts = {file.path: file.text for file in sorted(files, key=lambda file: file.version)}
        rows = {path: cache.rows(path, text, limits) for path, text in texts.items()}
        chunks = {each.row.vector_key: each.row for of_file in rows.values() for each in of_file}
        vectors = cache.vectors(chunks)
        if embedder is not None:
            absent = {key: row for key, row in chunks.items() if key not in vectors}
            fresh = _embedded(absent, embedder, math.inf if seconds is None else seconds)
            cache.keep(fresh)
            vectors |= fresh
        return cls(texts, rows, vectors)

    def reading(self, read: FileReader) -> FileReader:
        """A reader that gives unsaved texts where there are any, and else what `read` gives."""
        return lambda path: self.texts[path] if path in self.texts else read(path)

    def chunk(self, row: ChunkRow) -> StoredChunk:
        """A row of this overlay as a search reads it."""
        vector = self.vectors.get(row.vector_key)
        return _chunk(row, None if vector is None else vector.astype(np.float32))


def _embedded(
    absent: Mapping[str, ChunkRow], embedder: Embedder, seconds: float
) -> dict[str, NDArray[np.float16]]:
    """The vectors of as many rows as the time allows; as float16, as the index has them."""
    done = embedded_now([_chunk(row, None) for row in absent.values()], embedder, seconds)
    vectors = (np.asarray(chunk.vector, np.float16) for chunk in done)
    return dict(zip(absent, vectors, strict=False))


def _chunk(row: ChunkRow, vector: NDArray[np.float32] | None) -> StoredChunk:
    """A row as it would be read after it was written."""
    return StoredChunk(
        id=row.id,
        path=row.path,
        start_line=row.start_line,
        end_line=row.end_line,
        language=row.language,
        symbol=row.symbol,
        kind=row.kind,
        context=row.context,
        text=row.text,
        vector=vector,
        defines=row.defines,
    )


def _rows(path: str, text: str, limits: ContentLimits) -> tuple[OverlaidRow, ...]:
    if not limits.index_secrets and is_secret_path(path):
        return ()
    judged = inspect(path, text.encode("utf-8", "replace"), limits)
    if isinstance(judged, SkipReason):
        return ()
    return tuple(
        OverlaidRow(row, WordCounts.of(row.terms), WordCounts.of(row.name_terms))
        for row in chunk_rows(path, chunk_text(judged, path))
    )


class _Latest(Generic[_V]):
    """The values that were used last."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._values: OrderedDict[Hashable, _V] = OrderedDict()

    def get(self, key: Hashable) -> _V | None:
        if key not in self._values:
            return None
        self._values.move_to_end(key)
        return self._values[key]

    def put(self, key: Hashable, value: _V) -> None:
        self._values[key] = value
        self._values.move_to_end(key)
        while len(self._values) > self._size:
            self._values.popitem(last=False)
