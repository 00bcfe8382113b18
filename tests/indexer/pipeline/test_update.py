"""Updates of a real index with the real model: what is read, embedded, reused and removed."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from codeassistd.indexer.pipeline.reading_order import AwaitedSearch
from codeassistd.indexer.pipeline.report import Progress
from codeassistd.indexer.search.request import SearchFilter
from codeassistd.indexer.store.locking import IndexBusyError, writing
from codeassistd.indexer.store.table import ChunkTable
from codeassistd.indexer.walk.entry import ContentLimits, Selection
from codeassistd.indexer.workspace_index import IndexConfig, WorkspaceIndex
from codeassistd.models.errors import CodeassistdError
from codeassistd.models.roles import Embedder

MakeIndex = Callable[..., WorkspaceIndex]
ANYTHING = SearchFilter()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    return folder


@pytest.fixture
def make_index(tmp_path: Path, root: Path, embedder: Embedder) -> MakeIndex:
    """Makes the workspace's index; settings by keyword, `data` names another data directory."""

    def make(*, data: str = "data", **settings: object) -> WorkspaceIndex:
        config = IndexConfig(**{"workers": 0, "lock_wait": 0.0, **settings})  # type: ignore[arg-type]
        return WorkspaceIndex(root, tmp_path / data, embedder.identity, lambda: embedder, config)

    return make


def test_the_model_is_let_go_before_maintenance(
    tmp_path: Path, root: Path, embedder: Embedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("codeassistd.indexer.store.writer._MAX_VERSIONS", 0)
    write_tiny_files(root, 300)
    events: list[str] = []

    def load() -> Embedder:
        events.append("load")
        return embedder

    index = WorkspaceIndex(
        root, tmp_path / "data", embedder.identity, load, release_embedder=lambda: events.append("release")
    )
    report = index.update(progress=lambda step: events.append(step.phase))
    assert report.chunks_pending == 0
    assert events.count("load") == events.count("release") == 1
    assert events[-2:] == ["optimize", "release"]


def python_file(*names: str, extra: str = "") -> str:
    """A module of functions that are long enough to be chunks of their own."""
    bodies = [
        f"def {name}(value):\n"
        + "".join(f"    value = value + {number}  # step {number} of {name}{extra}\n" for number in range(12))
        + "    return value\n"
        for name in names
    ]
    return "\n\n".join(bodies)


def write_tiny_files(root: Path, count: int) -> None:
    """More texts than are embedded at once, each quick to embed."""
    for number in range(count):
        (root / f"f{number}.py").write_text(f"def function_{number}(): return {number}\n")


def age(root: Path) -> None:
    """Make every file look written a while ago, so that its times can be trusted."""
    an_hour_ago = time.time() - 3_600
    for path in root.rglob("*"):
        os.utime(path, (an_hour_ago, an_hour_ago))


def rows_of(index: WorkspaceIndex) -> set[tuple[str, ...]]:
    table = ChunkTable.open(index.layout.database).lance
    columns = [name for name in table.schema.names if name != "vector"]
    found = table.search().select(columns).limit(1_000_000).to_arrow().to_pylist()
    return {tuple(str(row[name]) for name in columns) for row in found}


def test_a_first_index_holds_every_file(root: Path, make_index: MakeIndex) -> None:
    (root / "src").mkdir()
    (root / "src" / "one.py").write_text(python_file("alpha", "beta"))
    (root / "readme.md").write_text("# Title\n\nSome words.\n")
    (root / "empty.py").write_text("")
    (root / "data.bin").write_bytes(b"\x00\x01\x02" * 100)
    (root / ".env").write_text("PASSWORD=1\n")
    report = make_index().update()
    assert (report.files_seen, report.files_indexed) == (5, 3)
    assert report.skipped == {"binary": 1, "secret": 1}
    assert report.chunks_total == report.chunks_embedded > 2
    assert report.chunks_pending == 0
    assert report.revision == 1
    description = make_index().describe()
    assert (description.revision, description.files, description.complete) == (1, 3, True)
    assert description.chunks == description.embedded == report.chunks_total
    assert description.disk_bytes > 1_000


def test_nothing_changed_means_nothing_is_read(
    root: Path, make_index: MakeIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(5):
        (root / f"f{number}.py").write_text(python_file(f"function_{number}"))
    make_index().update()
    time.sleep(2.1)
    make_index().update()
    monkeypatch.setattr("codeassistd.indexer.pipeline.reader_pool.read_file", None)
    report = make_index().update()
    assert (report.files_unchanged, report.files_indexed, report.chunks_embedded) == (5, 0, 0)
    assert report.revision == 1


def test_an_edit_embeds_only_the_function_it_touches(root: Path, make_index: MakeIndex) -> None:
    (root / "one.py").write_text(python_file("alpha", "beta", "gamma"))
    before = make_index().update()
    (root / "one.py").write_text(
        "\n\n\n" + python_file("alpha", "beta", "gamma").replace("7 of beta", "seven")
    )
    report = make_index().update()
    assert report.revision == before.revision + 1
    assert (report.files_indexed, report.chunks_embedded) == (1, 1)
    assert report.chunks_reused == report.chunks_total - 1 > 0
    with make_index().snapshot() as snapshot:
        assert snapshot is not None
        (hit,) = snapshot.defining(["alpha"], 5, ANYTHING).result()
        (alpha,) = snapshot.chunks([hit.row])
        assert alpha.start_line == 4


def test_touching_a_file_makes_no_revision(root: Path, make_index: MakeIndex) -> None:
    (root / "one.py").write_text(python_file("alpha"))
    make_index().update()
    os.utime(root / "one.py", (1, 1))
    report = make_index().update()
    assert (report.revision, report.files_indexed, report.files_unchanged) == (1, 0, 1)


def test_a_change_with_the_same_size_and_time_is_seen(root: Path, make_index: MakeIndex) -> None:
    path = root / "one.py"
    path.write_text(python_file("alpha"))
    age(root)
    status = path.stat()
    make_index().update()
    path.write_text(python_file("omega"))
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert make_index().update().files_indexed == 1


def test_renaming_a_folder_and_switching_back_embed_nothing(root: Path, make_index: MakeIndex) -> None:
    (root / "old").mkdir()
    for number in range(4):
        (root / "old" / f"f{number}.py").write_text(python_file(f"function_{number}"))
    first = make_index().update()
    (root / "old").rename(root / "new")
    renamed = make_index().update()
    assert (renamed.chunks_embedded, renamed.files_indexed, renamed.files_removed) == (0, 4, 4)
    assert renamed.chunks_total == first.chunks_total
    (root / "new" / "f0.py").write_text(python_file("something_else"))
    assert make_index().update().chunks_embedded == 1
    (root / "new" / "f0.py").write_text(python_file("function_0"))
    assert make_index().update().chunks_embedded == 0


def test_a_second_worktree_embeds_nothing(root: Path, make_index: MakeIndex, embedder: Embedder) -> None:
    (root / "one.py").write_text(python_file("alpha", "beta"))
    index = make_index()
    index.update()
    other = root.parent / "worktree"
    shutil.copytree(root, other)
    data = index.layout.folder.parent.parent
    report = WorkspaceIndex(other, data, embedder.identity, lambda: embedder).update()
    assert report.files_indexed == 1
    assert report.chunks_embedded == 0


def test_removed_files_leave_no_row(root: Path, make_index: MakeIndex) -> None:
    for name in ("keep.py", "delete.py", "ignore.py", "empty_later.py"):
        (root / name).write_text(python_file(name.removesuffix(".py")))
    make_index().update()
    (root / "delete.py").unlink()
    (root / "empty_later.py").write_text("")
    (root / ".gitignore").write_text("ignore.py\n")
    report = make_index().update()
    assert report.files_removed == 2
    assert {row[1] for row in rows_of(make_index())} == {"keep.py", ".gitignore"}


def test_worker_processes_give_the_same_rows(root: Path, make_index: MakeIndex) -> None:
    write_tiny_files(root, 420)
    alone = make_index(data="alone", workers=0)
    alone.update(embed_until=0.0)
    pooled = make_index(data="pooled", workers=2)
    report = pooled.update(embed_until=0.0)
    assert report.files_indexed == 420
    assert {row[:-1] for row in rows_of(pooled)} == {row[:-1] for row in rows_of(alone)}


def test_words_can_be_searched_before_any_vector_is_there(root: Path, make_index: MakeIndex) -> None:
    write_tiny_files(root, 210)
    report = make_index().update(embed_until=0.0)
    assert report.chunks_total >= 210
    assert report.chunks_pending > 0
    with make_index().snapshot() as snapshot:
        assert snapshot is not None
        assert snapshot.embedded_count < snapshot.chunk_count
        hits = snapshot.defining(["function_77"], 5, ANYTHING).result()
        hits += snapshot.matching(["function_77"], "terms", 1, ANYTHING).result()
        assert {chunk.path for chunk in snapshot.chunks([hit.row for hit in hits])} == {"f77.py"}
    report = make_index().update()
    assert report.chunks_pending == 0
    assert report.files_indexed == 0
    assert report.chunks_embedded > 0


@pytest.mark.parametrize("workers", [0, 1])
def test_a_search_that_waits_has_its_files_read_first(
    root: Path, make_index: MakeIndex, workers: int
) -> None:
    write_tiny_files(root, 420)
    index = make_index(workers=workers)
    report = index.update(embed_until=0.0, awaited=AwaitedSearch("where is function 377", 0.0))
    assert 0 < report.files_indexed < 420
    assert report.files_pending == 420 - report.files_indexed
    assert not report.cancelled
    with index.snapshot() as snapshot:
        assert snapshot is not None
        assert not snapshot.has_every_file
        assert snapshot.defining(["function_377"], 5, ANYTHING).result()
    (root / "f377.py").write_text("def function_9377(): return 0\n")
    again = index.update(embed_until=0.0, awaited=AwaitedSearch("nothing of it", 0.0))
    assert again.files_pending > 0
    with index.snapshot() as snapshot:
        assert snapshot is not None
        assert not snapshot.defining(["function_377"], 5, ANYTHING).result()
    rest = index.update(embed_until=0.0)
    assert rest.files_pending == 0
    assert rest.files_indexed + rest.files_unchanged == 420
    with index.snapshot() as snapshot:
        assert snapshot is not None
        assert snapshot.has_every_file


def test_a_complete_index_is_never_answered_from_in_part(root: Path, make_index: MakeIndex) -> None:
    write_tiny_files(root, 120)
    index = make_index()
    index.update(embed_until=0.0)
    for number in range(120):
        (root / f"f{number}.py").write_text(f"def changed_{number}(): return {number}\n")
    report = index.update(embed_until=0.0, awaited=AwaitedSearch("changed 7", 0.0))
    assert (report.files_indexed, report.files_pending) == (120, 0)


class _Changes:
    """Random edits of a workspace that say which paths they concern."""

    def __init__(self, root: Path, seed: int) -> None:
        self._root = root
        self._random = random.Random(seed)

    def some(self) -> set[str]:
        edits = (self._write, self._remove, self._rename, self._rename_folder, self._link)
        return {path for _ in range(self._random.randint(1, 3)) for path in self._random.choice(edits)()}

    def _path(self) -> str:
        folder = self._random.choice(["", "a/", "b/", "a/deep/", "ignored/", "b/deep/"])
        return folder + self._random.choice(["one.py", "two.py", "note.md", "x.log", ".env", "deep"])

    def _write(self) -> set[str]:
        path = self._path()
        place = self._root / path
        if place.is_dir() or any(above.is_file() or above.is_symlink() for above in place.parents):
            return set()
        place.parent.mkdir(parents=True, exist_ok=True)
        place.unlink(missing_ok=True)
        place.write_text(f"def function_{self._random.randrange(1_000)}():\n    return {path!r}\n")
        return {path}

    def _remove(self) -> set[str]:
        path = self._path()
        place = self._root / path
        if place.is_dir() and not place.is_symlink():
            shutil.rmtree(place)
        else:
            with contextlib.suppress(OSError):
                place.unlink()
        return {path}

    def _rename(self) -> set[str]:
        before, after = self._path(), self._path()
        with contextlib.suppress(OSError):
            (self._root / before).rename(self._root / after)
        return {before, after}

    def _rename_folder(self) -> set[str]:
        before, after = self._random.sample(["a", "b", "a/deep", "b/deep", "ignored", "c"], 2)
        with contextlib.suppress(OSError):
            (self._root / before).rename(self._root / after)
        return {before, after}

    def _link(self) -> set[str]:
        path = self._path()
        with contextlib.suppress(OSError):
            (self._root / path).symlink_to(self._root / self._path())
        return {path}


@pytest.mark.parametrize("seed", range(3))
def test_an_update_of_what_changed_gives_the_rows_of_a_fresh_index(
    root: Path, make_index: MakeIndex, seed: int
) -> None:
    (root / ".gitignore").write_text("*.log\n/ignored/\n")
    (root / "b" / "deep").mkdir(parents=True)
    (root / "b" / ".gitignore").write_text("!x.log\ndeep/one.py\n")
    index, changes = make_index(), _Changes(root, seed)
    index.update(embed_until=0.0)
    for step in range(12):
        paths = changes.some()
        index.update(paths=paths, embed_until=0.0)
        if step % 4 == 3:
            fresh = make_index(data=f"fresh-{step}")
            fresh.update(embed_until=0.0)
            assert rows_of(index) == rows_of(fresh), paths
    assert rows_of(index)


def test_an_update_of_one_file_looks_at_no_other(root: Path, make_index: MakeIndex) -> None:
    write_tiny_files(root, 8)
    make_index().update()
    (root / "f3.py").write_text("def changed(): return 3\n")
    (root / "f4.py").write_text("def changed_too(): return 4\n")
    (root / "f5.py").unlink()
    report = make_index().update(paths={"f3.py", "f5.py", "never/was.py"})
    assert (report.files_seen, report.files_indexed, report.files_removed) == (1, 1, 1)
    report = make_index().update()
    assert (report.files_indexed, report.files_removed) == (1, 0)


def test_changed_rules_are_a_matter_of_the_whole_workspace(root: Path, make_index: MakeIndex) -> None:
    write_tiny_files(root, 4)
    make_index().update(embed_until=0.0)
    (root / ".gitignore").write_text("f1.py\n")
    report = make_index().update(paths={".gitignore"}, embed_until=0.0)
    assert report.files_removed == 1


def test_an_interrupted_update_is_resumed(root: Path, make_index: MakeIndex) -> None:
    write_tiny_files(root, 600)
    seen: list[Progress] = []
    index = make_index()
    report = index.update(
        progress=seen.append,
        cancelled=lambda: bool(seen) and seen[-1].phase == "embed" and seen[-1].done > 0,
    )
    assert report.cancelled
    assert 0 < report.chunks_pending < report.chunks_total
    done = report.chunks_total - report.chunks_pending
    resumed = index.update()
    assert resumed.chunks_embedded + resumed.chunks_reused == report.chunks_total - done
    fresh = make_index(data="fresh")
    fresh.update()
    assert rows_of(index) == rows_of(fresh)


@pytest.mark.parametrize("phase", ["scan", "chunk"])
def test_a_cancelled_update_leaves_a_consistent_index(root: Path, make_index: MakeIndex, phase: str) -> None:
    write_tiny_files(root, 60)
    seen: list[Progress] = []
    index = make_index()
    report = index.update(progress=seen.append, cancelled=lambda: bool(seen) and seen[-1].phase == phase)
    assert report.cancelled
    final = index.update()
    assert (final.cancelled, final.chunks_pending) == (False, 0)
    fresh = make_index(data="fresh")
    fresh.update()
    assert rows_of(index) == rows_of(fresh)


def test_a_full_update_reads_everything_and_embeds_nothing(root: Path, make_index: MakeIndex) -> None:
    (root / "one.py").write_text(python_file("alpha", "beta"))
    first = make_index().update()
    report = make_index().update(full=True)
    assert (report.files_indexed, report.chunks_embedded) == (1, 0)
    assert report.chunks_total == first.chunks_total
    assert report.revision == first.revision + 1


def test_other_limits_rebuild_and_say_so(root: Path, make_index: MakeIndex) -> None:
    (root / "one.py").write_text(python_file("alpha"))
    (root / "long.txt").write_text("word " * 400 + "\n")
    assert make_index().update().files_indexed == 2
    report = make_index(limits=ContentLimits(max_line_length=1_000)).update()
    assert "limits" in report.rebuilt
    assert dict(report.skipped) == {"long_line": 1}


def test_the_selection_decides_what_is_indexed(root: Path, make_index: MakeIndex) -> None:
    for name in ("one.py", "two.go", "three.md"):
        (root / name).write_text("text\n")
    assert make_index(selection=Selection(exclude=("*.md",))).update().files_indexed == 2
    report = make_index(selection=Selection(include=("*.md",))).update()
    assert (report.files_indexed, report.files_removed) == (1, 2)


def test_only_one_process_writes(root: Path, make_index: MakeIndex) -> None:
    (root / "one.py").write_text(python_file("alpha"))
    index = make_index()
    index.update()
    told: list[Progress] = []
    with writing(index.layout, wait=0.0):
        with pytest.raises(IndexBusyError, match=f"process {os.getpid()}"):
            index.update()
        with pytest.raises(IndexBusyError):
            index.update(lock_wait=0.5, progress=told.append)
        with index.snapshot() as snapshot:
            assert snapshot is not None
            assert snapshot.chunk_count == 1
    assert told[0].phase == "wait"
    assert index.update().revision == 1


def test_a_model_that_cannot_be_loaded_costs_only_the_vectors(
    root: Path, make_index: MakeIndex, embedder: Embedder
) -> None:
    (root / "one.py").write_text(python_file("alpha"))

    def fail() -> Embedder:
        raise CodeassistdError("the weights are missing", "install them")

    broken = WorkspaceIndex(root, root.parent / "data", embedder.identity, fail)
    with pytest.raises(CodeassistdError, match="weights are missing"):
        broken.update()
    with broken.snapshot() as snapshot:
        assert snapshot is not None
        assert (snapshot.chunk_count, snapshot.embedded_count) == (1, 0)
        assert snapshot.matching(["alpha"], "terms", 5, ANYTHING).result()
    write_tiny_files(root, 200)
    with pytest.raises(CodeassistdError, match="weights are missing"):
        broken.update()
    assert make_index().update().chunks_pending == 0


def test_a_damaged_table_is_set_aside_and_made_anew(root: Path, make_index: MakeIndex) -> None:
    (root / "one.py").write_text(python_file("alpha"))
    index = make_index()
    index.update()
    for manifest in index.layout.database.rglob("*.manifest"):
        manifest.write_bytes(b"damaged")
    (root / "two.py").write_text(python_file("beta"))
    report = index.update()
    assert "set aside" in report.rebuilt
    assert report.files_indexed == 2
    assert {row[1] for row in rows_of(index)} == {"one.py", "two.py"}


def test_drift_counts_what_an_update_would_do(root: Path, make_index: MakeIndex) -> None:
    (root / "one.py").write_text("a = 1\n")
    (root / "two.py").write_text("b = 1\n")
    age(root)
    index = make_index()
    assert index.drift().changed == 2
    index.update()
    (root / "one.py").unlink()
    (root / "three.py").write_text("c = 1\n")
    drift = index.drift()
    assert drift.removed == 1
    assert drift.changed >= 1
