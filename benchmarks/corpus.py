"""Large indexes made quickly: rows of real code under many paths, vectors near real embeddings.

Embedding 100,000 chunks takes minutes, so that only some are embedded. Every row gets one of those
vectors with noise added: as much as makes two rows of the same origin about as alike (cosine 0.8) as
real chunks are to their nearest neighbours.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from hashlib import blake2b
from typing import TYPE_CHECKING

import numpy as np
import trees

from codeassistd.indexer.pipeline.file_reader import ReadFile, read_file
from codeassistd.indexer.store.layout import IndexLayout
from codeassistd.indexer.store.locking import writing
from codeassistd.indexer.store.snapshot import open_snapshot
from codeassistd.indexer.store.writer import IndexKey, IndexWriter
from codeassistd.indexer.terms import split_terms
from codeassistd.indexer.walk.entry import ContentLimits, FileEntry

if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from pathlib import Path

    from numpy.typing import NDArray

    from codeassistd.indexer.store.rows import ChunkRow
    from codeassistd.indexer.store.snapshot import IndexSnapshot
    from codeassistd.models.identity import ModelIdentity
    from codeassistd.models.roles import Embedder

NOISE = 0.5
"""Length of the noise added to a unit vector."""

QUESTIONS = (
    "parse an email header",
    "wait for the first task to finish",
    "retry when the server closes the connection",
    "read a compressed archive member by member",
    "where is the thread pool shut down",
    "convert a string to a date",
    "how are command line arguments parsed",
    "load a module from a zip file",
    "escape special characters in html",
    "limit the number of open connections",
    "format a traceback for printing",
    "compare two directories recursively",
    "random sample without replacement",
    "quote a shell command safely",
    "cache the result of a function",
    "send a multipart message with attachments",
    "find the encoding of a source file",
    "lock shared memory between processes",
    "HTTPConnection.request",
    "ThreadPoolExecutor",
    "json.JSONDecoder.raw_decode",
    "_parse_headers",
    "read_text",
    "get_event_loop",
)

_WRITE_ROWS = 8_000
_DOCSTRING = re.compile(r'^\s+r?"""\s*([A-Z][^"\n.]{20,120})', re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Corpus:
    """Real code in chunks, and real vectors.

    Attributes:
        root: Where its files are.
        files: Each file and its rows.
        vectors: Embeddings of some of the chunks, unit rows, float32 of shape (embedded, dimensions).
    """

    root: Path
    files: tuple[ReadFile, ...]
    vectors: NDArray[np.float32]

    @property
    def rows(self) -> int:
        """Chunks in all files."""
        return sum(len(file.rows) for file in self.files)

    def docstrings(self, count: int) -> list[str]:
        """First lines of docstrings: questions that the code answers."""
        found = {
            match[1]: None
            for file in self.files
            for row in file.rows
            for match in _DOCSTRING.finditer(row.text)
        }
        lines = list(found)
        return lines[:: max(1, len(lines) // count)][:count]


def real_corpus(root: Path, files: int, embedder: Embedder, embedded: int) -> Corpus:
    """Copy and chunk real files, and embed some of the chunks.

    Args:
        root: Folder to make.
        files: How many files.
        embedder: The model.
        embedded: How many chunks it embeds.
    """
    library = trees.standard_library()
    chosen = [library[number * len(library) // files] for number in range(files)]
    trees.copy_standard_library(root / "copy_000", chosen)
    read = []
    for path in chosen:
        status = (root / "copy_000" / path).stat()
        entry = FileEntry(f"copy_000/{path.as_posix()}", status.st_size, status.st_mtime_ns, 0, 0)
        read.append(read_file(root, entry, None, ContentLimits()))
    with_rows = tuple(file for file in read if file.rows)
    texts = [f"{row.symbol}\n{row.text}" for file in with_rows for row in file.rows]
    spread = texts[:: max(1, len(texts) // embedded)][:embedded]
    return Corpus(root, with_rows, embedder.embed(spread, "document"))


class LargeIndex:
    """An index that grows to any size by taking the files of a corpus again under other paths.

    Args:
        folder: Where it lies.
        corpus: What it is made of.
        identity: The model of the vectors.
    """

    def __init__(self, folder: Path, corpus: Corpus, identity: ModelIdentity) -> None:
        self.layout = IndexLayout(folder, folder / "vectors")
        self.rows = 0
        self.vectors = np.empty((0, identity.dimensions), np.float16)
        self._corpus = corpus
        self._key = IndexKey(str(corpus.root), identity.id, identity.dimensions, "benchmark")
        self._random = np.random.default_rng(1)
        self._files = 0

    def grow(self, rows: int, *, approximate_above: int) -> None:
        """Add files until there are so many rows, and tidy up as the product does.

        Args:
            rows: Rows to have in the end; the last file is left incomplete.
            approximate_above: Vectors from which they get an approximate index.
        """
        with writing(self.layout, 1.0):
            writer = IndexWriter(self.layout, self._key)
            try:
                while self.rows < rows:
                    self._write(writer, min(rows, self.rows + _WRITE_ROWS))
                writer.commit(complete=True)
                writer.maintain(approximate_above)
            finally:
                writer.close()

    def snapshot(self) -> AbstractContextManager[IndexSnapshot | None]:
        """Its committed state."""
        return open_snapshot(self.layout)

    def _write(self, writer: IndexWriter, until: int) -> None:
        records, rows = [], []
        while self.rows + len(rows) < until:
            copy, number = divmod(self._files, len(self._corpus.files))
            file = self._corpus.files[number]
            path = file.path.replace("copy_000", f"copy_{copy:03}", 1)
            self._link(file.path, path)
            assert file.record is not None
            records.append(replace(file.record, path=path))
            rows += [_moved(row, path) for row in file.rows]
            self._files += 1
        rows = rows[: until - self.rows]
        vectors = self._noisy_vectors(len(rows))
        writer.write_files(records, rows, list(vectors), ())
        self.rows += len(rows)
        self.vectors = np.concatenate([self.vectors, vectors])

    def _noisy_vectors(self, count: int) -> NDArray[np.float16]:
        known = self._corpus.vectors
        origin = known[(self.rows + np.arange(count)) % len(known)]
        noise = self._random.standard_normal(origin.shape, dtype=np.float32) * NOISE / known.shape[1] ** 0.5
        moved = origin + noise
        return (moved / np.linalg.norm(moved, axis=1, keepdims=True)).astype(np.float16)

    def _link(self, source: str, path: str) -> None:
        """Put the file where the rows say it is, so that searches find its lines."""
        place = self._corpus.root / path
        if not place.exists():
            place.parent.mkdir(parents=True, exist_ok=True)
            place.hardlink_to(self._corpus.root / source)


def _moved(row: ChunkRow, path: str) -> ChunkRow:
    identity = blake2b(f"{path}\0{row.id}".encode(), digest_size=16).hexdigest()
    name_terms = " ".join(split_terms(f"{path} {row.symbol}"))
    return replace(row, id=identity, path=path, name_terms=name_terms)
