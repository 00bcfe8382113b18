"""The chunks of one file as rows of the chunk table; the same for a file on disk and an unsaved text."""

from __future__ import annotations

from collections import Counter
from hashlib import blake2b
from typing import TYPE_CHECKING

from .chunk.passage import embedding_text
from .store.rows import ChunkRow
from .store.vector_cache import vector_key
from .terms import split_terms

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .chunk.chunk import Chunk


def chunk_rows(path: str, chunks: Sequence[Chunk]) -> tuple[ChunkRow, ...]:
    """A file's chunks as rows of the chunk table.

    A row's id comes from path and content, not from lines: an edit changes the ids of the chunks
    it touches and of no other. Equal chunks of one file are told apart by their order.
    """
    occurrences: Counter[str] = Counter()
    rows = []
    for chunk in chunks:
        passage_key = vector_key(embedding_text(chunk, path))
        content_hash = _digest(chunk.text)
        identity = f"{path}\0{passage_key}\0{content_hash}\0{chunk.symbol}\0{chunk.context}"
        occurrences[identity] += 1
        rows.append(
            ChunkRow(
                id=_digest(f"{identity}\0{occurrences[identity]}"),
                path=path,
                start_line=chunk.start_line,
                end_line=chunk.end_line,
                language=chunk.language,
                kind=chunk.kind,
                symbol=_storable(chunk.symbol),
                defines=tuple(map(_storable, chunk.defines)),
                context=_storable(chunk.context),
                text=_storable(chunk.text),
                terms=" ".join(split_terms(chunk.text)),
                name_terms=" ".join(split_terms(f"{path} {chunk.symbol}")),
                content_hash=content_hash,
                vector_key=passage_key,
            )
        )
    return tuple(rows)


def _digest(text: str) -> str:
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def _storable(text: str) -> str:
    """Lone surrogates, which UTF-8 can't hold, as replacement characters."""
    return text.encode("utf-8", "replace").decode("utf-8")
