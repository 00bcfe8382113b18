"""The tracked files of a work tree, from git's index file (versions 2, 3 and 4)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from .bounded_read import read_regular

_HEADER_LENGTH = 12
_STAT_LENGTH = 40
_MODE_OFFSET = 24
_GITLINK = 0o160000
_SPARSE_DIRECTORY = 0o040000
_EXTENDED = 0x4000
_NAME_LENGTH_MASK = 0xFFF
_COMPRESSED_NAMES = 4  # the version that stores each path as a change to the one before
_MAX_INDEX_BYTES = 2_000_000_000


@dataclass(frozen=True, slots=True)
class TrackedFiles:
    """What git tracks, as paths relative to the top of the walk.

    Attributes:
        files: Tracked files and links; in lower case where case is ignored.
        directories: Every folder that holds one of them, at any depth.
        submodules: Folders tracked as commits of another repository.
        ignore_case: Whether look-ups ignore ASCII case.
    """

    files: frozenset[bytes] = frozenset()
    directories: frozenset[bytes] = frozenset()
    submodules: frozenset[bytes] = frozenset()
    ignore_case: bool = False

    def has_file(self, path: bytes) -> bool:
        """Whether the file itself is tracked."""
        return (path.lower() if self.ignore_case else path) in self.files

    def has_files_under(self, path: bytes) -> bool:
        """Whether a tracked file lies in this folder, at any depth."""
        return (path.lower() if self.ignore_case else path) in self.directories

    def has_submodule(self, path: bytes) -> bool:
        """Whether this folder is tracked as a submodule."""
        return (path.lower() if self.ignore_case else path) in self.submodules


def load_tracked_files(
    git_dir: Path, *, hash_length: int, prefix: bytes = b"", within: bytes = b"", ignore_case: bool = False
) -> TrackedFiles:
    """What the index of a work tree lists; nothing when there is none or it is broken.

    Args:
        git_dir: The work tree's git directory.
        hash_length: Bytes of an object name: 20, or 32 for SHA-256.
        prefix: Put before every path: where the work tree lies, relative to the top of the walk.
        within: Only paths that start with this are kept, so that a small folder of a large repository stays
            cheap.
        ignore_case: Whether look-ups ignore ASCII case.
    """
    try:
        data = _read_index(git_dir / "index")
        entries, extensions = parse_index(data, hash_length)
        base = shared_base(data, extensions, hash_length)
        if base is not None:
            entries += parse_index(_read_index(git_dir / f"sharedindex.{base}"), hash_length)[0]
    except ValueError:
        return TrackedFiles(ignore_case=ignore_case)
    return _collect(entries, prefix, within, ignore_case=ignore_case)


def _collect(
    entries: Iterable[tuple[bytes, int]], prefix: bytes, within: bytes, *, ignore_case: bool
) -> TrackedFiles:
    files: set[bytes] = set()
    directories: set[bytes] = set()
    submodules: set[bytes] = set()
    for name, mode in entries:
        if mode == _SPARSE_DIRECTORY or not name.startswith(within):
            continue
        path = prefix + (name.lower() if ignore_case else name)
        (submodules if mode == _GITLINK else files).add(path)
        slash = path.rfind(b"/")
        while slash > 0 and (directory := path[:slash]) not in directories:
            directories.add(directory)
            slash = path.rfind(b"/", 0, slash)
    return TrackedFiles(frozenset(files), frozenset(directories), frozenset(submodules), ignore_case)


def parse_index(data: bytes, hash_length: int = 20) -> tuple[list[tuple[bytes, int]], int]:
    """Entries of an index file.

    Args:
        data: Contents of the file. The checksum is not verified; git doesn't verify it either.
        hash_length: Bytes of an object name: 20, or 32 for SHA-256.

    Returns:
        Path and mode of every entry, and where the extensions start.

    Raises:
        ValueError: The file is not an index, or is cut off.
    """
    version = _entries_version(data)
    entries = []
    fixed_length = _STAT_LENGTH + hash_length + 2
    position = _HEADER_LENGTH
    name = b""
    for _ in range(int.from_bytes(data[8:_HEADER_LENGTH], "big")):
        mode = int.from_bytes(data[position + _MODE_OFFSET : position + _MODE_OFFSET + 4], "big")
        flags = int.from_bytes(data[position + fixed_length - 2 : position + fixed_length], "big")
        start = position + fixed_length + (2 if flags & _EXTENDED else 0)
        if version == _COMPRESSED_NAMES:
            dropped, start = _varint(data, start)
            end = data.index(b"\0", start)
            name = name[: max(0, len(name) - dropped)] + data[start:end]
            position = end + 1
        else:
            length = flags & _NAME_LENGTH_MASK
            end = start + length if length < _NAME_LENGTH_MASK else data.index(b"\0", start)
            name = data[start:end]
            position += (end - position + 8) & ~7
        if position > len(data):
            raise ValueError("the index is cut off")
        entries.append((name, mode))
    return entries, position


def shared_base(data: bytes, extensions: int, hash_length: int = 20) -> str | None:
    """Object name of the shared index that a split index builds on, or None.

    Entries of the shared index that the split one deletes are not told apart: such a path counts as tracked.

    Args:
        data: Contents of the index.
        extensions: Where the extensions start.
        hash_length: Bytes of an object name.
    """
    position = extensions
    while position + 8 <= len(data) - hash_length:
        length = int.from_bytes(data[position + 4 : position + 8], "big")
        if data[position : position + 4] == b"link":
            return data[position + 8 : position + 8 + hash_length].hex()
        position += 8 + length
    return None


def _read_index(path: Path) -> bytes:
    return read_regular(path, max_bytes=_MAX_INDEX_BYTES) or b""


def _entries_version(data: bytes) -> int:
    version = int.from_bytes(data[4:8], "big")
    if len(data) < _HEADER_LENGTH or data[:4] != b"DIRC" or version not in (2, 3, _COMPRESSED_NAMES):
        raise ValueError("not an index of version 2, 3 or 4")
    return version


def _varint(data: bytes, position: int) -> tuple[int, int]:
    value = -1
    while True:
        if position >= len(data):
            raise ValueError("the index is cut off")
        byte = data[position]
        position += 1
        value = ((value + 1) << 7) | (byte & 0x7F)
        if not byte & 0x80:
            return value, position
