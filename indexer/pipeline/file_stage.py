"""The first half of an update: files that were read become rows of the chunk table."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING

from ...models.errors import CodeassistdError
from ..store.rows import PendingChunk
from ..walk.entry import SkipReason
from .embedding_thread import embed_pending
from .reader_pool import read_files

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from ...models.roles import Embedder
    from ..store.manifest import FileRecord
    from ..store.rows import ChunkRow
    from ..store.vector_cache import VectorCache
    from ..store.writer import IndexWriter
    from ..walk.entry import ContentLimits, FileEntry
    from .file_reader import ReadFile
    from .tally import Tally

EMBED_AT_ONCE = 192
"""New texts up to which a change is committed together with its vectors: under a second's work."""

_FIRST_COMMIT_ROWS = 2_000
_COMMIT_ROWS = 8_000
_COMMIT_SECONDS = 2.5


class FileStage:
    """Gathers read files and writes them in batches.

    Args:
        writer: The index, its write lock held.
        cache: Known vectors.
        known: The manifest's files at the start; empty when everything is made anew.
        tally: Counts what is done.
        load_embedder: Gives the embedder, for changes small enough to be committed with their vectors.

    Attributes:
        known: The manifest's files at the start.
        commits_as_it_goes: Whether what is written can be searched before everything is.
    """

    def __init__(
        self,
        writer: IndexWriter,
        cache: VectorCache,
        known: Mapping[str, FileRecord],
        tally: Tally,
        load_embedder: Callable[[], Embedder],
    ) -> None:
        self._writer = writer
        self._cache = cache
        self.known = known
        self._tally = tally
        self._load_embedder = load_embedder
        # A rebuild beside an index in use is committed once, when it is whole: searches go on as before.
        self.commits_as_it_goes = not (writer.starts_anew and writer.head is not None)
        self._records: list[FileRecord] = []
        self._rows: list[ChunkRow] = []
        self._stale: list[str] = []
        self._since = time.monotonic()
        self._writes = 0

    def forget(self, paths: Sequence[str]) -> None:
        """Drop files that are gone."""
        self._tally.removed += len(paths)
        self._stale.extend(path for path in paths if self._has_rows(path))
        self._writer.note_files((), paths)

    def read(
        self,
        root: Path,
        entries: Sequence[FileEntry],
        limits: ContentLimits,
        workers: int,
        until: float = math.inf,
    ) -> Iterator[bool]:
        """Read files and gather them; they are written by `write_if_due` or `finish`.

        Args:
            root: The workspace.
            entries: The files.
            limits: What contents are worth indexing.
            workers: Processes to use at most.
            until: `time.monotonic()` after which the remaining files are left for another update.

        Yields:
            Whether something was gathered, several times a second.
        """
        for results in read_files(root, entries, self.known, limits, workers, until):
            if results is not None:
                self._take(results)
            yield results is not None

    def write_if_due(self) -> bool:
        """Write and commit when enough has gathered.

        Returns:
            Whether there is a new commit.
        """
        enough = len(self._rows) >= (_COMMIT_ROWS if self._writes else _FIRST_COMMIT_ROWS)
        overdue = bool(self._rows) and time.monotonic() - self._since > _COMMIT_SECONDS
        if not (enough or overdue):
            return False
        self._write(self._cached_vectors())
        if self.commits_as_it_goes:
            self._writer.commit(complete=False)
        return self.commits_as_it_goes

    def finish(self, *, complete: bool, may_embed: bool) -> None:
        """Write what is left and commit.

        Args:
            complete: Whether every file was taken. A rebuild that is not complete is not committed.
            may_embed: Whether there is time to give a small change its vectors at once.

        Raises:
            CodeassistdError: The model could not be used; everything but its vectors is committed.
        """
        if not complete and not self.commits_as_it_goes:
            return
        vectors = self._cached_vectors()
        missing = [row for row in range(len(self._rows)) if vectors[row] is None]
        failure: CodeassistdError | None = None
        if may_embed and missing and not self._writes and len(missing) <= EMBED_AT_ONCE:
            try:
                self._embed(missing, vectors)
            except CodeassistdError as error:
                failure = error
        self._write(vectors)
        self._writer.commit(complete=complete)
        if failure is not None:
            raise failure

    def _take(self, results: Sequence[ReadFile]) -> None:
        for result in results:
            self._tally.read += 1
            if result.record is None:
                self._take_missing(result)
                continue
            if result.record.skipped:
                self._tally.skipped[result.record.skipped] += 1
            elif result.same_content:
                self._tally.unchanged += 1
            else:
                self._tally.indexed += 1
            if result.same_content:
                self._writer.note_files((result.record,), ())
                continue
            if self._has_rows(result.path):
                self._stale.append(result.path)
            self._records.append(result.record)
            self._rows.extend(result.rows)

    def _take_missing(self, result: ReadFile) -> None:
        if result.error:
            self._tally.unreadable.append(f"{result.path}: {result.error}")
            self._tally.skipped[SkipReason.UNREADABLE.value] += 1
        if result.path in self.known:
            self.forget((result.path,))

    def _has_rows(self, path: str) -> bool:
        record = self.known.get(path)
        return record is not None and record.chunks > 0

    def _cached_vectors(self) -> list[NDArray[np.float16] | None]:
        known = self._cache.get([row.vector_key for row in self._rows])
        vectors = [known.get(row.vector_key) for row in self._rows]
        self._tally.reused += sum(vector is not None for vector in vectors)
        return vectors

    def _embed(self, missing: Sequence[int], vectors: list[NDArray[np.float16] | None]) -> None:
        first_row = {self._rows[row].vector_key: row for row in reversed(missing)}
        chunks = [_pending(self._rows[row]) for row in first_row.values()]
        with self._tally.timed("embed"):
            found = embed_pending(self._cache, self._load_embedder(), chunks)
        embedded = dict(zip(first_row, found, strict=True))
        for row in missing:
            vectors[row] = embedded[self._rows[row].vector_key]
        self._tally.embedded += len(first_row)
        self._tally.reused += len(missing) - len(first_row)

    def _write(self, vectors: Sequence[NDArray[np.float16] | None]) -> None:
        with self._tally.timed("write"):
            if self._records or self._stale:
                self._writer.write_files(self._records, self._rows, vectors, self._stale)
                self._writes += 1
        self._records, self._rows, self._stale = [], [], []
        self._since = time.monotonic()


def _pending(row: ChunkRow) -> PendingChunk:
    return PendingChunk(
        row.id, row.path, row.language, row.kind, row.symbol, row.context, row.text, row.vector_key
    )
