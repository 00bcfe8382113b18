"""What a pinned revision answers: nearest, matching, defining, filters, with and without approximation."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from codeassistd.indexer.search.request import SearchFilter
from codeassistd.indexer.store.layout import IndexLayout
from codeassistd.indexer.store.manifest import FileRecord
from codeassistd.indexer.store.rows import ChunkRow, Hit
from codeassistd.indexer.store.snapshot import IndexSnapshot, open_snapshot
from codeassistd.indexer.store.writer import IndexKey, IndexWriter

DIMENSIONS = 32
ANY = SearchFilter()
CHUNKS = [
    # path, language, kind, symbol, terms
    ("src/http/client.py", "python", "class", "Client", "client open connection pool"),
    ("src/http/client.py", "python", "method", "Client.send", "send request retry retry"),
    ("src/http/retry.go", "go", "function", "Retry", "retry with backoff"),
    ("tests/test_client.py", "python", "function", "test_send", "send request"),
    ("src/it's/odd.rs", "rust", "function", "odd.mod.send", "odd"),
]
DEFINES = {"Retry": ("Retry", "Options.Backoff"), "odd.mod.send": ()}
"""Small definitions share a chunk with the one it is named for; a later piece of one defines nothing."""


def vectors(count: int) -> np.ndarray:
    drawn = np.random.default_rng(5).standard_normal((count, DIMENSIONS))
    return (drawn / np.linalg.norm(drawn, axis=1, keepdims=True)).astype(np.float16)


def chunk_row(number: int, path: str, language: str, kind: str, symbol: str, terms: str) -> ChunkRow:
    key = f"{number:032x}"
    name_terms = f"{path} {symbol}".lower().replace("/", " ").replace(".", " ")
    first, defines = number * 10 + 1, DEFINES.get(symbol, (symbol,))
    return ChunkRow(
        key, path, first, first + 4, language, kind, symbol, defines, "", f"text {number}", terms,
        name_terms, key, key,
    )  # fmt: skip


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Iterator[IndexSnapshot]:
    layout = IndexLayout.of(tmp_path_factory.mktemp("store"), "demo")
    writer = IndexWriter(layout, IndexKey("/w", "model", DIMENSIONS, "1"))
    rows = [chunk_row(number, *chunk) for number, chunk in enumerate(CHUNKS)]
    paths = {row.path for row in rows}
    records = [FileRecord(path, 1, 1, 1, 1, True, "h", "", 1) for path in paths]
    writer.write_files(records, rows, list(vectors(len(rows))), [])
    writer.commit(complete=True)
    with open_snapshot(layout) as opened:
        assert opened is not None
        yield opened


def symbols(snapshot: IndexSnapshot, hits: list[Hit]) -> set[str]:
    return {chunk.symbol for chunk in snapshot.chunks([hit.row for hit in hits])}


def test_nearest_is_by_inner_product(snapshot: IndexSnapshot) -> None:
    stored = vectors(len(CHUNKS)).astype(np.float32)
    query = stored[3] + 0.1 * stored[1]
    hits = snapshot.nearest(query, 10, ANY).result()
    expected = np.argsort(-(stored @ query))
    assert [chunk.text for chunk in snapshot.chunks([hit.row for hit in hits])] == [
        f"text {position}" for position in expected
    ]
    assert np.allclose([hit.score for hit in hits], np.sort(stored @ query)[::-1], atol=2e-3)


@pytest.mark.parametrize(
    ("terms", "field", "expected"),
    [
        (["retry"], "terms", {"Client.send", "Retry"}),
        (["retry", "odd"], "terms", {"Client.send", "Retry", "odd.mod.send"}),
        (["client"], "name_terms", {"Client", "Client.send"}),
        (["absent"], "terms", set()),
        ([], "terms", set()),
        (["OR", "AND", '"', "*"], "terms", set()),
    ],
)
def test_matching_finds_any_term(
    snapshot: IndexSnapshot, terms: list[str], field: str, expected: set[str]
) -> None:
    hits = snapshot.matching(terms, field, 10, ANY).result()  # type: ignore[arg-type]
    assert symbols(snapshot, hits) == expected
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["send"], ["Client.send", "odd.mod.send"]),
        (["client.SEND"], ["Client.send"]),
        (["mod.send"], ["odd.mod.send"]),
        (["end"], []),
        (["retry", "Client"], ["Client", "Retry"]),
        (["", "it's"], []),
        (["backoff"], ["Retry"]),
        (["options.backoff", "pool"], ["Retry"]),
    ],
)
def test_defining_finds_symbols_by_whole_parts(
    snapshot: IndexSnapshot, names: list[str], expected: list[str]
) -> None:
    hits = snapshot.defining(names, 10, ANY).result()
    assert [chunk.symbol for chunk in snapshot.chunks([hit.row for hit in hits])] == expected


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        (SearchFilter(languages=("go",)), {"Retry"}),
        (SearchFilter(languages=("go", "rust")), {"Retry", "odd.mod.send"}),
        (SearchFilter(kinds=("function",), paths=("src/**",)), {"Retry", "odd.mod.send"}),
        (SearchFilter(paths=("src/it's/**", "tests")), {"odd.mod.send", "test_send"}),
        (SearchFilter(paths=("nowhere/**",)), set()),
    ],
)
def test_filters_apply_to_every_kind_of_search(
    snapshot: IndexSnapshot, where: SearchFilter, expected: set[str]
) -> None:
    query = vectors(1)[0].astype(np.float32)
    assert symbols(snapshot, snapshot.nearest(query, 10, where).result()) == expected
    every_term = ["client", "send", "retry", "odd"]
    assert symbols(snapshot, snapshot.matching(every_term, "terms", 10, where).result()) == expected
    names = [chunk[3] for chunk in CHUNKS]
    assert symbols(snapshot, snapshot.defining(names, 10, where).result()) == expected


def test_hits_are_explained_by_the_terms_they_were_scored_by(snapshot: IndexSnapshot) -> None:
    for where in (ANY, SearchFilter(languages=("go",))):
        hits = snapshot.matching(["retry", "odd"], "terms", 10, where).result()
        explained = snapshot.explained(["retry", "odd"], "terms", 10, where).result()
        assert {(hit.row, hit.score) for hit in explained} == {(hit.row, hit.score) for hit in hits}
        terms = {chunk[4] for chunk in CHUNKS}
        assert all(hit.terms in terms and {"retry", "odd"} & set(hit.terms.split()) for hit in explained)
    assert snapshot.explained([], "terms", 10, ANY).result() == []


def test_places_are_the_rows_of_the_files_asked_for(snapshot: IndexSnapshot) -> None:
    places = snapshot.places(["src/it's/odd.rs", "src/http/client.py", "none"]).result()
    assert {(place.path, place.start_line) for place in places} == {
        ("src/http/client.py", 1),
        ("src/http/client.py", 11),
        ("src/it's/odd.rs", 41),
    }
    assert all(place.embedded for place in places)
    chunks = snapshot.chunks([place.row for place in places])
    assert [(p.id, p.end_line, p.language, p.kind, p.defines) for p in places] == [
        (c.id, c.end_line, c.language, c.kind, c.defines) for c in chunks
    ]
    assert snapshot.places([]).result() == []


def test_the_symbol_table_has_every_definition(snapshot: IndexSnapshot) -> None:
    (table,) = snapshot.symbol_tables()
    found = [table.definition(place) for places in table.by_file().values() for place in places]
    assert len(found) == len(table)
    assert {each.symbol for each in found} == {
        "Client",
        "Client.send",
        "Retry",
        "Options.Backoff",
        "test_send",
    }
    rows = snapshot.chunks([each.row for each in found])
    assert [(each.path, each.start_line) for each in found] == [(c.path, c.start_line) for c in rows]
    assert "tests/test_client.py" not in table.without(["tests/test_client.py"]).by_file()


def test_chunks_of_a_file_come_in_line_order(snapshot: IndexSnapshot) -> None:
    chunks = snapshot.chunks_of("src/http/client.py")
    assert [(chunk.symbol, chunk.start_line, chunk.end_line) for chunk in chunks] == [
        ("Client", 1, 5),
        ("Client.send", 11, 15),
    ]
    assert snapshot.chunks_of("no/such/file") == []


def test_the_approximate_index_finds_the_true_neighbours(tmp_path: Path) -> None:
    layout = IndexLayout.of(tmp_path, "large")
    writer = IndexWriter(layout, IndexKey("/w", "model", DIMENSIONS, "1"))
    count = 3_000
    stored = vectors(count)
    rows = [
        chunk_row(number, f"f{number // 10}.py", "python", "function", "", "x") for number in range(count)
    ]
    writer.write_files([FileRecord("f0.py", 1, 1, 1, 1, True, "h", "", 1)], rows, list(stored), [])
    writer.commit(complete=True)
    writer.maintain(approximate_above=1_000)
    assert writer.table().has_approximate_index()
    late = chunk_row(count, "late.py", "python", "function", "late", "late")
    writer.write_files([FileRecord("late.py", 1, 1, 1, 1, True, "h", "", 1)], [late], [stored[7]], [])
    pending = chunk_row(count + 1, "pending.py", "python", "function", "pending", "pending")
    writer.write_files([FileRecord("pending.py", 1, 1, 1, 1, True, "h", "", 1)], [pending], [None], [])
    writer.commit(complete=True)
    exact = stored.astype(np.float32)
    recalls = []
    with open_snapshot(layout) as snapshot:
        assert snapshot is not None
        for query in vectors(40)[20:].astype(np.float32) + 0.05:
            rows = [hit.row for hit in snapshot.nearest(query, 10, ANY).result()]
            found = {int(chunk.id, 16) for chunk in snapshot.chunks(rows)}
            recalls.append(len(found & set(np.argsort(-(exact @ query))[:10].tolist())) / 10)
        near = symbols(snapshot, snapshot.nearest(exact[7], 2, ANY).result())
    assert np.mean(recalls) >= 0.95
    assert "late" in near
