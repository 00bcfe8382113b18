"""Git's index, written by git itself in all its versions."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from codeassistd.indexer.walk.git_index import TrackedFiles, load_tracked_files, parse_index

NAMES = ["a", "a.c", "dir/sub/file one", "dir/é", "dir2/x", "long/" + "n" * 200, "z" * 8, "\nz"]
EMPTY_BLOB = "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391"


def git(folder: Path, *arguments: str, data: bytes | None = None) -> bytes:
    return subprocess.run(["git", *arguments], cwd=folder, input=data, check=True, capture_output=True).stdout


def add(top: Path, *entries: tuple[str, str], blob: str = EMPTY_BLOB) -> None:
    data = b"".join(f"{mode} {blob}\t{name}\0".encode() for mode, name in entries)
    git(top, "update-index", "--add", "-z", "--index-info", data=data)


@pytest.fixture
def top(tmp_path: Path) -> Path:
    git(tmp_path, "init", "-q", ".")
    return tmp_path


def load(top: Path, prefix: bytes = b"", within: bytes = b"") -> TrackedFiles:
    return load_tracked_files(top / ".git", hash_length=20, prefix=prefix, within=within)


@pytest.mark.parametrize("version", ["2", "3", "4"])
def test_every_version(top: Path, version: str) -> None:
    add(top, *(("100644", name) for name in NAMES))
    git(top, "update-index", "--index-version", version)
    if version == "3":  # git only writes it when an entry needs it
        (top / "intended").touch()
        git(top, "add", "-N", "intended")
    data = (top / ".git" / "index").read_bytes()
    assert data[7] == int(version)
    listed = git(top, "ls-files", "-z").split(b"\0")[:-1]
    assert [name for name, _ in parse_index(data)[0]] == listed
    assert load(top).files == set(listed)


def test_folders_and_submodules(top: Path) -> None:
    add(top, ("100644", "a/b/c"), ("120000", "a/link"), ("160000", "s/module"))
    tracked = load(top)
    assert tracked.files == {b"a/b/c", b"a/link"}
    assert tracked.directories == {b"a", b"a/b", b"s"}
    assert tracked.submodules == {b"s/module"}
    assert tracked.has_file(b"a/link")
    assert tracked.has_files_under(b"a/b")
    assert tracked.has_submodule(b"s/module")
    assert not tracked.has_file(b"A/link")


def test_parts_of_a_repository(top: Path) -> None:
    add(top, ("100644", "a/b"), ("100644", "ab"), ("100644", "c"))
    assert load(top, within=b"a/").files == {b"a/b"}
    assert load(top, prefix=b"x/").files == {b"x/a/b", b"x/ab", b"x/c"}


def test_ignoring_case(top: Path) -> None:
    add(top, ("100644", "Dir/File"))
    tracked = load_tracked_files(top / ".git", hash_length=20, ignore_case=True)
    assert tracked.has_file(b"dIR/fILE")
    assert tracked.has_files_under(b"DIR")


def test_names_longer_than_the_length_field(top: Path) -> None:
    name = "/".join(["d" * 250] * 17)
    add(top, ("100644", name), ("100644", "z"))
    assert load(top).files == {name.encode(), b"z"}


def test_split_index(top: Path) -> None:
    add(top, ("100644", "a"), ("100644", "b"))
    git(top, "update-index", "--split-index")
    add(top, ("100644", "c"))
    assert {b"a", b"b", b"c"} <= load(top).files


def test_sha256(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q", "--object-format=sha256", ".")
    add(tmp_path, *(("100644", name) for name in NAMES), blob="ab" * 32)
    tracked = load_tracked_files(tmp_path / ".git", hash_length=32)
    assert tracked.files == {name.encode() for name in NAMES}


def test_sparse_index_entries_are_no_files(top: Path) -> None:
    add(top, ("100644", "a/b"))
    data = bytearray((top / ".git" / "index").read_bytes())
    data[12 + 24 : 12 + 28] = (0o040000).to_bytes(4, "big")
    (top / ".git" / "index").write_bytes(data)
    assert load(top) == TrackedFiles()


def test_without_an_index_nothing_is_tracked(top: Path) -> None:
    assert load(top) == TrackedFiles()


@pytest.mark.parametrize("version", ["2", "4"])
def test_broken_index_is_no_index(top: Path, version: str) -> None:
    add(top, *(("100644", name) for name in NAMES))
    git(top, "update-index", "--index-version", version)
    data = (top / ".git" / "index").read_bytes()
    padding = 8
    for length in range(parse_index(data)[1] - padding):
        with pytest.raises(ValueError, match=r"index|subsection"):
            parse_index(data[:length])
    (top / ".git" / "index").write_bytes(data[:100])
    assert load(top) == TrackedFiles()
    (top / ".git" / "index").write_bytes(b"DIRC\0\0\0\x09" + data[8:])
    assert load(top) == TrackedFiles()
