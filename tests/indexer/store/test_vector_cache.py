"""The content-addressed vectors: exact recall, faults, several processes."""

import os
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from codeassistd.indexer.store.errors import StorageError
from codeassistd.indexer.store.vector_cache import BrokenVectorError, VectorCache, vector_key

DIMENSIONS = 4


def vector(*values: float) -> np.ndarray:
    return np.array(values, dtype=np.float16)


def test_what_was_put_is_found_again(tmp_path: Path) -> None:
    cache = VectorCache(tmp_path / "model" / "vectors.sqlite", DIMENSIONS)
    keys = [vector_key(f"passage {number}") for number in range(1_200)]
    cache.put({key: vector(number, 0, 1, -1) for number, key in enumerate(keys)})
    cache.close()
    reopened = VectorCache(tmp_path / "model" / "vectors.sqlite", DIMENSIONS)
    found = reopened.get([*keys, vector_key("never seen"), keys[0]])
    assert found.keys() == set(keys)
    assert all(found[key].tolist() == [number, 0, 1, -1] for number, key in enumerate(keys))


@given(st.text(), st.text())
def test_keys_are_the_texts(one: str, other: str) -> None:
    assert (vector_key(one) == vector_key(other)) == (one == other)
    assert len(vector_key("\ud800 lone surrogate")) == 32


@pytest.mark.parametrize(
    "bad", [vector(1, 2, 3), vector(1, 2, 3, np.nan), vector(1, 2, np.inf, 4), np.ones((2, 4), np.float16)]
)
def test_broken_vectors_are_never_kept(tmp_path: Path, bad: np.ndarray) -> None:
    cache = VectorCache(tmp_path / "vectors.sqlite", DIMENSIONS)
    with pytest.raises(BrokenVectorError, match="finite numbers"):
        cache.put({vector_key("good"): vector(1, 0, 0, 0), vector_key("bad"): bad})
    assert len(cache) == 0


def test_a_damaged_cache_starts_anew(tmp_path: Path) -> None:
    path = tmp_path / "vectors.sqlite"
    path.write_bytes(b"this is no database, it only looks like one from afar" * 200)
    cache = VectorCache(path, DIMENSIONS)
    cache.put({vector_key("text"): vector(1, 0, 0, 0)})
    assert len(cache) == 1
    assert (tmp_path / "vectors.sqlite.damaged").exists()


def test_vectors_of_another_length_are_not_found(tmp_path: Path) -> None:
    cache = VectorCache(tmp_path / "vectors.sqlite", DIMENSIONS)
    cache.put({vector_key("text"): vector(1, 0, 0, 0)})
    cache.close()
    assert VectorCache(tmp_path / "vectors.sqlite", 8).get([vector_key("text")]) == {}


def test_pruning_keeps_the_number_asked_for(tmp_path: Path) -> None:
    cache = VectorCache(tmp_path / "vectors.sqlite", DIMENSIONS)
    cache.put({vector_key(str(number)): vector(1, 0, 0, 0) for number in range(10)})
    assert cache.prune(keep=20) == 0
    assert cache.prune(keep=4) == 6
    assert len(cache) == 4


def test_processes_share_one_cache(tmp_path: Path) -> None:
    path = tmp_path / "vectors.sqlite"
    script = (
        "import sys, numpy as np\n"
        "from pathlib import Path\n"
        "from codeassistd.indexer.store.vector_cache import BrokenVectorError, VectorCache, vector_key\n"
        "cache = VectorCache(Path(sys.argv[1]), 4)\n"
        "for n in range(50):\n"
        "    cache.put({vector_key(f'{sys.argv[2]} {n}'): np.array([n, 0, 0, 1], dtype=np.float16)})\n"
    )
    writers = [subprocess.Popen([sys.executable, "-c", script, str(path), name]) for name in ("a", "b", "c")]
    assert [writer.wait(timeout=60) for writer in writers] == [0, 0, 0]
    assert len(VectorCache(path, DIMENSIONS)) == 150


def test_damage_that_shows_later_costs_the_vectors_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "vectors.sqlite"
    vectors = {vector_key(str(number)): vector(number, 0, 0, 0) for number in range(2_000)}
    with closing(VectorCache(path, DIMENSIONS)) as cache:
        cache.put(vectors)
    pages = path.stat().st_size // 4096
    with path.open("r+b") as file:
        for page in range(pages // 2, pages):
            file.seek(page * 4096)
            file.write(b"\xff" * 4096)
    with closing(VectorCache(path, DIMENSIONS)) as one, closing(VectorCache(path, DIMENSIONS)) as other:
        assert len(one.get(list(vectors))) < len(vectors)
        one.put(vectors)
        other.get(list(vectors))
        other.put(vectors)
        assert len(one.get(list(vectors))) == len(other.get(list(vectors))) == len(vectors)
    assert path.with_name("vectors.sqlite.damaged").exists()


@pytest.mark.skipif(os.name == "nt", reason="file size limits are POSIX")
def test_a_full_disk_costs_no_vector(tmp_path: Path) -> None:
    import resource

    path = tmp_path / "vectors.sqlite"
    with closing(VectorCache(path, DIMENSIONS)) as cache:
        cache.put({vector_key("kept"): vector(1, 0, 0, 0)})
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, before[1]))
    try:
        with pytest.raises(StorageError), closing(VectorCache(path, DIMENSIONS)) as cache:
            cache.put({vector_key("more"): vector(0, 1, 0, 0)})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    with closing(VectorCache(path, DIMENSIONS)) as cache:
        assert cache.get([vector_key("kept")])


def test_processes_may_open_a_new_cache_at_the_same_moment(tmp_path: Path) -> None:
    script = (
        "import sys, pathlib; from codeassistd.indexer.store.vector_cache import VectorCache\n"
        "sys.stdin.readline()\n"
        f"VectorCache(pathlib.Path(sys.argv[1]), {DIMENSIONS})\n"
    )
    command = [sys.executable, "-c", script, str(tmp_path / "new" / "vectors.sqlite")]
    openers = [subprocess.Popen(command, stdin=subprocess.PIPE) for _ in range(6)]
    for opener in openers:
        assert opener.stdin is not None
        opener.stdin.write(b"\n")
        opener.stdin.close()
    assert [opener.wait() for opener in openers] == [0] * 6
