from __future__ import annotations

import threading
import time
from pathlib import Path

from codeassistd.daemon.host.file_texts import FileTexts
from codeassistd.daemon.host.index_source import IndexSource
from codeassistd.daemon.host.snapshots import SnapshotCache
from codeassistd.indexer.store.locking import without_readers

from .conftest import wait_for


def is_open(source: IndexSource) -> bool:
    """Whether a reader holds off the deletion of old versions."""
    with without_readers(source.index().layout) as alone:
        return not alone


def test_nothing_is_there_before_the_first_revision(source: IndexSource) -> None:
    cache = SnapshotCache(source.index)
    with cache.pinned() as snapshot:
        assert snapshot is None
    cache.close()


def test_a_revision_stays_open_until_a_newer_one_is_asked_for(source: IndexSource) -> None:
    source.index().update()
    cache = SnapshotCache(source.index)
    with cache.pinned() as first, cache.pinned() as second:
        assert first is not None
        assert first is second
    assert is_open(source)
    with cache.pinned() as old:
        assert old is first
        (source.root / "new.py").write_text("def new(): return 1\n")
        source.index().update()
        cache.outdated()
        with cache.pinned() as newer:
            assert newer is not None
            assert newer.revision > first.revision
        assert first.chunks_of("src/alpha.py")  # whoever has it may go on
    cache.close()
    wait_for(lambda: not is_open(source))


def test_another_process_that_writes_is_noticed(source: IndexSource) -> None:
    source.index().update()
    cache = SnapshotCache(source.index)
    with cache.pinned() as first:
        assert first is not None
    (source.root / "new.py").write_text("def new(): return 1\n")
    source.index().update()
    time.sleep(1.1)
    with cache.pinned() as newer:
        assert newer is not None
        assert newer.revision > first.revision
    cache.close()


def test_nothing_is_kept_open_while_the_index_is_tidied_or_idle(source: IndexSource) -> None:
    source.index().update()
    cache = SnapshotCache(source.index)
    with cache.pinned():
        pass
    cache.keep(open_between=False)
    wait_for(lambda: not is_open(source))
    with cache.pinned():
        assert is_open(source)
    wait_for(lambda: not is_open(source))
    cache.keep(open_between=True)
    with cache.pinned():
        pass
    assert not cache.close_if_idle(60.0)
    assert cache.close_if_idle(-1.0)
    assert not cache.close_if_idle(-1.0)
    wait_for(lambda: not is_open(source))
    cache.close()


def test_what_searches_left_is_known_when_the_revision_is_closed_already(source: IndexSource) -> None:
    source.index().update()
    cache = SnapshotCache(source.index)
    with cache.pinned():
        pass
    cache.outdated()
    assert cache.close_if_idle(-1.0)
    assert not cache.close_if_idle(-1.0)
    cache.close()


def test_many_threads_share_one_revision(source: IndexSource) -> None:
    source.index().update()
    cache = SnapshotCache(source.index)
    seen: list[int] = []

    def search() -> None:
        for _ in range(20):
            with cache.pinned() as snapshot:
                assert snapshot is not None
                seen.append(len(snapshot.chunks_of("src/alpha.py")))
            cache.outdated()

    threads = [threading.Thread(target=search) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == [1] * 120
    cache.close()
    wait_for(lambda: not is_open(source))


def test_texts_are_those_on_disk(tmp_path: Path) -> None:
    texts = FileTexts(tmp_path)
    path = tmp_path / "é" / "a.py"
    path.parent.mkdir()
    assert texts.read("é/a.py") is None
    path.write_text("one")
    assert texts.read("é/a.py") == "one"
    time.sleep(0.15)
    assert texts.read("é/a.py") == "one"
    assert texts.read("é/a.py") == "one"
    path.write_text("two")
    assert texts.read("é/a.py") == "two"
    (tmp_path / "b.py").write_text("three")
    (tmp_path / "b.py").replace(path)
    assert texts.read("é/a.py") == "three"
    path.write_bytes(b"\x80\x00" * 30)
    assert texts.read("é/a.py") is None
    path.unlink()
    assert texts.read("é/a.py") is None
    path.symlink_to("/etc/hostname")
    assert texts.read("é/a.py") is None
    assert texts.read("no\0such") is None


def test_only_so_much_text_is_kept(tmp_path: Path) -> None:
    texts = FileTexts(tmp_path)
    for number in range(5):
        (tmp_path / f"{number}.txt").write_text(str(number) * 900_000)
    time.sleep(0.15)
    for number in range(5):
        assert texts.read(f"{number}.txt") == str(number) * 900_000
    assert 0 < texts._characters <= 2_000_000
    texts.clear()
    assert texts._characters == 0
    assert texts.read("4.txt") == "4" * 900_000
