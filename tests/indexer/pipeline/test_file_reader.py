"""From one file on disk to rows, and what files may do meanwhile."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest

from codeassistd.indexer.pipeline.file_reader import ReadFile, read_file
from codeassistd.indexer.walk.entry import ContentLimits, FileEntry

LIMITS = ContentLimits(max_file_bytes=10_000)
SOURCE = 'class Greeter:\n    """Greets."""\n\n    def hello(self, name):\n        return "hello " + name\n'


def entry(root: Path, name: str) -> FileEntry:
    status = (root / name).lstat()
    return FileEntry(name, status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino)


def read(root: Path, name: str, known: ReadFile | None = None) -> ReadFile:
    return read_file(root, entry(root, name), known.record if known else None, LIMITS)


def test_rows_carry_lines_symbols_and_terms(tmp_path: Path) -> None:
    (tmp_path / "greeterModule.py").write_text(SOURCE)
    result = read(tmp_path, "greeterModule.py")
    assert result.record is not None
    assert result.record.chunks == len(result.rows) >= 1
    assert "\n".join(row.text for row in result.rows).replace("\n\n", "\n") in SOURCE.replace("\n\n", "\n")
    row = result.rows[0]
    assert (row.path, row.start_line, row.language) == ("greeterModule.py", 1, "python")
    assert {"greeter", "greets", "hello"} & set(row.terms.split()) >= {"hello"}
    assert {"greeter", "modul"} <= set(row.name_terms.split())


def test_identity_is_content_not_place(tmp_path: Path) -> None:
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "a.py").write_text(SOURCE)
    first, second = read(tmp_path, "one/a.py"), read(tmp_path, "two/a.py")
    assert [row.vector_key for row in first.rows] == [row.vector_key for row in second.rows]
    assert {row.id for row in first.rows}.isdisjoint(row.id for row in second.rows)
    (tmp_path / "one" / "a.py").write_text("\n\n# moved down\n\n" + SOURCE)
    moved = {row.id: row.start_line for row in read(tmp_path, "one/a.py").rows}
    kept = [row for row in first.rows if row.id in moved]
    assert all(moved[row.id] > row.start_line for row in kept)


def test_equal_chunks_of_one_file_are_different_rows(tmp_path: Path) -> None:
    block = "".join(
        f"    total += {number}  # add the number {number} to the total\n" for number in range(25)
    )
    (tmp_path / "a.py").write_text(f"def same(total):\n{block}\n\ndef same(total):\n{block}")
    ids = [row.id for row in read(tmp_path, "a.py").rows]
    assert len(ids) == len(set(ids)) > 1


def test_known_content_is_not_chunked_again(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(SOURCE)
    first = read(tmp_path, "a.py")
    os.utime(tmp_path / "a.py", (1, 1))
    again = read(tmp_path, "a.py", first)
    assert again.same_content
    assert again.rows == ()
    assert again.record is not None
    assert again.record.mtime_ns == 1_000_000_000
    assert again.record.chunks == len(first.rows)


def test_a_young_file_is_not_trusted(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(SOURCE)
    young = read(tmp_path, "a.py").record
    assert young is not None
    assert not young.settled
    if sys.platform != "win32":
        time.sleep(2.1)
        old = read(tmp_path, "a.py").record
        assert old is not None
        assert old.settled


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"\x00\x01\x02\x03" * 50, "binary"),
        (b"x" * 10_001, "too_large"),
        ("é".encode("latin-1") * 40, "undecodable"),
        (b"word " * 1_500 + b"\n", "long_line"),
        (
            b"-----BEGIN RSA PRIVATE KEY-----\n" + b"QUJD" * 16 + b"\n-----END RSA PRIVATE KEY-----\n",
            "secret",
        ),
    ],
)
def test_content_that_is_not_indexed_is_remembered_with_its_reason(
    tmp_path: Path, data: bytes, reason: str
) -> None:
    (tmp_path / "file.txt").write_bytes(data)
    result = read(tmp_path, "file.txt")
    assert result.record is not None
    assert (result.record.skipped, result.rows) == (reason, ())
    assert read(tmp_path, "file.txt", result).record == result.record


def test_a_file_that_vanished_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(SOURCE)
    seen = entry(tmp_path, "a.py")
    (tmp_path / "a.py").unlink()
    assert read_file(tmp_path, seen, None, LIMITS) == ReadFile("a.py", None)


@pytest.mark.skipif(sys.platform == "win32", reason="no FIFOs and no O_NOFOLLOW there")
@pytest.mark.parametrize("replacement", ["symlink", "fifo", "folder"])
def test_what_took_the_place_of_a_file_is_not_followed(tmp_path: Path, replacement: str) -> None:
    root = tmp_path / "root"
    root.mkdir()
    (root / "a.py").write_text(SOURCE)
    (tmp_path / "outside.py").write_text("password = 1\n")
    seen = entry(root, "a.py")
    (root / "a.py").unlink()
    if replacement == "symlink":
        (root / "a.py").symlink_to(tmp_path / "outside.py")
    elif replacement == "fifo":
        os.mkfifo(root / "a.py")
    else:
        (root / "a.py").mkdir()
    result = read_file(root, seen, None, LIMITS)
    assert result.record is None
    assert result.rows == ()
    assert result.error


def test_a_folder_that_became_a_link_is_not_followed(tmp_path: Path) -> None:
    root, outside = tmp_path / "root", tmp_path / "outside"
    (root / "inner").mkdir(parents=True)
    (root / "inner" / "a.py").write_text(SOURCE)
    outside.mkdir()
    (outside / "a.py").write_text("secret = 1\n")
    seen = entry(root, "inner/a.py")
    (root / "inner").rename(tmp_path / "moved")
    (root / "inner").symlink_to(outside)
    result = read_file(root, seen, None, LIMITS)
    assert result.record is None
    assert result.error
