"""Commits, crashes between table and manifest, rebuilds, maintenance: on a real LanceDB and SQLite."""

import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from hashlib import blake2b
from pathlib import Path

import numpy as np
import pytest

from codeassistd.indexer.search.request import SearchFilter
from codeassistd.indexer.store.errors import DamagedIndexError, StorageError
from codeassistd.indexer.store.layout import FORMAT_VERSION, IndexLayout
from codeassistd.indexer.store.locking import reading, writing
from codeassistd.indexer.store.manifest import FileRecord, Manifest
from codeassistd.indexer.store.recovery import set_aside
from codeassistd.indexer.store.rows import ChunkRow
from codeassistd.indexer.store.snapshot import IndexSnapshot, open_snapshot
from codeassistd.indexer.store.table import ChunkTable
from codeassistd.indexer.store.vector_cache import vector_key
from codeassistd.indexer.store.writer import IndexKey, IndexWriter

DIMENSIONS = 8
KEY = IndexKey("/workspace", "model-a", DIMENSIONS, "1-limits")
ANY = SearchFilter()


@pytest.fixture
def layout(tmp_path: Path) -> IndexLayout:
    return IndexLayout.of(tmp_path, "demo-0123")


def row(path: str, number: int, text: str, symbol: str = "") -> ChunkRow:
    digest = blake2b(f"{path}{number}{text}".encode(), digest_size=16).hexdigest()
    first = number * 10 + 1
    key = vector_key(text)
    return ChunkRow(
        digest,
        path,
        first,
        first + 8,
        "python",
        "function",
        symbol,
        (symbol,),
        "",
        text,
        text,
        path,
        digest,
        key,
    )


def record(path: str, chunks: int) -> FileRecord:
    return FileRecord(path, 100, 1, 2, 3, True, "hash", "", chunks)


def unit(position: int) -> np.ndarray:
    vector = np.zeros(DIMENSIONS, dtype=np.float16)
    vector[position % DIMENSIONS] = 1.0
    return vector


def write(
    writer: IndexWriter, path: str, texts: list[str], *, vectors: bool = True, stale: bool = False
) -> None:
    rows = [row(path, number, text, f"{Path(path).stem}.f{number}") for number, text in enumerate(texts)]
    given = [unit(number) if vectors else None for number in range(len(rows))]
    writer.write_files([record(path, len(rows))], rows, given, [path] if stale else [])
    writer.commit(complete=True)


def texts_at(snapshot: IndexSnapshot | None, *paths: str) -> list[str]:
    assert snapshot is not None
    return [chunk.text for path in paths for chunk in snapshot.chunks_of(path)]


def test_a_reader_keeps_its_revision_while_the_index_goes_on(layout: IndexLayout) -> None:
    writer = IndexWriter(layout, KEY)
    write(writer, "a.py", ["alpha one", "alpha two"])
    with open_snapshot(layout) as before:
        write(writer, "a.py", ["alpha three"], stale=True)
        with open_snapshot(layout) as after:
            assert texts_at(before, "a.py") == ["alpha one", "alpha two"]
            assert texts_at(after, "a.py") == ["alpha three"]
            assert before is not None
            assert after is not None
            assert after.revision == before.revision + 1
            assert (before.chunk_count, after.chunk_count) == (2, 1)


def test_nothing_is_indexed_before_the_first_commit(layout: IndexLayout) -> None:
    with open_snapshot(layout) as snapshot:
        assert snapshot is None
    writer = IndexWriter(layout, KEY)
    writer.write_files([record("a.py", 1)], [row("a.py", 0, "alpha")], [None], [])
    with open_snapshot(layout) as snapshot:
        assert snapshot is None


@pytest.mark.parametrize("crash_after", ["delete", "add"])
def test_a_write_that_was_not_committed_is_rolled_back(layout: IndexLayout, crash_after: str) -> None:
    writer = IndexWriter(layout, KEY)
    write(writer, "a.py", ["alpha one", "alpha two"])
    write(writer, "b.py", ["beta"])
    table = ChunkTable.open(layout.database)
    table.delete_paths(["a.py"])
    if crash_after == "add":
        table.add([row("a.py", 0, "never committed")], [unit(0)])
    writer.close()

    with open_snapshot(layout) as snapshot:
        assert texts_at(snapshot, "a.py", "b.py") == ["alpha one", "alpha two", "beta"]
    reopened = IndexWriter(layout, KEY)
    write(reopened, "c.py", ["gamma"])
    with open_snapshot(layout) as snapshot:
        assert texts_at(snapshot, "a.py", "b.py", "c.py") == ["alpha one", "alpha two", "beta", "gamma"]
        assert snapshot is not None
        assert snapshot.chunk_count == 4


def test_a_crash_in_maintenance_keeps_every_row(layout: IndexLayout) -> None:
    writer = IndexWriter(layout, KEY)
    for number in range(5):
        write(writer, f"f{number}.py", [f"text {number}"])
    head = writer.head
    assert head is not None
    manifest = Manifest(layout.manifest)
    manifest.commit(replace(head, maintaining=True))
    manifest.close()
    table = ChunkTable.open(layout.database)
    table.compact()
    table.delete_old_versions()
    assert table.version != head.table_version
    writer.close()

    paths = [f"f{number}.py" for number in range(5)]
    expected = [f"text {number}" for number in range(5)]
    with open_snapshot(layout) as snapshot:
        assert texts_at(snapshot, *paths) == expected
    reopened = IndexWriter(layout, KEY)
    write(reopened, "g.py", ["more"])
    with open_snapshot(layout) as snapshot:
        assert texts_at(snapshot, *paths, "g.py") == [*expected, "more"]


def test_a_crash_while_old_versions_go_leaves_a_readable_index(layout: IndexLayout) -> None:
    """The named version may still be listed when its data files are gone."""
    writer = IndexWriter(layout, KEY)
    write(writer, "a.py", ["alpha"])
    write(writer, "b.py", ["beta"])
    named = writer.head
    assert named is not None
    versions = layout.database / "chunks.lance" / "_versions"
    before = {path.name: path.read_bytes() for path in versions.iterdir()}
    writer.maintain(1_000)
    writer.close()
    for name, content in before.items():
        (versions / name).write_bytes(content)
    manifest = Manifest(layout.manifest)
    manifest.commit(replace(named, maintaining=True))
    manifest.close()
    with open_snapshot(layout) as snapshot:
        assert texts_at(snapshot, "a.py") == ["alpha"]
        assert texts_at(snapshot, "b.py") == ["beta"]
    again = IndexWriter(layout, KEY)
    write(again, "c.py", ["gamma"])
    again.close()
    with open_snapshot(layout) as snapshot:
        assert [texts_at(snapshot, f"{name}.py") for name in "abc"] == [["alpha"], ["beta"], ["gamma"]]


def test_maintenance_keeps_one_version_unless_somebody_reads(layout: IndexLayout) -> None:
    writer = IndexWriter(layout, KEY)
    for number in range(30):
        write(writer, "a.py", [f"text {number}"], stale=number > 0)
    assert writer.needs_maintenance()
    with reading(layout):
        writer.maintain(approximate_above=1_000)
        assert ChunkTable.open(layout.database).versions() > 30
    writer.maintain(approximate_above=1_000)
    assert ChunkTable.open(layout.database).versions() == 1
    assert not writer.needs_maintenance()
    with open_snapshot(layout) as snapshot:
        assert texts_at(snapshot, "a.py") == ["text 29"]


def test_rows_wait_for_their_vectors(layout: IndexLayout) -> None:
    writer = IndexWriter(layout, KEY)
    write(writer, "a.py", ["one", "two", "three"], vectors=False)
    assert writer.head is not None
    assert (writer.head.chunks, writer.head.embedded) == (3, 0)
    pending = writer.table().pending(10)
    assert {chunk.text for chunk in pending} == {"one", "two", "three"}
    two = next(chunk for chunk in pending if chunk.text == "two")
    with open_snapshot(layout) as snapshot:
        assert snapshot is not None
        assert snapshot.nearest(unit(1).astype(np.float32), 10, ANY).result() == []
        (hit,) = snapshot.matching(["two"], "terms", 10, ANY).result()
        assert [chunk.text for chunk in snapshot.chunks([hit.row])] == ["two"]
    writer.set_vectors([two.id, "no such row"], np.stack([unit(1), unit(2)]))
    assert writer.head is not None
    assert writer.head.embedded == 1
    with open_snapshot(layout) as snapshot:
        assert snapshot is not None
        (hit,) = snapshot.nearest(unit(1).astype(np.float32), 10, ANY).result()
        (chunk,) = snapshot.chunks([hit.row])
        assert chunk.text == "two"
        assert hit.score == pytest.approx(1.0, abs=1e-3)
        assert chunk.vector is not None
        assert chunk.vector.tolist() == unit(1).tolist()


def test_a_rebuild_is_invisible_until_it_is_committed(layout: IndexLayout) -> None:
    writer = IndexWriter(layout, KEY)
    write(writer, "a.py", ["old"])
    writer.close()
    rebuilding = IndexWriter(layout, replace(KEY, recipe="2-limits"))
    assert rebuilding.rebuilt
    assert rebuilding.files() == {}
    rebuilding.write_files([record("a.py", 1)], [row("a.py", 0, "new")], [None], [])
    with open_snapshot(layout) as snapshot:
        assert texts_at(snapshot, "a.py") == ["old"]
    rebuilding.close()

    cut_short = IndexWriter(layout, KEY)
    write(cut_short, "b.py", ["other"])
    with open_snapshot(layout) as snapshot:
        assert texts_at(snapshot, "a.py", "b.py") == ["old", "other"]
    cut_short.close()

    finishing = IndexWriter(layout, replace(KEY, model="model-b", dimensions=4))
    finishing.write_files([record("a.py", 1)], [row("a.py", 0, "new")], [np.ones(4, dtype=np.float16)], [])
    finishing.commit(complete=True)
    assert set(finishing.files()) == {"a.py"}
    with open_snapshot(layout) as snapshot:
        assert texts_at(snapshot, "a.py", "b.py") == ["new"]


def test_a_manifest_that_is_just_being_made_is_no_index_yet(layout: IndexLayout) -> None:
    layout.folder.mkdir(parents=True)
    sqlite3.connect(layout.manifest).close()
    layout.manifest.touch()
    with open_snapshot(layout) as snapshot:
        assert snapshot is None
    manifest = Manifest(layout.manifest)
    assert (manifest.head(), manifest.files(), manifest.file("a.py"), manifest.file_counts()) == (
        None,
        {},
        None,
        {},
    )


@pytest.mark.parametrize("damage", ["garbage", "cut short", "newer", "table gone"])
def test_an_unusable_manifest_is_set_aside(layout: IndexLayout, damage: str) -> None:
    writer = IndexWriter(layout, KEY)
    write(writer, "a.py", ["old"])
    writer.close()
    if damage == "garbage":
        for part in layout.folder.glob("manifest.sqlite*"):
            part.write_bytes(os.urandom(4096))
        with pytest.raises(DamagedIndexError), open_snapshot(layout):
            pass
    elif damage == "cut short":
        os.truncate(layout.manifest, 4096)
        with pytest.raises(DamagedIndexError), open_snapshot(layout):
            pass
    elif damage == "table gone":
        shutil.rmtree(layout.database)
        with pytest.raises(DamagedIndexError), open_snapshot(layout):
            pass
    else:
        connection = sqlite3.connect(layout.manifest)
        connection.execute("UPDATE head SET format = ?", (FORMAT_VERSION + 1,))
        connection.commit()
        connection.close()
        with pytest.raises(DamagedIndexError, match=f"format {FORMAT_VERSION + 1}"), open_snapshot(layout):
            pass
    reopened = IndexWriter(layout, KEY)
    assert "set aside" in reopened.rebuilt
    assert reopened.head is None
    assert (layout.folder / "set-aside" / "manifest.sqlite").exists()
    write(reopened, "b.py", ["new"])
    with open_snapshot(layout) as snapshot:
        assert texts_at(snapshot, "a.py", "b.py") == ["new"]


def test_a_table_that_cannot_be_read_is_an_error_with_a_way_out(layout: IndexLayout) -> None:
    writer = IndexWriter(layout, KEY)
    write(writer, "a.py", ["old"])
    writer.close()
    for manifest in layout.database.rglob("*.manifest"):
        manifest.write_bytes(b"not a manifest")
    with pytest.raises(DamagedIndexError) as caught, open_snapshot(layout):
        pass
    assert "--full" in caught.value.hint
    damaged = IndexWriter(layout, KEY)
    with pytest.raises(DamagedIndexError):
        damaged.table()
    damaged.start_anew()
    with pytest.raises(DamagedIndexError):
        damaged.table()
    damaged.close()
    set_aside(layout)
    anew = IndexWriter(layout, KEY)
    write(anew, "a.py", ["new"])
    with open_snapshot(layout) as snapshot:
        assert texts_at(snapshot, "a.py") == ["new"]


def _maintenance_cut_short(layout: IndexLayout) -> None:
    """Leave an index of one file as a crash in its maintenance does."""
    writer = IndexWriter(layout, KEY)
    write(writer, "a.py", ["alpha"])
    assert writer.head is not None
    manifest = Manifest(layout.manifest)
    manifest.commit(replace(writer.head, maintaining=True))
    manifest.close()
    writer.close()


def test_a_write_after_an_unfinished_maintenance_is_rolled_back(layout: IndexLayout) -> None:
    """Else a later write that was cut short would pass for the work of that maintenance."""
    _maintenance_cut_short(layout)
    crashing = IndexWriter(layout, KEY)
    crashing.write_files([record("b.py", 1)], [row("b.py", 0, "never committed")], [unit(0)], [])
    crashing.close()
    reopened = IndexWriter(layout, KEY)
    write(reopened, "b.py", ["beta"])
    with open_snapshot(layout) as snapshot:
        assert texts_at(snapshot, "a.py", "b.py") == ["alpha", "beta"]


def test_forgetting_and_noting_files_makes_no_revision(layout: IndexLayout) -> None:
    writer = IndexWriter(layout, KEY)
    write(writer, "a.py", ["old"])
    assert writer.head is not None
    revision = writer.head.revision
    writer.note_files([replace(record("a.py", 1), mtime_ns=99), record("skipped.bin", 0)], [])
    assert writer.commit(complete=True).revision == revision
    assert writer.files()["a.py"].mtime_ns == 99
    writer.note_files([], ["skipped.bin"])
    writer.commit(complete=True)
    assert set(writer.files()) == {"a.py"}


def test_paths_are_data_not_filter_syntax(layout: IndexLayout) -> None:
    writer = IndexWriter(layout, KEY)
    odd = ["it's.py", "a' OR 1=1 --.py", 'q".py', "new\nline.py", "back\\slash.py", "ünïcode/😀.py"]
    for path in odd:
        write(writer, path, [f"text of {path}"])
    writer.write_files([], [], [], [odd[1]])
    writer.note_files([], [odd[1]])
    writer.commit(complete=True)
    with open_snapshot(layout) as snapshot:
        kept = [path for path in odd if path != odd[1]]
        assert texts_at(snapshot, *odd) == [f"text of {path}" for path in kept]


def test_a_rebuild_cut_short_after_a_maintenance_cut_short_leaves_the_old_rows(layout: IndexLayout) -> None:
    _maintenance_cut_short(layout)
    rebuilding = IndexWriter(layout, KEY)
    rebuilding.start_anew("asked for")
    rebuilding.write_files([record("b.py", 1)], [row("b.py", 0, "never committed")], [unit(0)], [])
    rebuilding.close()
    reopened = IndexWriter(layout, KEY)
    write(reopened, "c.py", ["gamma"])
    with open_snapshot(layout) as snapshot:
        assert texts_at(snapshot, "a.py", "b.py", "c.py") == ["alpha", "gamma"]


def test_opening_the_table_forgets_no_file_before_its_rows_are_gone(layout: IndexLayout) -> None:
    writer = IndexWriter(layout, KEY)
    write(writer, "a.py", ["alpha"])
    ChunkTable.open(layout.database).add([row("b.py", 0, "never committed")], [unit(0)])
    writer.close()
    crashing = IndexWriter(layout, KEY)
    crashing.note_files((), ["a.py"])
    crashing.table()
    crashing.close()
    assert "a.py" in IndexWriter(layout, KEY).files()


@pytest.mark.skipif(os.name == "nt", reason="file size limits are POSIX")
def test_a_rebuild_that_finds_no_room_leaves_the_old_rows(layout: IndexLayout) -> None:
    import resource

    writer = IndexWriter(layout, KEY)
    write(writer, "a.py", ["alpha"])
    writer.start_anew("asked for")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, before[1]))
    try:
        with pytest.raises(StorageError, match="disk is full"):
            writer.table()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    with open_snapshot(layout) as snapshot:
        assert texts_at(snapshot, "a.py") == ["alpha"]


@pytest.mark.parametrize("lock", [reading, lambda layout: writing(layout, 0.0)])
def test_an_index_that_cannot_be_locked_is_an_error_with_a_way_out(
    tmp_path: Path, lock: Callable[[IndexLayout], AbstractContextManager[None]]
) -> None:
    (tmp_path / "indexes").write_text("a file where a folder should be")
    with pytest.raises(StorageError) as caught, lock(IndexLayout.of(tmp_path, "demo-0123")):
        pass
    assert caught.value.hint


def test_a_damaged_reader_lock_keeps_nobody_out(layout: IndexLayout) -> None:
    writer = IndexWriter(layout, KEY)
    write(writer, "a.py", ["alpha"])
    layout.reader_lock.write_bytes(b"this is no lock file at all")
    with open_snapshot(layout) as snapshot:
        assert texts_at(snapshot, "a.py") == ["alpha"]
    writer.maintain(1_000)


def test_a_panic_in_lancedb_is_a_damaged_index(layout: IndexLayout) -> None:
    writer = IndexWriter(layout, KEY)
    write(writer, "a.py", ["alpha"])
    writer.close()
    for part in layout.database.rglob("*.lance"):
        if part.parent.name == "data":
            data = bytearray(part.read_bytes())
            data[200:1224] = bytes(range(256)) * 4
            part.write_bytes(data)
    with pytest.raises(DamagedIndexError), open_snapshot(layout) as snapshot:
        texts_at(snapshot, "a.py")
