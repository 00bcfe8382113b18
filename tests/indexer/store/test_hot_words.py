"""The full-text index in memory gives what the one on disk gives."""

from __future__ import annotations

import math
import random
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from codeassistd.indexer.search.request import SearchFilter
from codeassistd.indexer.store.hot_words import HotWords
from codeassistd.indexer.store.layout import IndexLayout
from codeassistd.indexer.store.manifest import FileRecord
from codeassistd.indexer.store.rows import ChunkRow, Hit
from codeassistd.indexer.store.snapshot import IndexSnapshot, open_snapshot
from codeassistd.indexer.store.writer import IndexKey, IndexWriter

WORDS = ("open", "read", "write", "connection", "retry", "pool", "parse", "größe", "x1", "λ")
ANY = SearchFilter()

texts_of_words = st.lists(st.lists(st.sampled_from(WORDS), max_size=12), min_size=1, max_size=25)


def hot(texts: list[str]) -> HotWords:
    return HotWords.of(np.arange(len(texts), dtype=np.int64) * 10, pa.chunked_array([texts], pa.string()))


def bm25(texts: list[list[str]], terms: list[str]) -> dict[int, float]:
    """Okapi BM25 as the textbook has it, by row number."""
    documents = sum(map(bool, texts))
    mean = sum(map(len, texts)) / max(1, documents) or 1.0
    scores = dict.fromkeys(range(0, len(texts) * 10, 10), 0.0)
    for term in terms:
        having = sum(term in text for text in texts)
        rarity = math.log(1 + (documents - having + 0.5) / (having + 0.5))
        for row, text in enumerate(texts):
            count = text.count(term)
            scores[row * 10] += rarity * count * 2.2 / (count + 1.2 * (0.25 + 0.75 * len(text) / mean))
    return {row: score for row, score in scores.items() if score}


@given(texts_of_words, st.lists(st.sampled_from((*WORDS, "absent")), unique=True), st.integers(1, 30))
def test_scores_are_bm25(texts: list[list[str]], terms: list[str], limit: int) -> None:
    hits = hot([" ".join(text) for text in texts]).matching(terms, limit)
    expected = bm25(texts, terms)
    assert len(hits) == min(limit, len(expected))
    assert len({hit.row for hit in hits}) == len(hits)
    for hit, best in zip(hits, sorted(expected.values(), reverse=True), strict=False):
        assert math.isclose(hit.score, best, rel_tol=1e-4)
        assert math.isclose(hit.score, expected[hit.row], rel_tol=1e-4)


def test_texts_without_terms_have_no_score() -> None:
    assert hot(["", ""]).matching(["open"], 5) == []
    assert hot(["", "open"]).matching([""], 5) == []
    assert [hit.row for hit in hot(["", "open"]).matching(["open"], 5)] == [10]


def stored(layout: IndexLayout, texts: list[str]) -> None:
    writer = IndexWriter(layout, IndexKey("/w", "model", 8, "1"))
    rows = [
        ChunkRow(f"{number:032x}", "a.py", number + 1, number + 1, "python", "function", "", (), "", text,
                 text, text[:9].rpartition(" ")[0], f"{number:x}", f"{number:x}")
        for number, text in enumerate(texts)
    ]  # fmt: skip
    vectors = list(np.eye(len(rows), 8, dtype=np.float16))
    writer.write_files([FileRecord("a.py", 1, 1, 1, 1, True, "h", "", 1)], rows, vectors, [])
    writer.commit(complete=True)
    writer.close()


def scores(hits: list[Hit]) -> list[float]:
    return [round(hit.score, 4) for hit in hits]


def test_a_busy_snapshot_answers_the_same_from_memory(tmp_path: Path) -> None:
    draw = random.Random(4)
    texts = [" ".join(draw.choices(WORDS[:7], k=draw.randint(2, 30))) for _ in range(200)]
    layout = IndexLayout.of(tmp_path, "demo")
    stored(layout, texts)
    questions = [draw.sample(WORDS, 3) for _ in range(8)]
    with open_snapshot(layout) as cold, open_snapshot(layout) as busy:
        assert cold is not None
        assert busy is not None
        make_busy(busy)
        for terms in questions:
            for field, limit in (("terms", 40), ("name_terms", 500)):
                on_disk = cold.matching(terms, field, limit, ANY).result()  # type: ignore[arg-type]
                in_memory = busy.matching(terms, field, limit, ANY).result()  # type: ignore[arg-type]
                assert scores(in_memory) == scores(on_disk)
            everything = (cold.matching(terms, "terms", 500, ANY), busy.matching(terms, "terms", 500, ANY))
            on_disk, in_memory = (found.result() for found in everything)
            assert {hit.row: round(hit.score, 4) for hit in in_memory} == {
                hit.row: round(hit.score, 4) for hit in on_disk
            }


def make_busy(snapshot: IndexSnapshot) -> None:
    for _ in range(101):
        snapshot.nearest(np.ones(8, np.float32), 3, ANY)
    deadline = time.monotonic() + 30
    while not snapshot._hot._words:
        assert time.monotonic() < deadline
        time.sleep(0.01)
