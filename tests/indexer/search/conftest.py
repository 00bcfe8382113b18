"""A second, exact implementation of the snapshot that searches read, over a small corpus of our own."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import Future
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TypeVar

import numpy as np
import pytest
from numpy.typing import NDArray

from codeassistd.indexer.chunk.chunker import chunk_text
from codeassistd.indexer.chunk.passage import embedding_text
from codeassistd.indexer.file_rows import chunk_rows
from codeassistd.indexer.search.request import SearchFilter
from codeassistd.indexer.store.layout import IndexLayout
from codeassistd.indexer.store.manifest import FileRecord
from codeassistd.indexer.store.rows import ExplainedHit, Hit, RowPlace, StoredChunk, TermField
from codeassistd.indexer.store.snapshot import IndexSnapshot, open_snapshot
from codeassistd.indexer.store.symbol_table import SymbolTable
from codeassistd.indexer.store.writer import IndexKey, IndexWriter
from codeassistd.indexer.terms import split_terms
from codeassistd.models.identity import ModelIdentity
from codeassistd.models.roles import Embedder, EmbedKind

_T = TypeVar("_T")

CORPUS = Path(__file__).parent / "data" / "corpus.txt"


@dataclass
class MemorySnapshot:
    """Chunks in a list; cosine and BM25 computed over all of them."""

    stored: list[StoredChunk]
    revision: int = 7
    has_every_file: bool = True
    asked: list[str] = field(default_factory=list)

    @property
    def chunk_count(self) -> int:
        return len(self.stored)

    @property
    def embedded_count(self) -> int:
        return sum(chunk.vector is not None for chunk in self.stored)

    def nearest(self, vector: NDArray[np.float32], limit: int, where: SearchFilter) -> Future[list[Hit]]:
        self.asked.append("nearest")
        hits = [
            Hit(row, float(chunk.vector @ vector))
            for row, chunk in self._allowed(where)
            if chunk.vector is not None
        ]
        return _done(sorted(hits, key=lambda hit: -hit.score)[:limit])

    def matching(
        self, terms: Sequence[str], field: TermField, limit: int, where: SearchFilter
    ) -> Future[list[Hit]]:
        self.asked.append(field)
        if not self.stored:
            return _done([])
        counts = [Counter(split_terms(_field(chunk, field))) for chunk in self.stored]
        mean = sum(c.total() for c in counts) / len(counts)
        allowed = {row for row, _ in self._allowed(where)}
        hits = []
        for row, count in enumerate(counts):
            score = 0.0
            for term in terms:
                having = sum(term in c for c in counts)
                rarity = math.log(1 + (len(counts) - having + 0.5) / (having + 0.5))
                tf = count[term]
                score += rarity * tf * 2.2 / (tf + 1.2 * (0.25 + 0.75 * count.total() / mean))
            if score > 0 and row in allowed:
                hits.append(Hit(row, score))
        return _done(sorted(hits, key=lambda hit: -hit.score)[:limit])

    def defining(self, names: Sequence[str], limit: int, where: SearchFilter) -> Future[list[Hit]]:
        self.asked.append("defining")
        wanted = {name.lower() for name in names} | {name.rpartition(".")[2].lower() for name in names}
        defining = [
            Hit(row, 1.0)
            for row, chunk in self._allowed(where)
            if any(
                {symbol.lower(), symbol.rpartition(".")[2].lower()} & wanted
                for symbol in (chunk.symbol, *chunk.defines)
            )
        ]
        return _done(defining[:limit])

    def chunks(self, rows: Sequence[int]) -> list[StoredChunk]:
        return [self.stored[row] for row in rows]

    def chunks_of(self, path: str) -> list[StoredChunk]:
        return [chunk for chunk in self.stored if chunk.path == path]

    def explained(
        self, terms: Sequence[str], field: TermField, limit: int, where: SearchFilter
    ) -> Future[list[ExplainedHit]]:
        hits = self.matching(terms, field, limit, where).result()
        texts = (" ".join(split_terms(_field(self.stored[hit.row], field))) for hit in hits)
        return _done([ExplainedHit(hit.row, hit.score, text) for hit, text in zip(hits, texts, strict=True)])

    def places(self, paths: Collection[str]) -> Future[list[RowPlace]]:
        return _done(
            [
                RowPlace(
                    row,
                    c.id,
                    c.path,
                    c.start_line,
                    c.end_line,
                    c.language,
                    c.kind,
                    c.defines,
                    c.vector is not None,
                )
                for row, c in enumerate(self.stored)
                if c.path in paths
            ]
        )

    def symbol_tables(self) -> list[SymbolTable]:
        columns = ("path", "start_line", "end_line", "kind", "defines")
        values = ([getattr(chunk, name) for chunk in self.stored] for name in columns)
        return [SymbolTable(range(len(self.stored)), *values)]

    def without_vectors(self) -> MemorySnapshot:
        return MemorySnapshot([replace(chunk, vector=None) for chunk in self.stored], self.revision)

    def _allowed(self, where: SearchFilter) -> Iterator[tuple[int, StoredChunk]]:
        for row, chunk in enumerate(self.stored):
            if where.languages and chunk.language not in where.languages:
                continue
            if where.kinds and chunk.kind not in where.kinds:
                continue
            if where.paths and not any(fnmatchcase(chunk.path, glob) for glob in where.paths):
                continue
            yield row, chunk


def _done(found: list[_T]) -> Future[list[_T]]:
    future: Future[list[_T]] = Future()
    future.set_result(found)
    return future


def _field(chunk: StoredChunk, field: TermField) -> str:
    return chunk.text if field == "terms" else f"{chunk.path} {chunk.symbol}"


@pytest.fixture(scope="session")
def corpus() -> dict[str, str]:
    """The files of the small corpus by path."""
    _, *files = ("\n" + CORPUS.read_text(encoding="utf-8")).split("\n=== ")
    return {path: text for path, _, text in (file.partition("\n") for file in files)}


@pytest.fixture(scope="session")
def snapshot(corpus: dict[str, str], embedder: Embedder) -> MemorySnapshot:
    """The small corpus, chunked and embedded by the real thing."""
    pairs = [(path, chunk) for path, text in corpus.items() for chunk in chunk_text(text, path)]
    vectors = embedder.embed([embedding_text(chunk, path) for path, chunk in pairs], "document")
    return MemorySnapshot(
        [
            StoredChunk(
                id=f"{path}:{chunk.start_line}",
                path=path,
                start_line=chunk.start_line,
                end_line=chunk.end_line,
                language=chunk.language,
                symbol=chunk.symbol,
                kind=chunk.kind,
                context=chunk.context,
                text=chunk.text,
                vector=vector,
                defines=chunk.defines,
            )
            for (path, chunk), vector in zip(pairs, vectors, strict=True)
        ]
    )


@dataclass
class Counting:
    """The real model, counting what it is given."""

    inner: Embedder
    documents: list[str] = field(default_factory=list)

    @property
    def identity(self) -> ModelIdentity:
        return self.inner.identity

    def embed(self, texts: Sequence[str], kind: EmbedKind) -> NDArray[np.float32]:
        if kind == "document":
            self.documents += texts
        return self.inner.embed(texts, kind)


@pytest.fixture
def counting(embedder: Embedder) -> Counting:
    return Counting(embedder)


MakeIndex = Callable[..., IndexSnapshot]


@pytest.fixture(scope="module")
def open_index(tmp_path_factory: pytest.TempPathFactory, embedder: Embedder) -> Iterator[MakeIndex]:
    """Makes real indexes of texts by path and opens them until the module is done."""
    with ExitStack() as opened:

        def make(texts: dict[str, str], *, embedded: bool = True, maintained: bool = False) -> IndexSnapshot:
            layout = IndexLayout.of(tmp_path_factory.mktemp("index"), "demo")
            dimensions = embedder.identity.dimensions
            writer = IndexWriter(layout, IndexKey("/w", embedder.identity.id, dimensions, "1"))
            rows = [row for path, text in texts.items() for row in chunk_rows(path, chunk_text(text, path))]
            passages = [embedding_text(row, row.path) for row in rows]
            vectors: list[NDArray[np.float16] | None] = [None] * len(rows)
            if embedded and rows:
                vectors = list(embedder.embed(passages, "document").astype(np.float16))
            records = [FileRecord(path, 1, 1, 1, 1, True, "h", "", 1) for path in texts]
            writer.write_files(records, rows, vectors, [])
            writer.commit(complete=True)
            if maintained:
                writer.maintain(approximate_above=10_000)
            writer.close()
            snapshot = opened.enter_context(open_snapshot(layout))
            assert snapshot is not None
            return snapshot

        yield make
