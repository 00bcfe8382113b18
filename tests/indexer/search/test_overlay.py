from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np
import pytest

from codeassistd.indexer.chunk.chunker import chunk_text
from codeassistd.indexer.file_rows import chunk_rows
from codeassistd.indexer.search.overlay import Overlay, OverlayCache, UnsavedFile
from codeassistd.indexer.walk.entry import ContentLimits

if TYPE_CHECKING:
    from codeassistd.models.roles import Embedder

    from .conftest import Counting

POLICY = "billing/retry_policy.rb"
KEY = "-----BEGIN RSA PRIVATE KEY-----\n" + "A" * 64 + "\n-----END RSA PRIVATE KEY-----\n"


def unsaved(texts: dict[str, str]) -> list[UnsavedFile]:
    return [UnsavedFile(path, text) for path, text in texts.items()]


def test_rows_are_those_that_an_index_would_have(corpus: dict[str, str]) -> None:
    overlay = Overlay.of(unsaved(corpus), None, OverlayCache())
    for path, text in corpus.items():
        assert tuple(each.row for each in overlay.rows[path]) == chunk_rows(path, chunk_text(text, path))
        for each in overlay.rows[path]:
            assert each.words.length == len(each.row.terms.split())
            assert each.name_words.counts.keys() == set(each.row.name_terms.split())
    assert not overlay.vectors


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("a.py", ""),
        ("a.py", "\n  \n"),
        (".env", "TOKEN=1\n"),
        ("a.py", KEY),
        ("a.py", "x = 1\n" * 100),
        ("bundle.min.js", "var a\n"),
        ("a.py", "\0"),
    ],
)
def test_what_an_index_would_skip_has_no_rows(path: str, text: str) -> None:
    overlay = Overlay.of([UnsavedFile(path, text)], None, OverlayCache(), limits=ContentLimits(500))
    assert overlay.rows == {path: ()}


def test_a_text_too_large_for_an_index_is_not_kept() -> None:
    text, cache = "x = 1\n" * 100, OverlayCache()
    before = sys.getrefcount(text)
    assert cache.rows("a.py", text, ContentLimits(500)) == ()
    assert sys.getrefcount(text) == before


def test_secrets_are_taken_where_the_index_takes_them() -> None:
    limits = ContentLimits(index_secrets=True)
    assert Overlay.of([UnsavedFile(".env", "TOKEN=1\n")], None, OverlayCache(), limits=limits).rows[".env"]


def test_the_higher_version_counts_and_reading_gives_it() -> None:
    files = [UnsavedFile("a.py", "new = 1\n", 5), UnsavedFile("a.py", "old = 1\n", 4)]
    overlay = Overlay.of(files, None, OverlayCache())
    read = overlay.reading({"a.py": "on disk", "b.py": "b on disk"}.get)
    assert read("a.py") == "new = 1\n"
    assert read("b.py") == "b on disk"
    assert read("c.py") is None


def test_a_keystroke_embeds_only_the_chunk_it_is_in(corpus: dict[str, str], counting: Counting) -> None:
    cache = OverlayCache()
    before = Overlay.of([UnsavedFile(POLICY, corpus[POLICY])], counting, cache)
    assert len(before.vectors) == len(counting.documents) == len(before.rows[POLICY]) > 2
    counting.documents.clear()
    edited = corpus[POLICY].replace("def give_up?", "def give_up_now?")
    after = Overlay.of([UnsavedFile(POLICY, edited)], counting, cache)
    assert len(counting.documents) == 1
    assert "give_up_now?" in counting.documents[0]
    assert len(after.vectors) == len(after.rows[POLICY])
    Overlay.of([UnsavedFile(POLICY, corpus[POLICY])], counting, cache)
    assert len(counting.documents) == 1


def test_known_vectors_are_looked_up_first(corpus: dict[str, str], counting: Counting) -> None:
    first = Overlay.of(unsaved(corpus), counting, OverlayCache())
    counting.documents.clear()
    asked: list[str] = []

    class Known:
        def get(self, keys: list[str]) -> dict[str, np.ndarray]:
            asked.extend(keys)
            return {key: first.vectors[key] for key in keys}

    cache = OverlayCache(Known())  # type: ignore[arg-type]
    second = Overlay.of(unsaved(corpus), counting, cache)
    assert not counting.documents
    assert second.vectors.keys() == first.vectors.keys()
    assert len(asked) == len(set(asked)) == len(first.vectors)
    assert Overlay.of(unsaved(corpus), None, cache).vectors.keys() == first.vectors.keys()
    assert len(asked) == len(first.vectors)


def test_without_time_nothing_is_embedded(corpus: dict[str, str], counting: Counting) -> None:
    overlay = Overlay.of(unsaved(corpus), counting, OverlayCache(), seconds=0)
    assert not overlay.vectors
    assert not counting.documents
    chunk = overlay.chunk(overlay.rows[POLICY][0].row)
    assert chunk.vector is None


def test_chunks_have_the_vectors_of_the_model(corpus: dict[str, str], embedder: Embedder) -> None:
    overlay = Overlay.of([UnsavedFile(POLICY, corpus[POLICY])], embedder, OverlayCache())
    for each in overlay.rows[POLICY]:
        vector = overlay.chunk(each.row).vector
        assert vector is not None
        assert vector.dtype == np.float32
        assert float(vector @ vector) == pytest.approx(1, abs=1e-2)


def test_a_small_cache_forgets_but_is_right(corpus: dict[str, str], embedder: Embedder) -> None:
    whole = Overlay.of(unsaved(corpus), None, OverlayCache())
    small = OverlayCache(texts=2, vectors=1)
    with ThreadPoolExecutor(4) as threads:
        made = list(threads.map(lambda _: Overlay.of(unsaved(corpus), None, small), range(8)))
    assert all(overlay.rows == whole.rows for overlay in made)
    overlay = Overlay.of([UnsavedFile(POLICY, corpus[POLICY])], embedder, small)
    assert len(overlay.vectors) == len(overlay.rows[POLICY]) > 1
