"""Unsaved texts over a real index: what is found is what is on screen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from codeassistd.indexer.search.engine import search
from codeassistd.indexer.search.overlaid import overlaid
from codeassistd.indexer.search.overlay import Overlay, OverlayCache, UnsavedFile
from codeassistd.indexer.search.request import EVERYWHERE, SearchFilter, SearchMode, SearchRequest
from codeassistd.indexer.search.similar import similar
from codeassistd.models.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from codeassistd.indexer.store.rows import Snapshot, StoredChunk
    from codeassistd.indexer.store.snapshot import IndexSnapshot
    from codeassistd.models.roles import Embedder

    from .conftest import MakeIndex

POLICY = "billing/retry_policy.rb"
SNIPPETS = (
    "def frobnicate(widget):\n    return widget\n",
    "class Retry\n  def delay_before\n    1\n  end\nend\n",
    "func Sign(data []byte) []byte { return data }\n",
    "\n",
    "# Heading\n\nsome words\n",
    "export function formatCurrency(value) { return value }\n",
)
FILTERS = (
    EVERYWHERE,
    SearchFilter(languages=("go", "ruby")),
    SearchFilter(kinds=("method", "class")),
    SearchFilter(paths=("web/**", "*.md", "/server")),
    SearchFilter(languages=("ruby",), paths=("billing", "spec/**/*_spec.rb")),
    SearchFilter(paths=("**/[a-m]*.??",)),
    SearchFilter(languages=("cobol",)),
)


@pytest.fixture(scope="module")
def index(open_index: MakeIndex, corpus: dict[str, str]) -> IndexSnapshot:
    return open_index(corpus)


def over(snapshot: IndexSnapshot, texts: dict[str, str], embedder: Embedder | None = None) -> Snapshot:
    files = [UnsavedFile(path, text) for path, text in texts.items()]
    return overlaid(snapshot, Overlay.of(files, embedder, OverlayCache()))


def identities(chunks: Sequence[StoredChunk]) -> list[tuple[object, ...]]:
    return [
        (c.id, c.path, c.start_line, c.end_line, c.language, c.symbol, c.kind, c.context, c.text, c.defines)
        for c in chunks
    ]


def definitions(snapshot: Snapshot) -> set[tuple[object, ...]]:
    found = [
        table.definition(place)
        for table in snapshot.symbol_tables()
        for places in table.by_file().values()
        for place in places
    ]
    return {(each.symbol, each.kind, each.path, each.start_line, each.end_line) for each in found}


@given(data=st.data())
@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
def test_the_same_is_defined_as_in_an_index_of_the_new_texts(
    data: st.DataObject, index: IndexSnapshot, open_index: MakeIndex, corpus: dict[str, str]
) -> None:
    edits: dict[str, str] = {}
    for path in data.draw(st.sets(st.sampled_from([*corpus, "new/file.py", "notes.md"]), max_size=4)):
        lines = corpus.get(path, "").split("\n")
        begin, end = sorted(data.draw(st.tuples(*[st.integers(0, len(lines))] * 2)))
        typed = data.draw(st.lists(st.sampled_from(SNIPPETS), max_size=3))
        edits[path] = data.draw(st.sampled_from(["", "\n".join([*lines[:begin], *typed, *lines[end:]])]))
    seen, expected = over(index, edits), open_index(corpus | edits, embedded=False)
    assert seen.chunk_count == expected.chunk_count
    for path in {*corpus, *edits}:
        assert identities(seen.chunks_of(path)) == identities(expected.chunks_of(path))
    names = sorted(
        {name for path in corpus for c in expected.chunks_of(path) for name in (c.symbol, *c.defines)}
    )
    for name in [*names, *(name.rpartition(".")[2].upper() for name in names), "frobnicate", "absent"]:
        pair = [
            identities(each.chunks([hit.row for hit in each.defining([name], 500, EVERYWHERE).result()]))
            for each in (seen, expected)
        ]
        assert sorted(pair[0], key=str) == sorted(pair[1], key=str)
    assert definitions(seen) == definitions(expected)


def test_open_documents_that_are_as_on_disk_change_nothing(
    index: IndexSnapshot, corpus: dict[str, str]
) -> None:
    assert over(index, corpus) is index
    assert over(index, {}) is index
    assert over(index, {"new.py": ""}) is index
    assert over(index, {path: text.replace("\n", "\r\n") for path, text in corpus.items()}) is index


@pytest.fixture(scope="module", params=[False, True], ids=["unindexed", "indexed"])
def pair(
    request: pytest.FixtureRequest, open_index: MakeIndex, corpus: dict[str, str], embedder: Embedder
) -> tuple[IndexSnapshot, Snapshot]:
    """An index, and every file of it with a blank line before: the same chunks, all in the overlay."""
    stored = open_index(corpus, maintained=request.param)
    return stored, over(stored, {path: "\n" + text for path, text in corpus.items()}, embedder)


def scores(snapshot: Snapshot, hits: Sequence[object]) -> dict[str, float]:
    rows = [hit.row for hit in hits]  # type: ignore[attr-defined]
    chunks = snapshot.chunks(rows)
    return {chunk.id: hit.score for chunk, hit in zip(chunks, hits, strict=True)}  # type: ignore[attr-defined]


@pytest.mark.parametrize("where", FILTERS, ids=str)
@pytest.mark.parametrize("field", ["terms", "name_terms"])
def test_words_and_meaning_score_as_in_the_index(
    pair: tuple[IndexSnapshot, Snapshot],
    embedder: Embedder,
    where: SearchFilter,
    field: Literal["terms", "name_terms"],
) -> None:
    index, shifted = pair
    for terms in (["retry", "policy", "backoff"], ["request"], ["router", "serve", "absent"]):
        own = scores(shifted, shifted.matching(terms, field, 500, where).result())
        stored = scores(index, index.matching(terms, field, 500, where).result())
        assert own.keys() == stored.keys()
        assert own == pytest.approx(stored, rel=0.02)
    vector = embedder.embed(["try again after a failure"], "query")[0]
    own = scores(shifted, shifted.nearest(vector, 500, where).result())
    stored = scores(index, index.nearest(vector, 500, where).result())
    assert own == pytest.approx(stored, abs=5e-3)
    assert (shifted.chunk_count, shifted.embedded_count) == (index.chunk_count, index.embedded_count)


def test_a_new_word_counts_as_a_rare_one(index: IndexSnapshot, corpus: dict[str, str]) -> None:
    path = "server/router.go"
    seen = over(index, {path: corpus[path] + "\nfunc frobnicate(request Request) {}\n"})
    hits = seen.matching(["frobnicate", "request"], "terms", 5, EVERYWHERE).result()
    first = seen.chunks([hits[0].row])[0]
    assert "frobnicate" in first.text
    common = index.matching(["request"], "terms", 5, EVERYWHERE).result()
    assert hits[0].score > common[0].score
    filtered = seen.matching(["frobnicate"], "terms", 5, SearchFilter(languages=("go",))).result()
    assert [hit.row for hit in filtered] == [hits[0].row]


@pytest.mark.parametrize("mode", SearchMode)
def test_a_search_sees_what_is_on_screen(
    index: IndexSnapshot, corpus: dict[str, str], embedder: Embedder, mode: SearchMode
) -> None:
    text = (
        "\n\n" + corpus[POLICY].replace("exponential", "quadratic") + "\nFROBNICATE = 'widgets of the moon'\n"
    )
    edits = {
        POLICY: text,
        "docs/retries.md": "",
        "moon/lander.py": "def land_on_moon():\n    fire_thrusters()\n",
    }
    files = [UnsavedFile(path, text) for path, text in edits.items()]
    overlay = Overlay.of(files, embedder, OverlayCache())
    seen, read = overlaid(index, overlay), overlay.reading(corpus.get)
    for query in ("retry policy with quadratic backoff", "land on the moon by firing thrusters"):
        response = search(seen, embedder, SearchRequest(query, 20, mode), read)
        assert response.revision == index.revision
        assert response.coverage == 1
        assert response.results[0].path == (POLICY if "retry" in query else "moon/lander.py")
        for result in response.results:
            assert result.path != "docs/retries.md"
            lines = (corpus | edits)[result.path].split("\n")[result.start_line - 1 : result.end_line]
            assert result.text == "\n".join(lines)
    assert all("exponential" not in chunk.text for chunk in seen.chunks_of(POLICY))


def test_without_vectors_unsaved_text_is_found_by_its_words(
    index: IndexSnapshot, corpus: dict[str, str], embedder: Embedder
) -> None:
    seen = over(index, {POLICY: corpus[POLICY] + "\ndef frobnicate(widget)\n  widget\nend\n"})
    assert seen.embedded_count < seen.chunk_count
    results = search(seen, embedder, SearchRequest("frobnicate")).results
    assert results[0].path == POLICY
    assert "frobnicate" in results[0].text


def test_similar_code_goes_by_the_unsaved_lines(
    index: IndexSnapshot, corpus: dict[str, str], embedder: Embedder
) -> None:
    edits = {"scratch.rb": corpus[POLICY], "web/src/formatCurrency.ts": ""}
    seen = over(index, edits, embedder)
    response = similar(seen, None, "scratch.rb", (1, 18), limit=3)
    assert response.results[0].path == POLICY
    assert all(result.path != "scratch.rb" for result in response.results)
    with pytest.raises(UsageError, match="not in the index"):
        similar(seen, None, "web/src/formatCurrency.ts", (1, 1))


def test_limits_hold_and_order_is_by_score(pair: tuple[IndexSnapshot, Snapshot], embedder: Embedder) -> None:
    _, shifted = pair
    vector = np.asarray(embedder.embed(["retry"], "query")[0], np.float32)
    for limit in (1, 3, 10):
        found = (
            shifted.nearest(vector, limit, EVERYWHERE).result(),
            shifted.matching(["retry"], "terms", limit, EVERYWHERE).result(),
            shifted.defining(["RetryPolicy", "Router", "sign"], limit, EVERYWHERE).result(),
        )
        for hits in found:
            assert len(hits) <= limit
            assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    assert shifted.chunks([]) == []
